//! What it takes to judge a message again.

use super::Sqlite;
use super::records::stored_decision;
use super::rows::damage;
use super::steps;
use crate::storage::StorageError;
use crate::verdicts::{FoldBefore, Recorded};
use proviso_model::MessageId;
use proviso_model::id::PolicyId;
use sqlx::{Row as _, SqliteConnection};

impl Sqlite {
    pub(crate) async fn recorded(&self, id: &MessageId) -> Result<Option<Recorded>, StorageError> {
        self.reading(|mut reader| async move {
            let Some(record) = self.record(&mut reader, id).await? else {
                return Ok(None);
            };
            let ids: Vec<MessageId> = record
                .verdict
                .verdict
                .preceding
                .iter()
                .map(|native| MessageId {
                    native: native.clone(),
                    ..id.clone()
                })
                .collect();
            let mut preceding = Vec::with_capacity(ids.len());
            let mut preceding_gone = 0;
            for (message, id) in self.messages_by_id(&mut reader, &ids).await?.into_iter().zip(&ids) {
                match message {
                    Some(message) => preceding.push(message),
                    None if self.is_disposed(&mut reader, id).await? => preceding_gone += 1,
                    None => return Err(damage(format!("message {id} was judged and is not there"))),
                }
            }
            let folds = folds_before(&mut reader, record.arrival).await?;
            let earlier = self.earlier(&mut reader, &record).await?;
            let differences = self.differences(&mut reader, &record, &earlier).await?;
            Ok(Some(Recorded {
                // One that no later program reads keeps nobody from a replay.
                retention: stored_decision(&record.decided, id).ok().flatten(),
                message: record.message,
                verdict: record.verdict,
                preceding,
                preceding_gone,
                folds,
                differences,
            }))
        })
        .await
    }
}

async fn folds_before(connection: &mut SqliteConnection, arrival: i64) -> Result<Vec<FoldBefore>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.pack, p.name, f.key, t.fold, t.state_before
         FROM fold_steps t JOIN fold_states f USING (fold) JOIN policies p USING (policy)
         WHERE t.message = ? ORDER BY p.pack, p.name, f.key",
    )
    .bind(arrival)
    .fetch_all(&mut *connection)
    .await?;
    let mut folds = Vec::with_capacity(rows.len());
    for row in &rows {
        let state = steps::read(connection, row.try_get(3)?, arrival, row.try_get(4)?).await?;
        folds.push(FoldBefore {
            policy: PolicyId {
                pack: row.try_get::<&str, _>(0)?.into(),
                policy: row.try_get::<&str, _>(1)?.into(),
            },
            key: row.try_get::<&str, _>(2)?.into(),
            state: state.into(),
        });
    }
    Ok(folds)
}
