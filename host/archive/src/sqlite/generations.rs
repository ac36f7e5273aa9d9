//! Generations, and the history of what was done with them. A generation is recorded once and never changes; each entry of
//! the history puts one into force, or says why one could not be.

use super::failure::Failure;
use super::log::entries::{Entries, text};
use super::log::rows::HISTORY;
use super::rows::{damaged, read_digest_text, read_name, read_principal, read_time};
use super::{Sqlite, trust};
use crate::change::CommitError;
use crate::generations::GenerationRecord;
use crate::history::{Activated, Activation, FailedSet, HistoryEntry, Status};
use crate::storage::StorageError;
use crate::stored::lists::{read_packs, read_problems, write_packs, write_problems};
use proviso_model::{Digest, Principal};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// Records what is not recorded yet, and adds the activation to the history. Gives the entry's number.
pub(super) async fn activate(
    connection: &mut SqliteConnection,
    activation: &Activation,
    by: &Principal,
    log: &mut Entries,
) -> Result<i64, Failure> {
    let generation = match &activation.generation {
        Activated::Built(generation) => {
            record(connection, generation).await?;
            generation.id
        }
        Activated::Recorded(id) => *id,
    };
    if let Some(admitted_by) = &activation.trust {
        trust::record(connection, admitted_by, log).await?;
    }
    let entry: Option<i64> = sqlx::query_scalar(
        "INSERT INTO generation_history (at, outcome, cause, generation, who, why, changed, problems)
         SELECT ?, 'activated', ?, generation, ?, ?, ?, '[]' FROM generations WHERE digest = ? RETURNING entry",
    )
    .bind(activation.at.as_millis())
    .bind(activation.cause.name())
    .bind(by.to_string())
    .bind(activation.why.clone())
    .bind(activation.changed.clone())
    .bind(generation.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let entry = entry.ok_or(Failure::Refused(CommitError::UnknownGeneration { generation }))?;
    let fields = vec![
        text("outcome", "activated"),
        text("cause", activation.cause.name()),
        text("generation", generation.to_string()),
    ];
    log.tell_row(connection, &HISTORY, entry, None, fields).await?;
    Ok(entry)
}

/// One that is recorded already stays as it is, the time included.
async fn record(connection: &mut SqliteConnection, generation: &GenerationRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO generations (digest, recorded_at, engine_version, packs, set_file, set_text, set_json)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
    )
    .bind(generation.id.to_string())
    .bind(generation.recorded_at.as_millis())
    .bind(generation.engine_version.clone())
    .bind(write_packs(&generation.packs))
    .bind(generation.set_file.clone())
    .bind(generation.set_text.clone())
    .bind(generation.set_json.clone())
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds to the history that a set failed, and why. Gives the entry's number.
pub(super) async fn failed_set(
    connection: &mut SqliteConnection,
    failed: &FailedSet,
    by: &Principal,
    log: &mut Entries,
) -> Result<i64, Failure> {
    let entry = sqlx::query_scalar(
        "INSERT INTO generation_history (at, outcome, cause, who, why, changed, set_file, set_text, problems)
         VALUES (?, 'failed', ?, ?, ?, '', ?, ?, ?) RETURNING entry",
    )
    .bind(failed.at.as_millis())
    .bind(failed.cause.name())
    .bind(by.to_string())
    .bind(failed.why.clone())
    .bind(failed.set_file.clone())
    .bind(failed.set_text.clone())
    .bind(write_problems(&failed.problems))
    .fetch_one(&mut *connection)
    .await?;
    let fields = vec![text("outcome", "failed"), text("cause", failed.cause.name())];
    log.tell_row(connection, &HISTORY, entry, None, fields).await?;
    Ok(entry)
}

impl Sqlite {
    pub(crate) async fn history(&self, limit: u32) -> Result<Vec<HistoryEntry>, StorageError> {
        self.reading(|mut reader| async move {
            sqlx::query(
                "SELECT h.entry, h.at, h.outcome = 'failed',
                        h.entry = (SELECT max(entry) FROM generation_history WHERE outcome = 'activated'),
                        h.cause, g.digest, h.who, h.why, h.changed, coalesce(h.set_file, g.set_file, ''), h.problems
                 FROM generation_history h LEFT JOIN generations g USING (generation)
                 ORDER BY h.entry DESC LIMIT ?",
            )
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?
            .iter()
            .map(read_entry)
            .collect()
        })
        .await
    }

    pub(crate) async fn generations(&self) -> Result<Vec<GenerationRecord>, StorageError> {
        self.read_generations("", "").await
    }

    pub(crate) async fn generation(&self, id: &Digest) -> Result<Option<GenerationRecord>, StorageError> {
        Ok(self.read_generations("WHERE digest = ?", &id.to_string()).await?.pop())
    }

    pub(crate) async fn find_generations(&self, prefix: &str) -> Result<Vec<GenerationRecord>, StorageError> {
        let digits = prefix.strip_prefix("sha256:").unwrap_or(prefix);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let pattern = format!("sha256:{}*", digits.to_ascii_lowercase());
        self.read_generations("WHERE digest GLOB ?", &pattern).await
    }

    pub(crate) async fn active_generation(&self) -> Result<Option<GenerationRecord>, StorageError> {
        let active = "WHERE generation = (SELECT generation FROM generation_history WHERE outcome = 'activated'
                      ORDER BY entry DESC LIMIT 1)";
        Ok(self.read_generations(active, "").await?.pop())
    }

    /// `filter` is a constant of this file with at most one parameter.
    async fn read_generations(
        &self,
        filter: &'static str,
        parameter: &str,
    ) -> Result<Vec<GenerationRecord>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = format!(
                "SELECT digest, recorded_at, engine_version, packs, set_file, set_text, set_json FROM generations {filter}
                 ORDER BY generation DESC"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(sql));
            let query = if filter.contains('?') {
                query.bind(parameter.to_owned())
            } else {
                query
            };
            query
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(read_generation)
                .collect()
        })
        .await
    }
}

fn read_generation(row: &SqliteRow) -> Result<GenerationRecord, sqlx::Error> {
    Ok(GenerationRecord {
        id: read_digest_text(row, 0)?,
        recorded_at: read_time(row, 1)?,
        engine_version: row.try_get(2)?,
        packs: read_packs(row.try_get(3)?).map_err(|error| damaged(3, error))?,
        set_file: row.try_get(4)?,
        set_text: row.try_get(5)?,
        set_json: row.try_get(6)?,
    })
}

fn read_entry(row: &SqliteRow) -> Result<HistoryEntry, sqlx::Error> {
    let (failed, latest): (bool, Option<bool>) = (row.try_get(2)?, row.try_get(3)?);
    let generation = match row.try_get::<Option<&str>, _>(5)? {
        Some(_) => Some(read_digest_text(row, 5)?),
        None => None,
    };
    Ok(HistoryEntry {
        entry: row.try_get(0)?,
        at: read_time(row, 1)?,
        status: match (failed, latest) {
            (true, _) => Status::Failed,
            (false, Some(true)) => Status::Active,
            (false, _) => Status::Superseded,
        },
        cause: read_name(row, 4)?,
        generation,
        who: read_principal(row, 6)?,
        why: row.try_get(7)?,
        changed: row.try_get(8)?,
        set_file: row.try_get(9)?,
        problems: read_problems(row.try_get(10)?).map_err(|error| damaged(10, error))?,
    })
}
