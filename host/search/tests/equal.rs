//! An index and the examiner agree: no message is missed, and none that is certain is wrong.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{NEW_YEAR_MS, built, message, prepared, segment};
use proptest::prelude::*;
use proviso_model::Timestamp;
use proviso_model::message::{Direction, Kind, Message};
use proviso_search::query::Flag;
use proviso_search::segment::{Builder, Segment, merge};
use proviso_search::{Candidates, Documents, Examiner, Extent, Filter, Label, Labels, Mark, Prepared};
use std::convert::Infallible;

/// Pieces of texts, some of them disguised; and those of them that queries look for.
const PIECES: &[&str] = &[
    "保本",
    "保",
    "本",
    "收益",
    "稳赚",
    "穩賺",
    "不赔",
    "稳赚不赔",
    "保\u{200b}本",
    "保💰本",
    "&#20445;本",
    "稳.赚.不.赔",
    "𠮷野",
    "かな",
    "bank",
    "Bank",
    "ＢＡＮＫ",
    "banking",
    "account",
    "investment",
    "W.h.a.t.s.A.p.p",
    "whatsapp",
    "whаtsаpp",
    "café",
    "cafe\u{301}",
    "don't",
    "13800138000",
    "138 0013 8000",
    "+86 138-0013-8000",
    "1,000,000",
    "1000000",
    "100万元",
    "8.5%",
    "百分之八点五",
    "2026-01-31",
    "2026年1月31日",
    "covid19",
    "covid",
    "19",
    "🚀",
    "a@example.org",
    "https://example.org/x",
    " ",
    " ",
    " ",
    "，",
    "。",
    "-",
    "\n",
    "[微笑]",
];

const QUERIES: &[&str] = &[
    "保本",
    "保",
    "本",
    "益",
    "稳赚不赔",
    "\"保本 收益\"",
    "保本收益",
    "𠮷",
    "か",
    "bank",
    "bank*",
    "*ing",
    "*ve*",
    "account",
    "\"bank account\"",
    "whatsapp",
    "café",
    "don't",
    "\"don t\"",
    "13800138000",
    "138*",
    "*000",
    "\"138 0013 8000\"",
    "1,000,000",
    "1000000",
    "100万元",
    "8.5%",
    "2026-01-31",
    "covid19",
    "covid",
    "19",
    "🚀",
    "a@example.org",
    "example.org",
    "bank NEAR/2 account",
    "保 NEAR/1 益",
    "保本 NEAR 13800138000",
    "entity:cn-mobile",
    "entity:amount",
    "entity:amount=100万元",
    "entity:email=A@example.org",
    "entity:url",
    "entity:percent=8.5%",
    "from:wei",
    "from:LI",
    "to:li",
    "with:zhao",
    "conversation:wei|li",
    "channel:wecom",
    "kind:file",
    "direction:inbound",
    "sent:2026-01-01",
    "since:2026-01-02",
    "until:2026-01-01T12:00:00Z",
    "is:held",
    "is:reviewed",
    "department:x",
];

prop_compose! {
    fn messages()(all in prop::collection::vec((prop::collection::vec(prop::sample::select(PIECES), 0..8), 0_u8..6, 0_i64..72), 1..40)) -> Vec<Message> {
        all.into_iter().map(|(pieces, which, hours)| {
            let mut message = message(&pieces.concat());
            message.sent_at = Timestamp::from_millis(NEW_YEAR_MS + hours * 3_600_000).unwrap();
            match which {
                0 => std::mem::swap(&mut message.sender, &mut message.recipients[0]),
                1 => message.kind = Kind::File,
                2 => message.direction = Direction::Inbound,
                3 => message.recipients = ["li", "zhao"].iter().cycle().take(9).map(|id| {
                    let mut party = message.sender.clone();
                    (*id).clone_into(&mut party.id);
                    party
                }).collect(),
                4 => message.links = vec!["https://bank.example.org/收益".to_owned()],
                _ => {}
            }
            message
        }).collect()
    }
}

prop_compose! {
    fn queries()(tests in prop::collection::vec((prop::sample::select(QUERIES), any::<bool>()), 1..4), shape in 0_u8..4) -> String {
        let tests: Vec<String> = tests.into_iter().map(|(test, is_not)| if is_not { format!("NOT {test}") } else { test.to_owned() }).collect();
        match shape {
            0 => tests.join(" "),
            1 => tests.join(" OR "),
            2 => format!("NOT ({})", tests.join(" ")),
            _ => format!("{} ({})", tests[0], tests.join(" OR ")),
        }
    }
}

/// Every third message is held; nobody knows which are reviewed before they are looked at.
struct Held(u32);

fn labels(document: u32) -> Labels {
    let mut labels = Labels::default();
    if document.is_multiple_of(3) {
        labels.flags.push(Flag::Held);
    }
    if document.is_multiple_of(4) {
        labels.flags.push(Flag::Reviewed);
    }
    labels
}

impl Filter for Held {
    type Error = Infallible;

    fn documents(&mut self, label: &Label) -> Result<Option<Candidates>, Infallible> {
        if *label != Label::Is(Flag::Held) {
            return Ok(None);
        }
        let mut held = Documents::none(self.0);
        (0..self.0).step_by(3).for_each(|document| _ = held.add(document));
        // Of some it is known for certain, of the others that they may be.
        let mut odd = Documents::none(self.0);
        (1..self.0).step_by(6).for_each(|document| _ = odd.add(document));
        Ok(Some(Candidates::exact(held).with_uncertain(&odd)))
    }
}

/// Which places do not count.
type Hides = fn(&Mark, Extent) -> bool;

fn agrees(
    query: &Prepared,
    hides: Hides,
    messages: &[Message],
    deleted: &Documents,
    candidates: &Candidates,
) -> Result<(), TestCaseError> {
    let mut examiner = Examiner::default();
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for (document, message) in (0..).zip(messages) {
        if !deleted.has(document)
            && examiner
                .examine_hiding(query, message, &labels(document), &hides)
                .is_some()
        {
            expected.push(document);
        }
    }
    for (document, is_certain) in candidates.newest_first() {
        let message = &messages[document as usize];
        let matches = examiner
            .examine_hiding(query, message, &labels(document), &hides)
            .is_some();
        prop_assert!(
            matches || !is_certain,
            "document {document} is not certain: {:?}",
            message.text
        );
        if matches {
            found.push(document);
        }
    }
    found.reverse();
    prop_assert_eq!(&found, &expected);
    let count = candidates.count();
    prop_assert!(
        (count.least..=count.most).contains(&(expected.len() as u32)),
        "{count:?}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_index_finds_what_the_examiner_finds(messages in messages(), queries in prop::collection::vec(queries(), 1..8), gone in prop::collection::vec(0_u32..40, 0..4)) {
        let builder = built(&messages);
        let segment = segment(&builder);
        let of = messages.len() as u32;
        let mut deleted = Documents::none(of);
        for document in &gone {
            deleted.add(*document);
        }
        for text in &queries {
            let query = prepared(text);
            let in_memory = builder.candidates(&query, Some(&deleted), &mut Held(of)).unwrap();
            let in_pages = segment.candidates(&query, Some(&deleted), &mut Held(of)).unwrap();
            prop_assert_eq!(&in_memory, &in_pages, "{}", text);
            agrees(&query, |_, _| false, &messages, &deleted, &in_pages)?;
            // Where some places do not count, neither is anything missed, nor is what is certain wrong.
            let hiding = query.hiding();
            let in_pages = segment.candidates(&hiding, Some(&deleted), &mut Held(of)).unwrap();
            let hides: Hides = |mark, extent| extent == Extent::Part || (mark.span.start / 3 + mark.span.end).is_multiple_of(2);
            agrees(&hiding, hides, &messages, &deleted, &in_pages)?;
        }
    }

    #[test]
    fn merged_segments_are_one_of_the_messages_that_are_left(messages in messages(), cut in 0_usize..40, is_mixed in any::<bool>(), gone in prop::collection::vec(0_u32..40, 0..8)) {
        let is_of_first = |place: usize| if is_mixed { (place * 7 + cut).is_multiple_of(3) } else { place < cut };
        let of_first = (0..messages.len()).filter(|place| is_of_first(*place)).count();
        let (mut one, mut other) = (Builder::default(), Builder::default());
        let (mut first, mut second) = (Documents::none(of_first as u32), Documents::none((messages.len() - of_first) as u32));
        let mut left = Builder::default();
        for (place, message) in messages.iter().enumerate() {
            let (number, is_first) = (place as u64 * 3 + 1, is_of_first(place));
            let part = if is_first { &mut one } else { &mut other };
            let document = part.len();
            part.add(number, message).unwrap();
            if gone.contains(&(place as u32)) {
                let deleted = if is_first { &mut first } else { &mut second };
                prop_assert!(deleted.add(document));
            } else {
                left.add(number, message).unwrap();
            }
        }
        let mut pages = crate::support::Pages::new();
        let take = |page: Vec<u8>| { pages.push(page.into()); Ok::<(), Infallible>(()) };
        merge(&[(&segment(&one), &first), (&segment(&other), &second)], take).unwrap();
        // Byte for byte: nothing of what was deleted is left.
        prop_assert_eq!(pages, crate::support::pages(&left));
    }
}

#[test]
fn rows_are_found_by_document_and_by_number() {
    let messages: Vec<Message> = (0..700).map(|number| message(&format!("n{number}"))).collect();
    let builder = built(&messages);
    let segment: Segment<_> = segment(&builder);
    assert_eq!(segment.documents(), 700);
    for document in [0, 1, 127, 128, 511, 699] {
        let row = segment.row(document).unwrap().unwrap();
        assert_eq!((row.number, row.sent_ms), (u64::from(document + 1) * 10, NEW_YEAR_MS));
        assert_eq!(builder.row(document), Some(row));
        assert_eq!(segment.document(row.number).unwrap(), Some(document));
        let before =
            [row.number - 1, row.number, row.number + 1].map(|number| segment.documents_before(number).unwrap());
        assert_eq!(before, [document, document, document + 1]);
        assert_eq!(builder.document(row.number), Some(document));
    }
    assert_eq!((segment.row(700).unwrap(), builder.row(700)), (None, None));
    assert_eq!(
        [0, 10, 90_000].map(|number| segment.documents_before(number).unwrap()),
        [0, 0, 700]
    );
    for numbers in [
        vec![],
        vec![10],
        vec![5, 10, 11, 1_290, 1_300, 6_990, 7_000, 7_001],
        vec![9_000],
    ] {
        let found = segment.documents_of(numbers.clone()).unwrap();
        let expected: Vec<u32> = numbers.iter().filter_map(|number| builder.document(*number)).collect();
        assert_eq!(found.oldest_first().collect::<Vec<_>>(), expected, "{numbers:?}");
        assert_eq!(builder.documents_of(numbers), found);
    }
    for number in [0, 5, 11, 7_001] {
        assert_eq!(
            (segment.document(number).unwrap(), builder.document(number)),
            (None, None)
        );
    }
}
