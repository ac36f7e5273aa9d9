//! Messages that wait for a person because a policy failed on them.

use crate::open::Archive;
use crate::rows::{read_id, read_name, read_time};
use crate::storage::StorageError;
use proviso_model::verdict::Fault;
use proviso_model::{MessageId, Timestamp};
use sqlx::Row as _;

/// A message that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message.
    pub id: MessageId,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its batch was received: since when it waits.
    pub received_at: Timestamp,
    /// Why it waits.
    pub faults: Vec<Fault>,
}

/// A message was not released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It is not waiting: unknown, never held, or released before.
    #[error("message {id} is not held")]
    NotHeld {
        /// The message.
        id: MessageId,
    },
    /// The file could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Archive {
    /// The messages that wait, the longest waiting first.
    pub async fn held(&self, limit: u32) -> Result<Vec<HeldMessage>, StorageError> {
        self.held_behind(0, limit).await
    }

    /// The same, behind a place in the order of arrival (0: from the first).
    pub async fn held_behind(&self, after: i64, limit: u32) -> Result<Vec<HeldMessage>, StorageError> {
        self.read_held(after, limit).await.map_err(|error| self.storage(error))
    }

    async fn read_held(&self, after: i64, limit: u32) -> Result<Vec<HeldMessage>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT s.tenant, s.channel, m.native, m.message, m.sent_at, m.received_at, p.pack, p.name, f.cause, f.detail
             FROM (SELECT message FROM held_messages WHERE released_at IS NULL AND message > ? ORDER BY message LIMIT ?) h
             JOIN messages m USING (message) JOIN streams s USING (stream)
             LEFT JOIN faults f USING (message) LEFT JOIN policies p USING (policy)
             ORDER BY m.message, f.fault",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
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

    /// Ends the waiting of a message: `who` has looked at it, and says why it may go. Its verdict stays as it is.
    pub async fn release(&self, id: &MessageId, who: &str, note: &str, at: Timestamp) -> Result<(), ReleaseError> {
        let released = sqlx::query(
            "UPDATE held_messages SET released_at = ?, released_by = ?, release_note = ?
             WHERE released_at IS NULL AND message = (
                 SELECT m.message FROM streams s JOIN messages m USING (stream)
                 WHERE s.tenant = ? AND s.channel = ? AND m.native = ?)",
        )
        .bind(at.as_millis())
        .bind(who.to_owned())
        .bind(note.to_owned())
        .bind(id.tenant.clone())
        .bind(id.channel.clone())
        .bind(id.native.clone())
        .execute(self.writer()?)
        .await
        .map_err(|error| self.storage(error))?;
        match released.rows_affected() {
            0 => Err(ReleaseError::NotHeld { id: id.clone() }),
            _ => Ok(()),
        }
    }
}
