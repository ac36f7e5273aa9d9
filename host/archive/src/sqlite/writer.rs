//! The one connection that writes, and the one function that opens a transaction on it.
//!
//! While a transaction runs the connection is out of its place. It comes back after a commit or a rollback that succeeded, and
//! after nothing else: a connection whose commit failed may believe itself within a transaction for ever. Where the future is
//! dropped midway, the connection goes with it, and SQLite rolls back what ran there.

use super::Sqlite;
use super::changes;
use super::clock::ClockGuard;
use super::disposal;
use super::failure::Failure;
use super::log::entries::Entries;
use super::log::{Log, tiles};
use super::names::Names;
use super::sealing::Sealing;
use super::settings;
use super::unallocated::{self, Pages, Unallocated};
use super::vocabulary::Vocabulary;
use super::write_count::WriteCount;
use crate::change::{Change, CommitError, Receipt};
use crate::health::Health;
use crate::storage::{StorageCause, StorageError};
use futures_core::future::BoxFuture;
use proviso_model::Principal;
use proviso_proof::tree::{Appended, Edge};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::path::Path;

/// What only the writer has. Its lock is the line in which changes wait, and is held over awaits for that reason.
pub(super) struct Writer {
    pub(super) options: SqliteConnectOptions,
    /// Absent while a transaction runs, and after one that failed.
    pub(super) connection: Option<SqliteConnection>,
    /// The numbers of names that were committed. Absent while a transaction runs, and after one that was dropped midway.
    pub(super) known: Option<Vocabulary>,
    pub(super) log: Log,
    /// The number of committed changes, outside the database.
    pub(super) count: WriteCount,
    /// True while the write-ahead log may have what was disposed of.
    pub(super) unclean: bool,
    /// What may stand in the unallocated space of pages.
    pub(super) unallocated: Unallocated,
    /// What the clock showed when the archive was opened.
    pub(super) clock: ClockGuard,
    /// True once the archive was closed.
    pub(super) closed: bool,
}

/// How a transaction ended.
enum Ended {
    /// Committed; so many changes were, up to and with it, and this leaf was appended to the log.
    Committed(Receipt, u64, Option<Appended>),
    /// Rolled back, and the connection is as it was before.
    RolledBack(Failure),
    /// Neither is certain of the connection. Nothing of the change is in the file.
    Broken(Failure),
}

impl Sqlite {
    /// Writes one change in one transaction. In a box: exports, which are compiled for each sink, commit too.
    pub(crate) fn commit<'a>(
        &'a self,
        change: Change<'a>,
        by: &'a Principal,
    ) -> BoxFuture<'a, Result<Receipt, CommitError>> {
        Box::pin(self.write(change, by))
    }

    async fn write(&self, change: Change<'_>, by: &Principal) -> Result<Receipt, CommitError> {
        change.refuse_ill_formed()?;
        let writer = self
            .writer
            .as_ref()
            .ok_or_else(|| StorageError::reading_alone(&self.path))?;
        let mut writer = writer.lock().await;
        if writer.closed {
            return Err(StorageError::closed(&self.path).into());
        }
        let mut connection = match writer.connection.take() {
            Some(connection) => connection,
            None => match settings::connect(&writer.options, &settings::WRITER).await {
                Ok(connection) => connection,
                Err(error) => return Err(self.failed(error).into()),
            },
        };
        let mut known = match writer.known.take() {
            Some(known) => known,
            None => match Names::load(&mut connection).await {
                Ok(names) => Vocabulary::new(names),
                Err(error) => return Err(self.failed(error).into()),
            },
        };
        let mut edge = writer.log.edge.take();
        let before = known.names.clone();
        let ended = transaction(
            &mut connection,
            &mut known,
            &mut edge,
            &self.sealing,
            &writer.clock,
            change,
            by,
        );
        match ended.await {
            Ended::Committed(receipt, count, appended) => {
                writer.log.committed(edge, appended);
                writer.unclean |= unallocated::destroys(change);
                if let Change::Dispose(disposing) = change
                    && disposing.clock_is_right
                {
                    writer.clock.trust();
                }
                if let Change::Messages(_) | Change::Dispose(_) | Change::DisposeAgain(_) = change {
                    self.index.want();
                }
                if let Change::Dispose(_) | Change::DisposeAgain(_) = change
                    && let Err(error) = self.clear_page_cache().await
                {
                    tracing::warn!(%error, "pages of the index that are not there any more may be in memory until the next pass of indexing");
                }
                writer.unallocated.changed(change);
                if let Some(pages) = writer.unallocated.unclean()
                    && self.pages_cleared(&mut connection, pages).await
                {
                    writer.unallocated.cleared();
                }
                if writer.unclean && writer.unallocated.unclean().is_none() {
                    writer.unclean = !self.emptied(&mut connection).await;
                }
                writer.connection = Some(connection);
                self.meanings.remember(&known.names);
                writer.known = Some(known);
                self.set_health(Health::Writing);
                // The change is on disk: whatever this meets is told in the log, and takes nothing back.
                writer.count.note(count).await;
                Ok(receipt)
            }
            Ended::RolledBack(failure) => {
                writer.log.edge = edge;
                known.roll_back(before);
                writer.known = Some(known);
                writer.connection = Some(connection);
                drop(writer);
                Err(self.explain(failure, change).await)
            }
            Ended::Broken(failure) => {
                known.roll_back(before);
                writer.known = Some(known);
                if let Err(error) = connection.close().await {
                    tracing::debug!(%error, "the connection of a failed transaction was not closed cleanly");
                }
                drop(writer);
                Err(self.explain(failure, change).await)
            }
        }
    }

    /// Clears the unallocated space of pages, of all or of those that changed; false where it could not, and is to be tried again.
    async fn pages_cleared(&self, connection: &mut SqliteConnection, pages: Pages) -> bool {
        match self.clear_pages(connection, pages).await {
            Ok(pages) => {
                tracing::debug!(pages, "unallocated space was cleared");
                true
            }
            Err(error) => {
                tracing::warn!(%error, "a copy of what was disposed of may stand in unallocated space of the database until a later transaction");
                false
            }
        }
    }

    /// Empties the write-ahead log of what was disposed of; false where it could not, and is to be tried again.
    async fn emptied(&self, connection: &mut SqliteConnection) -> bool {
        match disposal::empty_log_file(connection).await {
            Ok(true) => true,
            Ok(false) => {
                tracing::warn!(
                    "somebody reads: what was disposed of stands in the write-ahead log until a later transaction"
                );
                false
            }
            Err(error) => {
                tracing::warn!(%error, "what was disposed of stands in the write-ahead log until a later transaction");
                false
            }
        }
    }

    async fn clear_pages(&self, connection: &mut SqliteConnection, pages: Pages) -> Result<u64, sqlx::Error> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let changed = match pages {
            Pages::All => None,
            Pages::Changed => Some(unallocated::written(Path::new(&log))?),
        };
        unallocated::clear(connection, changed.as_ref()).await
    }

    async fn explain(&self, failure: Failure, change: Change<'_>) -> CommitError {
        match failure {
            Failure::Refused(refused) => refused,
            Failure::Sql(error) => match self.not_new(&error, change).await {
                Ok(Some(id)) => CommitError::NotNew { id },
                Ok(None) => self.failed(error).into(),
                Err(error) => error.into(),
            },
        }
    }

    /// Remembers that a commit failed.
    fn failed(&self, error: sqlx::Error) -> StorageError {
        let error = self.storage(error);
        // A row that breaks a rule of the schema says nothing of the file.
        if error.cause != StorageCause::Other {
            self.set_health(self.health().failed(error.cause));
        }
        error
    }
}

async fn transaction(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    edge: &mut Option<Edge>,
    sealing: &Sealing,
    clock: &ClockGuard,
    change: Change<'_>,
    by: &Principal,
) -> Ended {
    // Plain statements: sqlx counts the depth of its own transactions, and counts wrong after a commit that failed.
    if let Err(error) = sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await {
        // A lock of another program: nothing began. Whatever else it was, a new connection finds out.
        return Ended::Broken(error.into());
    }
    let written = async {
        let mut entries = Entries::new(by);
        let receipt = changes::write(connection, known, sealing, clock, change, by, &mut entries).await?;
        // Within the transaction: the commit of one whose future was dropped may have come meanwhile.
        let edge = match edge {
            Some(edge) => edge,
            None => edge.insert(tiles::edge(connection).await?),
        };
        let appended = tiles::append(connection, edge, entries, change.at()).await?;
        if unallocated::destroys(change) {
            unallocated::mark(connection).await?;
        }
        let count: i64 = sqlx::query_scalar("UPDATE writes SET writes = writes + 1 RETURNING writes")
            .fetch_one(&mut *connection)
            .await?;
        Ok((receipt, count, appended))
    };
    match written.await {
        Ok((receipt, count, appended)) => match sqlx::query("COMMIT").execute(&mut *connection).await {
            Ok(_) => Ended::Committed(receipt, count.unsigned_abs(), appended),
            Err(error) => Ended::Broken(error.into()),
        },
        Err(failure) => match sqlx::query("ROLLBACK").execute(&mut *connection).await {
            Ok(_) => Ended::RolledBack(failure),
            // SQLite rolls some failures back by itself, and then has nothing to roll back.
            Err(_) => Ended::Broken(failure),
        },
    }
}
