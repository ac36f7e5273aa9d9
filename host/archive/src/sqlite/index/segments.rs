//! Rows of segments and of their pages.

use crate::index::{IndexReport, NewSegment, Partition};
use crate::sqlite::Sqlite;
use crate::sqlite::bulk::Insert;
use crate::sqlite::sealing::read_wrapped;
use crate::storage::StorageError;
use proviso_seal::WrappedKey;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT segment, tenant, month, ends, first_message, last_message, messages, pages, key_version, key
             FROM search_segments ",
            $rest
        )
    };
}

/// The bits of a place that are the page's number.
const PAGE_BITS: u32 = 16;

/// The places of the pages of a segment.
fn places(segment: i64) -> (i64, i64) {
    let first = segment << PAGE_BITS;
    (first, first | ((1 << PAGE_BITS) - 1))
}

/// A segment, as its row says.
#[derive(Debug, Clone)]
pub(super) struct SegmentRow {
    pub(super) number: i64,
    pub(super) partition: Partition,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) messages: u32,
    pub(super) pages: u32,
    pub(super) key: WrappedKey,
}

impl SegmentRow {
    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            number: row.try_get(0)?,
            partition: Partition {
                tenant: row.try_get(1)?,
                month: row.try_get(2)?,
                ends: row.try_get(3)?,
            },
            first: row.try_get(4)?,
            last: row.try_get(5)?,
            messages: row.try_get(6)?,
            pages: row.try_get(7)?,
            key: read_wrapped(row, 8)?,
        })
    }
}

/// All segments.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<SegmentRow>, sqlx::Error> {
    let rows = sqlx::query(rows!("ORDER BY segment")).fetch_all(connection).await?;
    rows.iter().map(SegmentRow::read).collect()
}

/// A segment; `None` if it is not there any more.
pub(super) async fn one(connection: &mut SqliteConnection, number: i64) -> Result<Option<SegmentRow>, sqlx::Error> {
    let row = sqlx::query(rows!("WHERE segment = ?"))
        .bind(number)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(SegmentRow::read).transpose()
}

/// The segments of a tenant and a month.
pub(super) async fn of_month(
    connection: &mut SqliteConnection,
    tenant: &str,
    month: i64,
) -> Result<Vec<SegmentRow>, sqlx::Error> {
    let rows = sqlx::query(rows!("WHERE tenant = ? AND month = ?"))
        .bind(tenant.to_owned())
        .bind(month)
        .fetch_all(connection)
        .await?;
    rows.iter().map(SegmentRow::read).collect()
}

/// Writes a segment with its pages.
pub(super) async fn insert(connection: &mut SqliteConnection, segment: &NewSegment) -> Result<(), sqlx::Error> {
    let (first, last) = (segment.members.first(), segment.members.last());
    sqlx::query(
        "INSERT INTO search_segments (segment, tenant, month, ends, first_message, last_message, messages, pages, key_version, key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(segment.number)
    .bind(segment.partition.tenant.clone())
    .bind(segment.partition.month)
    .bind(segment.partition.ends)
    .bind(first.copied())
    .bind(last.copied())
    .bind(segment.members.len() as i64)
    .bind(segment.pages.len() as i64)
    .bind(segment.key.version.get())
    .bind(segment.key.bytes.to_vec())
    .execute(&mut *connection)
    .await?;
    let (place, _) = places(segment.number);
    let pages: Vec<(i64, &Vec<u8>)> = (place..).zip(&segment.pages).collect();
    PAGES
        .run(connection, &pages, |values, (place, sealed)| {
            values.int(*place).blob(sealed);
        })
        .await
}

const PAGES: Insert = Insert {
    head: "INSERT INTO search_pages (place, sealed)",
    columns: 2,
    tail: "",
};

/// Destroys a segment, its key and its pages; false if there is none of that number.
pub(super) async fn remove(connection: &mut SqliteConnection, number: i64) -> Result<bool, sqlx::Error> {
    let (first, last) = places(number);
    sqlx::query("DELETE FROM search_pages WHERE place BETWEEN ? AND ?")
        .bind(first)
        .bind(last)
        .execute(&mut *connection)
        .await?;
    let removed = sqlx::query("DELETE FROM search_segments WHERE segment = ?")
        .bind(number)
        .execute(connection)
        .await?;
    Ok(removed.rows_affected() == 1)
}

/// A sealed page; `None` if it is not there.
pub(super) async fn page(
    connection: &mut SqliteConnection,
    segment: i64,
    page: u32,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar("SELECT sealed FROM search_pages WHERE place = ?")
        .bind(places(segment).0 | i64::from(page))
        .fetch_optional(connection)
        .await
}

/// All sealed pages of a segment, in their order.
pub(super) async fn pages(connection: &mut SqliteConnection, segment: i64) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let (first, last) = places(segment);
    sqlx::query_scalar("SELECT sealed FROM search_pages WHERE place BETWEEN ? AND ? ORDER BY place")
        .bind(first)
        .bind(last)
        .fetch_all(connection)
        .await
}

/// What the index was at a moment. Whatever changes which messages are in segments changes it: a segment's number is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Up to which message all were dealt with.
    pub(super) progress: i64,
    segments: i64,
    sum_of_numbers: i64,
}

/// The index as it is.
pub(super) async fn state(connection: &mut SqliteConnection) -> Result<State, sqlx::Error> {
    let (progress, segments, sum_of_numbers) = sqlx::query_as(
        "SELECT message, (SELECT count(*) FROM search_segments), (SELECT coalesce(sum(segment), 0) FROM search_segments)
         FROM search_progress",
    )
    .fetch_one(connection)
    .await?;
    Ok(State {
        progress,
        segments,
        sum_of_numbers,
    })
}

/// The next pending messages below one, at most so many, descending.
pub(super) async fn pending(connection: &mut SqliteConnection, below: i64, most: u32) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT message FROM search_pending WHERE message < ? ORDER BY message DESC LIMIT ?")
        .bind(below)
        .bind(most)
        .fetch_all(connection)
        .await
}

/// Up to which message all were dealt with, and the greatest number that a segment ever had.
pub(super) async fn progress(connection: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "SELECT message, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'search_segments'), 0) FROM search_progress",
    )
    .fetch_one(connection)
    .await
}

/// The tenants and wrapped keys of all segments, by their numbers.
pub(in crate::sqlite) async fn wrapped(
    connection: &mut SqliteConnection,
) -> Result<Vec<(i64, String, WrappedKey)>, sqlx::Error> {
    let all = all(connection).await?.into_iter();
    Ok(all
        .map(|segment| (segment.number, segment.partition.tenant, segment.key))
        .collect())
}

/// Keeps the key of a segment as another key wraps it.
pub(in crate::sqlite) async fn rewrap(
    connection: &mut SqliteConnection,
    segment: i64,
    key: WrappedKey,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE search_segments SET key_version = ?, key = ? WHERE segment = ?")
        .bind(key.version.get())
        .bind(key.bytes.to_vec())
        .bind(segment)
        .execute(connection)
        .await?;
    Ok(())
}

impl Sqlite {
    pub(crate) async fn index_wanted(&self) {
        self.index.wanted().await;
    }

    pub(crate) async fn index_left(&self) -> Result<u64, StorageError> {
        self.reading(|mut reader| async move {
            let left: i64 = sqlx::query_scalar(
                "SELECT max(0, coalesce((SELECT max(message) FROM envelopes), 0) - (SELECT message FROM search_progress))
                        + (SELECT count(*) FROM search_pending WHERE unreadable = 0)",
            )
            .fetch_one(&mut *reader)
            .await?;
            Ok(left.unsigned_abs())
        })
        .await
    }

    pub(crate) async fn index_report(&self) -> Result<IndexReport, StorageError> {
        self.reading(|mut reader| async move {
            let (segments, messages, bytes, pending, unreadable, behind): (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
                "SELECT (SELECT count(*) FROM search_segments), (SELECT coalesce(sum(messages), 0) FROM search_segments),
                        (SELECT coalesce(sum(length(sealed)), 0) FROM search_pages),
                        (SELECT count(*) FROM search_pending WHERE unreadable = 0),
                        (SELECT count(*) FROM search_pending WHERE unreadable = 1),
                        (SELECT count(*) FROM envelopes WHERE message > (SELECT message FROM search_progress))",
            )
            .fetch_one(&mut *reader)
            .await?;
            Ok(IndexReport {
                segments: segments.unsigned_abs(),
                messages: messages.unsigned_abs(),
                bytes: bytes.unsigned_abs(),
                left: pending.unsigned_abs() + behind.unsigned_abs(),
                unreadable: unreadable.unsigned_abs(),
            })
        })
        .await
    }
}
