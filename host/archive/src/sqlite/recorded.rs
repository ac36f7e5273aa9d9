//! What it takes to judge a message again.

use super::Sqlite;
use super::differences::{self, differences};
use super::messages::messages_by_id;
use super::rows::damage;
use super::verdicts::{VerdictRow, standing};
use crate::storage::StorageError;
use crate::verdicts::{FoldBefore, Recorded};
use proviso_model::MessageId;
use proviso_model::id::PolicyId;
use sqlx::{Row as _, SqliteConnection};

impl Sqlite {
    pub(crate) async fn recorded(&self, id: &MessageId) -> Result<Option<Recorded>, StorageError> {
        self.reading(|mut reader| async move {
            let Some(VerdictRow { verdict, .. }) = standing(&mut reader, id).await? else {
                return Ok(None);
            };
            let mut ids = vec![id.clone()];
            ids.extend(verdict.verdict.preceding.iter().map(|native| MessageId {
                native: native.clone(),
                ..id.clone()
            }));
            let mut messages = Vec::with_capacity(ids.len());
            for (message, id) in messages_by_id(&mut reader, &ids).await?.into_iter().zip(&ids) {
                messages.push(message.ok_or_else(|| damage(format!("message {id} was judged and is not there")))?);
            }
            let preceding = messages.split_off(1);
            let message = messages.remove(0);
            let folds = folds_before(&mut reader, id).await?;
            let scored = differences::first_verdict(&mut reader, id).await?;
            let differences = differences(&mut reader, &verdict.verdict, &scored).await?;
            Ok(Some(Recorded {
                message,
                verdict,
                preceding,
                folds,
                differences,
            }))
        })
        .await
    }
}

async fn folds_before(connection: &mut SqliteConnection, id: &MessageId) -> Result<Vec<FoldBefore>, sqlx::Error> {
    sqlx::query(
        "SELECT p.pack, p.name, f.key, f.state_before
         FROM streams s JOIN messages m USING (stream) JOIN fold_steps f USING (message) JOIN policies p USING (policy)
         WHERE s.tenant = ? AND s.channel = ? AND m.native = ?
         ORDER BY p.pack, p.name, f.key",
    )
    .bind(id.tenant.clone())
    .bind(id.channel.clone())
    .bind(id.native.clone())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(FoldBefore {
            policy: PolicyId {
                pack: row.try_get::<&str, _>(0)?.into(),
                policy: row.try_get::<&str, _>(1)?.into(),
            },
            key: row.try_get::<&str, _>(2)?.into(),
            state: row.try_get::<&[u8], _>(3)?.into(),
        })
    })
    .collect()
}
