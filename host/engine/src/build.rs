//! From a policy set and its packs to a generation, or to everything that keeps them from becoming one.

use crate::engine::Engine;
use crate::generation::Generation;
use crate::lists::{Lists, at};
use crate::plan::{BuildProgress, Plan, Planner, ResolvedSet};
use crate::policy::Applied;
use crate::prepare::prepare_all;
use proviso_model::digest::DigestBuilder;
use proviso_model::retention::Laws;
use proviso_model::set::{Apply, Mode, PolicySet};
use proviso_model::{Digest, Problem};
use proviso_pack::manifest;
use proviso_pack::{Pack, rules_of_law};
use serde_json::Map;
use std::path::Path;
use std::sync::Arc;

/// What judges: a change that could change a verdict changes one of these. A build that is to stand for another version names itself by
/// `PROVISO_ENGINE_VERSIONS`, to try that verdicts outlive an upgrade.
const VERSIONS: &str = match option_env!("PROVISO_ENGINE_VERSIONS") {
    Some(versions) => versions,
    None => concat!(
        "proviso-engine ",
        env!("CARGO_PKG_VERSION"),
        ", contract 0.1.0, wasmtime 48, scan 5"
    ),
};

/// What a generation goes by beside its packs.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// What judges, as [`versions`] said it when the generation was recorded.
    pub versions: &'a str,
    /// The set's canonical JSON, as it was recorded.
    pub set_json: &'a str,
}

impl Identity<'_> {
    /// The address of the generation with these packs, in the order of the set: a digest of all that a verdict depends on beside the message.
    /// Nothing is built for it.
    pub fn address(&self, packs: impl IntoIterator<Item = Digest>) -> Digest {
        let mut id = DigestBuilder::new("proviso generation 1");
        id.part(self.versions.as_bytes()).part(self.set_json.as_bytes());
        for pack in packs {
            id.part(pack.as_bytes());
        }
        id.finish()
    }
}

/// What judges: a part of every generation's address, recorded with it.
pub const fn versions() -> &'static str {
    VERSIONS
}

/// Why a set does not become a generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy set cannot be used: {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
pub struct BuildError {
    /// Everything that is wrong, at least one, ordered by file and place.
    pub problems: Vec<Problem>,
}

impl Engine {
    /// Builds a generation. `progress` is called on this thread, once for each policy; plugins are compiled on all processors.
    ///
    /// # Errors
    /// Every problem of the set, its packs, their lists, settings and plugins, each with its place.
    ///
    /// # Panics
    /// If `resolved.packs` has not one pack for each `[[apply]]`.
    pub fn build(&self, resolved: &ResolvedSet, progress: &dyn Fn(BuildProgress)) -> Result<Generation, BuildError> {
        let set_json = resolved.set.to_canonical_json();
        let identity = Identity {
            versions: VERSIONS,
            set_json: &set_json,
        };
        self.build_as(identity, resolved, progress)
    }

    /// The same for a generation that another version recorded: its verdicts name it as that version did. What it says is what this one says.
    ///
    /// # Errors
    /// As [`Self::build`].
    ///
    /// # Panics
    /// As [`Self::build`].
    pub fn build_as(
        &self,
        identity: Identity<'_>,
        resolved: &ResolvedSet,
        progress: &dyn Fn(BuildProgress),
    ) -> Result<Generation, BuildError> {
        assert_eq!(
            resolved.set.apply.len(),
            resolved.packs.len(),
            "one pack for each [[apply]]"
        );
        let _span = tracing::info_span!("build generation", packs = resolved.packs.len()).entered();
        let mut problems = Vec::new();
        let mut lists = Lists::default();
        let mut plans = Vec::new();
        let mut applied = Vec::new();
        for (index, (apply, pack)) in resolved.set.apply.iter().zip(&resolved.packs).enumerate() {
            let first = plans.len();
            let off = why_off(apply, pack);
            if off.is_none() {
                let mut planner = Planner {
                    file: &resolved.file,
                    apply,
                    index,
                    pack,
                    lists: &mut lists,
                    problems: &mut problems,
                    remembered: &self.remembered,
                };
                plans.extend(planner.plan());
            }
            applied.push(Applied {
                pack: Arc::clone(pack),
                off,
                policies: first..plans.len(),
            });
        }
        problems.extend(folds_applied_twice(&resolved.file, &resolved.set, &plans));
        let matcher = lists.build().map_err(|found| problems.extend(found)).ok();
        let (plugins, found) = prepare_all(self, resolved, &plans, progress);
        problems.extend(found);
        let Some(matcher) = matcher.filter(|_| problems.is_empty()) else {
            problems.sort();
            problems.dedup();
            return Err(BuildError { problems });
        };
        let policies = plans
            .into_iter()
            .zip(plugins)
            .map(|(plan, plugin)| {
                plan.into_policy(plugin.expect("a plugin that is missing is a problem"), matcher.count)
            })
            .collect();
        let id = identity.address(resolved.packs.iter().map(|pack| pack.digest()));
        Ok(Generation::new(
            (Arc::clone(&self.sandbox), Arc::clone(&self.remembered)),
            id,
            resolved.set.clone(),
            Arc::new(resolved.laws()),
            matcher,
            applied,
            policies,
        ))
    }
}

impl ResolvedSet {
    /// What the settings in force state of the rules of its retention policies. Nothing is compiled for it.
    pub fn laws(&self) -> Laws {
        let mut rules = Vec::new();
        for (apply, pack) in self.set.apply.iter().zip(&self.packs) {
            if why_off(apply, pack).is_some() {
                continue;
            }
            let manifest = pack.manifest();
            let runs = |policy: &&manifest::Policy| {
                policy.uses(manifest::Interface::Retention) && apply.mode_of(&policy.name, policy.mode) != Mode::Off
            };
            for policy in manifest.policies.iter().filter(runs) {
                let none = Map::new();
                let overrides = apply.settings.get(&policy.name).unwrap_or(&none);
                let settings = pack.merged_settings(&policy.name, overrides);
                rules.extend(rules_of_law(&manifest.name, &policy.name, &settings).0);
            }
        }
        Laws::new(rules)
    }
}

/// Why no policy of an `[[apply]]` runs.
fn why_off(apply: &Apply, pack: &Pack) -> Option<String> {
    if apply.mode == Mode::Off {
        return Some("mode is off".to_owned());
    }
    if pack.manifest().requires_assessment && apply.assessment.is_none() {
        return Some("it scores people and the set names no impact assessment (`assessment`, PIPL art. 55)".to_owned());
    }
    if apply.scope.is_of_nobody() {
        return Some("it scores people, and no approval of a second person is in force".to_owned());
    }
    None
}

/// A subject's state is advanced once for a message, so a fold may be applied once.
fn folds_applied_twice(file: &Path, set: &PolicySet, plans: &[Plan<'_>]) -> Vec<Problem> {
    let folds: Vec<&Plan<'_>> = plans
        .iter()
        .filter(|plan| plan.declared.uses(manifest::Interface::Fold))
        .collect();
    let again = folds
        .iter()
        .enumerate()
        .filter(|(index, plan)| folds[..*index].iter().any(|first| first.id == plan.id));
    again
        .map(|(_, plan)| {
            let message = format!(
                "{} keeps a state and is applied twice: apply it once, with a scope that covers both",
                plan.id
            );
            at(file, set.apply[plan.apply].at, message)
        })
        .collect()
}
