//! The part of judging that has memory, and the decision how long each message is kept.

use proviso_engine::{FoldStates, Generation, Input, Judged, Outcome};
use proviso_model::Message;
use proviso_model::retention::{self, Decision, Facts, Moments};
use proviso_model::set::PolicySet;
use proviso_model::verdict::{Verdict, Withheld};
use std::collections::HashMap;
use std::sync::Arc;

/// A message's outcome, and what follows from it.
pub struct Settled {
    /// Verdict, fuel, and the steps of folds.
    pub outcome: Outcome,
    /// How long the message must and may be kept.
    pub retention: Arc<Decision>,
}

/// Advances the folds and decides on retention, in order of arrival. `states` are those before the first message, and
/// afterwards those behind the last one.
pub(crate) fn settle(
    generation: &Generation,
    admitted: &[Input],
    judged: Vec<Judged>,
    states: &mut FoldStates,
) -> Vec<Settled> {
    let outcomes = generation.advance(judged, admitted, states);
    let set = generation.set();
    let mut decided: HashMap<_, _, foldhash::fast::RandomState> = HashMap::default();
    let mut retained = Vec::with_capacity(outcomes.len());
    for (admitted, outcome) in admitted.iter().zip(&outcomes) {
        // Messages of one day with the very same proposals are decided once; the outcomes keep the proposals in their places.
        let proposals = outcome.verdict.proposals.iter();
        let alike: Vec<usize> = proposals.map(|proposal| Arc::as_ptr(proposal).addr()).collect();
        let day = set.time_zone.day(admitted.message.sent_at);
        let decision = decided
            .entry((alike, day, outcome.verdict.withheld, admitted.moments))
            .or_insert_with(|| Arc::new(decide(generation, admitted, &outcome.verdict)));
        retained.push(Arc::clone(decision));
    }
    let settled = outcomes.into_iter().zip(retained);
    settled
        .map(|(outcome, retention)| Settled { outcome, retention })
        .collect()
}

/// How long a message must and may be kept, from what its policies proposed.
fn decide(generation: &Generation, admitted: &Input, verdict: &Verdict) -> Decision {
    let proposals = verdict.proposals.iter().map(|attributed| attributed.proposed());
    let facts = facts(generation.set(), &admitted.message, verdict, admitted.moments);
    retention::decide(proposals, generation.laws(), &facts)
}

/// What is known of a message beside the proposals: what a decision about it is made from, and explained by. `moments` are those of
/// [`retention::Endings::moments`].
pub fn facts<'a>(set: &'a PolicySet, message: &Message, verdict: &Verdict, moments: Moments) -> Facts<'a> {
    Facts {
        sent_at: message.sent_at,
        moments,
        legal_hold: false,
        consent_withdrawn: verdict.withheld == Some(Withheld::ConsentRefused),
        time_zone: &set.time_zone,
    }
}
