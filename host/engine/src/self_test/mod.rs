//! Runs the packs' own cases against a generation: before it is swapped in, and for `pack test`.
//!
//! - `agreement`: the same case alone, again, in a batch and shuffled
//! - `branches`: which parts of the settings any case depends on
//! - `rehearsal`: the cases for one policy alone, under one settings after another

mod agreement;
mod branches;
mod rehearsal;

pub use branches::Branch;

use crate::generation::Generation;
use crate::guest::LogLine;
use crate::input::Input;
use crate::judged::Scope;
use crate::outcome::{FoldStates, Outcome};
use crate::policy::Policy;
use crate::prepare::settings_text;
use crate::snapshot::{InstrumentedCode, PrepareError, Recipe, prepare};
use proviso_model::set::Apply;
use proviso_model::verdict::Verdict;
use proviso_pack::{Case, Pack};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What came of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    /// `vendor/name` of the pack.
    pub pack: String,
    /// The case's name.
    pub case: String,
    /// Its file within the pack.
    pub file: String,
    /// Line of the case in that file, from 1.
    pub line: usize,
    /// What is otherwise than expected; empty if the case holds.
    pub mismatches: Vec<String>,
    /// The verdict on the case's last message; absent if the case's settings could not be configured.
    pub verdict: Option<Verdict>,
    /// What the plugins logged over the case's messages.
    pub log: Vec<LogLine>,
}

impl CaseReport {
    /// True if the case holds.
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// Settings that a case brings, by policy.
type CaseSettings = BTreeMap<String, Map<String, Value>>;

/// Compiled code of the plugins that cases give settings of their own.
type Compiled = HashMap<proviso_model::Digest, InstrumentedCode>;

/// How often a case is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rigour {
    /// Alone.
    Once,
    /// Alone, again, in a batch with others and shuffled, with so many threads.
    Thorough(usize),
}

impl Generation {
    /// Runs the cases of every pack that is on, each alone, in a tenant and with states of its own, whatever the pack's scope.
    ///
    /// What a case expects of a policy whose settings or terms the set changes is not looked at, unless the case brings the
    /// policy's settings itself; faults always are.
    pub fn self_test(&self) -> Vec<CaseReport> {
        self.run_all(Rigour::Once)
    }

    /// As [`self_test`](Generation::self_test), on `workers` threads (0 counts as 1), and each case four times: alone, alone
    /// again, in a batch with the pack's other cases, and shuffled among them. An answer that is not the same each time is a
    /// mismatch, whatever the case expects.
    pub fn self_test_thoroughly(&self, workers: usize) -> Vec<CaseReport> {
        self.run_all(Rigour::Thorough(workers.max(1)))
    }

    fn run_all(&self, rigour: Rigour) -> Vec<CaseReport> {
        let mut reports = Vec::new();
        let mut compiled = Compiled::new();
        for (index, applied) in self
            .applied
            .iter()
            .enumerate()
            .filter(|(_, applied)| applied.off.is_none())
        {
            let (plain, with_settings): (Vec<&Case>, Vec<&Case>) =
                applied.pack.cases().iter().partition(|case| case.settings.is_empty());
            let mut of_pack = self.run_cases(index, &plain, rigour);
            // Cases with equal settings share a variant.
            let mut variants: Vec<(&CaseSettings, Vec<&Case>)> = Vec::new();
            for case in with_settings {
                match variants.iter_mut().find(|(settings, _)| **settings == case.settings) {
                    Some((_, cases)) => cases.push(case),
                    None => variants.push((&case.settings, vec![case])),
                }
            }
            for (settings, cases) in variants {
                match self.variant(index, settings, &mut compiled) {
                    Ok(variant) => of_pack.extend(variant.run_cases(index, &cases, rigour)),
                    Err(why) => of_pack.extend(cases.iter().map(|case| report(&applied.pack, case, vec![why.clone()]))),
                }
            }
            of_pack.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
            reports.extend(of_pack);
        }
        // Faults are a share of what sources delivered; cases are none of that.
        self.take_triggered();
        reports
    }

    fn run_cases(&self, apply: usize, cases: &[&Case], rigour: Rigour) -> Vec<CaseReport> {
        let Rigour::Thorough(workers) = rigour else {
            return cases.iter().map(|case| self.run_case(apply, case)).collect();
        };
        let mut reports = Vec::with_capacity(cases.len());
        std::thread::scope(|scope| {
            let share = cases.len().div_ceil(workers).max(1);
            let parts: Vec<_> = cases
                .chunks(share)
                .map(|part| scope.spawn(move || part.iter().map(|case| self.run_case(apply, case)).collect::<Vec<_>>()))
                .collect();
            for part in parts {
                reports.extend(part.join().expect("a case does not panic"));
            }
        });
        self.disagreements(apply, cases, &mut reports);
        reports
    }

    /// Alone, so that what is logged is this case's.
    fn run_case(&self, apply: usize, case: &Case) -> CaseReport {
        let pack = &self.applied[apply].pack;
        let inputs = Input::of_case(case);
        let judged = self.evaluate_in(&inputs, Scope::Only(apply), true);
        let outcomes = self.advance_logged(judged, &inputs, &mut FoldStates::new(), true);
        let (outcomes, logs): (Vec<Outcome>, Vec<Vec<LogLine>>) = outcomes.into_iter().unzip();
        let last = outcomes.into_iter().last().expect("a case has a message");
        let skipped =
            |policy: &str| !case.settings.contains_key(policy) && changed_by_set(&self.set.apply[apply], pack, policy);
        let mismatches = case.mismatches(&last.verdict, skipped);
        CaseReport {
            verdict: Some(last.verdict),
            log: logs.into_iter().flatten().collect(),
            ..report(pack, case, mismatches)
        }
    }

    /// The same generation with other settings for some policies of a pack: the manifest's defaults with the case's over them.
    fn variant(&self, apply: usize, settings: &CaseSettings, compiled: &mut Compiled) -> Result<Generation, String> {
        let applied = &self.applied[apply];
        let mut policies = self.policies.clone();
        for policy in &mut policies[applied.policies.clone()] {
            if let Some(overrides) = settings.get(&*policy.id.policy) {
                let merged = applied.pack.merged_settings(&policy.id.policy, overrides);
                self.reconfigure(policy, &applied.pack, &merged, compiled)?;
            }
        }
        Ok(self.with_policies(policies))
    }

    fn reconfigure(
        &self,
        policy: &mut Policy,
        pack: &Pack,
        settings: &Map<String, Value>,
        compiled: &mut Compiled,
    ) -> Result<(), String> {
        let bytes = pack
            .plugin(&policy.plugin_name)
            .expect("the generation was built with it");
        let facts = self.remembered.inspect(bytes).map_err(|refused| refused.to_string())?;
        debug_assert!(
            policy
                .interfaces
                .iter()
                .all(|interface| facts.interfaces.contains(interface))
        );
        let recipe = Recipe {
            bytes,
            facts: &facts,
            settings: settings_text(settings),
            lists: Arc::clone(&policy.lists),
        };
        let code = compiled.entry(policy.plugin_digest).or_default();
        let plugin = prepare(&self.sandbox, &self.remembered, &recipe, code).map_err(|error| match error {
            PrepareError::Refused(refused) => refused.to_string(),
            PrepareError::Configure(fault) => {
                format!(
                    "{} fails while it is configured ({}): {}",
                    policy.id,
                    fault.cause.name(),
                    fault.detail
                )
            }
            PrepareError::Settings(problems) => {
                let told = problems
                    .iter()
                    .map(|p| format!("/{}{}: {}", policy.id.policy, p.pointer, p.message));
                format!(
                    "the case's settings are refused: {}",
                    told.collect::<Vec<_>>().join("; ")
                )
            }
        })?;
        policy.plugin = plugin;
        Ok(())
    }
}

/// True if the set gives the policy other settings, or other terms in a list that it sees.
fn changed_by_set(apply: &Apply, pack: &Pack, policy: &str) -> bool {
    let settings = apply.settings.get(policy).is_some_and(|settings| !settings.is_empty());
    let lists = pack
        .manifest()
        .policy(policy)
        .map(|policy| policy.lists.as_slice())
        .unwrap_or_default();
    settings
        || lists
            .iter()
            .any(|list| apply.extra_terms.get(list).is_some_and(|terms| !terms.is_empty()))
}

fn report(pack: &Pack, case: &Case, mismatches: Vec<String>) -> CaseReport {
    CaseReport {
        pack: pack.manifest().name.clone(),
        case: case.name.clone(),
        file: case.file.clone(),
        line: case.line,
        mismatches,
        verdict: None,
        log: Vec::new(),
    }
}
