//! Tombstones of messages that were never here: they arrived and were disposed of after the backup that this archive was restored from, and a
//! newer log tells of it. A newer log has no identifiers; what it calls a record is made of the message's tag, which is the same here.

use super::bulk::Lookup;
use super::disposed_names::{about, certified, named};
use super::log::entries::{Entries, integer, text};
use super::log::rows::DISPOSED_ELSEWHERE;
use super::rows::{read_principal, read_time};
use crate::disposal::{Disposed, LoggedDisposal};
use crate::stored::disposed_again::{self, First};
use proviso_model::{Principal, Timestamp};
use proviso_seal::TAG_BYTES;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashSet;

const RECORDS: Lookup = Lookup {
    columns: &["record"],
    select: "SELECT w.record FROM wanted w CROSS JOIN disposed_elsewhere d ON d.record = w.record",
};

/// Writes the tombstone of a message that is not here, in the transaction whose next leaf that is; nothing where there is one.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    (leaf, at, by): (u64, Timestamp, &Principal),
    (disposal, first): (&LoggedDisposal, &First),
    log: &mut Entries,
) -> Result<(), super::failure::Failure> {
    let number: Option<i64> = sqlx::query_scalar(
        "INSERT INTO disposed_elsewhere (record, recorded_at, recorded_by, leaf, place, said) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (record) DO NOTHING RETURNING number",
    )
    .bind(disposal.record.as_bytes().to_vec())
    .bind(at.as_millis())
    .bind(by.to_string())
    .bind(leaf.cast_signed())
    .bind(log.next_place())
    .bind(disposed_again::write_elsewhere(first))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(number) = number else { return Ok(()) };
    let fields = vec![
        about(disposal.record),
        certified(disposal.certificate),
        integer("first-leaf", disposal.leaf.cast_signed()),
        integer("first-place", disposal.place.into()),
        text("first-log", first.log.clone()),
    ];
    log.tell_row(connection, &DISPOSED_ELSEWHERE, number, None, fields)
        .await
}

/// Which of these tags belong to messages that were disposed of before they were ever here.
pub(super) async fn of_tags(
    connection: &mut SqliteConnection,
    tags: &[[u8; TAG_BYTES]],
) -> Result<HashSet<[u8; TAG_BYTES]>, sqlx::Error> {
    let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM disposed_elsewhere)")
        .fetch_one(&mut *connection)
        .await?;
    if !any || tags.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = RECORDS.run(connection, tags, |values, tag| {
        values.blob(named(tag).as_bytes());
    });
    let records = rows.await?;
    let records: HashSet<Vec<u8>> = records.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let gone = tags
        .iter()
        .filter(|tag| records.contains(&named(&tag[..]).as_bytes()[..]));
    Ok(gone.copied().collect())
}

/// What is left of a message that was never here; `None` of any other.
pub(super) async fn find(connection: &mut SqliteConnection, tag: &[u8]) -> Result<Option<Disposed>, sqlx::Error> {
    let row =
        sqlx::query("SELECT recorded_at, recorded_by, leaf, place, said FROM disposed_elsewhere WHERE record = ?")
            .bind(named(tag).as_bytes().to_vec())
            .fetch_optional(connection)
            .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Disposed {
        at: read_time(&row, 0)?,
        by: read_principal(&row, 1)?,
        leaf: row.try_get::<i64, _>(2)?.unsigned_abs(),
        place: row.try_get(3)?,
        said: row.try_get(4)?,
    }))
}
