//! The set, its packs, one matcher and every plugin configured, as the host reads them.

use super::judge::Scratch;
use super::lists::{Known, Lists};
use super::plugin::Plugin;
use super::shown::{Lens, NOT_ASKED};
use anyhow::{Context, anyhow};
use proviso_model::Problem;
use proviso_model::retention::{Laws, Proposal, Proposed};
use proviso_model::set::{Apply, Mode, PolicySet};
use proviso_model::trigger::Trigger;
use proviso_pack::manifest::{self, Interface, SubjectKey};
use proviso_pack::{PLUGIN_PATH_VARIABLE, Pack, PluginPath, rules_of_law};
use proviso_scan::{ListId, Matcher};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// All that judges.
pub(super) struct Native {
    pub(super) set: PolicySet,
    pub(super) matcher: Matcher,
    pub(super) lists: usize,
    /// The list of who speaks, if a policy sees it.
    pub(super) segments: Option<ListId>,
    /// For each `[[apply]]` its policies; none where it is off.
    pub(super) applied: Vec<Range<usize>>,
    pub(super) policies: Vec<Policy>,
    /// What the settings state of the rules of retention policies.
    pub(super) laws: Laws,
}

/// One policy, ready to judge.
pub(super) struct Policy {
    /// Number of its `[[apply]]`.
    pub apply: usize,
    pub pack: String,
    pub name: String,
    pub shadow: bool,
    pub plugin: Plugin,
    pub interfaces: Vec<Interface>,
    pub key: Option<SubjectKey>,
    pub trigger: Trigger<ListId>,
    pub lens: Lens,
    pub preceding: usize,
}

impl Native {
    /// Reads a set. `proviso` is the binary beside which the packs' plugins are: a pack is not whole without them.
    pub(super) fn load(file: &Path, proviso: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let set = PolicySet::parse(file, &text).map_err(|problems| all(&problems))?;
        let plugins = PluginPath::from_values(std::env::var_os(PLUGIN_PATH_VARIABLE).as_deref(), proviso.parent());
        let mut lists = Lists::default();
        let mut planned = Vec::new();
        for apply in &set.apply {
            let beside = file.parent().unwrap_or(Path::new(""));
            let pack = proviso_pack::resolve(&apply.pack, beside, &plugins, &[])
                .and_then(proviso_pack::UnreadPack::read)
                .map_err(|error| all(&error.problems))?;
            let off = apply.mode == Mode::Off || pack.manifest().requires_assessment && apply.assessment.is_none();
            let known = if off {
                HashMap::new()
            } else {
                lists.of_pack(&pack, apply)?
            };
            planned.push((pack, known, off));
        }
        let (builder, count, segments) = lists.into_parts();
        let matcher = builder
            .build()
            .map_err(|problems| anyhow!("no matcher: {problems:?}"))?;
        let mut applied = Vec::new();
        let mut policies = Vec::new();
        let mut rules = Vec::new();
        for (number, (apply, (pack, known, off))) in set.apply.iter().zip(&planned).enumerate() {
            let first = policies.len();
            let runs = |declared: &&manifest::Policy| !off && apply.mode_of(&declared.name, declared.mode) != Mode::Off;
            for declared in pack.manifest().policies.iter().filter(runs) {
                policies.push(policy((number, apply), pack, declared, known, count)?);
                if declared.uses(Interface::Retention) {
                    let settings = merged(apply, pack, declared);
                    rules.extend(rules_of_law(&pack.manifest().name, &declared.name, &settings).0);
                }
            }
            applied.push(first..policies.len());
        }
        Ok(Self {
            set,
            matcher,
            lists: count,
            segments,
            applied,
            policies,
            laws: Laws::new(rules),
        })
    }

    /// A proposal of the policy of that number.
    pub(super) fn proposed<'a>(&'a self, policy: usize, proposal: &'a Proposal) -> Proposed<'a> {
        let policy = &self.policies[policy];
        Proposed {
            pack: &policy.pack,
            policy: &policy.name,
            proposal,
        }
    }

    /// What a thread needs to judge.
    pub(super) fn scratch(&self) -> Scratch {
        Scratch::new(self)
    }
}

pub(super) fn all(problems: &[Problem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow!("{}", lines.join("\n"))
}

/// The settings in force: the set's over the pack's.
fn merged(apply: &Apply, pack: &Pack, declared: &manifest::Policy) -> Map<String, Value> {
    let overrides = apply.settings.get(&declared.name).cloned().unwrap_or_default();
    pack.merged_settings(&declared.name, &overrides)
}

fn policy(
    (number, apply): (usize, &Apply),
    pack: &Pack,
    declared: &manifest::Policy,
    known: &HashMap<String, Known>,
    lists: usize,
) -> anyhow::Result<Policy> {
    let place = || format!("{}:{}", pack.manifest().name, declared.name);
    let settings = serde_json::to_string(&merged(apply, pack, declared))?;
    let list = |name: &String| {
        known
            .get(name)
            .with_context(|| format!("{}: no list {name:?}", place()))
    };
    let mut table = vec![NOT_ASKED; lists];
    let mut infos = Vec::new();
    for (index, name) in declared.lists.iter().enumerate() {
        table[list(name)?.id.0 as usize] = index as u16;
        infos.push(list(name)?.info.clone());
    }
    Ok(Policy {
        apply: number,
        pack: pack.manifest().name.clone(),
        name: declared.name.clone(),
        shadow: apply.mode_of(&declared.name, declared.mode) == Mode::Shadow,
        plugin: Plugin::configure(&declared.plugin, &settings, infos).with_context(place)?,
        interfaces: declared.interfaces.clone(),
        key: declared.key,
        trigger: declared.trigger.try_map(&mut |name| list(name).map(|list| list.id))?,
        lens: Lens::new(declared, table),
        preceding: declared.preceding,
    })
}
