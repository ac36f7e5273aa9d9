//! What is to be built: the set with its packs, and each policy before its plugin is prepared.

use crate::component::ComponentFacts;
use crate::lists::{Extra, Known, Lists, at};
use crate::plugin::Plugin;
use crate::policy::{NOT_ASKED, Policy};
use crate::remembered::Remembered;
use crate::view::{Fields, ListInfo};
use proviso_model::Problem;
use proviso_model::id::PolicyId;
use proviso_model::set::{Apply, Mode, PolicySet};
use proviso_pack::manifest::{self, Field};
use proviso_pack::{SettingProblem, TrustedPack, rules_of_law};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A policy set whose packs were found and read.
#[derive(Debug, Clone)]
pub struct ResolvedSet {
    /// The set's file, as the user named it; for problems.
    pub file: PathBuf,
    /// The set.
    pub set: PolicySet,
    /// The pack of each `[[apply]]`, in the set's order. Of a pack that nobody trusts, no generation can be built.
    pub packs: Vec<Arc<TrustedPack>>,
}

impl ResolvedSet {
    /// A set that applies one pack to every message with its own settings, scoring allowed: what a pack is tested by.
    pub fn of_pack(pack: Arc<TrustedPack>) -> Self {
        let apply = Apply {
            pack: pack.origin().display().to_string(),
            assessment: Some("pack-test".to_owned()),
            ..Apply::default()
        };
        let set = PolicySet {
            apply: vec![apply],
            ..PolicySet::default()
        };
        Self {
            file: pack.path_of("pack.toml"),
            set,
            packs: vec![pack],
        }
    }
}

/// How far a build is: told after each policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildProgress {
    /// The policy that is ready.
    pub policy: PolicyId,
    /// True if its compiled snapshot came from the cache.
    pub from_cache: bool,
    /// Policies that are ready.
    pub done: usize,
    /// Policies in all.
    pub total: usize,
}

/// One policy, before its plugin is prepared.
pub(crate) struct Plan<'a> {
    pub(crate) id: PolicyId,
    pub(crate) apply: usize,
    pub(crate) mode: Mode,
    pub(crate) pack: &'a Arc<TrustedPack>,
    pub(crate) declared: &'a manifest::Policy,
    pub(crate) facts: Arc<ComponentFacts>,
    pub(crate) settings: Map<String, Value>,
    /// Every list that the policy or its trigger names.
    lists: HashMap<String, Known>,
}

pub(crate) struct Planner<'a, 'p> {
    /// The set's, for problems.
    pub(crate) file: &'a Path,
    pub(crate) apply: &'a Apply,
    /// Of the `[[apply]]`.
    pub(crate) index: usize,
    pub(crate) pack: &'a Arc<TrustedPack>,
    pub(crate) lists: &'p mut Lists,
    pub(crate) problems: &'p mut Vec<Problem>,
    pub(crate) remembered: &'p Remembered,
}

impl<'a> Planner<'a, '_> {
    pub(crate) fn plan(&mut self) -> Vec<Plan<'a>> {
        self.check_names();
        let manifest = self.pack.manifest();
        let mut known = HashMap::new();
        for declared in &manifest.lists {
            let terms = self
                .apply
                .extra_terms
                .get(&declared.name)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let extra = Extra {
                terms,
                set_file: self.file,
                set_at: self.apply.at,
            };
            if let Some(list) = self.lists.add(self.pack, declared, &extra, self.problems) {
                known.insert(declared.name.clone(), list);
            }
        }
        for declared in &manifest.entities {
            known.insert(declared.name.clone(), self.lists.add_entities(self.pack, declared));
        }
        let names_segments = |policy: &manifest::Policy| policy.lists.iter().any(|list| list == manifest::SEGMENTS);
        if manifest.policies.iter().any(names_segments) {
            known.insert(manifest::SEGMENTS.to_owned(), self.lists.segments());
        }
        let mut facts = HashMap::new();
        manifest
            .policies
            .iter()
            .filter_map(|declared| self.plan_policy(declared, &known, &mut facts))
            .collect()
    }

    /// Settings, modes and extra terms must name something that the pack has.
    fn check_names(&mut self) {
        let manifest = self.pack.manifest();
        for policy in self
            .apply
            .settings
            .keys()
            .filter(|name| manifest.policy(name).is_none())
        {
            let message = format!(
                "the pack {} has no policy {policy:?}: {}",
                manifest.name,
                one_of(manifest.policies.iter().map(|p| &p.name))
            );
            self.problems
                .push(at(self.file, self.apply.place_of(&format!("/{policy}")), message));
        }
        for policy in self.apply.modes.keys().filter(|name| manifest.policy(name).is_none()) {
            let message = format!(
                "modes: the pack {} has no policy {policy:?}: {}",
                manifest.name,
                one_of(manifest.policies.iter().map(|p| &p.name))
            );
            self.problems.push(at(self.file, self.apply.at, message));
        }
        let is_lexicon = |list: &&manifest::List| matches!(list.kind, manifest::ListKind::Lexicon(_));
        let lexicons: Vec<&String> = manifest
            .lists
            .iter()
            .filter(is_lexicon)
            .map(|list| &list.name)
            .collect();
        for name in self.apply.extra_terms.keys().filter(|name| !lexicons.contains(name)) {
            let message = format!(
                "extra_terms: the pack {} has no lexicon {name:?}: {}",
                manifest.name,
                one_of(lexicons.iter().copied())
            );
            self.problems.push(at(self.file, self.apply.at, message));
        }
    }

    fn plan_policy(
        &mut self,
        declared: &'a manifest::Policy,
        known: &HashMap<String, Known>,
        facts: &mut HashMap<&'a str, Option<Arc<ComponentFacts>>>,
    ) -> Option<Plan<'a>> {
        let pack = self.pack;
        let place = pack.path_of("pack.toml");
        let facts = facts.entry(&declared.plugin).or_insert_with(|| {
            let Some(bytes) = pack.plugin(&declared.plugin) else {
                let message = format!("the plugin {:?} is missing in the pack", declared.plugin);
                self.problems.push(Problem::on_line(&place, declared.line, message));
                return None;
            };
            let inspected = self.remembered.inspect(bytes).map_err(|refused| {
                let message = format!("the plugin {:?} {refused}", declared.plugin);
                self.problems.push(Problem::on_line(&place, declared.line, message));
            });
            inspected.ok()
        });
        let empty = Map::new();
        let overrides = self.apply.settings.get(&declared.name).unwrap_or(&empty);
        let settings = pack.merged_settings(&declared.name, overrides);
        let wrong = pack.validate_settings(&declared.name, &settings);
        self.push_setting_problems(declared, &wrong);
        let mut lawful = true;
        if declared.uses(manifest::Interface::Retention) {
            let (_, wrong) = rules_of_law(&pack.manifest().name, &declared.name, &settings);
            lawful = wrong.is_empty();
            self.push_setting_problems(declared, &wrong);
        }
        let facts = facts.clone()?;
        for interface in &declared.interfaces {
            if !facts.interfaces.contains(interface) {
                let message = format!(
                    "the plugin {:?} does not export {:?}",
                    declared.plugin,
                    interface.name()
                );
                self.problems.push(Problem::on_line(&place, declared.line, message));
                return None;
            }
        }
        let lists = known.clone();
        let all_read = declared.lists.iter().all(|name| lists.contains_key(name));
        let mode = self.apply.mode_of(&declared.name, declared.mode);
        (mode != Mode::Off && wrong.is_empty() && lawful && all_read).then(|| Plan {
            id: PolicyId {
                pack: pack.manifest().name.as_str().into(),
                policy: declared.name.as_str().into(),
            },
            apply: self.index,
            mode,
            pack,
            declared,
            facts,
            settings,
            lists,
        })
    }

    fn push_setting_problems(&mut self, declared: &manifest::Policy, wrong: &[SettingProblem]) {
        for (pointer, message) in wrong {
            let at_set = self.apply.place_of(&format!("/{}{pointer}", declared.name));
            self.problems.push(at(
                self.file,
                at_set,
                format!("setting /{}{pointer}: {message}", declared.name),
            ));
        }
    }
}

fn one_of<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "it has none".to_owned()
    } else {
        format!("expected one of {}", names.join(", "))
    }
}

impl Plan<'_> {
    pub(crate) fn list_table(&self) -> Vec<ListInfo> {
        self.declared
            .lists
            .iter()
            .map(|name| self.lists[name].info.clone())
            .collect()
    }

    pub(crate) fn into_policy(self, plugin: Arc<Plugin>, list_count: usize) -> Policy {
        let declared = self.declared;
        let mut table = vec![NOT_ASKED; list_count];
        for (index, name) in declared.lists.iter().enumerate() {
            table[self.lists[name].id.0 as usize] = index as u16;
        }
        let trigger = declared
            .trigger
            .try_map(&mut |name: &String| self.lists.get(name).map(|list| list.id).ok_or(()))
            .expect("a manifest's trigger names lists of the manifest, and all of them were read");
        let asks = |field| declared.asks_for(field);
        Policy {
            apply: self.apply,
            plugin,
            plugin_name: declared.plugin.clone(),
            plugin_digest: self.facts.digest,
            interfaces: declared.interfaces.clone(),
            key: declared.key,
            trigger,
            lists: Arc::new(self.list_table()),
            table: Arc::new(table),
            fields: Fields {
                id: asks(Field::Id),
                parties: asks(Field::Parties),
                departments: asks(Field::Departments),
                conversation: asks(Field::Conversation),
                text: asks(Field::Text),
                amount: asks(Field::Amount),
                attachments: asks(Field::Attachments),
                links: asks(Field::Links),
                time: declared.time,
            },
            preceding: declared.preceding,
            fuel_per_kib: declared.fuel_per_kib,
            mode: self.mode,
            triggered: Arc::default(),
            id: self.id,
        }
    }
}
