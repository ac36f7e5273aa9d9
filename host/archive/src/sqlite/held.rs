//! Messages that wait for a person because a policy failed on them.

use super::Sqlite;
use super::alerts;
use super::failure::Failure;
use super::log::entries::Entries;
use super::log::rows::RELEASES;
use super::records::{CONTENT_COLUMNS, content_columns, read_content};
use super::rows::{read_name, read_principal, read_time};
use super::sealing::Sealing;
use crate::change::CommitError;
use crate::held::HeldMessage;
use crate::messages::Released;
use crate::storage::StorageError;
use proviso_model::verdict::Fault;
use proviso_model::{MessageId, Principal, Timestamp};
use sqlx::{Row as _, SqliteConnection, ValueRef as _};

/// Ends the waiting of a message.
pub(super) async fn release(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    id: &MessageId,
    by: &Principal,
    note: &str,
    at: Timestamp,
    log: &mut Entries,
) -> Result<(), Failure> {
    let released: Option<i64> = sqlx::query_scalar(
        "UPDATE held_messages SET released_at = ?, released_by = ?, release_note = ?
         WHERE released_at IS NULL AND message = (SELECT message FROM identities WHERE tag = ?)
         RETURNING message",
    )
    .bind(at.as_millis())
    .bind(by.to_string())
    .bind(note.to_owned())
    .bind(sealing.tag(id).to_vec())
    .fetch_optional(&mut *connection)
    .await?;
    let number = released.ok_or_else(|| Failure::Refused(CommitError::NotHeld { id: id.clone() }))?;
    log.tell_row(connection, &RELEASES, number, Some(number), Vec::new())
        .await?;
    alerts::released(connection, number, (at, by), log).await
}

/// How the waiting of a message ended, `Some(None)` while it waits; `None` if it was never held.
pub(super) async fn waiting(
    connection: &mut SqliteConnection,
    arrival: i64,
) -> Result<Option<Option<Released>>, sqlx::Error> {
    let row = sqlx::query("SELECT released_at, released_by, release_note FROM held_messages WHERE message = ?")
        .bind(arrival)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get_raw(0)?.is_null() {
        return Ok(Some(None));
    }
    Ok(Some(Some(Released {
        at: read_time(&row, 0)?,
        by: read_principal(&row, 1)?,
        note: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
    })))
}

impl Sqlite {
    pub(crate) async fn held(&self, limit: u32) -> Result<Vec<HeldMessage>, StorageError> {
        self.held_behind(0, limit).await
    }

    pub(crate) async fn held_behind(&self, after: i64, limit: u32) -> Result<Vec<HeldMessage>, StorageError> {
        self.reading(|mut reader| async move { self.read_held(&mut reader, after, limit).await })
            .await
    }

    async fn read_held(
        &self,
        connection: &mut SqliteConnection,
        after: i64,
        limit: u32,
    ) -> Result<Vec<HeldMessage>, sqlx::Error> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            content_columns!(),
            ", e.received_at, p.pack, p.name, f.cause, f.detail
             FROM (SELECT message FROM held_messages WHERE released_at IS NULL AND message > ? ORDER BY message LIMIT ?) h
             JOIN envelopes e USING (message) JOIN streams s USING (stream) JOIN contents c USING (message)
             LEFT JOIN faults f USING (message) LEFT JOIN policies p USING (policy)
             ORDER BY e.message, f.fault"
        ))
        .bind(after)
        .bind(limit)
        .fetch_all(connection)
        .await?;
        let mut held: Vec<HeldMessage> = Vec::new();
        for row in &rows {
            let arrival = row.try_get(0)?;
            if held.last().is_none_or(|last| last.arrival != arrival) {
                let message = read_content(row, 0, &self.sealing)?;
                held.push(HeldMessage {
                    arrival,
                    sent_at: message.sent_at,
                    id: MessageId::clone(&message.id),
                    received_at: read_time(row, CONTENT_COLUMNS)?,
                    faults: Vec::new(),
                });
            }
            if let (Some(pack), Some(last)) = (row.try_get(CONTENT_COLUMNS + 1)?, held.last_mut()) {
                last.faults.push(Fault {
                    pack,
                    policy: row.try_get(CONTENT_COLUMNS + 2)?,
                    cause: read_name(row, CONTENT_COLUMNS + 3)?,
                    detail: row.try_get(CONTENT_COLUMNS + 4)?,
                });
            }
        }
        Ok(held)
    }
}
