//! What came of an attack, as data.

use super::family::{Family, Stance};
use super::mutation::Mutation;
use super::trial::{Fate, Judged, RuleName, Tried};
use proviso_model::Problem;
use proviso_pack::TrustedPack;
use serde::Serialize;
use std::collections::BTreeMap;

/// Text of one message that an example shows, in bytes.
const EXAMPLE_BYTES_MAX: usize = 4 << 10;

/// All that an attack on one pack found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `vendor/name`.
    pub pack: String,
    /// What the choices were made from.
    pub seed: u64,
    /// What became of the pack's cases.
    pub cases: Cases,
    /// Mutants that were judged, one for each finding that a mutant had to keep.
    pub mutants: u64,
    /// Families whose mutants were judged, in the order of [`Family::ALL`], those of findings first.
    pub families: Vec<FamilyTotal>,
    /// By family and rule, the least survival first. Of cases that expect nothing, the rules that found something.
    pub rules: Vec<RuleTotal>,
    /// By mutation, the least survival first.
    pub mutations: Vec<MutationTotal>,
    /// Cases that are not as they expect before anything is changed, each at its place.
    #[serde(skip)]
    pub failing: Vec<Problem>,
}

/// How many cases were used for what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cases {
    /// A finding of theirs had to stay.
    pub found: usize,
    /// None could appear.
    pub silent: usize,
    /// They are not as they expect.
    pub failing: usize,
    /// They do not say what is to be found, or are of other rules than the one asked for.
    pub left_out: usize,
}

/// What became of the mutants of one family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FamilyTotal {
    /// What the mutants must not change.
    pub stance: Stance,
    /// The family.
    pub family: Family,
    /// Mutants whose finding stayed, or that have none where there was none.
    pub survived: u64,
    /// Of these, those whose finding has a lower severity.
    pub lowered: u64,
    /// Mutants on which a policy failed and that have no finding: they are held for a person, and do not survive.
    pub held: u64,
    /// All mutants.
    pub of: u64,
    /// What to look at; absent where all survived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
}

/// What became of one rule under one family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleTotal {
    /// What the mutants must not change.
    pub stance: Stance,
    /// The family.
    pub family: Family,
    /// Its name in the pack.
    pub policy: String,
    /// Its name in the policy.
    pub rule: String,
    /// Mutants whose finding stayed; of cases that expect nothing, those in which the rule found nothing.
    pub survived: u64,
    /// Of these, those whose finding has a lower severity.
    pub lowered: u64,
    /// Mutants without the finding on which a policy of the pack failed: they are held for a person.
    pub held: u64,
    /// All mutants.
    pub of: u64,
    /// The mutations that did not survive, and how often.
    pub by: BTreeMap<&'static str, u64>,
    /// The mutations that lowered the finding, and how often; absent where none did.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lowered_by: BTreeMap<&'static str, u64>,
    /// The smallest mutant that did not survive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

/// What became of the mutants of one mutation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MutationTotal {
    /// What the mutants must not change.
    pub stance: Stance,
    /// Its family.
    pub family: Family,
    /// Its name in the family.
    pub mutation: &'static str,
    /// As in [`FamilyTotal`].
    pub survived: u64,
    /// All mutants.
    pub of: u64,
}

/// A mutant that did not survive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The case's name.
    pub case: String,
    /// Its file within the pack.
    pub file: String,
    /// Line of the case in that file, from 1.
    pub line: usize,
    /// What was done.
    pub mutation: &'static str,
    /// The text in bytes, of all messages.
    pub bytes: usize,
    /// The messages in place of the case's last one, each cut to 4 KiB with `…`.
    pub messages: Vec<String>,
}

/// 0 to 100; 100 where there is nothing to survive.
fn percent(survived: u64, of: u64) -> f64 {
    if of == 0 {
        100.0
    } else {
        survived as f64 * 100.0 / of as f64
    }
}

impl FamilyTotal {
    /// The share that survived, 0 to 100.
    pub fn percent(&self) -> f64 {
        percent(self.survived, self.of)
    }
}

impl RuleTotal {
    /// The share that survived, 0 to 100.
    pub fn percent(&self) -> f64 {
        percent(self.survived, self.of)
    }
}

impl MutationTotal {
    /// The share that survived, 0 to 100.
    pub fn percent(&self) -> f64 {
        percent(self.survived, self.of)
    }
}

impl Report {
    pub(super) fn of<'a>(
        pack: &TrustedPack,
        seed: u64,
        left_out: usize,
        mutations: &[Mutation],
        tried: impl Iterator<Item = Tried<'a>>,
    ) -> Self {
        let mut sums = Sums::default();
        let mut cases = Cases {
            left_out,
            ..Cases::default()
        };
        let mut failing = Vec::new();
        for tried in tried {
            if !tried.failing.is_empty() {
                cases.failing += 1;
                let problem = |mismatch: &String| {
                    let message = format!("case {:?} is not tried: {mismatch}", tried.case.name);
                    Problem::on_line(pack.path_of(&tried.case.file), tried.case.line, message)
                };
                failing.extend(tried.failing.iter().map(problem));
                continue;
            }
            match tried.stance {
                Stance::Found => cases.found += 1,
                Stance::Silent => cases.silent += 1,
            }
            for judged in &tried.mutants {
                sums.add(&tried, judged, &mutations[judged.mutation]);
            }
        }
        sums.into_report(pack, seed, cases, failing)
    }

    /// True if there was no mutant to judge.
    pub fn is_empty(&self) -> bool {
        self.mutants == 0
    }

    /// The families of which less survived than so much in per cent, one line each.
    pub fn too_low(&self, least_percent: f64) -> Vec<String> {
        let low = self.families.iter().filter(|family| family.percent() < least_percent);
        low.map(|total| {
            format!(
                "{}: of the mutants of {} ({}) {:.1} % survive, less than {least_percent} %",
                self.pack,
                total.family.name(),
                total.stance.name(),
                total.percent()
            )
        })
        .collect()
    }
}

/// What is counted while mutants go by.
#[derive(Default)]
struct Sums {
    mutants: u64,
    families: BTreeMap<(Stance, Family), Sum>,
    mutations: BTreeMap<(Stance, Family, &'static str), Sum>,
    rules: BTreeMap<(Stance, Family, RuleName), RuleSum>,
}

/// What became of some mutants.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    survived: u64,
    lowered: u64,
    held: u64,
    of: u64,
}

#[derive(Default)]
struct RuleSum {
    all: Sum,
    by: BTreeMap<&'static str, u64>,
    lowered_by: BTreeMap<&'static str, u64>,
    example: Option<Example>,
}

impl Sum {
    fn add(&mut self, fate: &Fate) {
        self.survived += u64::from(survives(fate));
        self.lowered += u64::from(*fate == Fate::Lowered);
        self.held += u64::from(*fate == Fate::Held);
        self.of += 1;
    }
}

fn survives(fate: &Fate) -> bool {
    matches!(fate, Fate::Survived | Fate::Lowered)
}

impl Sums {
    fn add(&mut self, tried: &Tried<'_>, judged: &Judged, mutation: &Mutation) {
        let (stance, family, name) = (tried.stance, mutation.family, mutation.name);
        self.mutants += 1;
        self.families.entry((stance, family)).or_default().add(&judged.fate);
        let of_mutation = self.mutations.entry((stance, family, name)).or_default();
        of_mutation.add(&judged.fate);
        let touched: Vec<RuleName> = match (&judged.fate, &judged.watched) {
            (Fate::Appeared(rules), _) => rules.clone(),
            (_, watched) => watched.iter().cloned().collect(),
        };
        for rule in touched {
            let sum = self.rules.entry((stance, family, rule)).or_default();
            sum.all.add(&judged.fate);
            if judged.fate == Fate::Lowered {
                *sum.lowered_by.entry(name).or_default() += 1;
            }
            if !survives(&judged.fate) {
                *sum.by.entry(name).or_default() += 1;
                sum.shows(tried, judged, name);
            }
        }
    }

    fn into_report(self, pack: &TrustedPack, seed: u64, cases: Cases, failing: Vec<Problem>) -> Report {
        let families: Vec<FamilyTotal> = self
            .families
            .iter()
            .map(|((stance, family), sum)| FamilyTotal {
                stance: *stance,
                family: *family,
                survived: sum.survived,
                lowered: sum.lowered,
                held: sum.held,
                of: sum.of,
                hint: (sum.survived < sum.of).then(|| family.hint(*stance)),
            })
            .collect();
        let total_of = |stance, family| self.families.get(&(stance, family)).map_or(0, |sum| sum.of);
        let mut rules: Vec<RuleTotal> = self
            .rules
            .into_iter()
            .map(|((stance, family, RuleName { policy, rule }), sum)| {
                // A rule that found something in harmless mutants is told beside all of them.
                let of = match stance {
                    Stance::Found => sum.all.of,
                    Stance::Silent => total_of(stance, family),
                };
                RuleTotal {
                    stance,
                    family,
                    policy,
                    rule,
                    survived: sum.all.survived + of - sum.all.of,
                    lowered: sum.all.lowered,
                    held: sum.all.held,
                    of,
                    by: sum.by,
                    lowered_by: sum.lowered_by,
                    example: sum.example,
                }
            })
            .collect();
        rules.sort_by(|one, other| {
            one.stance
                .cmp(&other.stance)
                .then(one.percent().total_cmp(&other.percent()))
        });
        let mut mutations: Vec<MutationTotal> = self
            .mutations
            .into_iter()
            .map(|((stance, family, mutation), sum)| MutationTotal {
                stance,
                family,
                mutation,
                survived: sum.survived,
                of: sum.of,
            })
            .collect();
        mutations.sort_by(|one, other| {
            one.stance
                .cmp(&other.stance)
                .then(one.percent().total_cmp(&other.percent()))
        });
        Report {
            pack: pack.manifest().name.clone(),
            seed,
            cases,
            mutants: self.mutants,
            families,
            rules,
            mutations,
            failing,
        }
    }
}

impl RuleSum {
    /// Keeps the smaller example; of equal ones the first.
    fn shows(&mut self, tried: &Tried<'_>, judged: &Judged, mutation: &'static str) {
        let bytes = judged.texts.iter().map(String::len).sum();
        if self.example.as_ref().is_some_and(|example| example.bytes <= bytes) {
            return;
        }
        self.example = Some(Example {
            case: tried.case.name.clone(),
            file: tried.case.file.clone(),
            line: tried.case.line,
            mutation,
            bytes,
            messages: judged.texts.iter().map(|text| cut(text)).collect(),
        });
    }
}

fn cut(text: &str) -> String {
    if text.len() <= EXAMPLE_BYTES_MAX {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(EXAMPLE_BYTES_MAX)])
}
