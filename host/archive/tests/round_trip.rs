//! What goes in comes out: every field of a message, and all that was said of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, batch, entry_of, fresh, id, rich_batch};
use proptest::prelude::*;
use proviso_archive::{Archive, Known};
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
