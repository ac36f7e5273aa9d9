//! Judgements are read by every later program.

use super::unhex;
use crate::sqlite::support::rich_entry;
use proviso_model::retention::Decision;
use proviso_model::verdict::{AttributedProposal, Finding};
use proviso_model::{Digest, Message, Verdict};
use proviso_record::Unreadable;
use proviso_record::judgement::{Beside, Decided, Meanings, Numbers, read, used, write};
use std::sync::Arc;

/// Judgements that use every field, in hexadecimal digits. The files never change.
const GOLDEN_1: &str = include_str!("golden/judgement-v1.hex");
const GOLDEN_2: &str = include_str!("golden/judgement-v2.hex");

/// Policies are 1 and 2, and the first proposal of a verdict is 1.
struct Table(Verdict);

impl Numbers for Table {
    fn policy(&self, _pack: &str, policy: &str) -> u32 {
        if policy == "departure-risk" { 1 } else { 2 }
    }

    fn proposal(&self, proposal: &AttributedProposal) -> Option<u32> {
        (*proposal == *self.0.proposals[0]).then_some(1)
    }
}

impl Meanings for Table {
    fn policy(&self, number: u32) -> Option<(Arc<str>, Arc<str>)> {
        let policy = match number {
            1 => "departure-risk",
            2 => "promissory-language",
            _ => return None,
        };
        Some(("proviso/bank-cn".into(), policy.into()))
    }

    fn proposal(&self, number: u32) -> Option<Arc<AttributedProposal>> {
        (number == 1).then(|| Arc::clone(&self.0.proposals[0]))
    }
}

/// A verdict with a finding whose text is its spans', one whose text is not, and a proposal without number.
fn example() -> (Verdict, Arc<Decision>, Message) {
    let entry = rich_entry("m1", 1);
    let mut verdict = entry.verdict;
    let message = Message::clone(&entry.message);
    verdict.findings[0].text = Finding::excerpt(&message.text, &verdict.findings[0].spans).unwrap();
    let mut other = AttributedProposal::clone(&verdict.proposals[0]);
    other.proposal.rule = "in-words-of-its-own".into();
    verdict.proposals.push(Arc::new(other));
    verdict.preceding = vec!["m0".into()];
    let mut decision = Decision::clone(&entry.retention.unwrap());
    decision.decided_by[0].ceiling_until = Some("2047-12-31".parse().unwrap());
    let mut cited = decision.decided_by[0].clone();
    cited.rule = "of no proposal".into();
    decision.decided_by.push(cited);
    (verdict, Arc::new(decision), message)
}

fn beside<'a>(verdict: &Verdict, message: &'a Message) -> Beside<'a> {
    Beside {
        message,
        generation: verdict.generation,
        packs: Arc::clone(&verdict.packs),
    }
}

#[test]
fn a_judgement_of_every_form_is_read_by_every_later_program() {
    let (mut verdict, decision, message) = example();
    let table = Table(verdict.clone());
    let read_again = |bytes: &[u8], verdict: &Verdict| {
        let judgement = read(bytes, beside(verdict, &message), &table).unwrap();
        assert_eq!(judgement.verdict.to_canonical_json(), verdict.to_canonical_json());
        let decision = Decided::Decision(Arc::clone(&decision));
        assert_eq!((judgement.fuel, &judgement.decision), (7, &decision));
        assert_eq!(used(bytes).unwrap(), (vec![2, 2, 1, 1], vec![1]));
        write(verdict, 7, &decision, (&message.text, message.content_digest()), &table)
    };
    let (one, two) = (unhex(GOLDEN_1), unhex(GOLDEN_2));
    let with_input = read_again(&one, &verdict);
    assert_eq!(
        with_input.len(),
        one.len() + 1,
        "what is no message's own is written out"
    );
    read_again(&with_input, &verdict);
    verdict.input = message.content_digest();
    assert_eq!(read_again(&two, &verdict), two);
    assert_eq!(two.len(), one.len() + 1 - 32);
}

#[test]
fn another_text_generation_or_pack_is_noticed() {
    let (verdict, _, message) = example();
    let table = Table(verdict.clone());
    let bytes = unhex(GOLDEN_1);
    let mut other = message.clone();
    other.text = other.text.replace('好', "妈");
    let of_other_text = read(&bytes, beside(&verdict, &other), &table);
    let of_other_generation = Beside {
        generation: Digest::of(b"other"),
        ..beside(&verdict, &message)
    };
    let of_other_generation = read(&bytes, of_other_generation, &table);
    for refused in [of_other_text, of_other_generation] {
        assert!(matches!(refused, Err(Unreadable::Altered)), "{refused:?}");
    }
    for end in 1..bytes.len() {
        assert!(
            read(&bytes[..end], beside(&verdict, &message), &table).is_err(),
            "{end}"
        );
    }
}

#[test]
fn a_decision_that_nobody_reads_is_kept_as_it_was() {
    let (verdict, _, message) = example();
    let table = Table(verdict.clone());
    let kept = Decided::Text("{\"disposition\":\"keep\"}".into());
    let of = (&*message.text, message.content_digest());
    let bytes = write(&verdict, 7, &kept, of, &table);
    assert_eq!(read(&bytes, beside(&verdict, &message), &table).unwrap().decision, kept);
}
