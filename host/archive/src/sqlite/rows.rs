//! Values of columns, read and checked.

use proviso_model::{Digest, MessageId, Principal, Timestamp};
use serde::Serialize;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

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
