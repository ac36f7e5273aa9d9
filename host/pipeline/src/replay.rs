//! Messages that were judged, judged again for comparison: each from what is recorded of it, and under the generation that judged it.

use crate::judge::{Judge, judge};
use crate::ports::States;
use proviso_engine::{FoldStates, Generation, Input};
use proviso_model::Addressed;
use proviso_model::directory::Directory;
use proviso_model::id::{FoldKey, PolicyId};
use proviso_model::retention::Moments;
use proviso_model::verdict::{Fault, FaultCause, Verdict};
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;

/// A message with all that it was judged with.
pub struct Replayed<'a> {
    /// The message.
    pub message: Arc<Addressed>,
    /// What was said of it then: it names what was withheld, and the policies that were not called.
    pub verdict: &'a Verdict,
    /// The messages before it that its verdict names, the oldest first.
    pub preceding: Vec<Arc<Addressed>>,
    /// The version of the directory that was asked.
    pub directory: Option<Arc<Directory>>,
    /// The states of its subjects before it, each by fold and key. One of no bytes is none.
    pub folds: Vec<(PolicyId, Arc<str>, Arc<[u8]>)>,
}

/// What the generation says of these messages, in order. Nothing that one of them does to a state is seen by another. `workers` are
/// threads, from 1: the verdicts do not depend on them.
pub fn replay(generation: &Generation, workers: usize, messages: Vec<Replayed<'_>>) -> Vec<Verdict> {
    let mut inputs = Vec::with_capacity(messages.len());
    let mut own = Own(VecDeque::with_capacity(messages.len()));
    for message in messages {
        own.0.push_back(message.states());
        inputs.push(message.input());
    }
    let by = Judge {
        generation,
        workers,
        breaker: None,
    };
    let Ok((_, settled)) = judge(by, inputs, &mut own);
    settled.into_iter().map(|settled| settled.outcome.verdict).collect()
}

impl Replayed<'_> {
    fn states(&self) -> FoldStates {
        let tenant: Arc<str> = self.message.id.tenant.as_str().into();
        let folds = self.folds.iter().filter(|(_, _, state)| !state.is_empty());
        let states = folds.map(|(policy, key, state)| {
            let key = FoldKey {
                tenant: Arc::clone(&tenant),
                policy: policy.clone(),
                key: Arc::clone(key),
            };
            (key, Arc::clone(state))
        });
        states.collect()
    }

    fn input(self) -> Input {
        Input {
            message: self.message,
            preceding: self.preceding,
            withheld: self.verdict.withheld,
            basis: None,
            moments: Moments::default(),
            quarantined: quarantined(self.verdict),
            directory: self.directory,
        }
    }
}

/// The policies that were not called.
fn quarantined(verdict: &Verdict) -> Option<Arc<BTreeSet<PolicyId>>> {
    let faults = verdict.faults.iter();
    let policies: BTreeSet<PolicyId> = faults
        .filter(|fault| fault.cause == FaultCause::Quarantined)
        .map(Fault::policy_id)
        .collect();
    (!policies.is_empty()).then(|| Arc::new(policies))
}

/// The states before each message, in the order of the messages: each is asked for once.
struct Own(VecDeque<FoldStates>);

impl States for Own {
    type Error = Infallible;

    const CONTINUOUS: bool = false;

    fn before(&mut self, _: &Addressed, _: &[FoldKey]) -> Result<FoldStates, Infallible> {
        Ok(self.0.pop_front().unwrap_or_default())
    }
}
