//! The pack's cases judged by one policy alone, again and again under other settings: all that does not depend on the settings is done once.
//!
//! What a policy says of a message depends on the message, on what was found in it, on its own settings, and for a fold on the messages
//! before it; never on another policy. So the messages are scanned and the triggers asked once, and for a policy without memory a case is
//! its last message, since it expects nothing of the others.
//!
//! A plugin whose settings are tried is configured in every call, and a call that runs out of fuel is made again in halves. So as many
//! messages go into one as are seen to fit.

use super::agreement::{difference, in_tenant};
use crate::evaluate::Looked;
use crate::generation::Generation;
use crate::input::Input;
use crate::judged::{Judged, Scope};
use crate::memo::Memo;
use crate::outcome::{FoldStates, Folded};
use crate::policy::Policy;
use crate::verdict::assemble;
use proviso_model::limits;
use proviso_model::verdict::Verdict;
use proviso_pack::Case;
use proviso_pack::manifest::Interface;
use std::collections::HashMap;
use std::ops::Range;

/// What the messages of a call use together under the settings as they are, at most: half of what one may use, since other settings may cost
/// more.
const CALL_FUEL: u64 = limits::FUEL_PER_CALL_MAX / 2;

/// The cases in which one policy runs on some message.
pub(super) struct Script {
    /// Which policy of the generation.
    pub(super) index: usize,
    inputs: Vec<Input>,
    /// The messages of each case, by place in `inputs`.
    cases: Vec<Range<usize>>,
}

/// Those cases, scanned.
pub(super) struct Rehearsal<'a> {
    script: &'a Script,
    looked: Looked<'a>,
    /// True of a policy with memory, which must see all messages of a case.
    has_memory: bool,
    /// Last messages on which the policy has something stateless to say, in their order.
    last: Vec<Last>,
}

/// The last message of a case.
#[derive(Clone, Copy)]
struct Last {
    case: usize,
    message: usize,
    /// What it used under the settings as they are.
    fuel: u64,
    bytes: usize,
}

impl Script {
    /// One for each policy of a pack. Cases that bring settings of their own are left out.
    pub(super) fn of_pack(generation: &Generation, apply: usize) -> Vec<Self> {
        let applied = &generation.applied[apply];
        let cases: Vec<&Case> = applied
            .pack
            .cases()
            .iter()
            .filter(|case| case.settings.is_empty())
            .collect();
        let all = Script::of(usize::MAX, true, cases.iter().enumerate());
        let looked = generation.look_once(&all.inputs, apply);
        applied
            .policies
            .clone()
            .map(|index| {
                let mut is_run_on = vec![false; all.inputs.len()];
                for message in &looked.queues[index] {
                    is_run_on[*message] = true;
                }
                for (is_run_on, judged) in is_run_on.iter_mut().zip(&looked.judged) {
                    *is_run_on |= judged.folds.contains(&index);
                }
                let runs_in = |(number, _): &(usize, _)| is_run_on[all.cases[*number].clone()].contains(&true);
                let has_memory = generation.policies[index].has(Interface::Fold);
                Script::of(index, has_memory, cases.iter().enumerate().filter(runs_in))
            })
            .collect()
    }

    fn of<'c>(index: usize, has_memory: bool, cases: impl Iterator<Item = (usize, &'c &'c Case)>) -> Self {
        let mut script = Self {
            index,
            inputs: Vec::new(),
            cases: Vec::new(),
        };
        for (number, case) in cases {
            let first = script.inputs.len();
            let mut inputs = in_tenant(Input::of_case(case), number);
            if !has_memory {
                inputs.drain(..inputs.len() - 1);
            }
            script.inputs.extend(inputs);
            script.cases.push(first..script.inputs.len());
        }
        script
    }
}

impl<'a> Rehearsal<'a> {
    /// Scans the script's messages, and judges each alone to see what fuel it uses.
    pub(super) fn new(generation: &'a Generation, script: &'a Script) -> Self {
        let policy = &generation.policies[script.index];
        let mut rehearsal = Self {
            looked: generation.look_once(&script.inputs, policy.apply),
            script,
            has_memory: policy.has(Interface::Fold),
            last: Vec::new(),
        };
        let mut judged = rehearsal.looked.judged.clone();
        for (case, messages) in script.cases.iter().enumerate() {
            let message = messages.end - 1;
            if rehearsal.looked.queues[script.index].binary_search(&message).is_ok() {
                rehearsal.judge(generation, &[message], &mut judged);
                rehearsal.last.push(Last {
                    case,
                    message,
                    fuel: judged[message].fuel,
                    bytes: text_bytes(policy, &script.inputs[message]),
                });
            }
        }
        rehearsal
    }

    /// All cases, by their numbers.
    pub(super) fn cases(&self) -> Vec<usize> {
        (0..self.script.cases.len()).collect()
    }

    /// What the policy says of the last message of each case, as that generation has it.
    pub(super) fn verdicts(&self, generation: &Generation) -> Vec<Verdict> {
        let mut judged = self.looked.judged.clone();
        for group in self.groups(&vec![true; self.script.cases.len()]) {
            self.judge(generation, &group, &mut judged);
        }
        self.assembled(generation, judged)
    }

    /// True if that generation, which differs in this policy alone, has another verdict on one of these cases than it was before.
    pub(super) fn differs(&self, generation: &Generation, cases: &[usize], before: &[Verdict]) -> bool {
        if cases.is_empty() {
            return false;
        }
        let mut is_wanted = vec![false; self.script.cases.len()];
        for case in cases {
            is_wanted[*case] = true;
        }
        let mut judged = self.looked.judged.clone();
        if self.has_memory {
            for group in self.groups(&is_wanted) {
                self.judge(generation, &group, &mut judged);
            }
            let after = self.assembled(generation, judged);
            return cases
                .iter()
                .any(|case| difference(&before[*case], &after[*case]).is_some());
        }
        let mut case_of: HashMap<usize, usize> = HashMap::new();
        for last in &self.last {
            case_of.insert(last.message, last.case);
        }
        self.groups(&is_wanted).into_iter().any(|group| {
            self.judge(generation, &group, &mut judged);
            group.iter().any(|message| {
                let (outcome, _) = assemble(generation, judged[*message].clone(), Folded::default());
                difference(&before[case_of[message]], &outcome.verdict).is_some()
            })
        })
    }

    /// The verdicts on the last messages, once the stateless part is judged.
    fn assembled(&self, generation: &Generation, mut judged: Vec<Judged>) -> Vec<Verdict> {
        for judged in &mut judged {
            judged.folds.retain(|fold| *fold == self.script.index);
        }
        let outcomes = generation.advance(judged, &self.script.inputs, &mut FoldStates::new());
        let cases = self.script.cases.iter();
        cases
            .map(|messages| outcomes[messages.end - 1].verdict.clone())
            .collect()
    }

    fn judge(&self, generation: &Generation, messages: &[usize], judged: &mut [Judged]) {
        let Script { index, inputs, .. } = self.script;
        let job = self.looked.job(generation, *index, messages, inputs);
        job.run(judged, &mut Memo::default());
    }

    /// The last messages of the wanted cases, those together that one call can answer for.
    fn groups(&self, is_wanted: &[bool]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let (mut fuel_left, mut bytes_left) = (0, 0);
        for last in self.last.iter().filter(|last| is_wanted[last.case]) {
            let fits = last.fuel <= fuel_left && last.bytes <= bytes_left;
            match groups.last_mut() {
                Some(group) if fits && group.len() < limits::BATCH_MESSAGES_MAX => group.push(last.message),
                _ => {
                    (fuel_left, bytes_left) = (CALL_FUEL, limits::BATCH_TEXT_BYTES_MAX);
                    groups.push(vec![last.message]);
                }
            }
            fuel_left = fuel_left.saturating_sub(last.fuel);
            bytes_left = bytes_left.saturating_sub(last.bytes);
        }
        groups
    }
}

/// Text of a message that a policy is given, in bytes, at most.
fn text_bytes(policy: &Policy, input: &Input) -> usize {
    let preceding = input.preceding.iter().rev().take(policy.preceding);
    let preceding: usize = preceding.map(|message| message.text.len()).sum();
    input.message.text.len() + preceding.min(limits::PRECEDING_TEXT_BYTES_MAX)
}

/// By the name of a rule or signal: the cases whose verdict names it, the first of them up to so many.
pub(super) fn by_name(verdicts: &[Verdict], most: usize) -> HashMap<String, Vec<usize>> {
    let mut cases: HashMap<String, Vec<usize>> = HashMap::new();
    for (case, verdict) in verdicts.iter().enumerate() {
        let findings = verdict.findings.iter().map(|finding| finding.rule.as_str());
        let proposals = verdict.proposals.iter().map(|proposal| proposal.proposal.rule.as_str());
        let factors = verdict.scores.iter().flat_map(|score| &score.factors);
        for name in findings
            .chain(proposals)
            .chain(factors.map(|factor| factor.signal.as_str()))
        {
            let of_name = cases.entry(name.to_owned()).or_default();
            if of_name.len() < most && of_name.last() != Some(&case) {
                of_name.push(case);
            }
        }
    }
    cases
}

impl Generation {
    fn look_once<'a>(&'a self, inputs: &'a [Input], apply: usize) -> Looked<'a> {
        let mut scratch = self.take_scratch();
        let looked = self.look(inputs, Scope::Only(apply), &mut scratch);
        // The queues went with what was looked at; who judges next wants empty ones.
        scratch.queues = self.policies.iter().map(|_| Vec::new()).collect();
        self.put_scratch(scratch);
        looked
    }
}
