//! The store in one SQLite file. Every statement of SQLite's dialect stands in this folder; what the archive promises stands
//! outside, in [`Archive`](crate::Archive), and is held by the conformance suite in `tests/conformance`.
//!
//! `writer` is the one way to the one connection that writes, `readers` lends those that read, and `changes` names the
//! statements of each [`Change`](crate::Change). The other files are what their names say, once for reading and writing.

mod acts;
mod alerts;
mod backup;
mod bulk;
mod changes;
mod clock;
mod conflicts;
mod consents;
mod differences;
mod directory;
mod disposal;
#[cfg(test)]
mod disposal_model_tests;
#[cfg(test)]
mod disposal_tests;
mod disposed_again;
mod disposed_elsewhere;
mod disposed_names;
mod endings;
mod evidence;
mod failure;
mod folds;
#[cfg(test)]
mod full_disk_tests;
mod generations;
mod held;
mod holds;
mod index;
mod ingest;
mod known;
mod lock;
mod log;
#[cfg(test)]
mod log_tests;
mod meanings;
mod messages;
mod migrations;
mod names;
mod offered;
mod offsets;
mod open;
mod packed;
mod people;
mod permissions;
mod quarantines;
mod readers;
#[cfg(test)]
mod readers_tests;
mod recorded;
mod records;
mod rejudge;
mod requests;
pub(crate) mod restore;
mod rewrap;
mod rows;
mod said;
mod saved_queries;
mod sealing;
mod search;
mod settings;
mod stats;
mod steps;
#[cfg(test)]
#[path = "../../tests/support/mod.rs"]
pub(crate) mod support;
mod tables;
mod threads;
mod trust;
mod unallocated;
mod upgrade;
mod users;
mod vocabulary;
mod whole_file;
mod write_count;
mod writer;

pub(crate) use log::witnessed::question as witness_question;

use crate::health::Health;
use crate::storage::StorageError;
use index::Index;
use lock::WriterLock;
use meanings::Meanings;
use readers::{Loan, ReadFailure, Readers};
use sealing::Sealing;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use writer::Writer;

/// An open SQLite file.
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Option<tokio::sync::Mutex<Writer>>,
    readers: Readers,
    health: Mutex<Health>,
    meanings: Meanings,
    sealing: Sealing,
    index: Index,
    /// Another file with a checkpoint of the log.
    witness: Option<PathBuf>,
    // Last, so that it is dropped after the connections.
    _lock: Option<WriterLock>,
}

impl Sqlite {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_health(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// Readers first: the last connection that is closed copies the write-ahead log into the file and removes it.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let Some(writer) = &self.writer else { return };
        let mut writer = writer.lock().await;
        writer.closed = true;
        if let Some(connection) = writer.connection.take()
            && let Err(error) = sqlx::Connection::close(connection).await
        {
            tracing::warn!(%error, "the write-ahead log was not copied into the archive; the next start does it");
        }
        writer.log.checkpoints.close().await;
        if let Err(error) = writer.count.sync().await {
            tracing::warn!(%error, "the number of writes may not be on disk");
        }
    }

    /// Reads on a connection of its own, and names the archive in what it meets.
    async fn reading<T, F>(&self, read: impl FnOnce(Loan) -> F) -> Result<T, StorageError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        self.readers.lend(read).await.map_err(|failure| match failure {
            ReadFailure::TooLong => StorageError::too_long(&self.path, self.readers.time_max()),
            ReadFailure::Closed => StorageError::closed(&self.path),
            ReadFailure::Sql(error) => self.storage(error),
        })
    }

    fn storage(&self, error: sqlx::Error) -> StorageError {
        StorageError::new(&self.path, error)
    }
}
