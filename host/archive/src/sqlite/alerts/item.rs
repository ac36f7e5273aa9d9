//! One alert with all that is known of it, and what stands around its message.

use super::list::{alert_columns, alert_joins, read_alert, read_decided};
use super::state::read_decision;
use crate::alerts::{AROUND_MAX, Alert, AlertItem, AlertMessage, Around, MessageNames, Neighbour, SameRule, Sight};
use crate::reviews::{AlertAct, Review};
use crate::sqlite::Sqlite;
use crate::sqlite::evidence::searched;
use crate::sqlite::records::{content_columns, read_content, stored_decision};
use crate::sqlite::rows::{damage, damaged, read_digest, read_principal, read_time};
use crate::sqlite::sealing::{OpenRecord, Part, Sealing};
use crate::storage::StorageError;
use proviso_model::{Digest, Message, MessageId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::sync::Arc;

/// Decisions on other alerts that are shown.
const SAME_RULE: u32 = 5;

const WAITS: &str = "SELECT EXISTS (SELECT 1 FROM held_messages WHERE message = ? AND released_at IS NULL)";

/// Messages before one in its conversation, and behind it; each the nearest first.
const BESIDE: [&str; 2] = [
    concat!(
        "SELECT ",
        content_columns!(),
        " FROM envelopes o JOIN envelopes e ON e.conversation = o.conversation JOIN streams s ON s.stream = e.stream
          JOIN contents c ON c.message = e.message
          WHERE o.message = ?1 AND e.message < o.message ORDER BY e.message DESC LIMIT ?2"
    ),
    concat!(
        "SELECT ",
        content_columns!(),
        " FROM envelopes o JOIN envelopes e ON e.conversation = o.conversation JOIN streams s ON s.stream = e.stream
          JOIN contents c ON c.message = e.message
          WHERE o.message = ?1 AND e.message > o.message ORDER BY e.message LIMIT ?2"
    ),
];

impl Sqlite {
    pub(crate) async fn alert(self: &Arc<Self>, number: i64, sight: &Sight) -> Result<Option<AlertItem>, StorageError> {
        self.reading(|mut reader| async move { self.read_item(&mut reader, number, sight).await })
            .await
    }

    pub(crate) async fn alert_row(self: &Arc<Self>, number: i64, sight: &Sight) -> Result<Option<Alert>, StorageError> {
        self.reading(|mut reader| async move { self.read_row(&mut reader, number, sight).await })
            .await
    }

    async fn read_row(
        &self,
        connection: &mut SqliteConnection,
        number: i64,
        sight: &Sight,
    ) -> Result<Option<Alert>, sqlx::Error> {
        let sql = concat!(
            "SELECT ",
            alert_columns!(),
            " FROM alerts a",
            alert_joins!(),
            " WHERE a.alert = ?"
        );
        let row = sqlx::query(sql).bind(number).fetch_optional(connection).await?;
        let alert = row.map(|row| read_alert(&row, &self.sealing)).transpose()?;
        Ok(alert.filter(|alert| sight.has(&alert.tenant, alert.department.as_deref())))
    }

    async fn read_item(
        &self,
        connection: &mut SqliteConnection,
        number: i64,
        sight: &Sight,
    ) -> Result<Option<AlertItem>, sqlx::Error> {
        let mut transaction = sqlx::Connection::begin(connection).await?;
        let Some(alert) = self.read_row(&mut transaction, number, sight).await? else {
            return Ok(None);
        };
        let id = self.id_of(&mut transaction, alert.message).await?;
        let record = match &id {
            Some(id) => self.record(&mut transaction, id).await?,
            None => None,
        };
        let reviews = reviews(&mut transaction, number, record.as_ref().map(|record| &record.opened)).await?;
        let same_rule = same_rule(&mut transaction, number).await?;
        let mut message = None;
        if let (Some(record), Some(id)) = (record, &id) {
            message = Some(AlertMessage {
                received_at: record.received_at,
                findings: record.verdict.verdict.findings.clone(),
                generation: record.verdict.generation,
                retention: stored_decision(&record.decided, id)?,
                is_held: sqlx::query_scalar(WAITS)
                    .bind(record.arrival)
                    .fetch_one(&mut *transaction)
                    .await?,
                names: names_of(&self.sealing, &record.message),
                message: record.message,
            });
        }
        transaction.rollback().await?;
        Ok(Some(AlertItem {
            alert,
            message,
            reviews,
            same_rule,
        }))
    }

    async fn id_of(&self, connection: &mut SqliteConnection, arrival: i64) -> Result<Option<MessageId>, sqlx::Error> {
        let sql = concat!(
            "SELECT ",
            content_columns!(),
            " FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message) WHERE e.message = ?"
        );
        let row = sqlx::query(sql).bind(arrival).fetch_optional(connection).await?;
        let message = row.map(|row| read_content(&row, 0, &self.sealing)).transpose()?;
        Ok(message.map(|message| MessageId::clone(&message.id)))
    }

    pub(crate) async fn around(
        self: &Arc<Self>,
        message: i64,
        (before, after): (u32, u32),
    ) -> Result<Around, StorageError> {
        self.reading(|mut reader| async move {
            let mut sides = [Vec::new(), Vec::new()];
            for ((sql, limit), side) in BESIDE.into_iter().zip([before, after]).zip(&mut sides) {
                let rows = sqlx::query(sql)
                    .bind(message)
                    .bind(limit.min(AROUND_MAX))
                    .fetch_all(&mut *reader)
                    .await?;
                let neighbours = rows.iter().map(|row| {
                    let message = read_content(row, 0, &self.sealing)?;
                    Ok::<_, sqlx::Error>(Neighbour {
                        arrival: row.try_get(0)?,
                        names: names_of(&self.sealing, &message),
                        message,
                    })
                });
                *side = neighbours.collect::<Result<_, _>>()?;
            }
            let [mut before, after] = sides;
            before.reverse();
            Ok(Around { before, after })
        })
        .await
    }
}

/// What stands for whoever a message names.
fn names_of(sealing: &Sealing, message: &Message) -> MessageNames {
    let of = |kind: &'static str, text: &str| searched(sealing, kind, text);
    let id = MessageId {
        tenant: message.id.tenant.clone(),
        channel: message.id.channel.clone(),
        native: of("message", &message.id.native),
    };
    MessageNames {
        id: id.to_string(),
        from: of("person", &message.sender.id),
        to: message.recipients.iter().map(|party| of("person", &party.id)).collect(),
        conversation: of("conversation", &message.conversation),
    }
}

/// The reviews of an alert with the comments that are still there.
async fn reviews(
    connection: &mut SqliteConnection,
    alert: i64,
    record: Option<&OpenRecord>,
) -> Result<Vec<Review>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT r.review, r.version, r.at, r.who, r.act, r.decision, r.reason, r.assignee, r.comment, t.sealed
         FROM reviews r LEFT JOIN review_comments t USING (review) WHERE r.alert = ? ORDER BY r.version",
    )
    .bind(alert)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| read_review(row, record)).collect()
}

fn read_review(row: &SqliteRow, record: Option<&OpenRecord>) -> Result<Review, sqlx::Error> {
    let number: i64 = row.try_get(0)?;
    let act: &str = row.try_get(4)?;
    let decision: Option<&str> = row.try_get(5)?;
    let sealed: Option<&[u8]> = row.try_get(9)?;
    let has_comment = row.try_get::<Option<&[u8]>, _>(8)?.is_some();
    let comment = match (sealed, record) {
        (Some(sealed), Some(record)) if has_comment => {
            if Digest::of(sealed) != read_digest(row, 8)? {
                return Err(damage(format!(
                    "the comment of review {number} is not what its digest says: somebody, or the disk, changed it"
                )));
            }
            let opened = record.open(Part::Comment(number), sealed);
            let opened =
                opened.map_err(|error| damage(format!("the comment of review {number} cannot be opened: {error}")))?;
            Some(String::from_utf8(opened).map_err(|error| damaged(9, error))?)
        }
        _ => None,
    };
    Ok(Review {
        number,
        version: row.try_get(1)?,
        at: read_time(row, 2)?,
        by: read_principal(row, 3)?,
        act: AlertAct::from_name(act).ok_or_else(|| damaged(4, format!("no act is called {act:?}")))?,
        decision: decision.map(|name| read_decision(name, 5)).transpose()?,
        reason: row.try_get(6)?,
        to: row.try_get(7)?,
        has_comment,
        comment,
    })
}

/// The last decisions on other alerts of the same rule in the same conversation.
async fn same_rule(connection: &mut SqliteConnection, alert: i64) -> Result<Vec<SameRule>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT o.alert, o.decision, o.decided_by, o.decided_at FROM alerts a
         JOIN alerts o ON o.conversation = a.conversation AND o.policy = a.policy AND o.rule = a.rule
         WHERE a.alert = ?1 AND o.decision IS NOT NULL AND o.alert <> a.alert ORDER BY o.decided_at DESC, o.alert DESC LIMIT ?2",
    )
    .bind(alert)
    .bind(SAME_RULE)
    .fetch_all(connection)
    .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let decided = read_decided(row, 1)?.ok_or(sqlx::Error::RowNotFound)?;
        all.push(SameRule {
            number: row.try_get(0)?,
            decided,
        });
    }
    Ok(all)
}
