//! A message as a row, and back. The stored form is written out here, so that a change of the model's types is not a silent
//! change of what is on disk.

use super::bulk::Values;
use proviso_model::consent::ConsentEvent;
use proviso_model::message::{Attachment, Kind, Money, Party, PartyClass};
use proviso_model::{Addressed, Digest, Message, MessageId, Principal, Timestamp};
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};
use std::borrow::Cow;

/// Columns of [`read_message`], from `messages m`, `streams s` and, joined on the left, `consent_events c`.
macro_rules! message_columns {
    () => {
        "s.tenant, s.channel, m.native, m.sent_at, m.kind, m.native_kind, m.direction, m.sender, m.sender_class, \
         m.sender_department, m.conversation, m.recalls, m.amount, m.currency, m.recipients, m.attachments, m.links, m.notes, \
         m.text, m.raw, c.party, c.state, c.at, m.digest"
    };
}
pub(super) use message_columns;

/// How many columns [`message_columns`] names.
pub(super) const MESSAGE_COLUMNS: usize = 24;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredParty<'a> {
    id: Cow<'a, str>,
    class: PartyClass,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    department: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAttachment<'a> {
    name: Cow<'a, str>,
    size_bytes: u64,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    reference: Cow<'a, str>,
}

/// Binds `native` to `raw`, in the order of the table's columns.
pub(super) fn bind_message(values: &mut Values, message: &Addressed, received_at: i64) {
    values
        .text(&message.id.native)
        .blob(message.digest().as_bytes())
        .int(received_at)
        .int(message.sent_at.as_millis());
    values
        .text(message.kind.name())
        .text(&message.native_kind)
        .text(message.direction.name());
    let sender = &message.sender;
    values
        .text(&sender.id)
        .text(sender.class.name())
        .text(&sender.department);
    values
        .text(&message.conversation)
        .maybe_text(message.recalls.as_deref());
    match message
        .amount
        .as_ref()
        .map(|amount| (amount, i64::try_from(amount.minor_units)))
    {
        None => values.maybe_int(None),
        Some((_, Ok(units))) => values.int(units),
        // More than SQLite's integers hold: in digits.
        Some((amount, Err(_))) => values.owned_text(amount.minor_units.to_string()),
    };
    values.maybe_text(message.amount.as_ref().map(|amount| amount.currency.as_str()));
    values.owned_text(list(message.recipients.iter().map(|party| StoredParty {
        id: Cow::Borrowed(&party.id),
        class: party.class,
        department: Cow::Borrowed(&party.department),
    })));
    values.owned_text(list(message.attachments.iter().map(|attachment| StoredAttachment {
        name: Cow::Borrowed(&attachment.name),
        size_bytes: attachment.size_bytes,
        reference: Cow::Borrowed(&attachment.reference),
    })));
    values
        .owned_text(list(message.links.iter()))
        .owned_text(list(message.notes.iter()));
    values.text(&message.text).shared_text(message.raw());
}

/// Reads [`message_columns`] from column `at` on. A message whose content does not have its digest is damage.
pub(super) fn read_message(row: &SqliteRow, at: usize) -> Result<Message, sqlx::Error> {
    let consent = match row.try_get::<Option<String>, _>(at + 20)? {
        Some(party) => Some(ConsentEvent {
            party,
            state: read_name(row, at + 21)?,
            at: read_time(row, at + 22)?,
        }),
        None => None,
    };
    let kind: String = row.try_get(at + 4)?;
    let message = Message {
        id: read_id(row, at)?.into(),
        sent_at: read_time(row, at + 3)?,
        kind: Kind::from_name(&kind).ok_or_else(|| damaged(at + 4, format!("no kind is called {kind:?}")))?,
        native_kind: row.try_get(at + 5)?,
        direction: read_name(row, at + 6)?,
        sender: Party {
            id: row.try_get(at + 7)?,
            class: read_name(row, at + 8)?,
            department: row.try_get(at + 9)?,
        },
        conversation: row.try_get(at + 10)?,
        recalls: row.try_get(at + 11)?,
        amount: read_amount(row, at + 12)?,
        recipients: read_list(row, at + 14, |party: StoredParty<'_>| Party {
            id: party.id.into_owned(),
            class: party.class,
            department: party.department.into_owned(),
        })?,
        attachments: read_list(row, at + 15, |attachment: StoredAttachment<'_>| Attachment {
            name: attachment.name.into_owned(),
            size_bytes: attachment.size_bytes,
            reference: attachment.reference.into_owned(),
        })?,
        links: read_list(row, at + 16, |link: String| link)?,
        notes: read_list(row, at + 17, |note: String| note)?,
        text: row.try_get(at + 18)?,
        raw: row.try_get::<&str, _>(at + 19)?.into(),
        consent,
    };
    if message.content_digest() != read_message_digest(row, at)? {
        return Err(damage(format!(
            "message {} is not what its digest says: somebody, or the disk, changed it",
            message.id
        )));
    }
    Ok(message)
}

/// The content digest of [`message_columns`] from column `at` on, as it was when the message arrived.
pub(super) fn read_message_digest(row: &SqliteRow, at: usize) -> Result<Digest, sqlx::Error> {
    read_digest(row, at + MESSAGE_COLUMNS - 1)
}

/// Tenant, channel and native identifier from column `at` on.
pub(super) fn read_id(row: &SqliteRow, at: usize) -> Result<MessageId, sqlx::Error> {
    Ok(MessageId {
        tenant: row.try_get(at)?,
        channel: row.try_get(at + 1)?,
        native: row.try_get(at + 2)?,
    })
}

pub(super) fn read_time(row: &SqliteRow, at: usize) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_millis(row.try_get(at)?).map_err(|error| damaged(at, error))
}

/// A digest kept as 32 bytes.
pub(super) fn read_digest(row: &SqliteRow, at: usize) -> Result<Digest, sqlx::Error> {
    let bytes: &[u8] = row.try_get(at)?;
    let bytes = bytes
        .try_into()
        .map_err(|_| damaged(at, format!("a digest of {} bytes", bytes.len())))?;
    Ok(Digest::from_bytes(bytes))
}

/// A digest kept as text.
pub(super) fn read_digest_text(row: &SqliteRow, at: usize) -> Result<Digest, sqlx::Error> {
    row.try_get::<&str, _>(at)?.parse().map_err(|error| damaged(at, error))
}

/// A word of an enumeration of the model.
pub(super) fn read_name<T: DeserializeOwned>(row: &SqliteRow, at: usize) -> Result<T, sqlx::Error> {
    let name: &str = row.try_get(at)?;
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    T::deserialize(name).map_err(|error| damaged(at, error))
}

/// Whoever a row names; rows of before hold bare texts.
pub(super) fn read_principal(row: &SqliteRow, at: usize) -> Result<Principal, sqlx::Error> {
    Ok(Principal::from_archived(row.try_get(at)?))
}

/// A count that was bound by [`Values::count`].
pub(super) fn read_count(row: &SqliteRow, at: usize) -> Result<u64, sqlx::Error> {
    let count: i64 = row.try_get(at)?;
    u64::try_from(count).map_err(|error| damaged(at, error))
}

/// The name by which serde writes a value of an enumeration.
pub(super) fn kebab(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("enumerations without fields are written as texts, not {other:?}"),
    }
}

fn read_amount(row: &SqliteRow, at: usize) -> Result<Option<Money>, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    let minor_units = if value.is_null() {
        return Ok(None);
    } else if value.type_info().name() == "TEXT" {
        row.try_get::<&str, _>(at)?
            .parse()
            .map_err(|error| damaged(at, error))?
    } else {
        read_count(row, at)?
    };
    Ok(Some(Money {
        minor_units,
        currency: row.try_get(at + 1)?,
    }))
}

fn list(items: impl ExactSizeIterator<Item: Serialize>) -> String {
    if items.len() == 0 {
        return "[]".to_owned();
    }
    let items: Vec<_> = items.collect();
    serde_json::to_string(&items).expect("lists of texts and records have no map keys")
}

fn read_list<'r, T: Deserialize<'r>, U>(
    row: &'r SqliteRow,
    at: usize,
    map: impl Fn(T) -> U,
) -> Result<Vec<U>, sqlx::Error> {
    let text: &'r str = row.try_get(at)?;
    if text == "[]" {
        return Ok(Vec::new());
    }
    let items: Vec<T> = serde_json::from_str(text).map_err(|error| damaged(at, error))?;
    Ok(items.into_iter().map(map).collect())
}

/// Content that this crate would never have written.
pub(super) fn damage(what: String) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

/// A column that cannot be read.
pub(super) fn damaged(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_string(),
        source: error.into(),
    }
}
