//! What somebody who knows a pack's rules would try: the messages of its cases changed so that people read the same, judged by
//! the real engine.
//!
//! - `target`: the text that is changed, and what matters in it
//! - `family`: families of mutations, and what helps against each
//! - `disguise` (with `letters`), `shields`, `splitting`, `order`, `numbers`, `filler`: the mutations, pure functions of a text and a seed
//! - `mutation`: all of them by name; `draw`: what a seed chooses
//! - `trial`: one case, its mutants, and what became of its findings
//! - `report`: what came of all, by family and rule
//!
//! A mutant of a case that expects a finding must have it too; one of a case that expects none must have none.

mod disguise;
mod draw;
mod family;
mod filler;
mod letters;
mod mutation;
mod numbers;
mod order;
mod report;
mod shields;
mod splitting;
mod target;
mod trial;

pub use family::{Family, NoFamily, Stance};
pub use report::{Cases, Example, FamilyTotal, MutationTotal, Report, RuleTotal};

use mutation::Mutation;
use proviso_engine::{Engine, Generation, ResolvedSet};
use proviso_model::Problems;
use proviso_pack::{Case, TrustedPack};
use proviso_pipeline::loading::build::{self, Tell};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use trial::Trial;

/// Text of the pack's own harmless cases that is used as filler, in bytes.
const OWN_CASES_BYTES_MAX: usize = 4 << 10;

/// Threads that judge, at most.
const WORKERS_MAX: usize = 256;

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct AttackOptions<'a> {
    /// Makes the choices of all mutations: the same seed, the same mutants.
    pub seed: u64,
    /// The one rule whose findings are looked at.
    pub only: Option<&'a str>,
    /// The one family that is tried.
    pub family: Option<Family>,
    /// Threads that judge, at most as many as there are cases, and 256; 0 counts as 1.
    pub workers: usize,
}

/// A pack that is ready to be attacked.
pub struct Attack {
    pack: Arc<TrustedPack>,
    /// One for the pack's own settings, and one for each that cases bring.
    generations: Vec<Generation>,
    /// The generation that judges each case, in their order, or why the case's settings are refused.
    of_case: Vec<Result<usize, String>>,
}

/// Settings that cases bring, and what was built of them.
struct Variant<'a> {
    settings: &'a BTreeMap<String, Map<String, Value>>,
    generation: Result<usize, String>,
}

impl Attack {
    /// Builds the pack once, and once more for each settings that cases bring.
    ///
    /// # Errors
    /// The pack's own settings cannot be built. Settings of a case that cannot be are told in the report.
    pub fn prepare(engine: &Engine, pack: &Arc<TrustedPack>, tell: Tell<'_>) -> Result<Self, Problems> {
        let mut generations = vec![build::of_packs(engine, &[Arc::clone(pack)], tell)?];
        let mut variants: Vec<Variant<'_>> = Vec::new();
        let mut of_case = Vec::with_capacity(pack.cases().len());
        for case in pack.cases() {
            if case.settings.is_empty() {
                of_case.push(Ok(0));
                continue;
            }
            if let Some(known) = variants.iter().find(|variant| *variant.settings == case.settings) {
                of_case.push(known.generation.clone());
                continue;
            }
            let mut resolved = ResolvedSet::of_pack(Arc::clone(pack));
            resolved.set.apply[0].settings.clone_from(&case.settings);
            let generation = match build::generation(engine, &resolved, tell) {
                Ok(built) => {
                    generations.push(built);
                    Ok(generations.len() - 1)
                }
                Err(problems) => Err(first_of(&problems)),
            };
            of_case.push(generation.clone());
            variants.push(Variant {
                settings: &case.settings,
                generation,
            });
        }
        Ok(Self {
            pack: Arc::clone(pack),
            generations,
            of_case,
        })
    }

    /// Tries every mutation on every case, and says what became of the findings. `progress` is told how many of how many cases
    /// are done, from the threads that judge.
    pub fn run(&self, options: &AttackOptions<'_>, progress: &(dyn Fn(usize, usize) + Sync)) -> Report {
        let mutations: Vec<Mutation> = mutation::all()
            .into_iter()
            .filter(|mutation| options.family.is_none_or(|family| family == mutation.family))
            .collect();
        let own_cases = self.own_cases();
        let trials = self.trials(options, &mutations, &own_cases);
        let workers = options.workers.min(trials.len()).clamp(1, WORKERS_MAX);
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut tried = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(trial) = trials.get(at) else { return tried };
                tried.push((at, trial.run()));
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, trials.len());
            }
        };
        let mut tried: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let results = threads
                .into_iter()
                .map(|thread| thread.join().expect("a trial does not panic"));
            results.flatten().collect()
        });
        // The report does not depend on which thread was first.
        tried.sort_by_key(|(at, _)| *at);
        let left_out = self.pack.cases().len() - trials.len();
        Report::of(
            &self.pack,
            options.seed,
            left_out,
            &mutations,
            tried.into_iter().map(|(_, tried)| tried),
        )
    }

    /// The cases that say what is to be found, each with its place among those of its rule.
    fn trials<'a>(
        &'a self,
        options: &AttackOptions<'a>,
        mutations: &'a [Mutation],
        own_cases: &'a str,
    ) -> Vec<Trial<'a>> {
        let mut places: HashMap<Option<&str>, usize> = HashMap::new();
        let mut trials = Vec::new();
        for (case, generation) in self.pack.cases().iter().zip(&self.of_case) {
            let Some(expected) = &case.expect else { continue };
            let is_meant = |rule: &str| options.only.is_none_or(|only| only == rule);
            let rule = expected
                .iter()
                .map(|finding| finding.rule.as_str())
                .find(|rule| is_meant(rule));
            // A case of other rules says nothing of this one.
            if rule.is_none() && !expected.is_empty() {
                continue;
            }
            let place = places.entry(rule).or_default();
            trials.push(Trial {
                pack: &self.pack,
                case,
                generation: generation
                    .as_ref()
                    .map(|at| &self.generations[*at])
                    .map_err(String::as_str),
                only: options.only,
                seed: options.seed,
                mutations,
                own_cases,
                place: *place,
            });
            *place += 1;
        }
        trials
    }

    /// The texts of the cases that expect nothing, one a line: harmless, and full of the pack's own words.
    fn own_cases(&self) -> String {
        let is_harmless = |case: &&Case| case.expect.as_ref().is_some_and(Vec::is_empty) && case.settings.is_empty();
        let mut texts = String::new();
        for case in self.pack.cases().iter().filter(is_harmless) {
            let text = &case.messages[case.messages.len() - 1].text;
            if !text.trim().is_empty() && texts.len() + text.len() < OWN_CASES_BYTES_MAX {
                texts.push_str(text.trim());
                texts.push('\n');
            }
        }
        texts
    }
}

/// Why settings are refused, in one line: the first problem, and how many more there are.
fn first_of(problems: &Problems) -> String {
    let first = problems
        .0
        .first()
        .map(|problem| problem.message.clone())
        .unwrap_or_default();
    match problems.0.len() {
        0 | 1 => first,
        more => format!("{first}; and {} more", more - 1),
    }
}
