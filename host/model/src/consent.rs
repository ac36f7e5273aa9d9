//! Consent to archiving, and the gate that follows from it.
//!
//! Sources, all of the Personal Information Protection Law of the PRC (PIPL):
//! - art. 13: content is handled on consent, or on another lawful basis that is named, among them a legal duty (13(3));
//! - art. 14: consent is given freely, by an informed person, by a clear act; hence agreement that a platform assumes is
//!   not what [`LawfulBasis::RecordedConsent`] asks for;
//! - art. 15: consent can be withdrawn; withdrawing it does not undo what was done before. Hence the gate looks at the
//!   state when a message is judged, and never touches a verdict that was recorded earlier.

use crate::message::{Kind, Message, Party, PartyClass};
use crate::set::LawfulBasis;
use crate::time::Timestamp;
use crate::verdict::Withheld;
use std::collections::HashMap;
use std::ops::Deref;

pub use crate::consent_event::{ConsentEvent, ConsentState};

/// What policies may see of a message and of those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible<P> {
    /// Why the message's own content is withheld; `None` if policies may see it.
    pub withheld: Option<Withheld>,
    /// The preceding messages whose content may be shown beside it, in the order given.
    pub preceding: Vec<P>,
}

/// The one place that decides what policies may see, of a message and of its context alike. Called once for every message,
/// after its own statement was recorded; `ledger` is that of its tenant and channel and holds all that was said up to now.
///
/// A preceding message is asked for again, whatever was decided when it came: somebody may have refused since. It needs its
/// own lawful basis, which that of the message behind it does not replace.
pub fn visible<P: Deref<Target: AsRef<Message>>>(
    basis: LawfulBasis,
    message: &Message,
    preceding: impl IntoIterator<Item = P>,
    ledger: &ConsentLedger,
) -> Visible<P> {
    let withheld = |message: &Message| gate(basis, message, |party| ledger.state_of(party));
    Visible {
        withheld: withheld(message),
        preceding: preceding
            .into_iter()
            .filter(|earlier| withheld((**earlier).as_ref()).is_none())
            .collect(),
    }
}

/// Decides whether policies may see a message: `None` if they may, otherwise why they may not. [`visible`] asks it of a
/// message and of its context.
///
/// `state_of` gives what a party last said, by id. Parties of class `external` are asked for; a party whose class the
/// source does not say may be external and is treated as such. A refusal outweighs a record that is missing.
///
/// Events (consent, recall, system) that carry no content are never withheld: there is nothing to protect in them, and
/// a consent event must be seen to have its effect. One that does carry text, files, links or money is treated as any message.
fn gate(basis: LawfulBasis, message: &Message, state_of: impl Fn(&str) -> Option<ConsentState>) -> Option<Withheld> {
    if basis == LawfulBasis::LegalDuty || is_bare_event(message) {
        return None;
    }
    let mut missing = false;
    for party in message.parties() {
        if !is_asked(party) {
            continue;
        }
        match state_of(&party.id) {
            Some(ConsentState::Disagree) => return Some(Withheld::ConsentRefused),
            Some(ConsentState::Agree) => {}
            Some(ConsentState::DefaultAgree) | None => missing = true,
        }
    }
    (missing && basis == LawfulBasis::RecordedConsent).then_some(Withheld::ConsentMissing)
}

/// Whether a party's consent counts: everybody's but that of employees and robots. A party without class and id stands for
/// nobody: an event of the channel has no sender.
pub fn is_asked(party: &Party) -> bool {
    let nobody = party.class == PartyClass::Unknown && party.id.is_empty();
    !(nobody || matches!(party.class, PartyClass::Employee | PartyClass::Robot))
}

fn is_bare_event(message: &Message) -> bool {
    matches!(message.kind, Kind::Consent | Kind::Recall | Kind::System)
        && message.text.is_empty()
        && message.attachments.is_empty()
        && message.links.is_empty()
        && message.amount.is_none()
}

/// What each party last said, whatever the order in which their statements arrive: the latest by the time at which it counts
/// holds, and of two at one moment the one that allows less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentLedger(HashMap<String, (Timestamp, ConsentState)>);

impl ConsentLedger {
    /// Takes in a statement as [`ConsentEvent::heard_at`] makes it; true if it changed what holds.
    pub fn record(&mut self, event: &ConsentEvent) -> bool {
        let rank = |(at, state): (Timestamp, ConsentState)| (at, state.strictness());
        let stated = (event.at, event.state);
        match self.0.get_mut(&event.party) {
            Some(known) if rank(*known) >= rank(stated) => false,
            Some(known) => {
                *known = stated;
                true
            }
            None => self.0.insert(event.party.clone(), stated).is_none(),
        }
    }

    /// What a party last said.
    pub fn state_of(&self, party: &str) -> Option<ConsentState> {
        self.0.get(party).map(|(_, state)| *state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{Defaults, from_json};
    use crate::message::Addressed;
    use proptest::prelude::*;
    use proviso_rows::each_row;

    fn message(fields: &str) -> Message {
        let text = format!(r#"{{"id":"m","tenant":"t","channel":"c","conversation":"g","sent_at":0,{fields}}}"#);
        from_json(&text, &Defaults::default()).unwrap()
    }

    const OUTBOUND: &str = r#""from":{"id":"e","class":"employee"},"to":[{"id":"x","class":"external"},{"id":"y","class":"external"}],"text":"a""#;

    #[test]
    fn the_gate_follows_the_basis_and_what_was_said() {
        use ConsentState::{Agree, DefaultAgree, Disagree};
        use Withheld::{ConsentMissing, ConsentRefused};
        // What x and y said; then the answer on consent, and on recorded consent.
        let table = [
            (None, None, None, Some(ConsentMissing)),
            (Some(Agree), None, None, Some(ConsentMissing)),
            (Some(Agree), Some(Agree), None, None),
            (Some(Agree), Some(DefaultAgree), None, Some(ConsentMissing)),
            (Some(Disagree), Some(Agree), Some(ConsentRefused), Some(ConsentRefused)),
            (None, Some(Disagree), Some(ConsentRefused), Some(ConsentRefused)),
        ];
        each_row(table, |(x, y, on_consent, on_record)| {
            let said = |party: &str| match party {
                "x" => x,
                "y" => y,
                other => panic!("{other} was asked for"),
            };
            let message = message(OUTBOUND);
            assert_eq!(gate(LawfulBasis::Consent, &message, said), on_consent, "{x:?} {y:?}");
            assert_eq!(
                gate(LawfulBasis::RecordedConsent, &message, said),
                on_record,
                "{x:?} {y:?}"
            );
            assert_eq!(gate(LawfulBasis::LegalDuty, &message, said), None, "{x:?} {y:?}");
        });
    }

    #[test]
    fn the_gate_looks_at_senders_and_at_parties_of_unknown_class() {
        let refused = |party: &str| (party == "x").then_some(ConsentState::Disagree);
        let table = [
            (
                r#""from":{"id":"x","class":"external"},"to":[{"id":"e","class":"employee"}],"text":"a""#,
                true,
            ),
            (r#""from":"x","to":[{"id":"e","class":"employee"}],"text":"a""#, true),
            (
                r#""from":{"id":"e","class":"employee"},"to":[{"id":"x","class":"employee"}],"text":"a""#,
                false,
            ),
            (r#""from":{"id":"x","class":"robot"},"text":"a""#, false),
        ];
        each_row(table, |(fields, withheld)| {
            assert_eq!(
                gate(LawfulBasis::Consent, &message(fields), refused).is_some(),
                withheld,
                "{fields}"
            );
        });
        let internal =
            message(r#""from":{"id":"e","class":"employee"},"to":[{"id":"f","class":"employee"}],"text":"a""#);
        assert_eq!(gate(LawfulBasis::RecordedConsent, &internal, |_| None), None);
        let notice = message(r#""text":"the channel was renamed""#);
        assert_eq!(
            gate(LawfulBasis::RecordedConsent, &notice, |_| None),
            None,
            "nobody took part"
        );
    }

    #[test]
    fn events_pass_unless_they_carry_content() {
        let refused = |_: &str| Some(ConsentState::Disagree);
        for kind in ["consent", "recall", "system"] {
            let bare = format!(r#""kind":"{kind}","from":{{"id":"x","class":"external"}}"#);
            assert_eq!(
                gate(LawfulBasis::RecordedConsent, &message(&bare), refused),
                None,
                "{kind}"
            );
            for content in [
                r#""text":"a""#,
                r#""links":["a"]"#,
                r#""attachments":[{}]"#,
                r#""amount":{"minor_units":1,"currency":"CNY"}"#,
            ] {
                let message = message(&format!("{bare},{content}"));
                assert_eq!(
                    gate(LawfulBasis::Consent, &message, refused),
                    Some(Withheld::ConsentRefused),
                    "{kind} {content}"
                );
            }
        }
    }

    fn said(party: &str, state: ConsentState, at: i64) -> ConsentEvent {
        ConsentEvent {
            party: party.to_owned(),
            state,
            at: Timestamp::from_millis(at).unwrap(),
        }
    }

    /// What the case is, the basis, what was said before, who writes; then what is withheld, and what is shown of the context.
    type Row<'a> = (
        &'a str,
        LawfulBasis,
        Vec<ConsentEvent>,
        &'a str,
        Option<Withheld>,
        &'a [&'a str],
    );

    #[test]
    fn one_function_decides_for_the_message_and_for_its_context() {
        use ConsentState::{Agree, Disagree};
        use Withheld::{ConsentMissing, ConsentRefused};
        let from = |id: &str| {
            Addressed::from(message(&format!(
                r#""from":{{"id":"{id}","class":"external"}},"to":[{{"id":"e","class":"employee"}}],"text":"{id}""#
            )))
        };
        let inside = Addressed::from(message(
            r#""from":{"id":"e","class":"employee"},"to":[{"id":"f","class":"employee"}],"text":"inside""#,
        ));
        let earlier = [from("x"), inside, from("y")];
        let table: [Row<'_>; 7] = [
            (
                "nothing was said",
                LawfulBasis::Consent,
                vec![],
                "y",
                None,
                &["x", "inside", "y"],
            ),
            (
                "x refused after x wrote, in the same batch",
                LawfulBasis::Consent,
                vec![said("x", Disagree, 5)],
                "y",
                None,
                &["inside", "y"],
            ),
            (
                "x refused and writes again",
                LawfulBasis::Consent,
                vec![said("x", Disagree, 5)],
                "x",
                Some(ConsentRefused),
                &["inside", "y"],
            ),
            (
                "x refused and agreed later",
                LawfulBasis::Consent,
                vec![said("x", Disagree, 5), said("x", Agree, 6)],
                "x",
                None,
                &["x", "inside", "y"],
            ),
            (
                "only y agreed, and agreement is asked for",
                LawfulBasis::RecordedConsent,
                vec![said("y", Agree, 5)],
                "y",
                None,
                &["inside", "y"],
            ),
            (
                "nobody agreed, and agreement is asked for",
                LawfulBasis::RecordedConsent,
                vec![],
                "y",
                Some(ConsentMissing),
                &["inside"],
            ),
            (
                "a legal duty asks nobody",
                LawfulBasis::LegalDuty,
                vec![said("x", Disagree, 5)],
                "x",
                None,
                &["x", "inside", "y"],
            ),
        ];
        for (case, basis, statements, writes, withheld, shown) in table {
            let mut ledger = ConsentLedger::default();
            for statement in &statements {
                ledger.record(statement);
            }
            let seen = visible(basis, &from(writes), &earlier, &ledger);
            assert_eq!(seen.withheld, withheld, "{case}");
            let texts: Vec<_> = seen.preceding.iter().map(|message| message.text.as_str()).collect();
            assert_eq!(texts, shown, "{case}");
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
                ledger.record(&said("x", *state, *stated).heard_at(Timestamp::from_millis(*heard).unwrap()));
            }
            assert_eq!(ledger.state_of("x"), Some(holds), "{case}");
        }
    }

    fn event() -> impl Strategy<Value = ConsentEvent> {
        let states = vec![ConsentState::Agree, ConsentState::Disagree, ConsentState::DefaultAgree];
        ("[xy]", prop::sample::select(states), 0..3_i64).prop_map(|(party, state, at)| ConsentEvent {
            party,
            state,
            at: Timestamp::from_millis(at).unwrap(),
        })
    }

    #[test]
    fn the_latest_statement_holds_and_refusal_wins_a_tie() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let mut ledger = ConsentLedger::default();
        let mut say = |state, millis| {
            let changed = ledger.record(&ConsentEvent {
                party: "x".into(),
                state,
                at: at(millis),
            });
            (changed, ledger.state_of("x").unwrap())
        };
        assert_eq!(say(ConsentState::Agree, 5), (true, ConsentState::Agree));
        assert_eq!(say(ConsentState::Disagree, 4), (false, ConsentState::Agree));
        assert_eq!(say(ConsentState::Disagree, 5), (true, ConsentState::Disagree));
        assert_eq!(say(ConsentState::Agree, 5), (false, ConsentState::Disagree));
        assert_eq!(say(ConsentState::Agree, 6), (true, ConsentState::Agree));
        assert_eq!(ledger.state_of("y"), None);
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
