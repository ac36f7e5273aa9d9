//! What everybody said about being archived, and what held of it at any moment.

use crate::consent_event::{ConsentEvent, ConsentState};
use crate::time::Timestamp;
use std::collections::HashMap;

/// All statements of each party, whatever the order in which they arrive. At a moment, the latest statement up to it holds, and
/// of two at one moment the one that allows less. A statement is never taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentLedger(HashMap<String, Vec<Stated>>);

/// Ordered by the moment, then by how little the state allows.
type Stated = (Timestamp, ConsentState);

fn rank((at, state): &Stated) -> (Timestamp, u8) {
    (*at, state.strictness())
}

impl ConsentLedger {
    /// Takes in a statement as [`ConsentEvent::heard_at`] makes it; true if it was not known.
    pub fn record(&mut self, event: &ConsentEvent) -> bool {
        let stated = (event.at, event.state);
        let Some(known) = self.0.get_mut(&event.party) else {
            return self.0.insert(event.party.clone(), vec![stated]).is_none();
        };
        match known.binary_search_by_key(&rank(&stated), rank) {
            Ok(_) => false,
            Err(place) => {
                known.insert(place, stated);
                true
            }
        }
    }

    /// What a party had said last at a moment, the moment included, and when.
    pub fn last_at(&self, party: &str, moment: Timestamp) -> Option<(Timestamp, ConsentState)> {
        let known = self.0.get(party)?;
        let behind = known.partition_point(|(at, _)| *at <= moment);
        known[..behind].last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn said(party: &str, state: ConsentState, millis: i64) -> ConsentEvent {
        ConsentEvent {
            party: party.to_owned(),
            state,
            at: at(millis),
        }
    }

    fn state(ledger: &ConsentLedger, party: &str, millis: i64) -> Option<ConsentState> {
        ledger.last_at(party, at(millis)).map(|(_, state)| state)
    }

    #[test]
    fn at_each_moment_the_latest_statement_holds_and_refusal_wins_a_tie() {
        use ConsentState::{Agree, DefaultAgree, Disagree, Unknown, Withdraw};
        let mut ledger = ConsentLedger::default();
        for (state, millis) in [(Agree, 5), (Disagree, 4), (Disagree, 5), (Agree, 6), (Withdraw, 9)] {
            assert!(ledger.record(&said("x", state, millis)));
        }
        assert!(!ledger.record(&said("x", Agree, 6)), "it was known");
        let held: Vec<_> = (3..=10).map(|millis| state(&ledger, "x", millis)).collect();
        let expected = [
            None,
            Some(Disagree),
            Some(Disagree),
            Some(Agree),
            Some(Agree),
            Some(Agree),
            Some(Withdraw),
            Some(Withdraw),
        ];
        assert_eq!(held, expected);
        assert_eq!(state(&ledger, "y", 9), None);
        // At one moment, from what allows most to what allows least.
        let mut ledger = ConsentLedger::default();
        for weaker in [Agree, DefaultAgree, Unknown, Disagree, Withdraw] {
            ledger.record(&said("x", weaker, 1));
            assert_eq!(state(&ledger, "x", 1), Some(weaker));
        }
    }

    /// State, time stated and time heard of each statement, in the order of arrival.
    type Heard<'a> = &'a [(ConsentState, i64, i64)];

    #[test]
    fn a_statement_from_the_future_counts_when_it_arrives() {
        use ConsentState::{Agree, Disagree};
        let year_9998 = Timestamp::from_rfc3339("9998-01-01T00:00:00Z").unwrap().as_millis();
        let table: [(&str, Heard<'_>, ConsentState); 4] = [
            (
                "an agreement of 9998, then a refusal",
                &[(Agree, year_9998, 10), (Disagree, 20, 20)],
                Disagree,
            ),
            (
                "a refusal of 9998, then an agreement",
                &[(Disagree, year_9998, 10), (Agree, 20, 20)],
                Agree,
            ),
            (
                "an agreement of 9998 behind a refusal",
                &[(Disagree, 10, 10), (Agree, year_9998, 20)],
                Agree,
            ),
            (
                "an old statement that arrives late stays old",
                &[(Disagree, 10, 10), (Agree, 5, 20)],
                Disagree,
            ),
        ];
        for (case, statements, holds) in table {
            let mut ledger = ConsentLedger::default();
            for (state, stated, heard) in statements {
                ledger.record(&said("x", *state, *stated).heard_at(at(*heard)));
            }
            assert_eq!(state(&ledger, "x", 20), Some(holds), "{case}");
        }
    }

    fn event() -> impl Strategy<Value = ConsentEvent> {
        let states = ConsentState::ALL.to_vec();
        ("[xy]", prop::sample::select(states), 0..3_i64).prop_map(|(party, state, millis)| said(&party, state, millis))
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_means_nothing(events in prop::collection::vec(event(), 0..9)) {
            let ledger = |events: &mut dyn Iterator<Item = &ConsentEvent>| {
                let mut ledger = ConsentLedger::default();
                events.for_each(|event| { ledger.record(event); });
                ledger
            };
            prop_assert_eq!(ledger(&mut events.iter()), ledger(&mut events.iter().rev()));
        }
    }
}
