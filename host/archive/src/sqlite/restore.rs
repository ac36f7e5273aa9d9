//! Restoring a backup: its files against the manifest, its log against the checkpoint, and the disposals that came after it.

use super::Sqlite;
use super::backup::{copied, read_alone, row_counts, sync_folder};
use super::disposed_names::named;
use super::log::checkpoints;
use super::log::start::{RestoredFrom, compare, log_key};
use super::log::tiles;
use super::migrations::NEWEST;
use crate::backup::{BackupError, Manifest, Step, Told};
use crate::change::Change;
use crate::disposal::{DisposingAgain, LoggedDisposal};
use crate::log::LogTrouble;
use crate::messages::Sent;
use crate::opening::{ArchiveError, Opening};
use crate::restore::{BackupLog, NewerLog, RestoreError, Restored};
use crate::storage::StorageError;
use proviso_model::{MessageId, Principal, Timestamp};
use proviso_proof::Hash;
use proviso_proof::note::LogTrust;
use sqlx::{Connection as _, Row as _};
use std::collections::{HashMap, HashSet};
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Disposals that are carried out again in one transaction.
const TOGETHER: usize = 256;
/// What `integrity_check` names at most.
const INTEGRITY_FAULTS_MAX: usize = 100;

/// Copies the files of a backup; what is wrong with them.
pub(crate) fn take(
    backup: &Path,
    folder: &Path,
    manifest: &Manifest,
    told: Told<'_>,
) -> Result<Vec<String>, BackupError> {
    let (mut faults, mut before) = (Vec::new(), 0);
    for (name, expected) in &manifest.files {
        let (from, to) = (backup.join(name), folder.join(name));
        if let Some(parent) = to.parent() {
            let made = DirBuilder::new().mode(0o700).recursive(true).create(parent);
            made.map_err(BackupError::io(parent))?;
        }
        if from
            .symlink_metadata()
            .is_err_and(|error| error.kind() == ErrorKind::NotFound)
        {
            faults.push(format!("{name} is not there"));
            continue;
        }
        let found = copied(&from, &to, &mut |done| {
            told(Step {
                what: "copying the backup",
                done: before + done,
                all: manifest.bytes(),
            });
        })?;
        before += expected.bytes;
        if found != *expected {
            let (has, bytes) = (found.digest, found.bytes);
            faults.push(format!(
                "{name} has {bytes} bytes and {has}: the manifest says {} and {}",
                expected.bytes, expected.digest
            ));
        }
    }
    sync_folder(folder).map_err(BackupError::io(folder))?;
    Ok(faults)
}

pub(crate) async fn row_faults(database: &Path, manifest: &Manifest) -> Result<Vec<String>, StorageError> {
    let counted = async {
        let mut connection = read_alone(database).await?;
        let found = row_counts(&mut connection).await?;
        connection.close().await?;
        Ok(found)
    };
    let found = counted.await.map_err(|error| StorageError::new(database, error))?;
    let tables: std::collections::BTreeSet<&String> = found.keys().chain(manifest.rows.keys()).collect();
    let rows = |rows: Option<&u64>| rows.map_or_else(|| "no such table".to_owned(), |rows| format!("{rows} rows"));
    let faults = tables.into_iter().filter_map(|table| {
        let (found, expected) = (found.get(table), manifest.rows.get(table));
        (found != expected).then(|| format!("{table}: {}, the manifest says {}", rows(found), rows(expected)))
    });
    Ok(faults.collect())
}

pub(crate) async fn integrity_faults(database: &Path) -> Result<Vec<String>, StorageError> {
    let checked = async {
        let mut connection = read_alone(database).await?;
        let mut faults: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_all(&mut connection)
            .await?;
        faults.retain(|fault| fault != "ok");
        let rows = sqlx::query("SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check")
            .fetch_all(&mut connection)
            .await?;
        for row in &rows {
            let (table, parent): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            faults.push(format!("{table} refers to rows of {parent} that are not there"));
        }
        connection.close().await?;
        faults.truncate(INTEGRITY_FAULTS_MAX);
        Ok(faults)
    };
    checked.await.map_err(|error| StorageError::new(database, error))
}

pub(crate) async fn log_of(database: &Path, manifest: &Manifest) -> Result<BackupLog, RestoreError> {
    if manifest.schema > NEWEST {
        return Err(RestoreError::Archive(ArchiveError::Newer {
            path: database.to_owned(),
            found: manifest.schema,
            known: NEWEST,
        }));
    }
    let failed = |error| RestoreError::Storage(StorageError::new(database, error));
    let trouble = |source| {
        RestoreError::Archive(ArchiveError::Log {
            path: database.to_owned(),
            source: Box::new(source),
        })
    };
    let path = checkpoints::path_of(database);
    let note = checkpoints::read(path.clone()).map_err(trouble)?;
    let mut connection = read_alone(database).await.map_err(failed)?;
    let edge = tiles::edge(&mut connection).await.map_err(failed)?;
    let key = log_key(&mut connection).await.map_err(failed)?;
    let (Some(note), Some(key)) = (note, key) else {
        let leaves = edge.size();
        return Err(trouble(LogTrouble::NoCheckpoint { leaves, path }));
    };
    let compared = compare(&mut connection, &edge, &key, note).await.map_err(failed)?;
    compared.map_err(trouble)?;
    connection.close().await.map_err(failed)?;
    let log = BackupLog {
        key,
        leaves: edge.size(),
        root: edge.root(),
    };
    let said = &manifest.log;
    if (log.leaves, log.root.to_hex()) != (said.leaves, said.root.clone()) {
        return Err(RestoreError::NotOfManifest {
            found: log.leaves,
            found_root: log.root,
            expected: said.leaves,
            expected_root: said.root.chars().take(64).collect(),
        });
    }
    Ok(log)
}

/// Leaves of a backup's log that the witness's file has seen: it grew there, whether or not somebody gave it.
fn witnessed(opening: &Opening, log: &BackupLog) -> Option<u64> {
    let note = checkpoints::read(opening.witness.clone()?).ok()??;
    let trust = LogTrust::new(log.key.name().as_str(), log.key.clone()).ok()?;
    Some(trust.open(&note.bytes).ok()?.checkpoint().size())
}

impl Sqlite {
    pub(crate) async fn restore(
        database: &Path,
        opening: &Opening,
        log: &BackupLog,
        newer: Option<&NewerLog>,
        at: Timestamp,
        by: &Principal,
    ) -> Result<(Self, Restored), RestoreError> {
        let witnessed = witnessed(opening, log);
        let from = RestoredFrom {
            told: newer.map_or(log.leaves, |newer| newer.leaves),
            newer: newer.map(|newer| newer.leaves).max(witnessed),
        };
        let store = Self::open_as(database, opening, Some(&from)).await?;
        let mut restored = Restored {
            disposed_again: 0,
            arrived_later: 0,
            witnessed,
            example: None,
        };
        let Some(newer) = newer else {
            return Ok((store, restored));
        };
        let (here, elsewhere) = store.going_again(&newer.disposals).await?;
        if let Some((first, _)) = here.first() {
            restored.example = store.name_of(*first).await?;
        }
        restored.disposed_again = here.len() as u64;
        restored.arrived_later = elsewhere.len() as u64;
        let again = |here: &[(i64, LoggedDisposal)], elsewhere: &[LoggedDisposal]| DisposingAgain {
            at,
            log: newer.name.clone(),
            here: here.to_vec(),
            elsewhere: elsewhere.to_vec(),
        };
        for here in here.chunks(TOGETHER) {
            store.commit(Change::DisposeAgain(&again(here, &[])), by).await?;
        }
        for elsewhere in elsewhere.chunks(TOGETHER) {
            store.commit(Change::DisposeAgain(&again(&[], elsewhere)), by).await?;
        }
        Ok((store, restored))
    }

    /// Disposals of messages that are here, by their numbers, and of those that arrived after the backup. A message that was here when the
    /// backup was made is known by what the log says, or the backup was altered.
    async fn going_again(
        &self,
        disposals: &[LoggedDisposal],
    ) -> Result<(Vec<(i64, LoggedDisposal)>, Vec<LoggedDisposal>), RestoreError> {
        if disposals.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let (last, known) = self
            .reading(|mut reader| async move {
                let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'envelopes'";
                let last: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reader).await?;
                let rows = sqlx::query(
                    "SELECT i.message, i.tag, EXISTS (SELECT 1 FROM disposals d WHERE d.message = i.message) FROM identities i",
                )
                .fetch_all(&mut *reader)
                .await?;
                let mut known: HashMap<Hash, (i64, bool)> = HashMap::with_capacity(rows.len());
                for row in &rows {
                    known.insert(named(row.try_get(1)?), (row.try_get(0)?, row.try_get(2)?));
                }
                Ok((last, known))
            })
            .await?;
        let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
        for disposal in disposals {
            match (known.get(&disposal.record), disposal.number) {
                (None, None) => elsewhere.push(disposal.clone()),
                (None, Some(number)) if number > last => elsewhere.push(disposal.clone()),
                (Some((found, is_gone)), number) if number.is_none_or(|number| number == *found) => {
                    if !is_gone {
                        here.push((*found, disposal.clone()));
                    }
                }
                (_, number) => {
                    return Err(RestoreError::OtherRecord {
                        leaf: disposal.leaf,
                        place: disposal.place,
                        number: number.unwrap_or_default(),
                    });
                }
            }
        }
        // One that was carried out again before is told of twice.
        here.sort_by_key(|(number, disposal)| (*number, disposal.leaf, disposal.place));
        here.dedup_by_key(|(number, _)| *number);
        let mut seen = HashSet::new();
        elsewhere.retain(|disposal| seen.insert(disposal.record));
        Ok((here, elsewhere))
    }

    /// The name of a message, where it can be read.
    async fn name_of(&self, number: i64) -> Result<Option<MessageId>, StorageError> {
        let found = self.message_ids(number - 1, 1, Sent::default()).await;
        match found {
            Ok(found) => Ok(found.into_iter().find(|one| one.arrival == number).map(|one| one.id)),
            Err(error) if error.cause == crate::storage::StorageCause::Corrupt => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// True if nothing of a message is left but its tombstone, and its tag leads there: what every message that was disposed of is.
    pub(crate) async fn stays_disposed(&self) -> Result<Option<(i64, bool)>, StorageError> {
        self.reading(|mut reader| async move {
            let row = sqlx::query(
                "SELECT d.message, EXISTS (SELECT 1 FROM identities i WHERE i.message = d.message)
                     AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.message = d.message)
                     AND NOT EXISTS (SELECT 1 FROM envelopes e WHERE e.message = d.message)
                 FROM disposals d ORDER BY 2, 1 LIMIT 1",
            )
            .fetch_optional(&mut *reader)
            .await?;
            row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
        })
        .await
    }
}
