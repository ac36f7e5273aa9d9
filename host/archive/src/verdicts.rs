//! Reading verdicts, and what it takes to judge a message again.

use crate::open::Archive;
use crate::rows::{read_count, read_digest_text};
use crate::storage::StorageError;
use proviso_model::id::PolicyId;
use proviso_model::{Digest, Message, MessageId, Verdict};
use sqlx::Row as _;
use std::sync::Arc;

/// A verdict as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredVerdict {
    /// The canonical JSON, byte for byte.
    pub json: String,
    /// The same, read.
    pub verdict: Verdict,
    /// The generation that judged.
    pub generation: Digest,
    /// What the policies used in all.
    pub fuel: u64,
}

/// A message, its verdict, and all that the policies were given beside the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The message.
    pub message: Message,
    /// What was said of it.
    pub verdict: StoredVerdict,
    /// The earlier messages of the conversation that policies were given, the oldest first.
    pub preceding: Vec<Message>,
    /// The states of the folds that it advanced, before it did, ordered by pack, policy and key.
    pub folds: Vec<FoldBefore>,
}

/// A fold's state before a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldBefore {
    /// The fold.
    pub policy: PolicyId,
    /// The subject.
    pub key: Arc<str>,
    /// Empty where this message was the first of its key.
    pub state: Arc<[u8]>,
}

impl Archive {
    /// What the policies said of a message; `None` if there is no such message.
    pub async fn verdict(&self, id: &MessageId) -> Result<Option<StoredVerdict>, StorageError> {
        let row = sqlx::query(
            "SELECT v.verdict, g.digest, v.fuel
             FROM streams s JOIN messages m USING (stream) JOIN verdicts v USING (message) JOIN generations g USING (generation)
             WHERE s.tenant = ? AND s.channel = ? AND m.native = ?",
        )
        .bind(id.tenant.clone())
        .bind(id.channel.clone())
        .bind(id.native.clone())
        .fetch_optional(self.readers())
        .await
        .map_err(|error| self.storage(error))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let read = || -> Result<_, sqlx::Error> {
            let json: String = row.try_get(0)?;
            Ok((json, read_digest_text(&row, 1)?, read_count(&row, 2)?))
        };
        let (json, generation, fuel) = read().map_err(|error| self.storage(error))?;
        let verdict = serde_json::from_str(&json)
            .map_err(|error| self.corrupt(format!("the verdict on message {id} cannot be read: {error}")))?;
        Ok(Some(StoredVerdict {
            json,
            verdict,
            generation,
            fuel,
        }))
    }

    /// Everything that a replay of a message needs; `None` if there is no such message. A preceding message that was
    /// disposed of since is reported as damage: without it the replay could not agree.
    pub async fn judged(&self, id: &MessageId) -> Result<Option<Judged>, StorageError> {
        let Some(verdict) = self.verdict(id).await? else {
            return Ok(None);
        };
        let mut ids = vec![id.clone()];
        ids.extend(verdict.verdict.preceding.iter().map(|native| MessageId {
            native: native.clone(),
            ..id.clone()
        }));
        let mut messages = Vec::with_capacity(ids.len());
        for (message, id) in self.messages(&ids).await?.into_iter().zip(&ids) {
            messages.push(message.ok_or_else(|| self.corrupt(format!("message {id} was judged and is not there")))?);
        }
        let preceding = messages.split_off(1);
        let message = messages.remove(0);
        let folds = self.folds_before(id).await.map_err(|error| self.storage(error))?;
        Ok(Some(Judged {
            message,
            verdict,
            preceding,
            folds,
        }))
    }

    async fn folds_before(&self, id: &MessageId) -> Result<Vec<FoldBefore>, sqlx::Error> {
        sqlx::query(
            "SELECT p.pack, p.name, f.key, f.state_before
             FROM streams s JOIN messages m USING (stream) JOIN fold_steps f USING (message) JOIN policies p USING (policy)
             WHERE s.tenant = ? AND s.channel = ? AND m.native = ?
             ORDER BY p.pack, p.name, f.key",
        )
        .bind(id.tenant.clone())
        .bind(id.channel.clone())
        .bind(id.native.clone())
        .fetch_all(self.readers())
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
}
