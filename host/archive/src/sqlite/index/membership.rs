//! Which segment a message is in, when it goes: that segment goes with it, and the others of it wait for another.

use super::months;
use super::segments::{self, SegmentRow};
use crate::sqlite::bulk::number_list;
use crate::sqlite::failure::Failure;
use crate::sqlite::sealing::{OpenRecord, Part, Sealing};
use proviso_search::segment::{Pages, Segment, SegmentError};
use sqlx::{Row as _, SqliteConnection};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Destroys the segment that a message is in. The others of it are pending.
pub(in crate::sqlite) async fn part_with(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    message: i64,
) -> Result<(), Failure> {
    let row =
        sqlx::query("SELECT s.tenant, e.sent_at FROM envelopes e JOIN streams s USING (stream) WHERE e.message = ?")
            .bind(message)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some(row) = row
        && let Some(month) = months::of_millis(row.try_get(1)?)
    {
        for segment in segments::of_month(connection, row.try_get(0)?, month).await? {
            if !(segment.first..=segment.last).contains(&message) {
                continue;
            }
            match members(connection, sealing, &segment, message).await? {
                Membership::Other => {}
                Membership::Of(members) => {
                    segments::remove(connection, segment.number).await?;
                    pend(connection, &members, false).await?;
                }
                Membership::Unreadable => give_up(connection, segment.number).await?,
            }
        }
    }
    sqlx::query("DELETE FROM search_pending WHERE message = ?")
        .bind(message)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a message is in a segment.
enum Membership {
    /// With these, itself among them.
    Of(Vec<i64>),
    Other,
    /// Nobody can say.
    Unreadable,
}

/// Pages that were read so far. Another one is asked for by its number.
struct Read<'r> {
    record: &'r OpenRecord,
    count: u32,
    pages: RefCell<HashMap<u32, Arc<[u8]>>>,
}

struct Missing(u32);

impl Pages for &Read<'_> {
    type Error = Missing;

    fn count(&self) -> u32 {
        self.count
    }

    fn page(&self, number: u32) -> Result<Arc<[u8]>, Missing> {
        self.pages.borrow().get(&number).cloned().ok_or(Missing(number))
    }
}

impl Read<'_> {
    /// False if it cannot be opened.
    fn add(&self, number: u32, sealed: Option<&[u8]>) -> bool {
        let page = sealed.and_then(|sealed| self.record.open(Part::Page(number), sealed).ok());
        let is_there = page.is_some();
        self.pages.borrow_mut().extend(page.map(|page| (number, page.into())));
        is_there
    }
}

/// Reads the few pages that tell whether the message is in the segment, and all of them where it is.
async fn members(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    segment: &SegmentRow,
    message: i64,
) -> Result<Membership, sqlx::Error> {
    let Ok(record) = sealing.open_segment(&segment.partition.tenant, segment.number, segment.key) else {
        return Ok(Membership::Unreadable);
    };
    let read = Read {
        record: &record,
        count: segment.pages,
        pages: RefCell::default(),
    };
    let is_member = loop {
        match Segment::open(&read).and_then(|segment| segment.document(message.unsigned_abs())) {
            Ok(document) => break document.is_some(),
            Err(SegmentError::Page {
                source: Missing(page), ..
            }) => {
                let sealed = segments::page(connection, segment.number, page).await?;
                if !read.add(page, sealed.as_deref()) {
                    return Ok(Membership::Unreadable);
                }
            }
            Err(_) => return Ok(Membership::Unreadable),
        }
    };
    if !is_member {
        return Ok(Membership::Other);
    }
    let sealed = segments::pages(connection, segment.number).await?;
    if !(0..).zip(&sealed).all(|(page, sealed)| read.add(page, Some(sealed))) {
        return Ok(Membership::Unreadable);
    }
    Ok(match Segment::open(&read).and_then(|segment| segment.rows()) {
        Ok(rows) => Membership::Of(rows.iter().map(|row| row.number.cast_signed()).collect()),
        Err(_) => Membership::Unreadable,
    })
}

/// Destroys all segments of the tenant and month of one that cannot be read: what its messages were can then be told without it.
pub(super) async fn give_up(connection: &mut SqliteConnection, segment: i64) -> Result<(), sqlx::Error> {
    let Some(segment) = segments::one(connection, segment).await? else {
        return Ok(());
    };
    let partition = &segment.partition;
    let (mut first, mut last) = (segment.first, segment.last);
    for one in segments::of_month(connection, &partition.tenant, partition.month).await? {
        (first, last) = (first.min(one.first), last.max(one.last));
        segments::remove(connection, one.number).await?;
    }
    let moments = months::moments(partition.month);
    sqlx::query(
        "INSERT INTO search_pending (message, unreadable) SELECT e.message, 0 FROM envelopes e JOIN streams s USING (stream)
         WHERE e.message BETWEEN ? AND ? AND e.sent_at BETWEEN ? AND ? AND s.tenant = ? ON CONFLICT (message) DO NOTHING",
    )
    .bind(first)
    .bind(last)
    .bind(*moments.start())
    .bind(*moments.end())
    .bind(partition.tenant.clone())
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that messages are in no segment. One that is not there any more is none.
pub(super) async fn pend(
    connection: &mut SqliteConnection,
    messages: &[i64],
    is_unreadable: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO search_pending (message, unreadable) SELECT n.value, ? FROM json_each(?) n JOIN envelopes e ON e.message = n.value
         WHERE true ON CONFLICT (message) DO UPDATE SET unreadable = excluded.unreadable",
    )
    .bind(is_unreadable)
    .bind(number_list(messages.iter().copied()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that messages are in a segment.
pub(super) async fn no_more_pending(connection: &mut SqliteConnection, messages: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM search_pending WHERE message IN (SELECT value FROM json_each(?))")
        .bind(number_list(messages.iter().copied()))
        .execute(connection)
        .await?;
    Ok(())
}
