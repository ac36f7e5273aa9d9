//! Policies that were taken out of judging because they failed on too many messages, and who had them tried again.

use super::Sqlite;
use super::failure::Failure;
use super::log::entries::{Entries, text};
use super::log::rows::{QUARANTINES, RETRIES};
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
    log: &mut Entries,
) -> Result<(), Failure> {
    let PolicyId { pack, policy } = &quarantined.policy;
    let fields = vec![text("pack", pack.to_string()), text("policy", policy.to_string())];
    let policy = names.policy(connection, pack, policy).await?;
    let number = names.generation(connection, generation).await?;
    let number = number.ok_or(Failure::Refused(CommitError::UnknownGeneration {
        generation: *generation,
    }))?;
    let sql = "INSERT INTO quarantines (at, generation, policy, faults, messages) VALUES (?, ?, ?, ?, ?) RETURNING quarantine";
    let quarantine = sqlx::query_scalar(sql)
        .bind(quarantined.at.as_millis())
        .bind(number)
        .bind(policy)
        .bind(i64::try_from(quarantined.faults).unwrap_or(i64::MAX))
        .bind(i64::try_from(quarantined.messages).unwrap_or(i64::MAX))
        .fetch_one(&mut *connection)
        .await?;
    log.tell_row(connection, &QUARANTINES, quarantine, None, fields).await
}

/// Records that somebody has policies tried again.
pub(super) async fn retry(
    connection: &mut SqliteConnection,
    policies: &[PolicyId],
    by: &Principal,
    at: Timestamp,
    log: &mut Entries,
) -> Result<(), Failure> {
    for policy in policies {
        let retried: Vec<i64> = sqlx::query_scalar(
            "UPDATE quarantines SET retried_at = ?, retried_by = ?
             WHERE retried_at IS NULL AND policy = (SELECT policy FROM policies WHERE pack = ? AND name = ?)
             RETURNING quarantine",
        )
        .bind(at.as_millis())
        .bind(by.to_string())
        .bind(policy.pack.to_string())
        .bind(policy.policy.to_string())
        .fetch_all(&mut *connection)
        .await?;
        for quarantine in retried {
            let fields = vec![
                text("pack", policy.pack.to_string()),
                text("policy", policy.policy.to_string()),
            ];
            log.tell_row(connection, &RETRIES, quarantine, None, fields).await?;
        }
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
