//! Policies that were taken out of judging because they failed on too many messages, and who had them tried again.

use super::Sqlite;
use super::failure::Failure;
use super::names::Names;
use super::rows::{read_count, read_time};
use crate::change::CommitError;
use crate::quarantines::Quarantined;
use crate::storage::StorageError;
use proviso_model::id::PolicyId;
use proviso_model::{Digest, Principal, Timestamp};
use sqlx::{Row as _, SqliteConnection};

/// Records that a policy of a recorded generation is quarantined.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    names: &mut Names,
    generation: &Digest,
    quarantined: &Quarantined,
) -> Result<(), Failure> {
    let PolicyId { pack, policy } = &quarantined.policy;
    let policy = names.policy(connection, pack, policy).await?;
    let number = names.generation(connection, generation).await?;
    let number = number.ok_or(Failure::Refused(CommitError::UnknownGeneration {
        generation: *generation,
    }))?;
    sqlx::query("INSERT INTO quarantines (at, generation, policy, faults, messages) VALUES (?, ?, ?, ?, ?)")
        .bind(quarantined.at.as_millis())
        .bind(number)
        .bind(policy)
        .bind(i64::try_from(quarantined.faults).unwrap_or(i64::MAX))
        .bind(i64::try_from(quarantined.messages).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}

/// Records that somebody has policies tried again.
pub(super) async fn retry(
    connection: &mut SqliteConnection,
    policies: &[PolicyId],
    by: &Principal,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    for policy in policies {
        sqlx::query(
            "UPDATE quarantines SET retried_at = ?, retried_by = ?
             WHERE retried_at IS NULL AND policy = (SELECT policy FROM policies WHERE pack = ? AND name = ?)",
        )
        .bind(at.as_millis())
        .bind(by.to_string())
        .bind(policy.pack.to_string())
        .bind(policy.policy.to_string())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

impl Sqlite {
    pub(crate) async fn quarantined(&self, generation: &Digest) -> Result<Vec<Quarantined>, StorageError> {
        self.reading(|mut reader| async move {
            sqlx::query(
                "SELECT max(q.at), p.pack, p.name, q.faults, q.messages
                 FROM quarantines q JOIN policies p USING (policy) JOIN generations g USING (generation)
                 WHERE g.digest = ? AND q.retried_at IS NULL
                   AND (SELECT h.generation = q.generation AND h.at <= q.at FROM generation_history h
                        WHERE h.outcome = 'activated' ORDER BY h.entry DESC LIMIT 1)
                 GROUP BY q.policy ORDER BY p.pack, p.name",
            )
            .bind(generation.to_string())
            .fetch_all(&mut *reader)
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
