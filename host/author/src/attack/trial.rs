//! One case, its mutants, and what became of its findings.

use super::draw::Draw;
use super::family::Stance;
use super::mutation::Mutation;
use super::target::Target;
use proviso_engine::{FoldStates, Generation, Input};
use proviso_model::verdict::{Finding, Severity, Verdict};
use proviso_model::{Message, Timestamp, limits};
use proviso_pack::{Case, TrustedPack};
use proviso_pipeline::judge_with;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// From one message of a split text to the next.
const BETWEEN_PARTS_MS: i64 = 3_000;

/// A case that is about to be tried.
pub(super) struct Trial<'a> {
    pub(super) pack: &'a TrustedPack,
    pub(super) case: &'a Case,
    /// Or why the case's settings are refused.
    pub(super) generation: Result<&'a Generation, &'a str>,
    /// The one rule that is looked at.
    pub(super) only: Option<&'a str>,
    pub(super) seed: u64,
    pub(super) mutations: &'a [Mutation],
    pub(super) own_cases: &'a str,
    /// How many cases of its rule come before it.
    pub(super) place: usize,
}

/// What came of a case.
pub(super) struct Tried<'a> {
    pub(super) case: &'a Case,
    /// What of it is not as it expects as it stands; then nothing was tried.
    pub(super) failing: Vec<String>,
    pub(super) stance: Stance,
    pub(super) mutants: Vec<Judged>,
}

/// What came of one mutant.
pub(super) struct Judged {
    /// Its place among the mutations.
    pub(super) mutation: usize,
    /// The finding that had to stay.
    pub(super) watched: Option<RuleName>,
    pub(super) fate: Fate,
    /// The messages that were judged in place of the case's last one; empty where all went well.
    pub(super) texts: Vec<String>,
}

/// A rule and its policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RuleName {
    pub(super) policy: String,
    pub(super) rule: String,
}

/// What became of a finding, or of there being none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is as it was.
    Survived,
    /// The finding is there, with a lower severity.
    Lowered,
    /// Nothing is found that had to stay, or nothing at all, and a policy of the pack failed: the message is held for a person.
    Held,
    /// The finding is gone.
    Lost,
    /// These rules found something where nothing was to be found.
    Appeared(Vec<RuleName>),
}

/// A finding whose survival is asked for.
struct Watched<'v> {
    finding: &'v Finding,
    name: RuleName,
}

/// A mutant on its way to be judged.
struct Mutant {
    mutation: usize,
    texts: Vec<String>,
    /// The messages before it, and those in place of the last one.
    inputs: Vec<Input>,
}

impl<'a> Trial<'a> {
    /// Judges the case as it stands, and all its mutants.
    pub(super) fn run(&self) -> Tried<'a> {
        let expected = self.case.expect.as_deref().unwrap_or_default();
        let stance = if expected.is_empty() {
            Stance::Silent
        } else {
            Stance::Found
        };
        let mut tried = Tried {
            case: self.case,
            failing: Vec::new(),
            stance,
            mutants: Vec::new(),
        };
        let generation = match self.generation {
            Ok(generation) => generation,
            Err(why) => {
                tried.failing.push(format!("its settings are refused: {why}"));
                return tried;
            }
        };
        let inputs = Input::of_case(self.case);
        let settled = judge_with(generation, &inputs, &mut FoldStates::new());
        let Some(verdict) = settled.last().map(|settled| &settled.outcome.verdict) else {
            return tried;
        };
        tried.failing = self.case.mismatches(verdict, |_| false);
        if !tried.failing.is_empty() {
            return tried;
        }
        let text = &self.case.messages[self.case.messages.len() - 1].text;
        if stance == Stance::Silent {
            if let Some(target) = Target::new(text, []) {
                self.attack(generation, &target, None, &mut tried.mutants);
            }
            return tried;
        }
        for watched in self.watched(verdict) {
            let spans = watched
                .finding
                .spans
                .iter()
                .map(|span| span.start as usize..span.end as usize);
            if let Some(target) = Target::new(text, spans) {
                self.attack(generation, &target, Some(&watched), &mut tried.mutants);
            }
        }
        tried
    }

    /// The findings that the case expects, each once.
    fn watched<'v>(&self, verdict: &'v Verdict) -> Vec<Watched<'v>> {
        let expected = self.case.expect.as_deref().unwrap_or_default();
        let mut seen = HashSet::new();
        let is_expected = |finding: &&Finding| {
            self.is_looked_at(finding)
                && expected.iter().any(|expected| {
                    expected.rule == finding.rule
                        && expected.policy.as_ref().is_none_or(|policy| *policy == *finding.policy)
                })
        };
        verdict
            .findings
            .iter()
            .filter(is_expected)
            .map(|finding| Watched {
                finding,
                name: name_of(finding),
            })
            .filter(|watched| seen.insert(watched.name.clone()))
            .collect()
    }

    /// True for findings of the pack, and of the one rule if one is looked at.
    fn is_looked_at(&self, finding: &Finding) -> bool {
        *finding.pack == *self.pack.manifest().name && self.only.is_none_or(|only| only == finding.rule)
    }

    /// Judges every mutant of one target, as many together as go to a plugin in one call.
    fn attack(
        &self,
        generation: &Generation,
        target: &Target<'_>,
        watched: Option<&Watched<'_>>,
        judged: &mut Vec<Judged>,
    ) {
        let mut batch: Vec<Mutant> = Vec::new();
        let (mut messages, mut bytes) = (0, 0);
        let mut seen = HashSet::new();
        for (number, mutation) in self.mutations.iter().enumerate() {
            if watched.is_none() && !mutation.is_benign || self.place >= mutation.cases_max {
                continue;
            }
            let mut draw = Draw::new(self.seed, &[&self.case.file, &self.case.name, mutation.name]);
            let Some(texts) = mutation.apply(target, &mut draw, self.own_cases) else {
                continue;
            };
            // What policies do not see of a text says nothing of them.
            if texts.iter().any(|text| text.len() > limits::MESSAGE_TEXT_BYTES_MAX) {
                continue;
            }
            // Two mutations of one family may make the same of a short text.
            if !seen.insert((mutation.family, texts.clone())) {
                continue;
            }
            let inputs = self.inputs(number, &texts);
            let size: usize = inputs.iter().map(|input| input.message.text.len()).sum();
            if messages + inputs.len() > limits::BATCH_MESSAGES_MAX || bytes + size > limits::BATCH_TEXT_BYTES_MAX {
                self.judge(generation, &std::mem::take(&mut batch), watched, judged);
                (messages, bytes) = (0, 0);
            }
            messages += inputs.len();
            bytes += size;
            batch.push(Mutant {
                mutation: number,
                texts,
                inputs,
            });
        }
        self.judge(generation, &batch, watched, judged);
    }

    /// The case with other messages in place of its last one, in a tenant of its own, so that the folds of one mutant are not
    /// another's.
    fn inputs(&self, number: usize, texts: &[String]) -> Vec<Input> {
        let mut case = self.case.clone();
        let last = case.messages.pop().expect("a case has a message");
        case.messages.extend(texts.iter().zip(0_i64..).map(|(text, part)| {
            let mut message = Message {
                text: text.clone(),
                ..last.clone()
            };
            let sent_at = Timestamp::from_millis(last.sent_at.as_millis() + part * BETWEEN_PARTS_MS);
            message.sent_at = sent_at.unwrap_or(last.sent_at);
            if part > 0 {
                let _ = write!(Arc::make_mut(&mut message.id).native, "-{part}");
            }
            message
        }));
        for message in &mut case.messages {
            Arc::make_mut(&mut message.id).tenant = format!("attack-{number}");
        }
        Input::of_case(&case)
    }

    fn judge(
        &self,
        generation: &Generation,
        batch: &[Mutant],
        watched: Option<&Watched<'_>>,
        judged: &mut Vec<Judged>,
    ) {
        let inputs: Vec<Input> = batch.iter().flat_map(|mutant| mutant.inputs.iter().cloned()).collect();
        if inputs.is_empty() {
            return;
        }
        let settled = judge_with(generation, &inputs, &mut FoldStates::new());
        let mut rest = settled.as_slice();
        for mutant in batch {
            let (of_mutant, after) = rest.split_at(mutant.inputs.len());
            rest = after;
            let parts = &of_mutant[of_mutant.len() - mutant.texts.len()..];
            let verdicts: Vec<&Verdict> = parts.iter().map(|settled| &settled.outcome.verdict).collect();
            let fate = match watched {
                Some(watched) => self.fate_of(watched, &verdicts),
                None => self.fate_of_silence(&verdicts),
            };
            judged.push(Judged {
                mutation: mutant.mutation,
                watched: watched.map(|watched| watched.name.clone()),
                texts: if fate == Fate::Survived {
                    Vec::new()
                } else {
                    mutant.texts.clone()
                },
                fate,
            });
        }
    }

    fn fate_of(&self, watched: &Watched<'_>, verdicts: &[&Verdict]) -> Fate {
        let same = |finding: &&Finding| self.is_looked_at(finding) && name_of(finding) == watched.name;
        let findings = verdicts.iter().flat_map(|verdict| &verdict.findings);
        let highest: Option<Severity> = findings.filter(same).map(|finding| finding.severity).max();
        match highest {
            Some(severity) if severity >= watched.finding.severity => Fate::Survived,
            Some(_) => Fate::Lowered,
            None if self.is_faulty(verdicts) => Fate::Held,
            None => Fate::Lost,
        }
    }

    fn fate_of_silence(&self, verdicts: &[&Verdict]) -> Fate {
        let findings = verdicts.iter().flat_map(|verdict| &verdict.findings);
        let mut names: Vec<RuleName> = findings
            .filter(|finding| self.is_looked_at(finding))
            .map(name_of)
            .collect();
        names.sort();
        names.dedup();
        if !names.is_empty() {
            Fate::Appeared(names)
        } else if self.is_faulty(verdicts) {
            Fate::Held
        } else {
            Fate::Survived
        }
    }

    fn is_faulty(&self, verdicts: &[&Verdict]) -> bool {
        let mut faults = verdicts.iter().flat_map(|verdict| &verdict.faults);
        faults.any(|fault| *fault.pack == *self.pack.manifest().name)
    }
}

fn name_of(finding: &Finding) -> RuleName {
    RuleName {
        policy: finding.policy.to_string(),
        rule: finding.rule.clone(),
    }
}
