//! Generations, and the history of what was done with them. A generation is recorded once and never changes; each entry of
//! the history puts one into force, or says why one could not be.

use crate::open::Archive;
use crate::rows::{read_digest_text, read_name, read_time};
use crate::storage::StorageError;
use proviso_model::{Digest, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

/// A generation as it was built. All that is needed to build it again, save the packs, which their digests name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationRecord {
    /// Its content address.
    pub id: Digest,
    /// When it was recorded first.
    pub recorded_at: Timestamp,
    /// The engine that built it.
    pub engine_version: String,
    /// Its packs, in the order of the set.
    pub packs: Vec<PackRecord>,
    /// The policy set's file, as the operator named it.
    pub set_file: String,
    /// What that file held.
    pub set_text: String,
    /// The set's canonical JSON.
    pub set_json: String,
}

/// A pack of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackRecord {
    /// `vendor/name`.
    pub name: String,
    /// Its version, as its manifest writes it.
    pub version: String,
    /// Its content address.
    pub digest: Digest,
}

/// What led to an entry of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The daemon started.
    Start,
    /// The set, a pack or a lexicon changed.
    Reload,
    /// Somebody went back to an earlier generation.
    Rollback,
}

impl Cause {
    /// The name as the archive writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Start => "start",
            Cause::Reload => "reload",
            Cause::Rollback => "rollback",
        }
    }
}

/// A generation is put into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Which; it must have been recorded.
    pub generation: Digest,
    /// When.
    pub at: Timestamp,
    /// What led to it.
    pub cause: Cause,
    /// Who did it: a person, or `file watch`.
    pub who: String,
    /// What they say about it; may be empty.
    pub why: String,
    /// What differs from the one before, for people; may be empty.
    pub changed: String,
}

/// A policy set that could not become the running generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSet {
    /// When.
    pub at: Timestamp,
    /// What led to the attempt.
    pub cause: Cause,
    /// Who did it.
    pub who: String,
    /// What they say about it; may be empty.
    pub why: String,
    /// The set's file, as the operator named it.
    pub set_file: String,
    /// What it held; absent if it could not be read.
    pub set_text: Option<String>,
    /// Everything that is wrong, at least one.
    pub problems: Vec<Problem>,
}

/// What became of an entry of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It put the running generation into force.
    Active,
    /// It put a generation into force, and a later entry another.
    Superseded,
    /// It changed nothing.
    Failed,
}

/// An entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number, from 1, rising.
    pub entry: i64,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub status: Status,
    /// What led to it.
    pub cause: Cause,
    /// The generation; absent for a set that failed.
    pub generation: Option<Digest>,
    /// Who did it.
    pub who: String,
    /// What they say about it.
    pub why: String,
    /// What differs from the one before.
    pub changed: String,
    /// The set's file.
    pub set_file: String,
    /// What is wrong, where it failed.
    pub problems: Vec<Problem>,
}

/// A generation could not be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// It was never recorded.
    #[error("generation {generation} was never recorded")]
    Unknown {
        /// The generation.
        generation: Digest,
    },
    /// The file could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The stored form of a problem.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredProblem {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

impl Archive {
    /// Records a generation before it judges. One that is recorded already stays as it is, the time included.
    pub async fn record_generation(&self, generation: &GenerationRecord) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO generations (digest, recorded_at, engine_version, packs, set_file, set_text, set_json)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
        )
        .bind(generation.id.to_string())
        .bind(generation.recorded_at.as_millis())
        .bind(generation.engine_version.clone())
        .bind(serde_json::to_string(&generation.packs).expect("records of texts"))
        .bind(generation.set_file.clone())
        .bind(generation.set_text.clone())
        .bind(generation.set_json.clone())
        .execute(self.writer()?)
        .await
        .map_err(|error| self.storage(error))?;
        Ok(())
    }

    /// Adds to the history that a generation is in force from now on. Gives the entry's number.
    pub async fn activate_generation(&self, activation: &Activation) -> Result<i64, ActivateError> {
        let entry = sqlx::query_scalar(
            "INSERT INTO generation_history (at, outcome, cause, generation, who, why, changed, problems)
             SELECT ?, 'activated', ?, generation, ?, ?, ?, '[]' FROM generations WHERE digest = ? RETURNING entry",
        )
        .bind(activation.at.as_millis())
        .bind(activation.cause.name())
        .bind(activation.who.clone())
        .bind(activation.why.clone())
        .bind(activation.changed.clone())
        .bind(activation.generation.to_string())
        .fetch_optional(self.writer()?)
        .await
        .map_err(|error| self.storage(error))?;
        entry.ok_or(ActivateError::Unknown {
            generation: activation.generation,
        })
    }

    /// Adds to the history that a set failed, and why. The running generation goes on. Gives the entry's number.
    pub async fn record_failed_set(&self, failed: &FailedSet) -> Result<i64, StorageError> {
        let problems: Vec<_> = failed
            .problems
            .iter()
            .map(|problem| StoredProblem {
                file: problem.file.to_string_lossy().into_owned(),
                line: problem.line,
                column: problem.column,
                message: problem.message.clone(),
            })
            .collect();
        sqlx::query_scalar(
            "INSERT INTO generation_history (at, outcome, cause, who, why, changed, set_file, set_text, problems)
             VALUES (?, 'failed', ?, ?, ?, '', ?, ?, ?) RETURNING entry",
        )
        .bind(failed.at.as_millis())
        .bind(failed.cause.name())
        .bind(failed.who.clone())
        .bind(failed.why.clone())
        .bind(failed.set_file.clone())
        .bind(failed.set_text.clone())
        .bind(serde_json::to_string(&problems).expect("records of texts and numbers"))
        .fetch_one(self.writer()?)
        .await
        .map_err(|error| self.storage(error))
    }

    /// The history, the latest entry first, at most `limit`.
    pub async fn history(&self, limit: u32) -> Result<Vec<HistoryEntry>, StorageError> {
        self.reading(async {
            sqlx::query(
                "SELECT h.entry, h.at, h.outcome = 'failed',
                        h.entry = (SELECT max(entry) FROM generation_history WHERE outcome = 'activated'),
                        h.cause, g.digest, h.who, h.why, h.changed, coalesce(h.set_file, g.set_file, ''), h.problems
                 FROM generation_history h LEFT JOIN generations g USING (generation)
                 ORDER BY h.entry DESC LIMIT ?",
            )
            .bind(limit)
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(read_entry)
            .collect()
        })
        .await
    }

    /// Every recorded generation, the latest first.
    pub async fn generations(&self) -> Result<Vec<GenerationRecord>, StorageError> {
        self.read_generations("", "").await
    }

    /// A recorded generation; `None` if there is no such.
    pub async fn generation(&self, id: &Digest) -> Result<Option<GenerationRecord>, StorageError> {
        Ok(self.read_generations("WHERE digest = ?", &id.to_string()).await?.pop())
    }

    /// The recorded generations whose digits begin with `prefix` (with or without `sha256:`), the latest first: what a
    /// person means by `policy rollback 3f9a`.
    pub async fn find_generations(&self, prefix: &str) -> Result<Vec<GenerationRecord>, StorageError> {
        let digits = prefix.strip_prefix("sha256:").unwrap_or(prefix);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let pattern = format!("sha256:{}*", digits.to_ascii_lowercase());
        self.read_generations("WHERE digest GLOB ?", &pattern).await
    }

    /// The generation that the last activation put into force; `None` before the first.
    pub async fn active_generation(&self) -> Result<Option<GenerationRecord>, StorageError> {
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
        self.reading(async {
            let sql = format!(
                "SELECT digest, recorded_at, engine_version, packs, set_file, set_text, set_json FROM generations {filter}
                 ORDER BY generation DESC"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(sql));
            let query = if filter.contains('?') { query.bind(parameter.to_owned()) } else { query };
            query.fetch_all(self.readers()).await?.iter().map(read_generation).collect()
        })
        .await
    }
}

fn read_generation(row: &SqliteRow) -> Result<GenerationRecord, sqlx::Error> {
    Ok(GenerationRecord {
        id: read_digest_text(row, 0)?,
        recorded_at: read_time(row, 1)?,
        engine_version: row.try_get(2)?,
        packs: crate::rows::read_json(row, 3)?,
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
    let problems: Vec<StoredProblem> = crate::rows::read_json(row, 10)?;
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
        who: row.try_get(6)?,
        why: row.try_get(7)?,
        changed: row.try_get(8)?,
        set_file: row.try_get(9)?,
        problems: problems
            .into_iter()
            .map(|problem| Problem {
                file: problem.file.into(),
                line: problem.line,
                column: problem.column,
                message: problem.message,
            })
            .collect(),
    })
}
