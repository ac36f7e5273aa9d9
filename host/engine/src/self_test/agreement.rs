//! A case must be answered the same in any company: alone, again, with all the others, and shuffled among them.

use super::CaseReport;
use crate::generation::Generation;
use crate::input::Input;
use crate::judged::Scope;
use crate::outcome::FoldStates;
use proviso_model::verdict::Verdict;
use proviso_pack::Case;
use std::sync::Arc;

/// Where the shuffle begins; any number does, and the same one each time makes a failure repeatable.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

impl Generation {
    /// Adds to the reports of cases that were run alone what differs when they are run otherwise.
    pub(super) fn disagreements(&self, apply: usize, cases: &[&Case], reports: &mut [CaseReport]) {
        let in_order: Vec<usize> = (0..cases.len())
            .flat_map(|case| vec![case; cases[case].messages.len()])
            .collect();
        let mut shuffled = in_order.clone();
        shuffle(&mut shuffled);
        let together = self.judge_together(apply, cases, &in_order);
        let among_others = self.judge_together(apply, cases, &shuffled);
        for (index, (case, report)) in cases.iter().zip(reports).enumerate() {
            let Some(alone) = &report.verdict else { continue };
            let again = self.run_case(apply, case).verdict;
            let others = [
                ("when it is run again", again.as_ref()),
                ("in a batch with the pack's other cases", Some(&together[index])),
                ("shuffled among the pack's other cases", Some(&among_others[index])),
            ];
            for (how, other) in others {
                if let Some(what) = other.and_then(|other| difference(alone, other)) {
                    report.mismatches.push(format!("{how} it has other {what} than alone"));
                }
            }
        }
    }

    /// The verdicts on the last messages of cases that are judged in one go, in the order of `cases`. `order` names for each
    /// message the case that it is of; the messages of one case keep theirs.
    fn judge_together(&self, apply: usize, cases: &[&Case], order: &[usize]) -> Vec<Verdict> {
        let mut left: Vec<_> = cases
            .iter()
            .enumerate()
            .map(|(number, case)| in_tenant(Input::of_case(case), number).into_iter())
            .collect();
        let inputs: Vec<Input> = order
            .iter()
            .map(|case| left[*case].next().expect("the order names each message once"))
            .collect();
        let judged = self.evaluate_in(&inputs, Scope::Only(apply), false);
        let outcomes = self.advance(judged, &inputs, &mut FoldStates::new());
        let mut last: Vec<Option<Verdict>> = vec![None; cases.len()];
        for (case, outcome) in order.iter().zip(outcomes) {
            last[*case] = Some(outcome.verdict);
        }
        last.into_iter()
            .map(|verdict| verdict.expect("a case has a message"))
            .collect()
    }
}

/// The messages in a tenant of their own, so that the states of one case are not another's. Policies do not see it.
pub(super) fn in_tenant(inputs: Vec<Input>, number: usize) -> Vec<Input> {
    let moved = |input: Input| {
        let mut message = proviso_model::Message::clone(&input.message);
        Arc::make_mut(&mut message.id).tenant = format!("case-{number}");
        Input {
            message: Arc::new(message.into()),
            ..input
        }
    };
    inputs.into_iter().map(moved).collect()
}

/// Fisher and Yates, by a xorshift generator (Marsaglia, 2003).
fn shuffle(order: &mut [usize]) {
    let mut state = SEED;
    for last in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(last, (state % (last as u64 + 1)) as usize);
    }
}

/// What of a verdict is not as in another; that of the message's own identity is left alone.
pub(super) fn difference(one: &Verdict, other: &Verdict) -> Option<&'static str> {
    let faults = |verdict: &Verdict| -> Vec<_> {
        let of = |fault: &proviso_model::verdict::Fault| (fault.policy_id(), fault.cause);
        verdict.faults.iter().map(of).collect()
    };
    if one.findings != other.findings {
        Some("findings")
    } else if one.proposals != other.proposals {
        Some("retention proposals")
    } else if one.scores != other.scores {
        Some("scores")
    } else if faults(one) != faults(other) {
        Some("faults")
    } else if (one.truncated, one.held) != (other.truncated, other.held) {
        Some("limits")
    } else {
        None
    }
}
