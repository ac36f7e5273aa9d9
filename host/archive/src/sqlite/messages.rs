//! Reading messages: by identifier, by conversation, in the order of arrival.

use super::Sqlite;
use super::bulk::{Lookup, Values};
use super::conflicts::conflict_count;
use super::held::waiting;
use super::records::{CONTENT_COLUMNS, content_columns, read_content, stored_decision};
use super::rows::read_count;
use crate::messages::{ConversationKey, Numbered, Sent, Shown};
use crate::storage::StorageError;
use proviso_model::{Message, MessageId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use std::collections::HashMap;

const PRECEDING: Lookup = Lookup {
    columns: &["tenant", "channel", "conversation"],
    select: concat!(
        "SELECT ",
        content_columns!(),
        ", w.conversation
          FROM wanted w
          CROSS JOIN streams s ON s.tenant = w.tenant AND s.channel = w.channel
          CROSS JOIN conversations n ON n.stream = s.stream AND n.id = w.conversation
          CROSS JOIN envelopes e ON e.message IN (
              SELECT p.message FROM envelopes p WHERE p.conversation = n.conversation AND p.withheld IS NULL
              ORDER BY p.message DESC LIMIT ?)
          CROSS JOIN contents c ON c.message = e.message
          ORDER BY e.message"
    ),
};

const BY_TAG: Lookup = Lookup {
    columns: &["tag"],
    select: concat!(
        "SELECT ",
        content_columns!(),
        " FROM wanted w CROSS JOIN identities i ON i.tag = w.tag CROSS JOIN envelopes e ON e.message = i.message
          CROSS JOIN streams s USING (stream) CROSS JOIN contents c ON c.message = i.message"
    ),
};

/// Messages in the order of arrival: `{condition}` chooses among `envelopes e`.
macro_rules! in_order {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            content_columns!(),
            " FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message) ",
            $condition
        )
    };
}

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
                    tenant: row.try_get(1)?,
                    channel: row.try_get(2)?,
                    conversation: row.try_get(CONTENT_COLUMNS)?,
                };
                found
                    .entry(key)
                    .or_default()
                    .push(read_content(&row, 0, &self.sealing)?);
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
        self.reading(|mut reader| async move { self.messages_by_id(&mut reader, ids).await })
            .await
    }

    pub(crate) async fn find(&self, text: &str) -> Result<Vec<Numbered>, StorageError> {
        self.reading(|mut reader| async move {
            let streams = sqlx::query("SELECT tenant, channel FROM streams")
                .fetch_all(&mut *reader)
                .await?;
            let mut ids = Vec::with_capacity(streams.len());
            for row in &streams {
                let (tenant, channel): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let whole = text.strip_prefix(&format!("{tenant}/{channel}/"));
                for native in [Some(text), whole].into_iter().flatten() {
                    ids.push(MessageId {
                        tenant: tenant.clone(),
                        channel: channel.clone(),
                        native: native.to_owned(),
                    });
                }
            }
            let rows = self.rows_by_id(&mut reader, &ids).await?;
            let mut found: Vec<Numbered> = rows.iter().map(|row| self.numbered(row)).collect::<Result<_, _>>()?;
            found.sort_by_key(|numbered| numbered.arrival);
            Ok(found)
        })
        .await
    }

    pub(crate) async fn message_ids(&self, after: i64, limit: u32, sent: Sent) -> Result<Vec<Numbered>, StorageError> {
        let Sent { from, before } = sent;
        self.reading(|mut reader| async move {
            let sql =
                in_order!("WHERE e.message > ?1 AND e.sent_at >= ?3 AND e.sent_at < ?4 ORDER BY e.message LIMIT ?2");
            let rows = sqlx::query(sql)
                .bind(after)
                .bind(limit)
                .bind(from.map_or(i64::MIN, Timestamp::as_millis))
                .bind(before.map_or(i64::MAX, Timestamp::as_millis))
                .fetch_all(&mut *reader)
                .await?;
            rows.iter().map(|row| self.numbered(row)).collect()
        })
        .await
    }

    pub(crate) async fn message_count(&self) -> Result<u64, StorageError> {
        self.reading(|mut reader| async move {
            let row = sqlx::query("SELECT count(*) FROM envelopes")
                .fetch_one(&mut *reader)
                .await?;
            read_count(&row, 0)
        })
        .await
    }

    pub(crate) async fn sample(&self, count: u32, first: u32, steps: u32) -> Result<Vec<Numbered>, StorageError> {
        let end = first.saturating_add(steps).min(count);
        let sql = format!(
            "WITH RECURSIVE ends (first, last) AS (SELECT min(message), max(message) FROM envelopes),
             steps (step) AS (SELECT ?2 WHERE ?2 < ?3 UNION ALL SELECT step + 1 FROM steps WHERE step + 1 < ?3),
             chosen (message) AS (
                 SELECT DISTINCT (
                     SELECT min(message) FROM envelopes
                     WHERE message >= first + CASE ?1 WHEN 1 THEN 0 ELSE step * (last - first) / (?1 - 1) END)
                 FROM steps, ends)
             {}",
            in_order!("JOIN chosen USING (message) ORDER BY e.message")
        );
        self.reading(|mut reader| async move {
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(count)
                .bind(first)
                .bind(end)
                .fetch_all(&mut *reader)
                .await?;
            rows.iter().map(|row| self.numbered(row)).collect()
        })
        .await
    }

    pub(crate) async fn show(&self, id: &MessageId) -> Result<Option<Shown>, StorageError> {
        self.reading(|mut reader| async move {
            let Some(record) = self.record(&mut reader, id).await? else {
                return Ok(None);
            };
            let earlier = self.earlier(&mut reader, &record).await?;
            let held = waiting(&mut reader, record.arrival).await?;
            Ok(Some(Shown {
                arrival: record.arrival,
                received_at: record.received_at,
                digest: record.message.content_digest(),
                retention: stored_decision(&record.decided, id)?,
                held_open: held == Some(None),
                released: held.flatten(),
                differences: self.differences(&mut reader, &record, &earlier).await?,
                recalled_by: self.recalled_by(&mut reader, id).await?,
                conflicts: conflict_count(&mut reader, record.arrival).await?,
                earlier,
                message: record.message,
                verdict: record.verdict,
            }))
        })
        .await
    }

    /// The messages of these identifiers, in order; `None` where there is none.
    pub(super) async fn messages_by_id(
        &self,
        connection: &mut SqliteConnection,
        ids: &[MessageId],
    ) -> Result<Vec<Option<Message>>, sqlx::Error> {
        let mut found = HashMap::new();
        for row in self.rows_by_id(connection, ids).await? {
            let message = read_content(&row, 0, &self.sealing)?;
            found.insert(MessageId::clone(&message.id), message);
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// [`content_columns`] of those that are there.
    async fn rows_by_id(
        &self,
        connection: &mut SqliteConnection,
        ids: &[MessageId],
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        BY_TAG
            .run(connection, ids, |values, id| {
                values.blob(&self.sealing.tag(id));
            })
            .await
    }

    async fn recalled_by(
        &self,
        connection: &mut SqliteConnection,
        id: &MessageId,
    ) -> Result<Vec<MessageId>, sqlx::Error> {
        let rows = sqlx::query(in_order!(
            "WHERE e.message IN (SELECT message FROM recalls WHERE recalled = ?) ORDER BY e.message"
        ))
        .bind(self.sealing.tag(id).to_vec())
        .fetch_all(connection)
        .await?;
        rows.iter().map(|row| Ok(self.numbered(row)?.id)).collect()
    }

    fn numbered(&self, row: &SqliteRow) -> Result<Numbered, sqlx::Error> {
        Ok(Numbered {
            id: MessageId::clone(&read_content(row, 0, &self.sealing)?.id),
            arrival: row.try_get(0)?,
        })
    }
}
