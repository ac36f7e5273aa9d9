//! Reading messages: by identifier, by conversation, in the order of arrival.

use crate::bulk::{Lookup, Values};
use crate::open::Archive;
use crate::rows::{MESSAGE_COLUMNS, message_columns, read_digest, read_id, read_json, read_message, read_time};
use crate::storage::StorageError;
use crate::{EarlierVerdict, Retention, SourcePlace, StoredVerdict};
use proviso_model::{Digest, Message, MessageId, Timestamp};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;

/// A conversation: its identifier means nothing outside its tenant and channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationKey {
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// [`Message::conversation`].
    pub conversation: String,
}

impl ConversationKey {
    /// The conversation that a message belongs to.
    pub fn of(message: &Message) -> Self {
        Self {
            tenant: message.id.tenant.clone(),
            channel: message.id.channel.clone(),
            conversation: message.conversation.clone(),
        }
    }
}

/// A message's identifier and its place in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// From 1, rising, with gaps where messages were disposed of.
    pub arrival: i64,
    /// The message.
    pub id: MessageId,
}

/// All that the archive has of one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The message.
    pub message: Message,
    /// Its place in the order of arrival, from 1.
    pub arrival: i64,
    /// When its batch was received.
    pub received_at: Timestamp,
    /// Its content digest.
    pub digest: Digest,
    /// What the policies said.
    pub verdict: StoredVerdict,
    /// How long it is kept; absent if nothing was decided.
    pub retention: Option<Retention>,
    /// True if it still waits for a person.
    pub held_open: bool,
    /// What was said of it before it was judged again, the oldest first.
    pub earlier: Vec<EarlierVerdict>,
    /// Identifiers of the messages that withdraw it.
    pub recalled_by: Vec<MessageId>,
    /// What came under its identifier with another content.
    pub conflicts: Vec<ShownConflict>,
}

/// A message that was refused because another had its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownConflict {
    /// Content digest of the refused message.
    pub refused: Digest,
    /// Its bytes, as the source gave them.
    pub refused_raw: String,
    /// Where it was read.
    pub place: SourcePlace,
    /// When its batch was received.
    pub at: Timestamp,
}

const PRECEDING: Lookup = Lookup {
    columns: &["tenant", "channel", "conversation"],
    select: concat!(
        "SELECT w.tenant, w.channel, w.conversation, ",
        message_columns!(),
        " FROM wanted w
          CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
          CROSS JOIN messages m ON m.message IN (
              SELECT p.message FROM messages p JOIN verdicts v ON v.message = p.message
              WHERE p.stream = s.stream AND p.conversation = w.conversation AND v.withheld IS NULL
              ORDER BY p.message DESC LIMIT ?)
          LEFT JOIN consent_events c ON c.message = m.message
          ORDER BY m.message"
    ),
};

const BY_ID: Lookup = Lookup {
    columns: &["tenant", "channel", "native"],
    select: concat!(
        "SELECT ",
        message_columns!(),
        ", m.message, m.received_at, m.digest
          FROM wanted w
          CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
          CROSS JOIN messages m ON m.stream = s.stream AND m.native = w.native
          LEFT JOIN consent_events c ON c.message = m.message"
    ),
};

impl Archive {
    /// For each conversation, in order, its last messages by arrival whose content was not withheld, at most `limit`, the
    /// oldest first. Any number of
    /// conversations may be asked for.
    pub async fn preceding(
        &self,
        conversations: &[ConversationKey],
        limit: usize,
    ) -> Result<Vec<Vec<Message>>, StorageError> {
        if conversations.is_empty() {
            return Ok(Vec::new());
        }
        self.reading(async {
            let mut connection = self.readers().acquire().await?;
            let bind = |values: &mut Values, key: &ConversationKey| {
                values.text(&key.tenant).text(&key.channel).text(&key.conversation);
            };
            let bind_limit = |values: &mut Values| {
                values.count(limit as u64);
            };
            let rows = PRECEDING
                .run_with(&mut connection, conversations, bind, bind_limit)
                .await?;
            let mut found: HashMap<ConversationKey, Vec<Message>> = HashMap::new();
            for row in rows {
                let key = ConversationKey {
                    tenant: row.try_get(0)?,
                    channel: row.try_get(1)?,
                    conversation: row.try_get(2)?,
                };
                found.entry(key).or_default().push(read_message(&row, 3)?);
            }
            Ok(conversations
                .iter()
                .map(|key| found.get(key).cloned().unwrap_or_default())
                .collect())
        })
        .await
    }

    /// The messages of these identifiers, in order; `None` where there is none.
    pub async fn messages(&self, ids: &[MessageId]) -> Result<Vec<Option<Message>>, StorageError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.reading(async {
            let mut found = HashMap::new();
            for row in self.rows_by_id(ids).await? {
                found.insert(read_id(&row, 0)?, read_message(&row, 0)?);
            }
            Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
        })
        .await
    }

    /// The messages that a person may mean: `text` is a native identifier, or `tenant/channel/native`. A native identifier
    /// may be that of several messages, of different tenants or channels. In the order of arrival, at most 100.
    pub async fn find(&self, text: &str) -> Result<Vec<Numbered>, StorageError> {
        let mut parts = text.splitn(3, '/');
        let whole = match (parts.next(), parts.next(), parts.next()) {
            (Some(tenant), Some(channel), Some(native)) => Some((tenant, channel, native)),
            _ => None,
        };
        let (tenant, channel, rest) = whole.unwrap_or(("", "", text));
        let rows = sqlx::query(
            "SELECT s.tenant, s.channel, m.native, m.message
             FROM streams s CROSS JOIN messages m ON m.stream = s.stream
             WHERE m.native = ?1 OR (m.native = ?4 AND s.tenant = ?2 AND s.channel = ?3)
             ORDER BY m.message LIMIT 100",
        )
        .bind(text.to_owned())
        .bind(tenant.to_owned())
        .bind(channel.to_owned())
        .bind(rest.to_owned())
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.storage(error))?;
        self.numbered(&rows)
    }

    /// Identifiers in the order of arrival, behind `after` (0: from the first), at most `limit`.
    pub async fn message_ids(&self, after: i64, limit: u32) -> Result<Vec<Numbered>, StorageError> {
        let rows = sqlx::query(
            "SELECT s.tenant, s.channel, m.native, m.message FROM messages m JOIN streams s USING (stream)
             WHERE m.message > ? ORDER BY m.message LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.storage(error))?;
        self.numbered(&rows)
    }

    /// How many messages there are.
    pub async fn message_count(&self) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM messages")
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.storage(error))?;
        Ok(count.unsigned_abs())
    }

    /// At most `count` messages, evenly spread over the order of arrival, the first and the last among them.
    pub async fn sample(&self, count: u32) -> Result<Vec<Numbered>, StorageError> {
        let rows = sqlx::query(
            "WITH RECURSIVE ends (first, last) AS (SELECT min(message), max(message) FROM messages),
             steps (step) AS (SELECT 0 WHERE ?1 > 0 UNION ALL SELECT step + 1 FROM steps WHERE step + 1 < ?1),
             chosen (message) AS (
                 SELECT DISTINCT (
                     SELECT min(message) FROM messages
                     WHERE message >= first + CASE ?1 WHEN 1 THEN 0 ELSE step * (last - first) / (?1 - 1) END)
                 FROM steps, ends)
             SELECT s.tenant, s.channel, m.native, m.message
             FROM chosen JOIN messages m USING (message) JOIN streams s USING (stream) ORDER BY m.message",
        )
        .bind(count)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.storage(error))?;
        self.numbered(&rows)
    }

    /// All that the archive has of a message; `None` if it has no such message.
    pub async fn show(&self, id: &MessageId) -> Result<Option<Shown>, StorageError> {
        let Some(verdict) = self.verdict(id).await? else {
            return Ok(None);
        };
        let earlier = self.earlier_verdicts(id).await?;
        self.reading(self.show_judged(id, verdict, earlier)).await
    }

    async fn show_judged(
        &self,
        id: &MessageId,
        verdict: StoredVerdict,
        earlier: Vec<EarlierVerdict>,
    ) -> Result<Option<Shown>, sqlx::Error> {
        let rows = self.rows_by_id(std::slice::from_ref(id)).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let arrival: i64 = row.try_get(MESSAGE_COLUMNS)?;
        let held = sqlx::query("SELECT 1 FROM held_messages WHERE message = ? AND released_at IS NULL")
            .bind(arrival)
            .fetch_optional(self.readers())
            .await?;
        Ok(Some(Shown {
            message: read_message(row, 0)?,
            arrival,
            received_at: read_time(row, MESSAGE_COLUMNS + 1)?,
            digest: read_digest(row, MESSAGE_COLUMNS + 2)?,
            verdict,
            retention: self.retention_of(arrival).await?,
            held_open: held.is_some(),
            earlier,
            recalled_by: self.recalled_by(id).await?,
            conflicts: self.conflicts_of(arrival).await?,
        }))
    }

    async fn retention_of(&self, arrival: i64) -> Result<Option<Retention>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT r.decision, r.keep_until, t.statutes FROM retention r JOIN statute_lists t USING (statute_list)
             WHERE r.message = ?",
        )
        .bind(arrival)
        .fetch_optional(self.readers())
        .await?;
        row.map(|row| {
            let (decision_json, keep_until) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Retention {
                decision_json,
                keep_until,
                statutes: read_json(&row, 2)?,
            })
        })
        .transpose()
    }

    async fn recalled_by(&self, id: &MessageId) -> Result<Vec<MessageId>, sqlx::Error> {
        sqlx::query(
            "SELECT s.tenant, s.channel, m.native FROM streams s JOIN messages m USING (stream)
             WHERE s.tenant = ? AND s.channel = ? AND m.recalls = ? ORDER BY m.message",
        )
        .bind(id.tenant.clone())
        .bind(id.channel.clone())
        .bind(id.native.clone())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| read_id(row, 0))
        .collect()
    }

    async fn conflicts_of(&self, arrival: i64) -> Result<Vec<ShownConflict>, sqlx::Error> {
        sqlx::query(
            "SELECT refused_digest, refused_raw, source, file, line, at FROM conflicts WHERE message = ? ORDER BY conflict",
        )
        .bind(arrival)
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            Ok(ShownConflict {
                refused: read_digest(row, 0)?,
                refused_raw: row.try_get(1)?,
                place: SourcePlace {
                    source: row.try_get(2)?,
                    file: row.try_get(3)?,
                    line: crate::rows::read_count(row, 4)?,
                },
                at: read_time(row, 5)?,
            })
        })
        .collect()
    }

    /// [`message_columns`], then the number, the time of receipt and the digest.
    async fn rows_by_id(&self, ids: &[MessageId]) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let mut connection = self.readers().acquire().await?;
        BY_ID
            .run(&mut connection, ids, |values, id| {
                values.text(&id.tenant).text(&id.channel).text(&id.native);
            })
            .await
    }

    fn numbered(&self, rows: &[SqliteRow]) -> Result<Vec<Numbered>, StorageError> {
        rows.iter()
            .map(|row| {
                Ok(Numbered {
                    id: read_id(row, 0)?,
                    arrival: row.try_get(3)?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.storage(error))
    }
}
