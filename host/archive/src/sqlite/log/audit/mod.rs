//! The audit of an archive: every leaf, every entry, every row that the log tells of.
//!
//! What is counted is counted at one moment, which is also the end of what is read. The log is then read in parts, each in a transaction
//! of its own, so that a writer beside it is not held up.

mod beside;
mod export;
mod found;
mod stored;
mod walk;

use super::checkpoints::{self, FoundNote};
use super::start::{LogKeys, log_keys};
use crate::audit::{Audit, AuditFault, Signed};
use crate::log::LogTrouble;
use crate::opening::ArchiveError;
use crate::sqlite::Sqlite;
use crate::sqlite::rows::damage;
use export::Export;
use found::Found;
use proviso_proof::export::CHECKPOINT;
use proviso_proof::log_check::LogCheck;
use proviso_proof::note::{LogTrust, VerifiedCheckpoint, VerifierKey};
use proviso_proof::tree::Edge;
use sqlx::Connection as _;
use std::path::{Path, PathBuf};
use stored::{field, first_entry, number};
use walk::Walk;

/// What each message is known by: the table is ordered by that, and asked by the message.
const TAGS: [&str; 2] = [
    "CREATE TEMP TABLE audit_tags (message INTEGER NOT NULL, tag BLOB NOT NULL, PRIMARY KEY (message, tag)) WITHOUT ROWID",
    "INSERT INTO audit_tags SELECT message, tag FROM identities ORDER BY message, tag",
];

/// Why an audit ended early.
enum Ended {
    Sql(sqlx::Error),
    File(PathBuf, std::io::Error),
}

impl From<sqlx::Error> for Ended {
    fn from(error: sqlx::Error) -> Self {
        Ended::Sql(error)
    }
}

impl Sqlite {
    /// Reads the whole log and all that it tells of. `expected` is the key that the log is to be signed by, from elsewhere. Where a folder is
    /// given, what the checkpoint was signed over is written there, and what was committed since is not read.
    pub(crate) async fn audit(
        &self,
        expected: Option<&VerifierKey>,
        folder: Option<&Path>,
    ) -> Result<Audit, ArchiveError> {
        let trouble = |source| ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        };
        // Before the database: what is committed is never behind what was signed.
        let note = checkpoints::read(checkpoints::path_of(&self.path)).map_err(trouble)?;
        if folder.is_some() && note.is_none() {
            let path = checkpoints::path_of(&self.path);
            return Err(trouble(LogTrouble::NothingSigned { path }));
        }
        let witness = self.witness.clone().map(checkpoints::read).transpose();
        let witness = witness.map_err(trouble)?.flatten();
        let found = self.read_all((note, witness), expected, folder).await;
        found.map_err(|ended| match ended {
            Ended::Sql(error) => self.storage(error).into(),
            Ended::File(path, source) => trouble(LogTrouble::Io { path, source }),
        })
    }

    async fn read_all(
        &self,
        (note, witness): (Option<FoundNote>, Option<FoundNote>),
        expected: Option<&VerifierKey>,
        folder: Option<&Path>,
    ) -> Result<Audit, Ended> {
        let mut connection = self.readers.connect_apart().await?;
        sqlx::query("BEGIN").execute(&mut connection).await?;
        let mut found = Found::default();
        let leaves: i64 = number(&mut connection, "SELECT coalesce(max(leaf) + 1, 0) FROM log_leaves").await?;
        let key = log_keys(&mut connection, None).await?.map(|keys| keys.log);
        let before = first_entry(&mut connection).await?;
        found.count(&mut connection, leaves, before.as_ref()).await?;
        for sql in TAGS {
            sqlx::query(sql).execute(&mut connection).await?;
        }
        if note.is_none() && leaves > 1 {
            found.fault(AuditFault::NoCheckpoint(checkpoints::path_of(&self.path)));
        }
        let checkpoint = opened(note.as_ref(), key.as_ref(), &mut found);
        // An export ends where the checkpoint beside the archive does.
        let witness = witness.filter(|_| folder.is_none());
        let witnessed = opened(witness.as_ref(), key.as_ref(), &mut found);
        for (opened, note) in [(&checkpoint, &note), (&witnessed, &witness)] {
            if let (Some(opened), Some(note)) = (opened, note) {
                let named = log_keys(&mut connection, Some(opened.checkpoint().size())).await?;
                signed_in_sm2(opened, named, note, &mut found);
            }
        }
        sqlx::query("COMMIT").execute(&mut connection).await?;
        let key = key.map(|key| key.to_string());
        if leaves > 0 && (before.is_none() || key.is_none()) {
            found.fault(AuditFault::Entry { leaf: 0, place: 0 });
        }
        let expected = expected.map(ToString::to_string);
        if let Some(expected) = expected.filter(|expected| key.as_ref() != Some(expected)) {
            let named = key.clone().unwrap_or_default();
            found.fault(AuditFault::Key { found: named, expected });
        }
        let check = LogCheck::new(checkpoint.iter().chain(&witnessed).map(VerifiedCheckpoint::checkpoint));
        let messages_before = before.as_ref().map_or(0, |entry| field(entry, "messages").unwrap_or(0));
        let mut walk = Walk {
            store: self,
            check,
            edge: Edge::new(),
            next_message: messages_before + 1,
            found,
            messages: 0,
            rows: 0,
            export: folder.map(|_| Export::default()),
        };
        let signed = checkpoint.as_ref().map(|opened| opened.checkpoint().size());
        let end = match folder.and(signed) {
            Some(signed) => leaves.min(i64::try_from(signed).unwrap_or(i64::MAX)),
            None => leaves,
        };
        let mut next = 0;
        while next < end {
            sqlx::query("BEGIN").execute(&mut connection).await?;
            let last = walk.part(&mut connection, next, end).await?;
            sqlx::query("COMMIT").execute(&mut connection).await?;
            let Some(last) = last else { break };
            next = last + 1;
            if let (Some(export), Some(folder)) = (&mut walk.export, folder) {
                write(folder, std::mem::take(&mut export.ready))?;
            }
        }
        if let (Some(export), Some(folder)) = (&mut walk.export, folder) {
            export.finish(&walk.edge).map_err(|error| damage(error.to_string()))?;
            export
                .ready
                .push((CHECKPOINT.to_owned(), note.map(|note| note.bytes).unwrap_or_default()));
            write(folder, std::mem::take(&mut export.ready))?;
        }
        // The temporary table goes with the connection.
        connection.close().await?;
        let log = walk.check.finish();
        Ok(Audit {
            checkpoint: checkpoint.map(|opened| Signed {
                size: opened.checkpoint().size(),
                root: opened.checkpoint().root(),
                origin: opened.checkpoint().origin().to_owned(),
            }),
            key,
            messages: walk.messages,
            messages_before: messages_before.unsigned_abs(),
            rows: walk.rows,
            faults_count: walk.found.count + log.faults_count,
            faults: walk.found.faults,
            log,
        })
    }
}

/// A checkpoint that the log's key signed.
fn opened(note: Option<&FoundNote>, key: Option<&VerifierKey>, found: &mut Found) -> Option<VerifiedCheckpoint> {
    let (note, key) = (note?, key?);
    let trust = LogTrust::new(key.name().as_str(), key.clone()).ok()?;
    match trust.open(&note.bytes) {
        Ok(opened) => Some(opened),
        Err(source) => {
            let path = note.path.clone();
            found.fault(AuditFault::Checkpoint { path, source });
            None
        }
    }
}

/// That a checkpoint is signed in SM2 as well, where the part of the log that it covers says so.
fn signed_in_sm2(opened: &VerifiedCheckpoint, named: Option<LogKeys>, note: &FoundNote, found: &mut Found) {
    let Some(LogKeys { log, sm2: Some(sm2) }) = named else {
        return;
    };
    let trust = LogTrust::new(log.name().as_str(), log.clone()).and_then(|trust| trust.with_sm2(sm2));
    // Keys that an entry names and that are no log's: what the log says is compared elsewhere, and an entry cannot be altered unseen.
    let Ok(trust) = trust else { return };
    if let Err(source) = trust.verify(opened.note().clone()) {
        let path = note.path.clone();
        found.fault(AuditFault::Checkpoint { path, source });
    }
}

/// A command's own files, of which there are few: nobody else waits meanwhile.
fn write(folder: &Path, files: Vec<(String, Vec<u8>)>) -> Result<(), Ended> {
    for (path, bytes) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, bytes));
        written.map_err(|error| Ended::File(path.clone(), error))?;
    }
    Ok(())
}
