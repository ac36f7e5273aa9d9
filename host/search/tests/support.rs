//! Messages and segments of tests.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proviso_model::message::{Attachment, Direction, Kind, Message, Party, PartyClass};
use proviso_model::time::Zone;
use proviso_model::{MessageId, Timestamp};
use proviso_search::segment::{Builder, Segment};
use proviso_search::{Prepared, Query};
use std::convert::Infallible;
use std::sync::Arc;

pub(crate) type Pages = Vec<Arc<[u8]>>;

/// 2026-01-01T00:00:00Z.
pub(crate) const NEW_YEAR_MS: i64 = 1_767_225_600_000;

pub(crate) fn message(text: &str) -> Message {
    let party = |id: &str, class| Party {
        id: id.to_owned(),
        class,
        department: String::new(),
    };
    Message {
        id: Arc::new(MessageId {
            tenant: "bank".to_owned(),
            channel: "wecom".to_owned(),
            native: "m1".to_owned(),
        }),
        kind: Kind::Text,
        native_kind: String::new(),
        direction: Direction::Outbound,
        sender: party("Wei", PartyClass::Employee),
        recipients: vec![party("li", PartyClass::External)],
        conversation: "wei|li".to_owned(),
        sent_at: Timestamp::from_millis(NEW_YEAR_MS).unwrap(),
        text: text.to_owned(),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: "{}".into(),
    }
}

pub(crate) fn with_attachment(text: &str, name: &str) -> Message {
    let mut message = message(text);
    message.attachments = vec![Attachment {
        name: name.to_owned(),
        size_bytes: 1,
        reference: String::new(),
    }];
    message
}

/// A word of letters alone.
pub(crate) fn word(number: u32) -> String {
    let letter = |shift: u32| char::from(b'a' + (number >> shift & 15) as u8);
    (0..5).map(|place| letter(place * 4)).collect()
}

pub(crate) fn prepared(query: &str) -> Prepared {
    let parsed = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    Prepared::new(&parsed, &Zone::named("Asia/Shanghai").unwrap())
}

pub(crate) fn built(messages: &[Message]) -> Builder {
    let mut builder = Builder::default();
    for (number, message) in (1..).zip(messages) {
        builder.add(number * 10, message).unwrap();
    }
    builder
}

pub(crate) fn pages(builder: &Builder) -> Pages {
    let mut pages = Pages::new();
    builder
        .write(|page| {
            pages.push(page.into());
            Ok::<(), Infallible>(())
        })
        .unwrap();
    pages
}

pub(crate) fn segment(builder: &Builder) -> Segment<Pages> {
    Segment::open(pages(builder)).unwrap()
}
