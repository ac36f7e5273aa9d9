//! Reading messages: by identifier, by conversation, in the order of arrival.

use super::Sqlite;
use super::bulk::{Lookup, Values};
use super::conflicts::conflict_count;
use super::differences::{self, differences};
use super::held::waiting;
use super::rejudge::earlier;
use super::rows::{
    MESSAGE_COLUMNS, message_columns, read_count, read_id, read_message, read_message_digest, read_time,
};
use super::verdicts::{VerdictRow, read_decision, standing};
use crate::messages::{ConversationKey, Numbered, Shown};
use crate::storage::StorageError;
use proviso_model::{Message, MessageId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;

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
        ", m.message, m.received_at
          FROM wanted w
          CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
          CROSS JOIN messages m ON m.stream = s.stream AND m.native = w.native
          LEFT JOIN consent_events c ON c.message = m.message"
    ),
};

impl Sqlite {
    pub(crate) async fn preceding(
        &self,
        conversations: &[ConversationKey],
        limit: usize,
    ) -> Result<Vec<Vec<Message>>, StorageError> {
        if conversations.is_empty() {
            return Ok(Vec::new());
        }
        self.reading(|mut reader| async move {
            let bind = |values: &mut Values, key: &ConversationKey| {
                values.text(&key.tenant).text(&key.channel).text(&key.conversation);
            };
            let bind_limit = |values: &mut Values| {
                values.count(limit as u64);
            };
            let rows = PRECEDING.run_with(&mut reader, conversations, bind, bind_limit).await?;
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

    pub(crate) async fn messages(&self, ids: &[MessageId]) -> Result<Vec<Option<Message>>, StorageError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.reading(|mut reader| async move { messages_by_id(&mut reader, ids).await })
            .await
    }

    pub(crate) async fn find(&self, text: &str) -> Result<Vec<Numbered>, StorageError> {
        let mut parts = text.splitn(3, '/');
        let whole = match (parts.next(), parts.next(), parts.next()) {
            (Some(tenant), Some(channel), Some(native)) => Some((tenant, channel, native)),
            _ => None,
        };
        let (tenant, channel, rest) = whole.unwrap_or(("", "", text));
        self.reading(|mut reader| async move {
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
            .fetch_all(&mut *reader)
            .await?;
            rows.iter().map(read_numbered).collect()
        })
        .await
    }

    pub(crate) async fn message_ids(&self, after: i64, limit: u32) -> Result<Vec<Numbered>, StorageError> {
        self.reading(|mut reader| async move {
            let rows = sqlx::query(
                "SELECT s.tenant, s.channel, m.native, m.message FROM messages m JOIN streams s USING (stream)
                 WHERE m.message > ? ORDER BY m.message LIMIT ?",
            )
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?;
            rows.iter().map(read_numbered).collect()
        })
        .await
    }

    pub(crate) async fn message_count(&self) -> Result<u64, StorageError> {
        self.reading(|mut reader| async move {
            let row = sqlx::query("SELECT count(*) FROM messages")
                .fetch_one(&mut *reader)
                .await?;
            read_count(&row, 0)
        })
        .await
    }

    pub(crate) async fn sample(&self, count: u32, first: u32, steps: u32) -> Result<Vec<Numbered>, StorageError> {
        let end = first.saturating_add(steps).min(count);
        self.reading(|mut reader| async move {
            let rows = sqlx::query(
                "WITH RECURSIVE ends (first, last) AS (SELECT min(message), max(message) FROM messages),
                 steps (step) AS (SELECT ?2 WHERE ?2 < ?3 UNION ALL SELECT step + 1 FROM steps WHERE step + 1 < ?3),
                 chosen (message) AS (
                     SELECT DISTINCT (
                         SELECT min(message) FROM messages
                         WHERE message >= first + CASE ?1 WHEN 1 THEN 0 ELSE step * (last - first) / (?1 - 1) END)
                     FROM steps, ends)
                 SELECT s.tenant, s.channel, m.native, m.message
                 FROM chosen JOIN messages m USING (message) JOIN streams s USING (stream) ORDER BY m.message",
            )
            .bind(count)
            .bind(first)
            .bind(end)
            .fetch_all(&mut *reader)
            .await?;
            rows.iter().map(read_numbered).collect()
        })
        .await
    }

    pub(crate) async fn show(&self, id: &MessageId) -> Result<Option<Shown>, StorageError> {
        self.reading(|mut reader| async move {
            let Some(VerdictRow { verdict, decision }) = standing(&mut reader, id).await? else {
                return Ok(None);
            };
            let rows = rows_by_id(&mut reader, std::slice::from_ref(id)).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let arrival: i64 = row.try_get(MESSAGE_COLUMNS)?;
            let held = waiting(&mut reader, arrival).await?;
            let scored = differences::first_verdict(&mut reader, id).await?;
            Ok(Some(Shown {
                message: read_message(row, 0)?,
                arrival,
                received_at: read_time(row, MESSAGE_COLUMNS + 1)?,
                digest: read_message_digest(row, 0)?,
                retention: decision.map(|json| read_decision(json, id)).transpose()?,
                held_open: held == Some(None),
                released: held.flatten(),
                earlier: earlier(&mut reader, id).await?,
                differences: differences(&mut reader, &verdict.verdict, &scored).await?,
                recalled_by: recalled_by(&mut reader, id).await?,
                conflicts: conflict_count(&mut reader, arrival).await?,
                verdict,
            }))
        })
        .await
    }
}

/// The messages of these identifiers, in order; `None` where there is none.
pub(super) async fn messages_by_id(
    connection: &mut SqliteConnection,
    ids: &[MessageId],
) -> Result<Vec<Option<Message>>, sqlx::Error> {
    let mut found = HashMap::new();
    for row in rows_by_id(connection, ids).await? {
        found.insert(read_id(&row, 0)?, read_message(&row, 0)?);
    }
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

/// [`message_columns`], then the number and the time of receipt.
async fn rows_by_id(connection: &mut SqliteConnection, ids: &[MessageId]) -> Result<Vec<SqliteRow>, sqlx::Error> {
    BY_ID
        .run(connection, ids, |values, id| {
            values.text(&id.tenant).text(&id.channel).text(&id.native);
        })
        .await
}

async fn recalled_by(connection: &mut SqliteConnection, id: &MessageId) -> Result<Vec<MessageId>, sqlx::Error> {
    sqlx::query(
        "SELECT s.tenant, s.channel, m.native FROM streams s JOIN messages m USING (stream)
         WHERE s.tenant = ? AND s.channel = ? AND m.recalls = ? ORDER BY m.message",
    )
    .bind(id.tenant.clone())
    .bind(id.channel.clone())
    .bind(id.native.clone())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| read_id(row, 0))
    .collect()
}

fn read_numbered(row: &SqliteRow) -> Result<Numbered, sqlx::Error> {
    Ok(Numbered {
        id: read_id(row, 0)?,
        arrival: row.try_get(3)?,
    })
}
