//! Policies that were taken out of judging because they failed on too many messages, and who had them tried again.

use crate::generations::ActivateError;
use crate::open::Archive;
use crate::rows::{read_count, read_time};
use crate::storage::StorageError;
use proviso_model::id::PolicyId;
use proviso_model::{Digest, Timestamp};
use sqlx::Row as _;

/// A policy that is not called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Since when.
    pub at: Timestamp,
    /// The policy.
    pub policy: PolicyId,
    /// Messages on which it failed, of the last ones that triggered it.
    pub faults: u64,
    /// How many these were.
    pub messages: u64,
}

impl Archive {
    /// Records that a policy of a recorded generation is quarantined.
    pub async fn record_quarantine(&self, generation: &Digest, quarantined: &Quarantined) -> Result<(), ActivateError> {
        let mut names = (*self.names()).clone();
        let mut transaction = self.writer()?.begin().await.map_err(|error| self.storage(error))?;
        let PolicyId { pack, policy } = &quarantined.policy;
        let policy = names.policy(&mut transaction, pack, policy).await;
        let policy = policy.map_err(|error| self.storage(error))?;
        let number = names.generation(&mut transaction, generation).await;
        let number = number
            .map_err(|error| self.storage(error))?
            .ok_or(ActivateError::Unknown {
                generation: *generation,
            })?;
        sqlx::query("INSERT INTO quarantines (at, generation, policy, faults, messages) VALUES (?, ?, ?, ?, ?)")
            .bind(quarantined.at.as_millis())
            .bind(number)
            .bind(policy)
            .bind(i64::try_from(quarantined.faults).unwrap_or(i64::MAX))
            .bind(i64::try_from(quarantined.messages).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await
            .map_err(|error| self.storage(error))?;
        transaction.commit().await.map_err(|error| self.storage(error))?;
        if names.take_grown() {
            self.set_names(names);
        }
        Ok(())
    }

    /// Records that `who` has a policy tried again.
    pub async fn record_retry(&self, policy: &PolicyId, who: &str, at: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE quarantines SET retried_at = ?, retried_by = ?
             WHERE retried_at IS NULL AND policy = (SELECT policy FROM policies WHERE pack = ? AND name = ?)",
        )
        .bind(at.as_millis())
        .bind(who.to_owned())
        .bind(policy.pack.clone())
        .bind(policy.policy.clone())
        .execute(self.writer()?)
        .await
        .map_err(|error| self.storage(error))?;
        Ok(())
    }

    /// The policies that were quarantined since this generation was last put into force, and not tried again: empty unless it
    /// is the one in force. Ordered by pack and policy.
    pub async fn quarantined(&self, generation: &Digest) -> Result<Vec<Quarantined>, StorageError> {
        self.reading(async {
            sqlx::query(
                "SELECT max(q.at), p.pack, p.name, q.faults, q.messages
                 FROM quarantines q JOIN policies p USING (policy) JOIN generations g USING (generation)
                 WHERE g.digest = ? AND q.retried_at IS NULL
                   AND (SELECT h.generation = q.generation AND h.at <= q.at FROM generation_history h
                        WHERE h.outcome = 'activated' ORDER BY h.entry DESC LIMIT 1)
                 GROUP BY q.policy ORDER BY p.pack, p.name",
            )
            .bind(generation.to_string())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| {
                Ok(Quarantined {
                    at: read_time(row, 0)?,
                    policy: PolicyId {
                        pack: row.try_get(1)?,
                        policy: row.try_get(2)?,
                    },
                    faults: read_count(row, 3)?,
                    messages: read_count(row, 4)?,
                })
            })
            .collect()
        })
        .await
    }
}
