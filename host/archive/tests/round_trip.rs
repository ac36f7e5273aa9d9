//! What goes in comes out: every field of a message, and all that was said of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{batch, entry, entry_of, fresh, id, now, offset, place, policy, rich_batch};
use proptest::prelude::*;
use proviso_archive::{Archive, ConversationKey, FoldKey, Known};
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::message::{Attachment, Direction, Kind, Message, Money, Party, PartyClass};
use proviso_model::{MessageId, Timestamp};
use std::sync::Arc;

const CLASSES: [PartyClass; 4] = [
    PartyClass::Employee,
    PartyClass::External,
    PartyClass::Robot,
    PartyClass::Unknown,
];
const DIRECTIONS: [Direction; 4] = [
    Direction::Internal,
    Direction::Outbound,
    Direction::Inbound,
    Direction::Unknown,
];
const CONSENTS: [ConsentState; 3] = [ConsentState::Agree, ConsentState::Disagree, ConsentState::DefaultAgree];

/// Any text at all, with what databases, JSON and shells stumble over more often than chance would have it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just("a\0b".to_owned()),
        Just("'; DROP TABLE messages; --".to_owned()),
        Just("\u{feff}保本\u{200d}👨‍👩‍👧\u{10ffff}\"\\\n\r".to_owned()),
    ]
}

fn party() -> impl Strategy<Value = Party> {
    (text(), prop::sample::select(&CLASSES[..]), text()).prop_map(|(id, class, department)| Party {
        id,
        class,
        department,
    })
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-377_705_023_201_000_i64..=253_402_207_200_000).prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        Just(u64::MAX),
        Just(i64::MAX as u64),
        Just(i64::MAX as u64 + 1),
        Just(0)
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let names = (text(), text(), text(), text(), text());
    let kinds = (
        prop::sample::select(&Kind::ALL[..]),
        prop::sample::select(&DIRECTIONS[..]),
        time(),
    );
    let parties = (party(), prop::collection::vec(party(), 0..4));
    let parts = (
        prop::option::of((count(), "[A-Z]{3}").prop_map(|(minor_units, currency)| Money { minor_units, currency })),
        prop::collection::vec(
            (text(), count(), text()).prop_map(|(name, size_bytes, reference)| Attachment {
                name,
                size_bytes,
                reference,
            }),
            0..3,
        ),
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(text(), 0..3),
        prop::option::of(text()),
        prop::option::of(
            (text(), prop::sample::select(&CONSENTS[..]), time()).prop_map(|(party, state, at)| ConsentEvent {
                party,
                state,
                at,
            }),
        ),
    );
    (names, kinds, parties, parts, text(), text()).prop_map(
        |(
            (tenant, channel, native, native_kind, conversation),
            (kind, direction, sent_at),
            (sender, recipients),
            (amount, attachments, links, notes, recalls, consent),
            text,
            raw,
        )| Message {
            id: Arc::new(MessageId {
                tenant,
                channel,
                native,
            }),
            kind,
            native_kind,
            direction,
            sender,
            recipients,
            conversation,
            sent_at,
            text,
            amount,
            attachments,
            links,
            recalls,
            consent,
            notes,
            raw: raw.into(),
        },
    )
}

#[test]
fn every_message_comes_back_as_it_was() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = runtime.block_on(fresh(&folder));
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(messages in prop::collection::vec(message(), 1..12))| {
        runtime.block_on(async {
            let digests: Vec<_> = messages.iter().map(|m| (&*m.id, m.content_digest())).collect();
            let known = archive.known(&digests).await.unwrap();
            let new: Vec<_> = messages
                .iter()
                .zip(&known)
                .filter(|(_, known)| **known == Known::New)
                .map(|(message, _)| entry_of(message.clone()))
                .collect();
            archive.ingest(&batch(new.clone())).await.unwrap();
            let ids: Vec<_> = new.iter().map(|entry| MessageId::clone(&entry.message.id)).collect();
            let read = archive.messages(&ids).await.unwrap();
            for (entry, read) in new.iter().zip(read) {
                assert_eq!(Some(crate::support::whole(entry)), read);
                let stored = archive.verdict(&entry.message.id).await.unwrap().unwrap();
                assert_eq!(stored.json, entry.verdict.to_canonical_json());
            }
            for (known, (id, digest)) in archive.known(&digests).await.unwrap().iter().zip(&digests) {
                let stored = archive.show(id).await.unwrap().unwrap().digest;
                let expected = if stored == *digest { Known::Same } else { Known::Conflict { kept: stored } };
                assert_eq!(*known, expected);
            }
        });
    });
}

#[tokio::test]
async fn all_that_was_said_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let batch = rich_batch("m1");
    let entry = &batch.entries[0];
    let report = archive.ingest(&batch).await.unwrap();
    assert_eq!(
        (
            report.messages,
            report.findings,
            report.held,
            report.duplicates,
            report.conflicts,
            report.source_errors
        ),
        (1, 2, 1, 3, 1, 1)
    );

    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.message, crate::support::whole(entry));
    assert_eq!(
        (shown.arrival, shown.received_at, shown.digest),
        (1, now(), entry.message.digest())
    );
    assert_eq!(shown.verdict.verdict, entry.verdict);
    assert_eq!(shown.verdict.fuel, 12_345);
    assert_eq!(shown.retention, entry.retention);
    assert!(shown.held_open);
    assert_eq!(shown.conflicts.len(), 1);
    assert_eq!(shown.conflicts[0].refused, batch.conflicts[0].refused);
    assert_eq!(shown.conflicts[0].refused_raw, *batch.conflicts[0].refused_raw);
    assert_eq!(shown.conflicts[0].place, place(7));
    assert_eq!(archive.show(&id("nothing")).await.unwrap(), None);

    let held = archive.held(10).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((&held[0].id, &held[0].faults), (&id("m1"), &entry.verdict.faults));
    assert_eq!(archive.offsets("spool").await.unwrap(), [offset(4_096, 8)]);
    assert_eq!(archive.offsets("other").await.unwrap(), []);
    assert_eq!(archive.source_errors(10).await.unwrap(), batch.source_errors);
}

#[tokio::test]
async fn a_judged_message_comes_with_all_that_a_replay_needs() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut entries = vec![entry("m1", 1), entry("m2", 1), entry("m3", 1)];
    entries[1].steps = vec![crate::support::step("staff-1", b"", b"one")];
    entries[2].steps = vec![
        crate::support::step("staff-1", b"one", b"two"),
        crate::support::step("room", b"", b"x"),
    ];
    entries[2].verdict.preceding = vec!["m2".into(), "m1".into()];
    archive.ingest(&batch(entries.clone())).await.unwrap();

    let judged = archive.judged(&id("m3")).await.unwrap().unwrap();
    assert_eq!(judged.message, crate::support::whole(&entries[2]));
    assert_eq!(
        judged.preceding,
        [crate::support::whole(&entries[1]), crate::support::whole(&entries[0])],
        "in the verdict's order"
    );
    assert_eq!(judged.verdict.json, entries[2].verdict.to_canonical_json());
    let folds: Vec<_> = judged.folds.iter().map(|fold| (&*fold.key, &*fold.state)).collect();
    assert_eq!(folds, [("room", &b""[..]), ("staff-1", b"one")]);
    assert_eq!(archive.judged(&id("m4")).await.unwrap(), None);

    let key = |tenant: &str, key: &str| FoldKey {
        tenant: tenant.into(),
        policy: policy("departure-risk"),
        key: key.into(),
    };
    let wanted = [
        key("bank", "staff-1"),
        key("shop", "staff-1"),
        key("bank", "nobody"),
        key("bank", "staff-1"),
    ];
    let states = archive.fold_states(&wanted).await.unwrap();
    assert_eq!(states.len(), 1);
    assert_eq!(&*states[&wanted[0]], b"two", "the last step of the batch is the state");
}

#[tokio::test]
async fn conversations_give_their_last_messages_by_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries: Vec<_> = (0..300).map(|n| entry(&format!("m{n:03}"), n)).collect();
    let mut other = crate::support::message("m000", 0);
    Arc::make_mut(&mut other.id).tenant = "shop".into();
    let other = crate::support::entry_of(other);
    archive.ingest(&batch(entries.clone())).await.unwrap();
    archive.ingest(&batch(vec![other.clone()])).await.unwrap();

    let key = |n: usize| ConversationKey::of(&entries[n].message);
    let shop = ConversationKey::of(&other.message);
    let nowhere = ConversationKey {
        conversation: "nowhere".into(),
        ..key(0)
    };
    let natives = |messages: &[Message]| messages.iter().map(|m| m.id.native.clone()).collect::<Vec<_>>();
    let found = archive
        .preceding(&[key(7), nowhere, shop, key(0), key(7)], 3)
        .await
        .unwrap();
    assert_eq!(natives(&found[0]), ["m157", "m207", "m257"]);
    assert_eq!(natives(&found[1]), [] as [&str; 0]);
    assert_eq!(found[2], [crate::support::whole(&other)]);
    assert_eq!(natives(&found[3]), ["m150", "m200", "m250"]);
    assert_eq!(found[4], found[0]);
    assert_eq!(found[0][2], crate::support::whole(&entries[257]));
    assert!(archive.preceding(&[key(7)], 0).await.unwrap()[0].is_empty());
    let all: Vec<_> = (0..300).map(key).collect();
    assert!(
        archive
            .preceding(&all, 5)
            .await
            .unwrap()
            .iter()
            .all(|messages| messages.len() == 5)
    );
}

#[tokio::test]
async fn messages_are_found_listed_and_sampled() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    assert!(archive.sample(5).await.unwrap().is_empty());
    let mut entries: Vec<_> = (0..100).map(|n| entry(&format!("m{n:03}"), n)).collect();
    entries.push(entry("a/b/c", 100));
    let mut shop = crate::support::message("m007", 7);
    shop.id = Arc::new(MessageId {
        tenant: "shop".into(),
        channel: "ndjson".into(),
        native: "m007".into(),
    });
    entries.push(entry_of(shop));
    archive.ingest(&batch(entries)).await.unwrap();

    let find = async |text: &str| -> Vec<String> {
        archive
            .find(text)
            .await
            .unwrap()
            .iter()
            .map(|found| found.id.to_string())
            .collect()
    };
    assert_eq!(find("m007").await, ["bank/wecom/m007", "shop/ndjson/m007"]);
    assert_eq!(find("shop/ndjson/m007").await, ["shop/ndjson/m007"]);
    assert_eq!(find("a/b/c").await, ["bank/wecom/a/b/c"]);
    assert_eq!(find("bank/wecom/a/b/c").await, ["bank/wecom/a/b/c"]);
    assert_eq!(find("m7").await, [] as [&str; 0]);

    let page = archive.message_ids(98, 10).await.unwrap();
    assert_eq!(
        page.iter().map(|found| found.arrival).collect::<Vec<_>>(),
        [99, 100, 101, 102]
    );
    let sample = async |count| -> Vec<i64> {
        archive
            .sample(count)
            .await
            .unwrap()
            .iter()
            .map(|found| found.arrival)
            .collect()
    };
    assert_eq!(sample(0).await, [] as [i64; 0]);
    assert_eq!(sample(1).await, [1]);
    assert_eq!(sample(2).await, [1, 102]);
    assert_eq!(sample(5).await.len(), 5);
    assert_eq!(sample(500).await.len(), 102, "none twice");
}

#[tokio::test]
async fn a_closed_archive_reads_as_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let before = archive.show(&id("m1")).await.unwrap().unwrap();
    archive.close().await;

    let reader = Archive::open_readonly(&path).await.unwrap();
    assert_eq!(reader.show(&id("m1")).await.unwrap().as_ref(), Some(&before));
    reader.close().await;
    let archive = Archive::open(&path).await.unwrap();
    archive.ingest(&rich_batch("m2")).await.unwrap();
    assert_eq!(archive.show(&id("m2")).await.unwrap().unwrap().arrival, 2);
    assert_eq!(archive.stats(10).await.unwrap().messages[0].messages, 2);
}
