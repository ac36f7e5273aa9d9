//! What goes over the border comes out as it was, in the form that is on record.

use super::*;
use proviso_archive::{
    CitedRule, ConsentCount, ConsentRecord, ConsentReport, DirectoryImported, DirectoryRecord, DirectoryReport,
    EarlierVerdict, EndingRecord, EndingReport, FaultCount, FindingCount, FoldBefore, GenerationRecord, HeldMessage,
    Match, MessageCount, Numbered, PackRecord, Page, Recorded, Released, RetentionCount, Risk, Shown, SourceCount,
    Stats, StoredDecision, StoredVerdict,
};
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::directory::{Employment, PostClass};
use proviso_model::id::PolicyId;
use proviso_model::message::{Attachment, Direction, Kind, Money, Party, PartyClass};
use proviso_model::retention::{Concerns, Ended, Ending, Why};
use proviso_model::statement::{Statement, Whose};
use proviso_model::verdict::{Factor, Fault, FaultCause, Severity, Span};
use proviso_model::{Digest, Message, MessageId, Principal, Timestamp};
use proviso_search::{Mark, Place};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;

const VERDICT: &str = include_str!("../../../record/src/golden/verdict-v1.json");
const DECISION: &str = include_str!("../../../record/src/golden/decision-v1.json");

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

fn id(native: &str) -> MessageId {
    MessageId {
        tenant: "bank".to_owned(),
        channel: "wecom".to_owned(),
        native: native.to_owned(),
    }
}

fn message() -> Message {
    let party = |id: &str, class| Party {
        id: id.to_owned(),
        class,
        department: "sales/east".to_owned(),
    };
    Message {
        id: Arc::new(id("m1/部分 \"1\"")),
        kind: Kind::RedPacket,
        native_kind: "external_redpacket".to_owned(),
        direction: Direction::Outbound,
        sender: party("li.na", PartyClass::Employee),
        recipients: vec![party("wo_1", PartyClass::External), Party::default()],
        conversation: "li.na|wo_1".to_owned(),
        sent_at: at(-1),
        text: "保本\u{1b}[2J\n\u{0}\u{202e}x".to_owned(),
        amount: Some(Money {
            minor_units: u64::MAX,
            currency: "CNY".to_owned(),
        }),
        attachments: vec![Attachment {
            name: "a.pdf".to_owned(),
            size_bytes: u64::MAX,
            reference: "sdk-1".to_owned(),
        }],
        links: vec!["https://example.com/?a=1&b=2".to_owned()],
        recalls: Some("m0".to_owned()),
        consent: Some(ConsentEvent {
            party: "wo_1".to_owned(),
            state: ConsentState::DefaultAgree,
            at: at(1_790_000_000_123),
        }),
        notes: vec!["nested content kept raw".to_owned()],
        raw: "{ \"msgid\" :\t\"m1\", \"n\": 1.0 }".into(),
    }
}

fn bare() -> Message {
    Message {
        id: Arc::new(id("m0")),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        ..message()
    }
}

fn verdict() -> StoredVerdict {
    StoredVerdict::of_json(VERDICT.trim_end().to_owned(), u64::MAX, None, None).unwrap()
}

fn decision() -> StoredDecision {
    StoredDecision::of_json(DECISION.trim_end().to_owned()).unwrap()
}

/// The form is the one on record, and what is read from it is what was written.
fn holds<D, W>(golden: &str, value: &D)
where
    D: Clone + PartialEq + Debug,
    W: From<D> + Serialize + DeserializeOwned + TryInto<D, Error: Debug>,
{
    let written = serde_json::to_string_pretty(&W::from(value.clone())).unwrap();
    assert_eq!(written, golden.trim_end(), "a form is only added to under /v1/");
    let read: W = serde_json::from_str(golden).unwrap();
    assert_eq!(&read.try_into().unwrap(), value);
    // A later daemon may say more.
    let more = golden.replacen('{', "{\"later\": [1], ", 1);
    let read: W = serde_json::from_str(&more).unwrap();
    assert_eq!(&read.try_into().unwrap(), value);
}

#[test]
fn a_message_is_shown_as_the_archive_has_it() {
    let earlier = EarlierVerdict {
        json: VERDICT.trim_end().to_owned(),
        generation: Digest::from_bytes([3; 32]),
        fuel: 7,
        held: true,
        retention: Some(decision()),
        rejudged_at: at(1_790_000_000_456),
        rejudged_by: "token:li-na".parse().unwrap(),
        note: "plugin mended".to_owned(),
    };
    let shown = Shown {
        digest: message().content_digest(),
        message: message(),
        arrival: i64::MAX,
        received_at: at(1_790_000_000_789),
        verdict: verdict(),
        retention: Some(decision()),
        held_open: true,
        released: Some(Released {
            at: at(4),
            by: "person:wei".parse().unwrap(),
            note: "looked at".into(),
        }),
        earlier: vec![
            earlier.clone(),
            EarlierVerdict {
                retention: None,
                ..earlier
            },
        ],
        differences: vec!["a score differs".to_owned()],
        recalled_by: vec![id("m2")],
        conflicts: 2,
    };
    holds::<Shown, ShownV1>(include_str!("golden/shown-v1.json"), &shown);
}

#[test]
fn what_a_replay_is_given_keeps_every_byte() {
    let fold = |key: &str, state: &[u8]| FoldBefore {
        policy: PolicyId {
            pack: "proviso/bank-cn".into(),
            policy: "departure-risk".into(),
        },
        key: key.into(),
        state: state.into(),
    };
    let recorded = Recorded {
        message: message(),
        verdict: verdict(),
        retention: None,
        preceding: vec![bare(), message()],
        preceding_gone: 0,
        folds: vec![fold("li.na", &[0, 1, 0x7f, 0x80, 0xff]), fold("first", &[])],
        differences: vec!["a finding differs".to_owned()],
    };
    holds::<Recorded, RecordedV1>(include_str!("golden/recorded-v1.json"), &recorded);
    let with_decision = Recorded {
        retention: Some(decision()),
        ..recorded
    };
    let page = (vec![with_decision], Some(17));
    holds::<RecordedPage, RecordedPageV1>(include_str!("golden/recorded-page-v1.json"), &page);
    let read: RecordedV1 = serde_json::from_str(include_str!("golden/recorded-v1.json")).unwrap();
    let read = Recorded::try_from(read).unwrap();
    assert_eq!(read.verdict.json, VERDICT.trim_end());
    assert_eq!(
        read.message.content_digest(),
        message().content_digest(),
        "its raw bytes are in it"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let golden = include_str!("golden/recorded-v1.json");
    let refused = |from: &str, to: &str| {
        assert!(golden.contains(from), "{from}");
        let read: RecordedV1 = serde_json::from_str(&golden.replacen(from, to, 1)).unwrap();
        Recorded::try_from(read).unwrap_err().to_string()
    };
    for state in ["00017f80f", "00017f80fg", "+0017f80ff", "保"] {
        let error = refused("00017f80ff", state);
        assert!(error.starts_with("`state` of the answer cannot be read"), "{error}");
    }
    let error = refused("{\\\"message\\\"", "{\\\"massage\\\"");
    assert!(error.starts_with("`verdict` of the answer cannot be read"), "{error}");
}

#[test]
fn lists_and_generations_are_what_they_were() {
    let listed = vec![
        Numbered {
            arrival: 1,
            id: id("m1/部分 \"1\""),
        },
        Numbered {
            arrival: i64::MAX,
            id: id("m2"),
        },
    ];
    holds::<Vec<Numbered>, ListedV1>(include_str!("golden/listed-v1.json"), &listed);
    let arrived = (vec![(1, message()), (i64::MAX, message())], Some(u64::MAX));
    holds::<Arrived, ArrivedV1>(include_str!("golden/arrived-v1.json"), &arrived);
    let held = HeldMessage {
        arrival: 7,
        id: id("m7"),
        sent_at: at(1_790_000_000_123),
        received_at: at(1_790_000_000_456),
        faults: vec![Fault {
            pack: "test/slow".into(),
            policy: "slow".into(),
            cause: FaultCause::Quarantined,
            detail: "failed on 16 of 64".to_owned(),
        }],
    };
    holds::<Vec<HeldMessage>, HeldV1>(include_str!("golden/held-v1.json"), &vec![held]);
    let generation = GenerationRecord {
        id: Digest::from_bytes([1; 32]),
        recorded_at: at(1_790_000_000_123),
        engine_version: "0.1.0".to_owned(),
        packs: vec![PackRecord {
            name: "proviso/bank-cn".to_owned(),
            version: "1.2.0".to_owned(),
            digest: Digest::from_bytes([2; 32]),
        }],
        set_file: "policies/set.toml".to_owned(),
        set_text: "language = \"en\"\r\n".to_owned(),
        set_json: "{\"language\":\"en\"}".to_owned(),
    };
    holds::<GenerationRecord, GenerationV1>(include_str!("golden/generation-v1.json"), &generation);
}

#[test]
fn a_directory_is_what_it_was() {
    let imported = DirectoryImported {
        version: 2,
        digest: Digest::from_bytes([5; 32]),
        at: at(1_790_000_000_123),
        by: "token:personnel".parse().unwrap(),
        file: "员工.csv".to_owned(),
        employments: 1,
    };
    let row = Employment {
        tenant: "bank".to_owned(),
        person: "1001".to_owned(),
        from: Some("2026-01-01".parse().unwrap()),
        to: None,
        accounts: vec!["wecom:zhang.wei".parse().unwrap()],
        department: "财富管理部".to_owned(),
        post: PostClass::Sensitive,
        manager: Some("1002".to_owned()),
    };
    let record = DirectoryRecord {
        imported: imported.clone(),
        rows: vec![row],
    };
    let golden = include_str!("golden/directory-v1.json");
    holds::<DirectoryRecord, DirectoryV1>(golden, &record);
    holds::<Vec<DirectoryImported>, DirectoryVersionsV1>(
        include_str!("golden/directory-versions-v1.json"),
        &vec![imported],
    );
    let report = DirectoryReport {
        version: 2,
        digest: Digest::from_bytes([5; 32]),
        is_new: true,
        employments: 1,
        added: 1,
        ended: 2,
    };
    holds::<DirectoryReport, DirectoryReportV1>(include_str!("golden/directory-report-v1.json"), &report);
    for (from, to) in [("wecom:zhang.wei", "zhang.wei"), ("sensitive", "vital")] {
        let read: DirectoryV1 = serde_json::from_str(&golden.replacen(from, to, 1)).unwrap();
        assert!(DirectoryRecord::try_from(read).is_err(), "{to}");
    }
}

#[test]
fn ledgers_are_what_they_were() {
    let (said, heard) = (at(1_790_000_000_123), at(1_790_000_000_999));
    let by: Principal = "token:personnel".parse().unwrap();
    let consent = |number, whose, state, message| ConsentRecord {
        number,
        statement: Statement {
            tenant: "bank".to_owned(),
            whose,
            state,
            at: said,
            source: "内网".to_owned(),
            version: "v3".to_owned(),
        },
        holds: said,
        heard_at: heard,
        by: by.clone(),
        message,
    };
    let lines = vec![
        consent(1, Whose::Person("1001".to_owned()), ConsentState::Agree, None),
        consent(2, Whose::of("wecom", "wo:1"), ConsentState::Withdraw, Some(9)),
    ];
    let golden = include_str!("golden/consents-v1.json");
    holds::<Vec<ConsentRecord>, ConsentsV1>(golden, &lines);
    let read: ConsentsV1 = serde_json::from_str(&golden.replacen("withdrawn", "gone", 1)).unwrap();
    assert!(Vec::<ConsentRecord>::try_from(read).is_err());
    let report = ConsentReport { added: 2, known: 1 };
    holds::<ConsentReport, ConsentReportV1>(include_str!("golden/consent-report-v1.json"), &report);

    let ending = |number, of, what, on| EndingRecord {
        number,
        ending: Ending {
            tenant: "bank".to_owned(),
            of,
            what,
            reference: "C-1".to_owned(),
            on,
            source: "core".to_owned(),
        },
        heard_at: heard,
        by: by.clone(),
    };
    let place = |text: &str| text.parse().unwrap();
    let day = "2026-06-30".parse().ok();
    let lines = vec![
        ending(1, Concerns::Customer(place("wecom:wo_1")), Ended::Contract, day),
        ending(2, Concerns::Conversation(place("wecom:group-9")), Ended::Dispute, None),
    ];
    let golden = include_str!("golden/endings-v1.json");
    holds::<Vec<EndingRecord>, EndingsV1>(golden, &lines);
    for (from, to) in [("contract", "loan"), ("customer", "nobody")] {
        let read: EndingsV1 = serde_json::from_str(&golden.replacen(from, to, 1)).unwrap();
        assert!(Vec::<EndingRecord>::try_from(read).is_err(), "{to}");
    }
    let report = EndingReport {
        added: 2,
        known: 1,
        decided: 3,
    };
    holds::<EndingReport, EndingReportV1>(include_str!("golden/ending-report-v1.json"), &report);
}

#[test]
fn counts_are_what_they_were() {
    let risk = Risk {
        tenant: "bank".to_owned(),
        pack: "proviso/bank-cn".to_owned(),
        policy: "departure-risk".to_owned(),
        key: "li.na".to_owned(),
        value: 61.25,
        factors: vec![Factor {
            signal: "files".to_owned(),
            points: 0.1 + 0.2,
            message: "m1".to_owned(),
            sent_at: at(1_790_000_000_123),
        }],
        message: "m9".to_owned(),
        differs: true,
    };
    let retention = RetentionCount {
        statute: Some(CitedRule {
            rule: "securities-20y".to_owned(),
            law: "证券法".to_owned(),
            article: "137".to_owned(),
        }),
        why: None,
        messages: 5,
        dated: 4,
        first_until: Some("2046-01-31".parse().unwrap()),
        last_until: Some("2047-01-31".parse().unwrap()),
    };
    let undecided = RetentionCount {
        statute: None,
        why: Some(Why::NothingVerified),
        first_until: None,
        last_until: None,
        ..retention.clone()
    };
    let stats = Stats {
        messages: vec![MessageCount {
            tenant: "bank".to_owned(),
            channel: "wecom".to_owned(),
            kind: Kind::MiniProgram,
            messages: 3,
        }],
        findings: vec![FindingCount {
            pack: "test/promises".to_owned(),
            policy: "promises".to_owned(),
            rule: "promise".to_owned(),
            severity: Severity::High,
            shadow: true,
            findings: 2,
            messages: 1,
        }],
        retention: vec![retention, undecided],
        dated: 1,
        withheld: 2,
        held: 3,
        held_open: 4,
        partial: 5,
        faults: vec![FaultCount {
            pack: "test/slow".to_owned(),
            policy: "slow".to_owned(),
            cause: FaultCause::BadAnswer,
            faults: 6,
        }],
        conflicts: 7,
        sources: vec![SourceCount {
            source: "spool".to_owned(),
            duplicates: 8,
            errors: 9,
        }],
        consents: vec![ConsentCount {
            tenant: "bank".to_owned(),
            channel: "wecom".to_owned(),
            state: ConsentState::Disagree,
            parties: 10,
        }],
        risks: vec![
            risk.clone(),
            Risk {
                differs: false,
                factors: Vec::new(),
                ..risk
            },
        ],
    };
    holds::<Stats, StatsV1>(include_str!("golden/stats-v1.json"), &stats);
}

/// A score is compared with its verdict bit by bit; what reads JSON keeps them because `model` asks it to.
#[test]
fn numbers_keep_their_bits() {
    let mut random = 7_u64;
    for _ in 0..10_000 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = 100.0 * (random >> 11) as f64 / (1_u64 << 53) as f64;
        let text = serde_json::to_string(&number).unwrap();
        let read: f64 = serde_json::from_str(&text).unwrap();
        assert_eq!(read.to_bits(), number.to_bits(), "{text}");
    }
}

#[test]
fn what_a_search_found_is_cut_out_around_its_marks() {
    let mut whole = message();
    whole.text = format!("{}保本保息，{}", "甲".repeat(40), "乙".repeat(40));
    let second = Attachment {
        name: "退款说明，第二份.pdf".to_owned(),
        ..whole.attachments[0].clone()
    };
    whole.attachments.push(second);
    let mark = |place, start, end| Mark {
        place,
        span: Span { start, end },
    };
    let page = Page {
        matches: vec![Match {
            arrival: 7,
            received_at: at(1),
            message: whole,
            // An excerpt has what stands near, of one text alone.
            marks: vec![
                mark(Place::Text, 120, 126),
                mark(Place::Text, 126, 132),
                mark(Place::Attachment(0), 0, 1),
                mark(Place::Attachment(1), 0, 6),
                mark(Place::Link(0), 0, 5),
            ],
            severity: None,
        }],
        looked_at: 9,
        next: Some(7),
        next_place: None,
        is_cut_short: true,
        unreadable: Some(proviso_archive::NotOpened {
            messages: 2,
            first: "message 5 of bank/wecom: its key is gone".into(),
        }),
    };
    let found = FoundV1::from(page);
    let golden = include_str!("golden/found-v1.json");
    assert_eq!(serde_json::to_string_pretty(&found).unwrap(), golden.trim_end());
    let more = golden.replacen('{', "{\"later\": [1], ", 1);
    for text in [golden, &more] {
        assert_eq!(serde_json::from_str::<FoundV1>(text).unwrap(), found);
    }
    let mut sorted = found;
    sorted.next = None;
    sorted.next_place = Some("1790000000000.7".into());
    sorted.found[0].severity = Some(Severity::High);
    let golden = include_str!("golden/found-sorted-v1.json");
    assert_eq!(serde_json::to_string_pretty(&sorted).unwrap(), golden.trim_end());
    assert_eq!(serde_json::from_str::<FoundV1>(golden).unwrap(), sorted);
}

#[test]
fn what_was_counted_has_its_form() {
    let counted = CountedV1::from(proviso_archive::Counted {
        messages: 12,
        looked_at: 3,
        is_cut_short: true,
        unreadable: Some(proviso_archive::NotOpened {
            messages: 2,
            first: "message 4 of bank/wecom: it is damaged".into(),
        }),
    });
    let golden = include_str!("golden/counted-v1.json");
    assert_eq!(serde_json::to_string_pretty(&counted).unwrap(), golden.trim_end());
    let more = golden.replacen('{', "{\"later\": [1], ", 1);
    for text in [golden, &more] {
        assert_eq!(serde_json::from_str::<CountedV1>(text).unwrap(), counted);
    }
}

#[test]
fn an_excerpt_of_many_marks_has_an_end() {
    let mut whole = message();
    whole.text = "保本".repeat(1_000);
    let marks = (0..1_000).map(|n| Mark {
        place: Place::Text,
        span: Span {
            start: n * 6,
            end: n * 6 + 6,
        },
    });
    let found = MatchV1::from(&Match {
        arrival: 1,
        received_at: at(1),
        message: whole,
        marks: marks.collect(),
        severity: None,
    });
    assert_eq!(found.excerpts.len(), 3);
    assert!(found.excerpts.iter().all(|excerpt| excerpt.text.len() < 600));
}
