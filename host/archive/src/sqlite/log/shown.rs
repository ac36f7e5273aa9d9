//! The log as people look at it.

use crate::log::{LoggedEntry, LoggedLeaf};
use crate::sqlite::Sqlite;
use crate::sqlite::rows::damaged;
use crate::storage::StorageError;
use proviso_proof::entry::Entry;
use proviso_proof::leaf::Leaf;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

impl Sqlite {
    pub(crate) async fn log(&self, before: Option<u64>, limit: u32) -> Result<Vec<LoggedLeaf>, StorageError> {
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        self.reading(|mut reader| async move {
            let sql =
                "SELECT leaf, data, first_message, messages FROM log_leaves WHERE leaf < ? ORDER BY leaf DESC LIMIT ?";
            let rows = sqlx::query(sql)
                .bind(before)
                .bind(limit)
                .fetch_all(&mut *reader)
                .await?;
            let mut leaves = Vec::with_capacity(rows.len());
            for row in &rows {
                leaves.push(leaf(&mut reader, row).await?);
            }
            Ok(leaves)
        })
        .await
    }
}

async fn leaf(connection: &mut SqliteConnection, row: &SqliteRow) -> Result<LoggedLeaf, sqlx::Error> {
    let number: i64 = row.try_get(0)?;
    let leaf = Leaf::from_bytes(row.try_get(1)?).map_err(|error| damaged(1, error))?;
    let (first, messages): (Option<i64>, i64) = (row.try_get(2)?, row.try_get(3)?);
    let entries = sqlx::query("SELECT place, kind, entry FROM log_entries WHERE leaf = ? ORDER BY place")
        .bind(number)
        .fetch_all(connection)
        .await?;
    Ok(LoggedLeaf {
        leaf: number.unsigned_abs(),
        time_ms: leaf.time_ms(),
        messages: first.map(|first| (first, first.saturating_add(messages - 1))),
        entries: entries.iter().map(read_entry).collect::<Result<_, _>>()?,
    })
}

fn read_entry(row: &SqliteRow) -> Result<LoggedEntry, sqlx::Error> {
    let entry: Option<&[u8]> = row.try_get(2)?;
    Ok(LoggedEntry {
        place: row.try_get(0)?,
        kind: row.try_get(1)?,
        entry: entry
            .map(Entry::from_bytes)
            .transpose()
            .map_err(|error| damaged(2, error))?,
    })
}
