//! Messages that wait for a person because a policy failed on them.

use super::Sqlite;
use super::failure::Failure;
use super::rows::{read_id, read_name, read_principal, read_time};
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
    id: &MessageId,
    by: &Principal,
    note: &str,
    at: Timestamp,
) -> Result<(), Failure> {
    let released = sqlx::query(
        "UPDATE held_messages SET released_at = ?, released_by = ?, release_note = ?
         WHERE released_at IS NULL AND message = (
             SELECT m.message FROM streams s JOIN messages m USING (stream)
             WHERE s.tenant = ? AND s.channel = ? AND m.native = ?)",
    )
    .bind(at.as_millis())
    .bind(by.to_string())
    .bind(note.to_owned())
    .bind(id.tenant.clone())
    .bind(id.channel.clone())
    .bind(id.native.clone())
    .execute(connection)
    .await?;
    match released.rows_affected() {
        0 => Err(Failure::Refused(CommitError::NotHeld { id: id.clone() })),
        _ => Ok(()),
    }
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
        self.reading(|mut reader| async move { read_held(&mut reader, after, limit).await })
            .await
    }
}

async fn read_held(connection: &mut SqliteConnection, after: i64, limit: u32) -> Result<Vec<HeldMessage>, sqlx::Error> {
    let rows = sqlx::query(
            "SELECT s.tenant, s.channel, m.native, m.message, m.sent_at, m.received_at, p.pack, p.name, f.cause, f.detail
             FROM (SELECT message FROM held_messages WHERE released_at IS NULL AND message > ? ORDER BY message LIMIT ?) h
             JOIN messages m USING (message) JOIN streams s USING (stream)
             LEFT JOIN faults f USING (message) LEFT JOIN policies p USING (policy)
             ORDER BY m.message, f.fault",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    let mut held: Vec<HeldMessage> = Vec::new();
    for row in &rows {
        let arrival = row.try_get(3)?;
        if held.last().is_none_or(|last| last.arrival != arrival) {
            let (id, sent_at, received_at) = (read_id(row, 0)?, read_time(row, 4)?, read_time(row, 5)?);
            held.push(HeldMessage {
                arrival,
                id,
                sent_at,
                received_at,
                faults: Vec::new(),
            });
        }
        if let (Some(pack), Some(last)) = (row.try_get(6)?, held.last_mut()) {
            let (policy, cause, detail) = (row.try_get(7)?, read_name(row, 8)?, row.try_get(9)?);
            last.faults.push(Fault {
                pack,
                policy,
                cause,
                detail,
            });
        }
    }
    Ok(held)
}
