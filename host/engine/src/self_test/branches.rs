//! Which branches of the settings the cases depend on: each is left out or changed, and the cases are run again.
//!
//! A plugin's settings say what it looks for, and only the plugin knows how. So a branch counts as reached if the verdict on
//! any case changes without it; no plugin has to tell what it ran.

use super::rehearsal::{self, Rehearsal, Script};
use crate::component::ComponentFacts;
use crate::generation::Generation;
use crate::policy::Policy;
use crate::prepare::settings_text;
use crate::snapshot::{PlainCode, PrepareError, Recipe, prepare_for_a_trial};
use proviso_model::verdict::Verdict;
use proviso_model::{Digest, limits};
use proviso_pack::Pack;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A part of a policy's settings that the schema allows to be left out or to be something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// `vendor/name` of the pack.
    pub pack: String,
    /// The policy within the pack.
    pub policy: String,
    /// Where in the policy's settings: a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// True if a case's verdict is another without it.
    pub reached: bool,
}

/// Cases that are run before all others where a rule's settings are changed, at most: those whose verdict names the rule. Most changes
/// show in them, and then the others need not be run.
const FIRST_CASES_MAX: usize = 8;

/// Numbers that are tried in place of one, as what is added to it.
const STEPS: [i64; 2] = [1, -1];

impl Generation {
    /// Tries every branch of the settings of every pack that is on, with the cases that bring no settings of their own.
    /// `progress` is told how many of how many are done; it is called from `workers` threads (0 counts as 1).
    ///
    /// # Errors
    /// Settings that a plugin takes too long to be configured with cannot be tried; which policy's, in a line for people.
    pub fn branches(&self, workers: usize, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<Branch>, String> {
        self.branches_of(&|_, _| true, workers, progress)
    }

    /// As [`branches`](Generation::branches), of those alone that are wanted, by policy and pointer.
    ///
    /// # Errors
    /// The same.
    pub fn branches_of(
        &self,
        is_wanted: &dyn Fn(&str, &str) -> bool,
        workers: usize,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Branch>, String> {
        let scripts: Vec<Script> = (0..self.applied.len())
            .filter(|apply| self.applied[*apply].off.is_none())
            .flat_map(|apply| Script::of_pack(self, apply))
            .collect();
        // Policies of one plugin share its code.
        let mut codes: HashMap<Digest, Arc<PlainCode>> = HashMap::new();
        let mut trials = Vec::new();
        for script in &scripts {
            let policy = &self.policies[script.index];
            let pack = &self.applied[policy.apply].pack;
            let overrides = self.set.apply[policy.apply].settings.get(&*policy.id.policy);
            let settings = pack.merged_settings(&policy.id.policy, overrides.unwrap_or(&Map::new()));
            let settings = Value::Object(settings);
            let mut wanted = pointers(&settings);
            wanted.retain(|pointer| is_wanted(&policy.id.policy, pointer));
            if wanted.is_empty() {
                continue;
            }
            let bytes = pack
                .plugin(&policy.plugin_name)
                .expect("the generation was built with it");
            let facts = self.remembered.inspect(bytes).map_err(|refused| refused.to_string())?;
            let rehearsal = Rehearsal::new(self, script);
            let before = rehearsal.verdicts(&self.with_policies(self.with_room(script.index)));
            let trial = Trial {
                generation: self,
                pack,
                index: script.index,
                bytes,
                facts,
                named: rehearsal::by_name(&before, FIRST_CASES_MAX),
                before,
                rehearsal,
                settings,
                wanted,
                choices: choices(pack.schema()),
                code: Arc::clone(codes.entry(policy.plugin_digest).or_default()),
            };
            if let Tried::Refused(why) = trial.verdicts_differ(&trial.settings, &[]) {
                return Err(format!("the settings of {} cannot be tried: {why}", trial.policy().id));
            }
            trials.push(trial);
        }
        let branches = try_all(&trials, workers, progress);
        self.take_triggered();
        Ok(branches)
    }
}

impl Generation {
    /// The policies, one of them with the fuel of a whole call for each message. What a verdict depends on is asked here, not what it costs;
    /// and so many messages go into one call.
    fn with_room(&self, index: usize) -> Vec<Policy> {
        let mut policies = self.policies.clone();
        policies[index].fuel_per_kib = limits::FUEL_PER_CALL_MAX;
        policies
    }
}

/// One policy, with what its cases gave before.
struct Trial<'a> {
    generation: &'a Generation,
    pack: &'a Pack,
    index: usize,
    /// The plugin.
    bytes: &'a [u8],
    facts: Arc<ComponentFacts>,
    rehearsal: Rehearsal<'a>,
    before: Vec<Verdict>,
    /// By the name of a rule or signal: cases whose verdict names it.
    named: HashMap<String, Vec<usize>>,
    settings: Value,
    /// Pointers to what is tried.
    wanted: Vec<String>,
    /// Texts that the schema lets stand in place of each other.
    choices: Vec<Vec<String>>,
    code: Arc<PlainCode>,
}

/// What came of one change of the settings.
enum Tried {
    /// Every case has its verdict.
    Same,
    /// A case has another verdict.
    Other,
    /// No policy can have these settings.
    Refused(String),
}

/// What is known of one branch: whether it is one, and what the cases say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing else could stand there.
    Fixed,
    Reached,
    Unreached,
}

/// Tries the branches of all policies, those nearer to the root first: what is inside one that nothing depends on is not
/// tried.
fn try_all(trials: &[Trial<'_>], workers: usize, progress: &(dyn Fn(usize, usize) + Sync)) -> Vec<Branch> {
    let mut places: Vec<(usize, &str)> = trials
        .iter()
        .enumerate()
        .flat_map(|(trial, of)| of.wanted.iter().map(move |pointer| (trial, pointer.as_str())))
        .collect();
    places.sort_by_key(|(_, pointer)| pointer.matches('/').count());
    let mut known: BTreeMap<(usize, &str), Known> = BTreeMap::new();
    let mut done = 0;
    for level in places.chunk_by(|(_, one), (_, other)| one.matches('/').count() == other.matches('/').count()) {
        let next = AtomicUsize::new(0);
        let known_above = &known;
        let tried: Vec<(usize, Known)> = std::thread::scope(|scope| {
            let work = || {
                let mut tried = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((trial, pointer)) = level.get(at) else {
                        return tried;
                    };
                    let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
                    let lost = known_above.get(&(*trial, above)) == Some(&Known::Unreached);
                    tried.push((
                        at,
                        if lost {
                            Known::Unreached
                        } else {
                            trials[*trial].look(pointer)
                        },
                    ));
                    progress(done + at + 1, places.len());
                }
            };
            let threads: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(work)).collect();
            let results = threads
                .into_iter()
                .map(|thread| thread.join().expect("a trial does not panic"));
            results.flatten().collect()
        });
        done += level.len();
        known.extend(tried.into_iter().map(|(at, found)| (level[at], found)));
    }
    let branch = |((trial, pointer), known): ((usize, &str), Known)| Branch {
        pack: trials[trial].pack.manifest().name.clone(),
        policy: trials[trial].policy().id.policy.to_string(),
        pointer: pointer.to_owned(),
        reached: known == Known::Reached,
    };
    known
        .into_iter()
        .filter(|(_, known)| *known != Known::Fixed)
        .map(branch)
        .collect()
}

impl Trial<'_> {
    fn policy(&self) -> &Policy {
        &self.generation.policies[self.index]
    }

    /// Leaves the branch out, and if nobody misses it and it is a single value, puts others in its place.
    fn look(&self, pointer: &str) -> Known {
        let mut known = Known::Fixed;
        let names = pointer
            .split('/')
            .map(|name| name.replace("~1", "/").replace("~0", "~"));
        let mut first: Vec<usize> = names
            .filter_map(|name| self.named.get(&name))
            .flatten()
            .copied()
            .collect();
        first.sort_unstable();
        first.dedup();
        let value = self.settings.pointer(pointer).cloned().unwrap_or_default();
        let others = self.others(&value).into_iter().map(Some);
        for change in std::iter::once(None).chain(others) {
            let mut settings = self.settings.clone();
            put(&mut settings, pointer, change);
            match self.verdicts_differ(&settings, &first) {
                Tried::Other => return Known::Reached,
                Tried::Same => known = Known::Unreached,
                Tried::Refused(_) => {}
            }
        }
        known
    }

    fn others(&self, value: &Value) -> Vec<Value> {
        match value {
            Value::Bool(yes) => vec![(!yes).into()],
            Value::Number(number) => match number.as_i64() {
                Some(number) => STEPS.iter().map(|step| number.saturating_add(*step).into()).collect(),
                None => number
                    .as_f64()
                    .map(|number| number * 2.0)
                    .map(Value::from)
                    .into_iter()
                    .collect(),
            },
            Value::String(text) => {
                let choices = self.choices.iter().filter(|choices| choices.contains(text)).flatten();
                choices
                    .filter(|other| *other != text)
                    .map(|other| other.as_str().into())
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether some case has another verdict under these settings; `first` are looked at before the others.
    fn verdicts_differ(&self, settings: &Value, first: &[usize]) -> Tried {
        let policy = self.policy();
        let name = &*policy.id.policy;
        let settings = settings.as_object().expect("the settings of a policy are an object");
        if let Some((pointer, problem)) = self.pack.validate_settings(name, settings).first() {
            return Tried::Refused(format!("{pointer}: {problem}"));
        }
        let recipe = Recipe {
            bytes: self.bytes,
            facts: &self.facts,
            settings: settings_text(settings),
            lists: Arc::clone(&policy.lists),
        };
        let plugin = match prepare_for_a_trial(&self.generation.sandbox, &recipe, &self.code) {
            Ok(plugin) => plugin,
            Err(PrepareError::Refused(refused)) => return Tried::Refused(refused.to_string()),
            Err(PrepareError::Configure(fault)) => return Tried::Refused(fault.detail),
            Err(PrepareError::Settings(problems)) => {
                let first = problems.first().map(|problem| problem.message.clone());
                return Tried::Refused(first.unwrap_or_default());
            }
        };
        let mut policies = self.generation.with_room(self.index);
        policies[self.index].plugin = Arc::new(plugin);
        let other = self.generation.with_policies(policies);
        let mut others = self.rehearsal.cases();
        others.retain(|case| !first.contains(case));
        let differ = |cases: &[usize]| self.rehearsal.differs(&other, cases, &self.before);
        if differ(first) || differ(&others) {
            Tried::Other
        } else {
            Tried::Same
        }
    }
}

/// The pointers to every value inside, without the whole.
fn pointers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        let inside: Vec<(String, &Value)> = match value {
            Value::Object(members) => {
                let name = |key: &str| key.replace('~', "~0").replace('/', "~1");
                members
                    .iter()
                    .map(|(key, value)| (format!("{at}/{}", name(key)), value))
                    .collect()
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| (format!("{at}/{index}"), value))
                .collect(),
            _ => Vec::new(),
        };
        for (pointer, value) in inside {
            walk(value, &pointer, found);
            found.push(pointer);
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Puts something else where a pointer of [`pointers`] leads, or nothing.
fn put(settings: &mut Value, pointer: &str, other: Option<Value>) {
    let (above, last) = pointer.rsplit_once('/').expect("a pointer into the settings");
    match (settings.pointer_mut(above), other) {
        (Some(Value::Object(members)), None) => drop(members.remove(&last.replace("~1", "/").replace("~0", "~"))),
        (Some(Value::Array(items)), None) => drop(items.remove(last.parse().expect("an index"))),
        (_, Some(other)) => *settings.pointer_mut(pointer).expect("a place in the settings") = other,
        (_, None) => unreachable!("what has a place is in a table or a list"),
    }
}

/// Every list of texts that a schema gives the choice of.
fn choices(schema: Option<&Value>) -> Vec<Vec<String>> {
    fn walk(value: &Value, found: &mut Vec<Vec<String>>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::Array(of)) = members.get("enum") {
                    found.push(of.iter().filter_map(Value::as_str).map(str::to_owned).collect());
                }
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Some(schema) = schema {
        walk(schema, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_value_has_a_pointer_that_leads_to_it() {
        let settings = json!({ "rules": { "a/b~c": { "when": [1, { "x": true }] } } });
        let found = pointers(&settings);
        assert_eq!(found.len(), 6, "{found:?}");
        assert!(
            found.iter().all(|pointer| settings.pointer(pointer).is_some()),
            "{found:?}"
        );
    }

    #[test]
    fn a_branch_is_left_out_or_replaced() {
        let settings = json!({ "a/b": { "list": [1, 2, 3] }, "c": false });
        let with = |pointer: &str, other: Option<Value>| {
            let mut changed = settings.clone();
            put(&mut changed, pointer, other);
            changed
        };
        assert_eq!(
            with("/a~1b/list/1", None),
            json!({ "a/b": { "list": [1, 3] }, "c": false })
        );
        assert_eq!(with("/a~1b", None), json!({ "c": false }));
        assert_eq!(
            with("/c", Some(true.into())),
            json!({ "a/b": { "list": [1, 2, 3] }, "c": true })
        );
    }
}
