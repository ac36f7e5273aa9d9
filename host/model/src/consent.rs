//! Consent to archiving, and the gate that follows from it.
//!
//! Sources, all of the Personal Information Protection Law of the PRC (PIPL):
//! - art. 13: content is handled on consent, or on another lawful basis that is named, among them a legal duty (13(1)(3));
//! - art. 14: consent is given freely, by an informed person, by a clear act; hence agreement that a platform assumes is
//!   a state of its own, of which a tenant says whether it is enough;
//! - art. 15: consent can be withdrawn; withdrawing it does not undo what was done before. Hence the gate asks how the parties
//!   stood when the message was sent, and never touches a verdict that was recorded earlier;
//! - art. 17: who is archived is told so before; hence an employee's notice is a statement as a contact's agreement is.

use crate::basis::{Applied, Permit, Side, TenantBasis};
use crate::directory::Directory;
use crate::message::{Kind, Message, Party, PartyClass};
use crate::time::Timestamp;
use crate::verdict::Withheld;
use std::ops::Deref;
use std::sync::Arc;

pub use crate::consent_event::{ConsentEvent, ConsentState};
pub use crate::consent_ledger::ConsentLedger;

/// What is known when a message comes to the gate.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// The basis of the message's tenant.
    pub basis: &'a TenantBasis,
    /// What the accounts of the message's tenant and channel said.
    pub said: &'a ConsentLedger,
    /// What the tenant's people said, or were told, by their numbers.
    pub people: Option<&'a ConsentLedger>,
    /// Who they are.
    pub directory: Option<&'a Directory>,
    /// The moment whose state decides.
    pub moment: Timestamp,
}

/// What policies may see of a message and of those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible<P> {
    /// Why the message's own content is withheld; `None` if policies may see it.
    pub withheld: Option<Withheld>,
    /// The basis that applied, and what it permits.
    pub basis: Arc<Applied>,
    /// The preceding messages whose content may be shown beside it, in the order given.
    pub preceding: Vec<P>,
}

/// The one place that decides what policies may see, of a message and of its context alike. Called once for every message,
/// after its own statement was recorded.
///
/// A preceding message is asked for again, at the moment of the message behind it: somebody may have refused since. It needs its
/// own lawful basis, which that of the message behind it does not replace.
pub fn visible<P: Deref<Target: AsRef<Message>>>(
    gate: Gate<'_>,
    message: &Message,
    preceding: impl IntoIterator<Item = P>,
) -> Visible<P> {
    let (withheld, basis) = gate.ask(message);
    Visible {
        withheld,
        basis: Arc::clone(basis),
        preceding: preceding
            .into_iter()
            .filter(|earlier| gate.ask((**earlier).as_ref()).0.is_none())
            .collect(),
    }
}

impl<'a> Gate<'a> {
    /// Whether policies may see a message: `None` if they may, otherwise why they may not; and the basis for it. [`visible`] asks
    /// it of a message and of its context.
    ///
    /// Of each side's parties, the one whose state permits least decides. A party whose class the source does not say may be
    /// external and is treated as such. A refusal outweighs a record that is missing.
    ///
    /// Events (consent, recall, system) that carry no content are never withheld: there is nothing to protect in them, and
    /// a consent event must be seen to have its effect. One that does carry text, files, links or money is treated as any message.
    fn ask(&self, message: &Message) -> (Option<Withheld>, &'a Arc<Applied>) {
        if is_bare_event(message) {
            return (None, self.basis.applied(None, None));
        }
        let mut least: [Option<ConsentState>; 2] = [None, None];
        let mut refused = false;
        for party in message.parties() {
            let Some(side) = side_of(party) else { continue };
            let Some(basis) = self.basis.of(side) else { continue };
            let state = match side {
                Side::Contacts => self.said.last_at(&party.id, self.moment),
                Side::Employees => self.notice_of(message, party),
            };
            let state = state.map_or(ConsentState::Unknown, |(_, state)| state);
            let allows = |state: ConsentState| (basis.permits(state), state.strictness());
            let known = &mut least[usize::from(side == Side::Employees)];
            if known.is_none_or(|known| allows(state) > allows(known)) {
                *known = Some(state);
            }
            let is_refusal = matches!(state, ConsentState::Disagree | ConsentState::Withdraw);
            refused |= is_refusal && basis.permits(state) != Permit::Judge;
        }
        let applied = self.basis.applied(least[0], least[1]);
        let withheld = match (applied.permits, refused) {
            (Permit::Judge, _) => None,
            (_, true) => Some(Withheld::ConsentRefused),
            (_, false) => Some(Withheld::ConsentMissing),
        };
        (withheld, applied)
    }

    /// What was recorded last of an employee, under the account or under the person's number.
    fn notice_of(&self, message: &Message, party: &Party) -> Option<(Timestamp, ConsentState)> {
        let by_account = self.said.last_at(&party.id, self.moment);
        let by_person = self
            .people
            .zip(person_of(self.directory, message, party))
            .and_then(|(people, person)| people.last_at(person, self.moment));
        let rank = |(at, state): &(Timestamp, ConsentState)| (*at, state.strictness());
        by_account.into_iter().chain(by_person).max_by_key(rank)
    }
}

/// The number of the person who has a party's account at the message's time.
pub fn person_of<'d>(directory: Option<&'d Directory>, message: &Message, party: &Party) -> Option<&'d str> {
    let (tenant, channel) = (&message.id.tenant, &message.id.channel);
    let standing = directory?.standing_at(tenant, channel, &party.id, message.sent_at)?;
    Some(standing.person)
}

/// Whose basis covers a party; `None` for robots, and for a party without class and id, which stands for nobody: an event of the
/// channel has no sender.
pub fn side_of(party: &Party) -> Option<Side> {
    match party.class {
        PartyClass::Employee => Some(Side::Employees),
        PartyClass::Robot => None,
        PartyClass::Unknown if party.id.is_empty() => None,
        PartyClass::Unknown | PartyClass::External => Some(Side::Contacts),
    }
}

fn is_bare_event(message: &Message) -> bool {
    matches!(message.kind, Kind::Consent | Kind::Recall | Kind::System)
        && message.text.is_empty()
        && message.attachments.is_empty()
        && message.links.is_empty()
        && message.amount.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basis::{Basis, of_set};
    use crate::canonical::{Defaults, from_json};
    use crate::message::Addressed;
    use crate::set::LawfulBasis;
    use crate::time::Zone;
    use proviso_rows::each_row;

    fn message(fields: &str) -> Message {
        let text = format!(r#"{{"id":"m","tenant":"t","channel":"c","conversation":"g","sent_at":0,{fields}}}"#);
        from_json(&text, &Defaults::default()).unwrap()
    }

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

    fn ledger<'a>(statements: impl IntoIterator<Item = &'a ConsentEvent>) -> ConsentLedger {
        let mut ledger = ConsentLedger::default();
        for statement in statements {
            ledger.record(statement);
        }
        ledger
    }

    fn on<'a>(basis: &'a TenantBasis, said: &'a ConsentLedger, millis: i64) -> Gate<'a> {
        Gate {
            basis,
            said,
            people: None,
            directory: None,
            moment: at(millis),
        }
    }

    fn withheld(basis: LawfulBasis, message: &Message, said: &ConsentLedger) -> Option<Withheld> {
        on(of_set(basis), said, 10).ask(message).0
    }

    const OUTBOUND: &str = r#""from":{"id":"e","class":"employee"},"to":[{"id":"x","class":"external"},{"id":"y","class":"external"}],"text":"a""#;

    #[test]
    fn the_gate_follows_the_basis_and_what_was_said() {
        use ConsentState::{Agree, DefaultAgree, Disagree, Unknown, Withdraw};
        use Withheld::{ConsentMissing, ConsentRefused};
        // What x and y said; then the answer on consent, and on recorded consent.
        let table = [
            (None, None, None, Some(ConsentMissing)),
            (Some(Agree), None, None, Some(ConsentMissing)),
            (Some(Agree), Some(Agree), None, None),
            (Some(Agree), Some(DefaultAgree), None, Some(ConsentMissing)),
            (Some(Agree), Some(Unknown), None, Some(ConsentMissing)),
            (Some(Disagree), Some(Agree), Some(ConsentRefused), Some(ConsentRefused)),
            (Some(Withdraw), Some(Agree), Some(ConsentRefused), Some(ConsentRefused)),
            (None, Some(Disagree), Some(ConsentRefused), Some(ConsentRefused)),
        ];
        each_row(table, |(x, y, on_consent, on_record)| {
            let of = |party: &str, state: Option<ConsentState>| state.map(|state| said(party, state, 5));
            let said = ledger(of("x", x).iter().chain(&of("y", y)));
            let message = message(OUTBOUND);
            let answers = LawfulBasis::ALL.map(|basis| withheld(basis, &message, &said));
            assert_eq!(answers, [on_consent, on_record, None], "{x:?} {y:?}");
        });
    }

    #[test]
    fn the_gate_looks_at_senders_and_at_parties_of_unknown_class() {
        let refused = ledger(&[said("x", ConsentState::Disagree, 0)]);
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
        each_row(table, |(fields, is_withheld)| {
            let answer = withheld(LawfulBasis::Consent, &message(fields), &refused);
            assert_eq!(answer.is_some(), is_withheld, "{fields}");
        });
        let nothing = ConsentLedger::default();
        let internal =
            message(r#""from":{"id":"e","class":"employee"},"to":[{"id":"f","class":"employee"}],"text":"a""#);
        assert_eq!(withheld(LawfulBasis::RecordedConsent, &internal, &nothing), None);
        let notice = message(r#""text":"the channel was renamed""#);
        assert_eq!(
            withheld(LawfulBasis::RecordedConsent, &notice, &nothing),
            None,
            "nobody took part"
        );
    }

    #[test]
    fn events_pass_unless_they_carry_content() {
        let refused = ledger(&[said("x", ConsentState::Disagree, 0)]);
        for kind in ["consent", "recall", "system"] {
            let bare = format!(r#""kind":"{kind}","from":{{"id":"x","class":"external"}}"#);
            assert_eq!(
                withheld(LawfulBasis::RecordedConsent, &message(&bare), &refused),
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
                    withheld(LawfulBasis::Consent, &message, &refused),
                    Some(Withheld::ConsentRefused),
                    "{kind} {content}"
                );
            }
        }
    }

    /// What the case is, the basis, what was said, who writes, and the moment; then what is withheld, and what is shown of the
    /// context.
    type Row<'a> = (
        &'a str,
        LawfulBasis,
        Vec<ConsentEvent>,
        &'a str,
        i64,
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
        let consent = LawfulBasis::Consent;
        let table: [Row<'_>; 8] = [
            ("nothing was said", consent, vec![], "y", 9, None, &["x", "inside", "y"]),
            (
                "x refused after x wrote",
                consent,
                vec![said("x", Disagree, 5)],
                "y",
                9,
                None,
                &["inside", "y"],
            ),
            (
                "x refused and writes again",
                consent,
                vec![said("x", Disagree, 5)],
                "x",
                9,
                Some(ConsentRefused),
                &["inside", "y"],
            ),
            (
                "x refuses later, and it is known already",
                consent,
                vec![said("x", Disagree, 5)],
                "x",
                4,
                None,
                &["x", "inside", "y"],
            ),
            (
                "x refused and agreed later",
                consent,
                vec![said("x", Disagree, 5), said("x", Agree, 6)],
                "x",
                9,
                None,
                &["x", "inside", "y"],
            ),
            (
                "only y agreed, and agreement is asked for",
                LawfulBasis::RecordedConsent,
                vec![said("y", Agree, 5)],
                "y",
                9,
                None,
                &["inside", "y"],
            ),
            (
                "nobody agreed, and agreement is asked for",
                LawfulBasis::RecordedConsent,
                vec![],
                "y",
                9,
                Some(ConsentMissing),
                &["inside"],
            ),
            (
                "a legal duty asks nobody",
                LawfulBasis::LegalDuty,
                vec![said("x", Disagree, 5)],
                "x",
                9,
                None,
                &["x", "inside", "y"],
            ),
        ];
        for (case, basis, statements, writes, moment, withheld, shown) in table {
            let said = ledger(&statements);
            let seen = visible(on(of_set(basis), &said, moment), &from(writes), &earlier);
            assert_eq!(seen.withheld, withheld, "{case}");
            let texts: Vec<_> = seen.preceding.iter().map(|message| message.text.as_str()).collect();
            assert_eq!(texts, shown, "{case}");
        }
    }

    #[test]
    fn an_employee_is_asked_for_where_the_tenant_says_so_by_account_and_by_person() {
        use ConsentState::{Agree, Unknown, Withdraw};
        let contacts = Basis::new("consent", "PIPL", "13(1)(1)", Permit::Judge);
        let notice = Basis::new("human-resources", "PIPL", "13(1)(2)", Permit::Metadata).with(Agree, Permit::Judge);
        let basis = TenantBasis::new(contacts, Some(notice));
        let csv = |account: &str| crate::directory::Employment {
            tenant: "t".to_owned(),
            person: "1001".to_owned(),
            from: None,
            to: None,
            accounts: vec![account.parse().unwrap()],
            department: "d".to_owned(),
            post: crate::directory::PostClass::Ordinary,
            manager: None,
        };
        let directory = Directory::new(1, &[csv("c:e")], &Zone::utc());
        let internal = message(r#""from":{"id":"e","class":"employee"},"text":"a""#);
        // What was said under the account, and of the person; then how it stands, and whether it is withheld.
        let table = [
            (None, None, Unknown, true),
            (None, Some((Agree, 5)), Agree, false),
            (Some((Agree, 5)), None, Agree, false),
            (Some((Agree, 5)), Some((Withdraw, 6)), Withdraw, true),
            (Some((Agree, 7)), Some((Withdraw, 6)), Agree, false),
            (None, Some((Agree, 11)), Unknown, true),
        ];
        each_row(table, |(account, person, state, is_withheld)| {
            let of = |party: &str, one: Option<(ConsentState, i64)>| one.map(|(state, at)| said(party, state, at));
            let (accounts, people) = (ledger(&of("e", account)), ledger(&of("1001", person)));
            let gate = Gate {
                people: Some(&people),
                directory: Some(&directory),
                ..on(&basis, &accounts, 10)
            };
            let (withheld, applied) = gate.ask(&internal);
            assert_eq!(withheld.is_some(), is_withheld, "{account:?} {person:?}");
            let [ground] = &applied.grounds[..] else {
                panic!("{applied:?}")
            };
            assert_eq!((ground.state, &*ground.basis), (state, "human-resources"));
        });
    }
}
