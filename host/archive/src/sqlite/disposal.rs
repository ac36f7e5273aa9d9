//! The end of messages. The hold check, the destruction of the key, and what the log tells of both are one transaction: a hold
//! that is placed while a disposal runs comes before it, and wins, or behind it.
//!
//! What stays: the tag of the identifier, so that a message that is delivered again does not come back; what its contacts said
//! of being archived; the states and scores that it went into; and its commitments in the log, without the entries.

use super::Sqlite;
use super::alerts;
use super::clock::{CLOCK_TRUSTED, ClockGuard};
use super::disposed_elsewhere;
use super::disposed_names::{about, certified, hash_of, named};
use super::failure::Failure;
use super::holds;
use super::index;
use super::log::entries::{Entries, Field, digest, integer};
use super::log::judged::{self, ERASED, erased};
use super::log::rows::{self, DISPOSALS};
use super::log::start::last_time;
use super::records::{CONTENT_COLUMNS, content_columns, open_content};
use super::requests;
use super::rows::{damage, read_principal, read_time};
use super::sealing::Sealing;
use super::steps;
use super::vocabulary::Vocabulary;
use crate::change::CommitError;
use crate::disposal::{DisposalReport, Disposed, Disposing, Due, Going, KeptBy};
use crate::requests::{RequestRefusal, RequestedAct};
use crate::storage::StorageError;
use crate::stored::codes;
use proviso_model::retention::Why;
use proviso_model::time::Day;
use proviso_model::{Digest, MessageId, Principal, Timestamp};
use proviso_proof::certificate;
use proviso_proof::certificate::{Disposal, HOLDS, KeyDestroyed};
use proviso_proof::entry_proof::Place;
use proviso_seal::TAG_BYTES;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;
use std::time::Instant;

const CONTENT: &str = concat!(
    "SELECT ",
    content_columns!(),
    ", i.tag, e.why, e.keep_until FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
      JOIN identities i USING (message) WHERE e.message = ?"
);

/// In the order that references demand.
const GONE: [&str; 10] = [
    "DELETE FROM findings WHERE message = ?",
    "DELETE FROM faults WHERE message = ?",
    "DELETE FROM held_messages WHERE message = ?",
    "DELETE FROM earlier_judgements WHERE message = ?",
    "DELETE FROM conflicts WHERE message = ?",
    "DELETE FROM fold_steps WHERE message = ?",
    "DELETE FROM recalls WHERE message = ?",
    "DELETE FROM review_comments WHERE message = ?",
    "DELETE FROM contents WHERE message = ?",
    "DELETE FROM envelopes WHERE message = ?",
];

/// Bytes of messages at which a page of due ones takes no more.
const DUE_BYTES: usize = 8 << 20;
/// Days behind the last one, on which a clock or a zone may be wrong.
const GRACE_DAYS: i32 = 1;

/// True if a decision with this ground and end lets a message go on that day. Nothing else ever does.
fn is_due(why: Option<Why>, until: Option<Day>, today: Day) -> bool {
    match (why, until) {
        (Some(Why::ConsentWithdrawn), None) => true,
        (Some(Why::LongestFloor | Why::ShortestCeiling | Why::ConsentWithdrawn), Some(until)) => {
            until.number() + GRACE_DAYS < today.number()
        }
        _ => false,
    }
}

/// What is recorded of how long a message is kept: ground and last day.
fn kept(row: &sqlx::sqlite::SqliteRow, at: usize) -> Result<(Option<Why>, Option<Day>), sqlx::Error> {
    let (why, until): (Option<u8>, Option<i32>) = (row.try_get(at)?, row.try_get(at + 1)?);
    let why = match why {
        None | Some(0) => None,
        Some(code) => Some(codes::why(code).map_err(|error| damage(error.to_string()))?),
    };
    let day = |number| Day::from_number(number).ok_or_else(|| damage(format!("{number} is no day")));
    Ok((why, until.map(day).transpose()?))
}

pub(super) async fn dispose(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    clock: &ClockGuard,
    disposing: &Disposing,
    by: &Principal,
    log: &mut Entries,
) -> Result<DisposalReport, Failure> {
    let seen = last_time(connection).await?;
    if let Some(trouble) = clock.trouble(disposing.at, Instant::now(), seen, disposing.clock_is_right) {
        return Err(Failure::Refused(CommitError::Clock(trouble)));
    }
    let today = Day::begun_everywhere(disposing.at);
    if disposing.clock_is_right && clock.is_doubted() {
        log.tell(CLOCK_TRUSTED, None, Vec::new())?;
    }
    if let Some(request) = disposing.request {
        may_run(connection, request, disposing).await?;
    }
    // The last steps of subjects may go.
    known.chains.forget();
    let leaf = next_leaf(connection).await?;
    let mut report = DisposalReport::default();
    for going in &disposing.messages {
        let count = match one(connection, sealing, (disposing.at, today), going, by, leaf, log).await? {
            Became::Disposed => &mut report.disposed,
            Became::Kept(KeptBy::Holds(_)) => &mut report.held,
            Became::Kept(KeptBy::Waiting) => &mut report.waiting,
            Became::Kept(KeptBy::Damaged) => &mut report.damaged,
            Became::NotDue => &mut report.not_due,
        };
        *count += 1;
    }
    if let Some(request) = disposing.request {
        requests::ran(connection, request, disposing.at, by, log).await?;
    }
    Ok(report)
}

/// The leaf of the transaction that runs.
pub(super) async fn next_leaf(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let leaf: i64 = sqlx::query_scalar("SELECT coalesce(max(leaf) + 1, 0) FROM log_leaves")
        .fetch_one(connection)
        .await?;
    Ok(leaf.unsigned_abs())
}

/// That a request asks for the disposal of these messages, by these grounds. What it asks for besides stays.
async fn may_run(connection: &mut SqliteConnection, request: i64, disposing: &Disposing) -> Result<(), Failure> {
    let RequestedAct::Disposal { messages, .. } = requests::to_run(connection, request, disposing.at).await? else {
        return Err(RequestRefusal::OtherAct(request).into());
    };
    let asked: HashMap<i64, Digest> = messages.iter().map(|one| (one.arrival, one.grounds)).collect();
    let is_asked = |going: &Going| asked.get(&going.arrival) == Some(&going.digest());
    if disposing.messages.iter().all(is_asked) {
        Ok(())
    } else {
        Err(RequestRefusal::OtherAct(request).into())
    }
}

enum Became {
    Disposed,
    Kept(KeptBy),
    NotDue,
}

async fn one(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    (at, today): (Timestamp, Day),
    going: &Going,
    by: &Principal,
    leaf: u64,
    log: &mut Entries,
) -> Result<Became, Failure> {
    let number = going.arrival;
    let row = sqlx::query(CONTENT)
        .bind(number)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(Became::NotDue) };
    let (why, until) = kept(&row, CONTENT_COLUMNS + 1)?;
    let now = at.as_millis().unsigned_abs();
    let in_order = going.clock.start_ms <= going.due_ms && going.due_ms <= now;
    if !is_due(why, until, today) || !in_order || going.statutes.is_empty() {
        return Ok(Became::NotDue);
    }
    let (record, message) = match open_content(&row, 0, sealing) {
        Ok(opened) => opened,
        Err(sqlx::Error::Decode(_)) => return Ok(Became::Kept(KeptBy::Damaged)),
        Err(error) => return Err(error.into()),
    };
    if let Some(kept) = kept_by(connection, number, &message).await? {
        return Ok(Became::Kept(kept));
    }
    if !judged::is_as_told(connection, sealing, number).await? {
        return Ok(Became::Kept(KeptBy::Damaged));
    }
    let tag: &[u8] = row.try_get(CONTENT_COLUMNS)?;
    let tag = <[u8; TAG_BYTES]>::try_from(tag).map_err(|_| damage(format!("the tag of message {number} is cut")))?;
    let named = named(&tag);
    let hold_check = Place {
        leaf,
        entry: log.next_place(),
    };
    let said = Disposal {
        tenant: message.id.tenant.clone(),
        record: named,
        statutes: going.statutes.clone(),
        clock: going.clock.clone(),
        due_ms: going.due_ms,
        disposed_ms: now,
        key: KeyDestroyed {
            algorithm: record.suite().name().to_owned(),
            fingerprint: hash_of(b"proviso/record-key/1", &record.wrapped().bytes),
        },
        hold_check,
    };
    log.tell(certificate::HOLD_CHECK, None, vec![about(named), integer(HOLDS, 0)])?;
    let place = log.next_place();
    let mut fields = vec![about(named), certified(said.digest())];
    fields.extend(destroy(connection, sealing, number, &tag).await?);
    let left = Left {
        number,
        at,
        by,
        leaf,
        place,
        said: said.to_json(),
    };
    left.write(connection).await?;
    log.tell_row(connection, &DISPOSALS, number, None, fields).await?;
    alerts::disposed(connection, number, (at, by), log).await?;
    Ok(Became::Disposed)
}

/// Destroys a message: its key, its content, all rows about it, and what the log says of it. What the entry that tells of it says of that.
pub(super) async fn destroy(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    number: i64,
    tag: &[u8; TAG_BYTES],
) -> Result<Vec<Field>, Failure> {
    index::part_with(connection, sealing, number).await?;
    let mut fields = Vec::new();
    for rows in rows::ALL {
        match rows.untold(connection, number).await? {
            0 => {}
            untold => fields.push(integer(rows.before, untold)),
        }
    }
    erase_entries(connection, sealing, number, tag).await?;
    fields.push(digest(ERASED, &erased(connection, number).await?));
    rebase_steps(connection, number).await?;
    for sql in GONE {
        sqlx::query(sql).bind(number).execute(&mut *connection).await?;
    }
    Ok(fields)
}

/// The tombstone of a message.
pub(super) struct Left<'a> {
    pub(super) number: i64,
    pub(super) at: Timestamp,
    pub(super) by: &'a Principal,
    /// Where the log tells of it.
    pub(super) leaf: u64,
    pub(super) place: u32,
    pub(super) said: String,
}

impl Left<'_> {
    pub(super) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO disposals (message, disposed_at, disposed_by, leaf, place, said) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(self.number)
        .bind(self.at.as_millis())
        .bind(self.by.to_string())
        .bind(self.leaf.cast_signed())
        .bind(self.place)
        .bind(self.said.clone())
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn kept_by(
    connection: &mut SqliteConnection,
    number: i64,
    message: &proviso_model::Message,
) -> Result<Option<KeptBy>, sqlx::Error> {
    let holds = holds::count(connection, number, message).await?;
    if holds > 0 {
        return Ok(Some(KeptBy::Holds(holds)));
    }
    let waiting: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM held_messages WHERE message = ? AND released_at IS NULL)")
            .bind(number)
            .fetch_one(connection)
            .await?;
    Ok(waiting.then_some(KeptBy::Waiting))
}

/// What the log has of a message: of the entry that its rows made the commitment is kept now, and from the others what they say goes.
async fn erase_entries(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    number: i64,
    tag: &[u8; TAG_BYTES],
) -> Result<(), Failure> {
    // What a contact said of being archived stays, and says nothing of the message but its number.
    sqlx::query("UPDATE log_entries SET salt = NULL, entry = NULL WHERE message = ? AND kind != 'consent'")
        .bind(number)
        .execute(&mut *connection)
        .await?;
    let leaf = sqlx::query(
        "SELECT leaf, first_message FROM log_leaves WHERE first_message <= ?1 AND ?1 < first_message + messages
         ORDER BY first_message DESC LIMIT 1",
    )
    .bind(number)
    .fetch_optional(&mut *connection)
    .await?;
    // A message of before the log has no entry.
    let Some(leaf) = leaf else { return Ok(()) };
    let (leaf, first): (i64, i64) = (leaf.try_get(0)?, leaf.try_get(1)?);
    let read = judged::read(connection, sealing, (number, number)).await?;
    let [read] = &read[..] else {
        return Err(damage(format!("the rows of message {number} are not all there")).into());
    };
    let salt = read.salt.as_ref().map_err(|error| damage(error.to_string()))?;
    // One that was judged again has its first entry there already.
    sqlx::query(
        "INSERT INTO log_entries (leaf, place, kind, message, commitment) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(leaf)
    .bind(number - first)
    .bind(judged::JUDGED)
    .bind(number)
    .bind(read.of.commitment(tag, salt).hash().as_bytes().to_vec())
    .execute(connection)
    .await?;
    Ok(())
}

/// A step that differs from one that goes is written whole.
async fn rebase_steps(connection: &mut SqliteConnection, number: i64) -> Result<(), sqlx::Error> {
    let folds: Vec<i64> = sqlx::query_scalar("SELECT fold FROM fold_steps WHERE message = ?")
        .bind(number)
        .fetch_all(&mut *connection)
        .await?;
    for fold in folds {
        let Some((next, state)) = steps::next_that_differs(connection, fold, number).await? else {
            continue;
        };
        sqlx::query("UPDATE fold_steps SET state_before = ? WHERE fold = ? AND message = ?")
            .bind(steps::whole(&state))
            .bind(fold)
            .bind(next)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

impl Sqlite {
    pub(crate) async fn due(&self, today: Day, after: i64, limit: u32) -> Result<Vec<Due>, StorageError> {
        self.reading(|mut reader| async move {
            let rows = sqlx::query(
                "SELECT message, why, keep_until FROM envelopes
                 WHERE message > ? AND (why IN (5, 6, 7) AND keep_until < ? OR why = 7 AND keep_until IS NULL)
                 ORDER BY message LIMIT ?",
            )
            .bind(after)
            .bind(today.number() - GRACE_DAYS)
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?;
            let (mut due, mut bytes) = (Vec::with_capacity(rows.len()), 0);
            for row in &rows {
                let arrival: i64 = row.try_get(0)?;
                let (_, until) = kept(row, 1)?;
                let retained = match self.retained(&mut reader, arrival).await {
                    Err(sqlx::Error::Decode(_)) => None,
                    read => read?,
                };
                let kept_by = match &retained {
                    Some(retained) => {
                        bytes += retained.message.raw.len() + retained.message.text.len();
                        kept_by(&mut reader, arrival, &retained.message).await?
                    }
                    None => Some(KeptBy::Damaged),
                };
                due.push(Due {
                    arrival,
                    retained,
                    until,
                    kept_by,
                });
                if bytes >= DUE_BYTES {
                    break;
                }
            }
            Ok(due)
        })
        .await
    }

    /// True of a message that was disposed of.
    pub(super) async fn is_disposed(
        &self,
        connection: &mut SqliteConnection,
        id: &MessageId,
    ) -> Result<bool, sqlx::Error> {
        let tag = self.sealing.tag(id);
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM identities i JOIN disposals d USING (message) WHERE i.tag = ?)
                 OR EXISTS (SELECT 1 FROM disposed_elsewhere WHERE record = ?)",
        )
        .bind(tag.to_vec())
        .bind(named(&tag).as_bytes().to_vec())
        .fetch_one(connection)
        .await
    }

    pub(crate) async fn disposed(&self, id: &MessageId) -> Result<Option<Disposed>, StorageError> {
        self.reading(|mut reader| async move {
            let row = sqlx::query(
                "SELECT d.disposed_at, d.disposed_by, d.leaf, d.place, d.said FROM identities i JOIN disposals d USING (message)
                 WHERE i.tag = ?",
            )
            .bind(self.sealing.tag(id).to_vec())
            .fetch_optional(&mut *reader)
            .await?;
            let Some(row) = row else {
                return disposed_elsewhere::find(&mut reader, &self.sealing.tag(id)).await;
            };
            let leaf: i64 = row.try_get(2)?;
            Ok(Some(Disposed {
                at: read_time(&row, 0)?,
                by: read_principal(&row, 1)?,
                leaf: leaf.unsigned_abs(),
                place: row.try_get(3)?,
                said: row.try_get(4)?,
            }))
        })
        .await
    }
}

/// After a disposal: copies the write-ahead log into the file and cuts it off, so that nothing of what went is left in it. False
/// where somebody who reads is in the way.
pub(super) async fn empty_log_file(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await?;
    let busy: i64 = row.try_get(0)?;
    Ok(busy == 0)
}

/// True if something was ever disposed of.
pub(super) async fn any(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM disposals)")
        .fetch_one(connection)
        .await
}
