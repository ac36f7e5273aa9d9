//! What is remembered, forgotten and asked for again; and what the gate lets through.

use super::*;
use proptest::prelude::*;
use proviso_model::basis::Basis;
use proviso_model::canonical::{Defaults, from_json};
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::set::LawfulBasis;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Remembers what was committed, and counts what it is asked.
#[derive(Default)]
struct Kept {
    messages: BTreeMap<String, Vec<Message>>,
    said: Vec<ConsentEvent>,
    asked: usize,
    bases: Arc<LawfulBases>,
}

impl Kept {
    fn keep(&mut self, admitted: &[Input]) {
        for input in admitted {
            let message = Message::clone(&input.message);
            self.said.extend(message.consent.clone());
            if input.withheld.is_none() {
                self.messages
                    .entry(message.conversation.clone())
                    .or_default()
                    .push(message);
            }
        }
    }
}

impl Past for Kept {
    type Error = Infallible;

    fn consents(&mut self, _: &str, _: &str, parties: &[&str]) -> Result<Vec<ConsentEvent>, Infallible> {
        let said = self.said.iter().filter(|event| parties.contains(&&*event.party));
        Ok(said.cloned().collect())
    }

    fn preceding(&mut self, messages: &[&Addressed]) -> Result<Vec<Vec<Message>>, Infallible> {
        self.asked += messages.len();
        let found = messages.iter().map(|message| {
            let all = self.messages.get(&message.conversation).cloned().unwrap_or_default();
            all[all.len().saturating_sub(PRECEDING_MESSAGES_MAX)..].to_vec()
        });
        Ok(found.collect())
    }

    fn directory(&mut self) -> Option<Arc<Directory>> {
        None
    }

    fn endings(&mut self) -> Option<Arc<Endings>> {
        None
    }

    fn bases(&mut self) -> Arc<LawfulBases> {
        Arc::clone(&self.bases)
    }
}

fn message(id: &str, conversation: &str, party: &str) -> Arc<Addressed> {
    let text = format!(
        r#"{{"id":"{id}","tenant":"t","channel":"c","conversation":"{conversation}","sent_at":2,
            "from":{{"id":"{party}","class":"external"}},"text":"{}"}}"#,
        "x".repeat(100)
    );
    Arc::new(from_json(&text, &Defaults::default()).unwrap().into())
}

fn refusal(id: &str, party: &str) -> Arc<Addressed> {
    let text = format!(
        r#"{{"id":"{id}","tenant":"t","channel":"c","conversation":"other","sent_at":1,"kind":"consent",
            "consent":{{"party":"{party}","state":"disagree"}}}}"#
    );
    Arc::new(from_json(&text, &Defaults::default()).unwrap().into())
}

fn on_consent() -> PolicySet {
    PolicySet {
        lawful_basis: LawfulBasis::Consent,
        ..PolicySet::default()
    }
}

#[test]
fn of_a_message_that_is_not_taken_in_as_much_is_kept_as_its_own_basis_permits() {
    let basis = Basis::new("consent", "PIPL", "13(1)(1)", Permit::Judge)
        .with(ConsentState::Unknown, Permit::Metadata)
        .with(ConsentState::Disagree, Permit::Sealed);
    let agreed = ConsentEvent {
        party: "known".to_owned(),
        state: ConsentState::Agree,
        at: Timestamp::from_millis(1).unwrap(),
    };
    let mut past = Kept {
        said: vec![agreed],
        bases: Arc::new([("t".to_owned(), TenantBasis::new(basis, None))].into_iter().collect()),
        ..Kept::default()
    };
    let mut memory = Memory::backed();
    let set = on_consent();
    // What another message of the transaction says is known.
    memory.admit(&set, vec![refusal("r", "refusing")], &mut past).unwrap();
    let messages = ["stranger", "known", "refusing"].map(|party| message("m", "g", party));
    let refused = memory
        .only_what_may_be_kept(&set, messages.to_vec(), &mut past)
        .unwrap();
    let texts: Vec<usize> = refused.iter().map(|one| one.text.len()).collect();
    assert_eq!(texts, [0, 100, 100]);
    assert_eq!(refused[0].delivered(), Some(messages[0].digest()));
    assert_eq!(&refused[1], &messages[1]);
    // Nothing of them is remembered: the next in their conversation stands alone.
    let next = memory.admit(&set, vec![message("n", "g", "known")], &mut past).unwrap();
    assert_eq!(shown(&next[0]), [] as [&str; 0]);
}

fn shown(input: &Input) -> Vec<&str> {
    input.preceding.iter().map(|message| &*message.id.native).collect()
}

#[test]
fn what_was_forgotten_is_asked_for_and_makes_no_difference() {
    let set = on_consent();
    let batches: Vec<Vec<Arc<Addressed>>> = (0..40)
        .map(|batch| {
            let one = |at: usize| message(&format!("m{batch}-{at}"), &format!("g{}", (batch * 7 + at) % 60), "p");
            (0..30).map(one).collect()
        })
        .collect();
    let judge = |bytes_max: usize| {
        let (mut memory, mut kept, mut seen) = (Memory::backed(), Kept::default(), Vec::new());
        for batch in &batches {
            let admitted = memory.admit(&set, batch.clone(), &mut kept).unwrap();
            seen.extend(admitted.iter().map(|input| shown(input).join(",")));
            kept.keep(&admitted);
            memory.evict_to(bytes_max);
            assert!(memory.window_bytes <= bytes_max);
        }
        (seen, kept.asked)
    };
    let (all, asked_once) = judge(usize::MAX);
    let (again, asked_often) = judge(16 << 10);
    assert_eq!(all, again);
    assert!(
        asked_often > asked_once,
        "the small memory forgets: {asked_often} and {asked_once}"
    );
    assert!(
        all.iter()
            .any(|shown| shown.split(',').count() == PRECEDING_MESSAGES_MAX)
    );
}

#[test]
fn nobody_sees_what_somebody_said_who_refused_in_the_same_batch() {
    let batch = vec![
        message("m1", "g", "p"),
        refusal("r", "p"),
        message("m2", "g", "q"),
        message("m3", "g", "p"),
    ];
    let admitted = Memory::alone()
        .admit(&on_consent(), batch, &mut Kept::default())
        .unwrap();
    assert_eq!(shown(&admitted[2]), Vec::<&str>::new(), "m1 is not shown beside m2");
    assert!(admitted[3].withheld.is_some(), "and m3 is withheld");
    assert!(admitted[0].withheld.is_none(), "what was judged before stays judged");
}

#[test]
fn a_refusal_that_a_keeper_knows_counts_after_everything_was_forgotten() {
    let (set, mut memory, mut kept) = (on_consent(), Memory::backed(), Kept::default());
    let first = memory
        .admit(&set, vec![message("m1", "g", "p"), refusal("r", "p")], &mut kept)
        .unwrap();
    kept.keep(&first);
    memory.clear();
    let next = memory.admit(&set, vec![message("m2", "g", "q")], &mut kept).unwrap();
    assert_eq!(shown(&next[0]), Vec::<&str>::new());
}

#[test]
fn alone_a_memory_counts_what_it_forgets_and_keeps_consent() {
    let (set, mut memory) = (on_consent(), Memory::alone());
    memory.admit_next(&set, refusal("r", "p"));
    for number in 0..100 {
        memory.admit_next(&set, message(&format!("m{number}"), &format!("g{number}"), "q"));
    }
    memory.evict_to(20 << 10);
    assert!(memory.forgotten() >= 50, "{}", memory.forgotten());
    assert!(memory.admit_next(&set, message("last", "g", "p")).withheld.is_some());
}

#[test]
fn what_may_not_be_stored_goes_on_as_metadata_and_is_shown_beside_nothing() {
    use proviso_model::basis::{Basis, TenantBasis};
    let consent =
        Basis::new("consent", "PIPL", "13(1)(1)", Permit::Judge).with(ConsentState::Disagree, Permit::Metadata);
    let bases = [("t".to_owned(), TenantBasis::new(consent, None))]
        .into_iter()
        .collect();
    let mut kept = Kept {
        bases: Arc::new(bases),
        ..Kept::default()
    };
    let batch = vec![refusal("r", "p"), message("m1", "g", "p"), message("m2", "g", "q")];
    let whole = batch[1].digest();
    let admitted = Memory::backed().admit(&PolicySet::default(), batch, &mut kept).unwrap();
    let applied = |input: &Input| input.basis.as_ref().unwrap().permits;
    assert_eq!(
        admitted.iter().map(applied).collect::<Vec<_>>(),
        [Permit::Judge, Permit::Metadata, Permit::Judge]
    );
    assert!(admitted[1].withheld.is_some());
    assert_eq!(
        (admitted[1].message.text.as_str(), &**admitted[1].message.raw()),
        ("", "")
    );
    assert_eq!(admitted[1].message.delivered(), Some(whole));
    assert_eq!(shown(&admitted[2]), Vec::<&str>::new());
}

#[test]
fn what_holds_now_decides_where_a_message_is_judged_again() {
    let (set, mut kept) = (on_consent(), Kept::default());
    let now = Timestamp::from_millis(9).unwrap();
    let again = |kept: &mut Kept| {
        let input = Memory::backed().admit_again(&set, message("m", "g", "p"), kept, now);
        input.unwrap().withheld
    };
    assert_eq!(again(&mut kept), None);
    kept.said.push(ConsentEvent {
        party: "p".to_owned(),
        state: ConsentState::Withdraw,
        at: Timestamp::from_millis(5).unwrap(),
    });
    assert!(again(&mut kept).is_some(), "withdrawn since it was sent");
}

proptest! {
    /// Statements in any order, in any number of parts, before each message: the same is withheld.
    #[test]
    fn statements_out_of_order_decide_as_in_order(
        statements in prop::collection::vec((0..4_i64, prop::sample::select(ConsentState::ALL.to_vec())), 0..8),
        shuffled in any::<prop::sample::Index>(),
    ) {
        let set = on_consent();
        let events: Vec<ConsentEvent> = statements
            .iter()
            .map(|(at, state)| ConsentEvent {
                party: "p".to_owned(),
                state: *state,
                at: Timestamp::from_millis(*at).unwrap(),
            })
            .collect();
        let judge = |said: Vec<ConsentEvent>| {
            let mut kept = Kept { said, ..Kept::default() };
            let admitted = Memory::backed().admit(&set, vec![message("m", "g", "p")], &mut kept).unwrap();
            (admitted[0].withheld, admitted[0].basis.clone())
        };
        let mut other = events.clone();
        if !other.is_empty() {
            let places = other.len();
            other.rotate_left(shuffled.index(places));
        }
        let expected = judge(events);
        prop_assert_eq!(&judge(other.clone()), &expected);
        other.reverse();
        prop_assert_eq!(&judge(other), &expected);
    }
}
