//! Another verdict on a message that waits for a person: the new one takes the place of the old, which is kept beside it.
//!
//! Nothing else of the archive moves. The present states of folds and the present scores stay as they are: later messages
//! stand on them. What a fold said of the message again, it said from the state that the message met when it arrived.

use crate::ingest::{Entry, write};
use crate::open::Archive;
use crate::rows::{message_columns, read_count, read_digest_text, read_message, read_time};
use crate::storage::StorageError;
use proviso_model::id::FoldKey;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{Digest, Message, MessageId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;
use std::sync::Arc;

/// Verdicts that take the place of earlier ones, in one transaction.
#[derive(Debug, Clone)]
pub struct Rejudging {
    /// When.
    pub at: Timestamp,
    /// Who asked for it.
    pub who: String,
    /// What they say about it; may be empty.
    pub note: String,
    /// The messages as they are in the archive, each with its new verdict and what follows from it; at most
    /// [`TRANSACTION_MESSAGES_MAX`]. Each must be held. Of a step, only `before` is used.
    pub entries: Vec<Entry>,
}

/// What became of messages that were judged again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RejudgeReport {
    /// No longer held.
    pub released: u64,
    /// Held by the new verdict as well.
    pub still_held: u64,
}

/// New verdicts were not written; the old ones stand.
#[derive(Debug, thiserror::Error)]
pub enum RejudgeError {
    /// More entries than one transaction takes.
    #[error("{found} messages to be judged again: at most {TRANSACTION_MESSAGES_MAX} go into one transaction")]
    TooMany {
        /// Entries given.
        found: usize,
    },
    /// It is not waiting: unknown, never held, or released before.
    #[error("message {id} is not held")]
    NotHeld {
        /// The message.
        id: MessageId,
    },
    /// A verdict of a generation that was never recorded.
    #[error("generation {generation} was never recorded")]
    UnknownGeneration {
        /// The generation.
        generation: Digest,
    },
    /// The file could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A verdict that another took the place of.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierVerdict {
    /// The canonical JSON, byte for byte.
    pub json: String,
    /// The generation that judged.
    pub generation: Digest,
    /// What the policies used in all.
    pub fuel: u64,
    /// True if it held the message.
    pub held: bool,
    /// The retention decision as JSON; absent if nothing was decided.
    pub decision_json: Option<String>,
    /// When the next verdict took its place.
    pub rejudged_at: Timestamp,
    /// Who asked for that.
    pub rejudged_by: String,
    /// What they said about it.
    pub note: String,
}

const EARLIER: &str =
    "INSERT INTO earlier_verdicts (message, generation, pack_list, fuel, held, withheld, input, verdict,
                           statute_list, keep_until, decision, rejudged_at, rejudged_by, note)
                       SELECT v.message, v.generation, v.pack_list, v.fuel, v.held, v.withheld, v.input, v.verdict,
                           r.statute_list, r.keep_until, r.decision, ?, ?, ?
                       FROM verdicts v LEFT JOIN retention r USING (message) WHERE v.message = ?";

const TAKEN_OUT: [&str; 4] = [
    "DELETE FROM findings WHERE message = ?",
    "DELETE FROM faults WHERE message = ?",
    "DELETE FROM retention WHERE message = ?",
    "DELETE FROM verdicts WHERE message = ?",
];

impl Archive {
    /// Writes new verdicts on held messages in one transaction; a message whose new verdict does not hold it is released.
    pub async fn rejudge(&self, rejudging: &Rejudging) -> Result<RejudgeReport, RejudgeError> {
        if rejudging.entries.len() > TRANSACTION_MESSAGES_MAX {
            return Err(RejudgeError::TooMany {
                found: rejudging.entries.len(),
            });
        }
        let mut names = (*self.names()).clone();
        let mut transaction = self
            .writer()?
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| self.storage(error))?;
        let mut numbers = Vec::with_capacity(rejudging.entries.len());
        for entry in &rejudging.entries {
            let id = &entry.message.id;
            let held = sqlx::query_scalar(
                "SELECT m.message FROM streams s JOIN messages m USING (stream) JOIN held_messages h USING (message)
                 WHERE s.tenant = ? AND s.channel = ? AND m.native = ? AND h.released_at IS NULL",
            )
            .bind(id.tenant.clone())
            .bind(id.channel.clone())
            .bind(id.native.clone())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(|error| self.storage(error))?;
            let number: i64 = held.ok_or_else(|| RejudgeError::NotHeld {
                id: MessageId::clone(id),
            })?;
            for (at, sql) in std::iter::once(EARLIER).chain(TAKEN_OUT).enumerate() {
                let mut query = sqlx::query(sql);
                if at == 0 {
                    query = query
                        .bind(rejudging.at.as_millis())
                        .bind(rejudging.who.clone())
                        .bind(rejudging.note.clone());
                }
                query
                    .bind(number)
                    .execute(&mut *transaction)
                    .await
                    .map_err(|error| self.storage(error))?;
            }
            numbers.push(number);
        }
        let release = format!("judged again: {}", rejudging.note);
        let release = release.trim_end_matches([' ', ':']);
        let written = write::again(&mut transaction, &mut names, &numbers, &rejudging.entries).await;
        written.map_err(|failure| match failure {
            write::Failure::UnknownGeneration(generation) => RejudgeError::UnknownGeneration { generation },
            write::Failure::ConflictWithNothing(id) => RejudgeError::NotHeld { id },
            write::Failure::Sql(error) => self.storage(error).into(),
        })?;
        let mut report = RejudgeReport::default();
        for (number, entry) in numbers.into_iter().zip(&rejudging.entries) {
            if entry.verdict.held {
                report.still_held += 1;
                continue;
            }
            report.released += 1;
            sqlx::query(
                "UPDATE held_messages SET released_at = ?, released_by = ?, release_note = ? WHERE message = ?",
            )
            .bind(rejudging.at.as_millis())
            .bind(rejudging.who.clone())
            .bind(release.to_owned())
            .bind(number)
            .execute(&mut *transaction)
            .await
            .map_err(|error| self.storage(error))?;
        }
        // Dropped before this, it is rolled back.
        transaction.commit().await.map_err(|error| self.storage(error))?;
        if names.take_grown() {
            self.set_names(names);
        }
        Ok(report)
    }

    /// The verdicts on a message before the one that stands, the oldest first.
    pub async fn earlier_verdicts(&self, id: &MessageId) -> Result<Vec<EarlierVerdict>, StorageError> {
        self.reading(async {
            sqlx::query(
                "SELECT e.verdict, g.digest, e.fuel, e.held, e.decision, e.rejudged_at, e.rejudged_by, e.note
                 FROM streams s JOIN messages m USING (stream) JOIN earlier_verdicts e USING (message)
                 JOIN generations g USING (generation)
                 WHERE s.tenant = ? AND s.channel = ? AND m.native = ? ORDER BY e.earlier",
            )
            .bind(id.tenant.clone())
            .bind(id.channel.clone())
            .bind(id.native.clone())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(read_earlier)
            .collect()
        })
        .await
    }

    /// The last messages of a message's conversation that arrived before it and whose content was not withheld, at most
    /// `limit`, the oldest first: what it was preceded by when it arrived.
    pub async fn preceding_of(&self, id: &MessageId, limit: usize) -> Result<Vec<Message>, StorageError> {
        self.reading(async {
            let sql = concat!(
                "SELECT ",
                message_columns!(),
                " FROM streams s JOIN messages m USING (stream) LEFT JOIN consent_events c USING (message)
                  WHERE m.message IN (
                      SELECT p.message FROM streams os JOIN messages o USING (stream)
                      JOIN messages p ON p.stream = o.stream AND p.conversation = o.conversation AND p.message < o.message
                      JOIN verdicts v ON v.message = p.message
                      WHERE os.tenant = ? AND os.channel = ? AND o.native = ? AND v.withheld IS NULL
                      ORDER BY p.message DESC LIMIT ?)
                  ORDER BY m.message"
            );
            sqlx::query(sql)
                .bind(id.tenant.clone())
                .bind(id.channel.clone())
                .bind(id.native.clone())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(self.readers())
                .await?
                .iter()
                .map(|row| read_message(row, 0))
                .collect()
        })
        .await
    }

    /// The states of subjects as a message met them when it arrived: what was recorded with it; else what the next message
    /// of the subject met; else the present one. Subjects that had none are left out.
    pub async fn fold_states_at(
        &self,
        id: &MessageId,
        keys: &[FoldKey],
    ) -> Result<HashMap<FoldKey, Arc<[u8]>>, StorageError> {
        self.reading(async {
            let mut connection = self.readers().acquire().await?;
            let number: Option<i64> = sqlx::query_scalar(
                "SELECT m.message FROM streams s JOIN messages m USING (stream)
                 WHERE s.tenant = ? AND s.channel = ? AND m.native = ?",
            )
            .bind(id.tenant.clone())
            .bind(id.channel.clone())
            .bind(id.native.clone())
            .fetch_optional(&mut *connection)
            .await?;
            let mut states = HashMap::with_capacity(keys.len());
            for key in keys {
                // A step of this message or a later one is looked for only where there must be one.
                let present = sqlx::query(
                    "SELECT f.message, f.state, p.policy FROM policies p JOIN fold_states f USING (policy)
                     WHERE f.tenant = ? AND p.pack = ? AND p.name = ? AND f.key = ?",
                )
                .bind(key.tenant.to_string())
                .bind(key.policy.pack.to_string())
                .bind(key.policy.policy.to_string())
                .bind(key.key.to_string())
                .fetch_optional(&mut *connection)
                .await?;
                let Some(present) = present else { continue };
                let (last, policy): (i64, i64) = (present.try_get(0)?, present.try_get(2)?);
                let number = number.unwrap_or(i64::MAX);
                let mut state: Vec<u8> = present.try_get(1)?;
                if last >= number {
                    let then: Option<Vec<u8>> = sqlx::query_scalar(
                        "SELECT f.state_before FROM fold_steps f JOIN messages m USING (message) JOIN streams s USING (stream)
                         WHERE f.message >= ? AND f.policy = ? AND f.key = ? AND s.tenant = ?
                         ORDER BY f.message LIMIT 1",
                    )
                    .bind(number)
                    .bind(policy)
                    .bind(key.key.to_string())
                    .bind(key.tenant.to_string())
                    .fetch_optional(&mut *connection)
                    .await?;
                    state = then.unwrap_or(state);
                }
                if !state.is_empty() {
                    states.insert(key.clone(), state.into());
                }
            }
            Ok(states)
        })
        .await
    }
}

fn read_earlier(row: &SqliteRow) -> Result<EarlierVerdict, sqlx::Error> {
    Ok(EarlierVerdict {
        json: row.try_get(0)?,
        generation: read_digest_text(row, 1)?,
        fuel: read_count(row, 2)?,
        held: row.try_get(3)?,
        decision_json: row.try_get(4)?,
        rejudged_at: read_time(row, 5)?,
        rejudged_by: row.try_get(6)?,
        note: row.try_get(7)?,
    })
}
