//! Leaves and entries as they are stored.

use crate::sqlite::log::start::{BEGAN, UPGRADED};
use crate::sqlite::rows::damaged;
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::leaf::ENTRIES_MAX;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeMap, HashMap};

/// A leaf as it is stored.
pub(super) struct Stored {
    pub(super) leaf: i64,
    pub(super) data: Vec<u8>,
    pub(super) first: i64,
    pub(super) messages: i64,
}

/// An entry as it is stored.
pub(super) struct Kept {
    pub(super) kind: String,
    pub(super) message: Option<i64>,
    pub(super) commitment: Commitment,
    pub(super) said: Option<(Salt, Vec<u8>)>,
}

pub(super) fn read_leaf(row: &SqliteRow) -> Result<Stored, sqlx::Error> {
    let messages: i64 = row.try_get(3)?;
    if !(0..=i64::from(ENTRIES_MAX)).contains(&messages) {
        return Err(damaged(3, format!("a leaf of {messages} messages")));
    }
    Ok(Stored {
        leaf: row.try_get(0)?,
        data: row.try_get(1)?,
        first: row.try_get(2)?,
        messages,
    })
}

/// The entries of some leaves, by leaf and place.
pub(super) async fn kept(
    connection: &mut SqliteConnection,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, BTreeMap<i64, Kept>>, sqlx::Error> {
    let sql = "SELECT leaf, place, kind, message, commitment, salt, entry FROM log_entries WHERE leaf BETWEEN ? AND ?";
    let rows = sqlx::query(sql).bind(first).bind(last).fetch_all(connection).await?;
    let mut kept: HashMap<i64, BTreeMap<i64, Kept>> = HashMap::new();
    for row in &rows {
        let commitment = Hash::try_from(row.try_get::<&[u8], _>(4)?).map_err(|error| damaged(4, error))?;
        let salt: Option<&[u8]> = row.try_get(5)?;
        let salt = salt.map(|salt| salt.try_into().map(Salt::new)).transpose();
        let entry: Option<Vec<u8>> = row.try_get(6)?;
        let of_leaf = kept.entry(row.try_get(0)?).or_default();
        of_leaf.insert(
            row.try_get(1)?,
            Kept {
                kind: row.try_get(2)?,
                message: row.try_get(3)?,
                commitment: Commitment::from_hash(commitment),
                said: salt.map_err(|error| damaged(5, error))?.zip(entry),
            },
        );
    }
    Ok(kept)
}

/// The entry that the log begins with.
pub(super) async fn first_entry(connection: &mut SqliteConnection) -> Result<Option<Entry>, sqlx::Error> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT entry FROM log_entries WHERE leaf = 0 AND place = 0")
        .fetch_optional(connection)
        .await?
        .flatten();
    let entry = bytes.and_then(|bytes| Entry::from_bytes(&bytes).ok());
    Ok(entry.filter(|entry| [BEGAN, UPGRADED].contains(&entry.kind())))
}

pub(super) async fn number(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(sql).fetch_one(connection).await
}

pub(super) fn field(entry: &Entry, name: &str) -> Option<i64> {
    match entry.field(name) {
        Some(Value::Integer(integer)) => Some(*integer),
        _ => None,
    }
}

pub(super) fn bytes_of<'e>(entry: &'e Entry, name: &str) -> Option<&'e [u8]> {
    match entry.field(name) {
        Some(Value::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}
