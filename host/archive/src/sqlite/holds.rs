//! Orders to keep.

use super::Sqlite;
use super::bulk::number_list;
use super::failure::Failure;
use super::log::entries::Entries;
use super::log::rows::{HOLDS, RELEASED_HOLDS};
use super::rows::{damaged, read_principal, read_time};
use crate::change::CommitError;
use crate::disposal::{Hold, NewHold};
use crate::hold_query::HoldQuery;
use crate::storage::StorageError;
use crate::terms::Said;
use proviso_model::{Message, Principal, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::cell::OnceCell;

pub(super) async fn place(
    connection: &mut SqliteConnection,
    hold: &NewHold,
    by: &Principal,
    log: &mut Entries,
) -> Result<i64, Failure> {
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO holds (tenant, reason, person, conversation, sent_from, sent_before, placed_at, placed_by, texts, query, zone)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING hold",
    )
    .bind(hold.tenant.clone())
    .bind(hold.reason.clone())
    .bind(hold.person.clone())
    .bind(hold.conversation.clone())
    .bind(hold.sent_from.map(Timestamp::as_millis))
    .bind(hold.sent_before.map(Timestamp::as_millis))
    .bind(hold.at.as_millis())
    .bind(by.to_string())
    .bind((!hold.texts.is_empty()).then(|| write_texts(&hold.texts)))
    .bind(hold.query.as_ref().map(|query| query.text().to_owned()))
    .bind(hold.query.as_ref().map(|query| query.zone().to_owned()))
    .fetch_one(&mut *connection)
    .await?;
    log.tell_row(connection, &HOLDS, number, None, Vec::new()).await?;
    Ok(number)
}

pub(super) async fn release(
    connection: &mut SqliteConnection,
    hold: i64,
    note: &str,
    at: Timestamp,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let released = sqlx::query(
        "UPDATE holds SET released_at = ?, released_by = ?, release_note = ? WHERE hold = ? AND released_at IS NULL",
    )
    .bind(at.as_millis())
    .bind(by.to_string())
    .bind(note.to_owned())
    .bind(hold)
    .execute(&mut *connection)
    .await?;
    if released.rows_affected() == 0 {
        return Err(Failure::Refused(CommitError::NoHold { hold }));
    }
    log.tell_row(connection, &RELEASED_HOLDS, hold, None, Vec::new()).await
}

/// An order that a message fits.
pub(super) struct Fitting {
    pub(super) number: i64,
    /// It keeps the message.
    pub(super) is_open: bool,
}

/// How many open holds keep a message, whose number is `arrival`.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    arrival: i64,
    message: &Message,
) -> Result<u64, sqlx::Error> {
    Ok(fitting(connection, arrival, message, &[]).await?.len() as u64)
}

/// The open holds that a message fits, and those of the numbers, open or not.
pub(super) async fn fitting(
    connection: &mut SqliteConnection,
    arrival: i64,
    message: &Message,
    numbers: &[i64],
) -> Result<Vec<Fitting>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT person, sent_from, sent_before, texts, hold, released_at IS NULL, query, zone FROM holds WHERE tenant = ?1
         AND (conversation IS NULL OR conversation = ?2)
         AND (released_at IS NULL OR hold IN (SELECT value FROM json_each(?3)))",
    )
    .bind(message.id.tenant.clone())
    .bind(message.conversation.clone())
    .bind(number_list(numbers.iter().copied()))
    .fetch_all(&mut *connection)
    .await?;
    // Folded once, and only where an order asks what the message says.
    let said = OnceCell::new();
    let mut holds = Vec::new();
    for row in &rows {
        let (from, before): (Option<i64>, Option<i64>) = (row.try_get(1)?, row.try_get(2)?);
        let time = (from.unwrap_or(i64::MIN), before.unwrap_or(i64::MAX));
        let terms = read_texts(row, 3)?;
        let is_said = terms.is_empty() || said.get_or_init(|| Said::of(message)).has_any(&terms);
        let is_found = read_query(row, 6)?.is_none_or(|query| query.may_fit(message));
        let fits = (time.0..time.1).contains(&message.sent_at.as_millis()) && is_said && is_found;
        let held = match row.try_get::<Option<&str>, _>(0)? {
            None => fits,
            Some(person) if fits => {
                message.parties().any(|party| *party.id == *person) || wrote_beside(connection, arrival, person).await?
            }
            // By what the person wrote the others of the conversation are known to fit: it stays as long as they do. What they say is
            // not looked at: some of them may have a term.
            Some(person) => *message.sender.id == *person && sent_within(connection, arrival, time, &terms).await?,
        };
        if held {
            holds.push(Fitting {
                number: row.try_get(4)?,
                is_open: row.try_get(5)?,
            });
        }
    }
    Ok(holds)
}

/// The terms of an order as they are stored.
fn write_texts(texts: &[String]) -> String {
    serde_json::to_string(texts).expect("texts have no encoding that fails")
}

/// The terms of an order; none where it asks for none.
fn read_texts(row: &SqliteRow, at: usize) -> Result<Vec<String>, sqlx::Error> {
    match row.try_get::<Option<&str>, _>(at)? {
        Some(texts) => serde_json::from_str(texts).map_err(|error| damaged(at, error)),
        None => Ok(Vec::new()),
    }
}

/// The query of an order, and its zone in the next column.
fn read_query(row: &SqliteRow, at: usize) -> Result<Option<HoldQuery>, sqlx::Error> {
    let text: Option<String> = row.try_get(at)?;
    let zone: Option<String> = row.try_get(at + 1)?;
    Ok(text.map(|text| HoldQuery::stored(text, zone.unwrap_or_default())))
}

/// True if a person wrote in the conversation of a message.
async fn wrote_beside(connection: &mut SqliteConnection, arrival: i64, person: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM envelopes e JOIN envelopes o USING (conversation) JOIN parties p ON p.party = o.sender
         WHERE e.message = ? AND p.id = ?)",
    )
    .bind(arrival)
    .bind(person.to_owned())
    .fetch_one(connection)
    .await
}

/// True if something in the conversation of a message was sent within a time: of an order with terms by somebody else, for what the message
/// itself says is known.
async fn sent_within(
    connection: &mut SqliteConnection,
    arrival: i64,
    (from, before): (i64, i64),
    terms: &[String],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM envelopes e JOIN envelopes o USING (conversation)
         WHERE e.message = ? AND o.sent_at >= ? AND o.sent_at < ? AND (? OR o.sender <> e.sender))",
    )
    .bind(arrival)
    .bind(from)
    .bind(before)
    .bind(terms.is_empty())
    .fetch_one(connection)
    .await
}

impl Sqlite {
    pub(crate) async fn holds(&self) -> Result<Vec<Hold>, StorageError> {
        self.reading(|mut reader| async move { all(&mut reader).await }).await
    }
}

/// Every order to keep, the oldest first.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT hold, tenant, reason, person, conversation, sent_from, sent_before, placed_at, placed_by,
                released_at, released_by, release_note, texts, query, zone FROM holds ORDER BY hold",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &SqliteRow) -> Result<Hold, sqlx::Error> {
    let time = |column: usize| -> Result<Option<Timestamp>, sqlx::Error> {
        match row.try_get::<Option<i64>, _>(column)? {
            Some(_) => read_time(row, column).map(Some),
            None => Ok(None),
        }
    };
    let released = match time(9)? {
        Some(at) => Some((
            at,
            read_principal(row, 10)?,
            row.try_get::<Option<String>, _>(11)?.unwrap_or_default(),
        )),
        None => None,
    };
    Ok(Hold {
        number: row.try_get(0)?,
        order: NewHold {
            tenant: row.try_get(1)?,
            reason: row.try_get(2)?,
            person: row.try_get(3)?,
            conversation: row.try_get(4)?,
            sent_from: time(5)?,
            sent_before: time(6)?,
            texts: read_texts(row, 12)?,
            query: read_query(row, 13)?,
            at: read_time(row, 7)?,
        },
        by: read_principal(row, 8)?,
        released,
    })
}
