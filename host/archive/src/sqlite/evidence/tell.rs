//! What the log has of an export.

use crate::change::CommitError;
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::Entries;
use crate::sqlite::rows::{damage, damaged};
use proviso_evidence::{EXPORTED, Told};
use proviso_proof::commitment::Salt;
use proviso_proof::entry::{Entry, Value};
use proviso_proof::entry_proof::Place;
use sqlx::{Row as _, SqliteConnection};

/// The number that the next export has: the log counts them.
pub(in crate::sqlite) async fn next_number(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM log_entries WHERE kind = ?")
        .bind(EXPORTED)
        .fetch_one(connection)
        .await?;
    Ok(told.unsigned_abs() + 1)
}

/// How many leaves there are.
pub(super) async fn size(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(leaf) + 1, 0) FROM log_leaves")
        .fetch_one(connection)
        .await
}

/// Tells of an export, if it has the number that is next: of two that were made at once, one is told.
pub(in crate::sqlite) async fn tell(
    connection: &mut SqliteConnection,
    (number, kind): (u64, &'static str),
    fields: &[(&'static str, Value)],
    log: &mut Entries,
) -> Result<(), Failure> {
    let expected = next_number(connection).await?;
    if number != expected {
        return Err(Failure::Refused(CommitError::ExportNumber {
            found: number,
            expected,
        }));
    }
    log.tell(kind, None, fields.to_vec())
}

/// The entry of the export with that manifest, behind so many leaves.
pub(super) async fn told(
    connection: &mut SqliteConnection,
    before: i64,
    manifest: &[u8; 32],
) -> Result<Told, sqlx::Error> {
    let rows =
        sqlx::query("SELECT leaf, place, salt, entry FROM log_entries WHERE leaf >= ? AND kind = ? ORDER BY leaf")
            .bind(before)
            .bind(EXPORTED)
            .fetch_all(connection)
            .await?;
    for row in &rows {
        let bytes: &[u8] = row.try_get(3)?;
        let entry = Entry::from_bytes(bytes).map_err(|error| damaged(3, error))?;
        if entry.field("manifest") != Some(&Value::Bytes(manifest.to_vec())) {
            continue;
        }
        let salt = <[u8; 16]>::try_from(row.try_get::<&[u8], _>(2)?).map_err(|error| damaged(2, error))?;
        return Ok(Told {
            place: Place {
                leaf: row.try_get::<i64, _>(0)?.unsigned_abs(),
                entry: row.try_get(1)?,
            },
            salt: Salt::new(salt),
            entry: bytes.to_vec(),
        });
    }
    Err(damage(
        "the log has no entry of the export that it was told of".to_owned(),
    ))
}
