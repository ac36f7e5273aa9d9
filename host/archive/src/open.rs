//! Opening an archive: lock, file, version, migrations.

use crate::lock::{LockFailure, WriterLock, lock_path};
use crate::names::Names;
use crate::storage::{StorageCause, StorageError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqlStr, SqliteConnection};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// In the order of their numbers. A file of `migrations/` that is missing here fails a test.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let migration = |number, description: &'static str, sql| {
        Migration::new(
            number,
            description.into(),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )
    };
    Migrator::with_migrations(vec![
        migration(1, "archive", include_str!("../migrations/0001_archive.sql")),
        migration(
            2,
            "quarantine and rejudging",
            include_str!("../migrations/0002_quarantine_and_rejudging.sql"),
        ),
        migration(3, "trust", include_str!("../migrations/0003_trust.sql")),
    ])
});

/// `PRVS`, in the header of every archive (<https://www.sqlite.org/fileformat2.html#application_id>).
const APPLICATION_ID: i64 = 0x5052_5653;
/// The oldest SQLite that may write: 3.51.3 repairs the reset of a write-ahead log under two checkpoints at once.
const SQLITE_VERSION_MIN: [u32; 3] = [3, 51, 3];
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that read beside the writer.
const READERS_MAX: u32 = 4;
/// Pages in the write-ahead log before it is copied into the file: 32 MiB, so that a hot page is copied once for many batches.
const CHECKPOINT_PAGES: u32 = 8_192;
/// The write-ahead log is cut back to this size after it was copied.
const LOG_BYTES_MAX: u32 = 64 << 20;
/// Page cache of the writer in KiB, and of each reader.
const WRITER_CACHE_KIB: u32 = 64 << 10;
const READER_CACHE_KIB: u32 = 8 << 10;

/// An open archive. Clones share it. Its methods may be called from any task; writes wait for each other.
#[derive(Clone)]
pub struct Archive {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: Option<SqlitePool>,
    readers: SqlitePool,
    names: Mutex<Arc<Names>>,
    // Last, so that it is dropped after the connections.
    _lock: Option<WriterLock>,
}

/// An archive could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Another process writes it, or this one opened it before.
    #[error("archive {path:?} is in use by {}", holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    InUse {
        /// The archive.
        path: PathBuf,
        /// The number of the process that holds it.
        holder: Option<u32>,
    },
    /// There is none, and it was not to be made.
    #[error("there is no archive at {path:?}")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path:?} is not an archive of Proviso: {found}")]
    NotAnArchive {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// A newer Proviso has written it.
    #[error(
        "archive {path:?} has schema version {found}, and this program knows versions up to {known}: use the newer Proviso \
         that wrote it"
    )]
    Newer {
        /// The archive.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// It must be opened for writing once before it can be read.
    #[error(
        "archive {path:?} has schema version {found}, and this program reads version {known}: start `proviso serve` once to \
         bring it up to date"
    )]
    Older {
        /// The archive.
        path: PathBuf,
        /// Its schema version; 0 if it has no tables yet.
        found: i64,
        /// The version read here.
        known: i64,
    },
    /// Its migrations are not those of any released Proviso.
    #[error("archive {path:?}: its schema was changed by something other than Proviso")]
    Altered {
        /// The archive.
        path: PathBuf,
        /// What the migrator says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// This program was built with a SQLite that may lose data.
    #[error("built with SQLite {found:?}, and at least 3.51.3 is needed")]
    OldSqlite {
        /// The version built in.
        found: String,
    },
    /// The file, its lock or its permissions cannot be had.
    #[error("cannot prepare {path:?}")]
    Prepare {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is damaged, the disk full, and the like.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Archive {
    /// Opens an archive for reading and writing; makes it if there is none (its folder must exist), and brings an older
    /// one up to date. The file and its companions (`-wal`, `-shm`, `.lock`) are readable by their owner alone.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        let path = path.as_ref();
        let lock = WriterLock::take(path).map_err(|failure| match failure {
            LockFailure::Held(holder) => ArchiveError::InUse {
                path: path.to_owned(),
                holder,
            },
            LockFailure::Io(source) => ArchiveError::Prepare {
                path: lock_path(path),
                source,
            },
        })?;
        prepare_file(path).map_err(|source| ArchiveError::Prepare {
            path: path.to_owned(),
            source,
        })?;
        let storage = |error| StorageError::new(path, error);
        let base = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let schema = inspect(path, &base).await?;
        schema.refuse_newer(path)?;

        let options = writer_options(base);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // Writes wait in line as long as it takes: giving up would be a lost batch for a queue that was merely long.
            .acquire_timeout(Duration::from_mins(10))
            .connect_with(options)
            .await
            .map_err(storage)?;
        if schema.version == 0 {
            // The number is a constant of this file; SQLite takes no parameters in a PRAGMA.
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
            sqlx::query(sql).execute(&writer).await.map_err(storage)?;
        }
        MIGRATIONS.run(&writer).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
                ArchiveError::Storage(StorageError::new(path, error))
            }
            other => ArchiveError::Altered {
                path: path.to_owned(),
                source: Box::new(other),
            },
        })?;
        let readers = readers(path).await?;
        let names = Names::load(&writer).await.map_err(storage)?;
        Ok(Self::from_parts(path, Some(writer), readers, names, Some(lock)))
    }

    /// Opens an archive for reading alone, while another process writes it or not. Writing methods answer
    /// [`StorageCause::ReadOnly`].
    pub async fn open_readonly(path: impl AsRef<Path>) -> Result<Self, ArchiveError> {
        let path = path.as_ref();
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(ArchiveError::Missing { path: path.to_owned() }),
            Err(source) => {
                return Err(ArchiveError::Prepare {
                    path: path.to_owned(),
                    source,
                });
            }
        }
        let base = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT)
            .read_only(true);
        let schema = inspect(path, &base.disable_statement_logging()).await?;
        schema.refuse_newer(path)?;
        let known = newest_version();
        if schema.version < known {
            return Err(ArchiveError::Older {
                path: path.to_owned(),
                found: schema.version,
                known,
            });
        }
        let readers = readers(path).await?;
        Ok(Self::from_parts(path, None, readers, Names::default(), None))
    }

    /// Finishes what is running, copies the write-ahead log into the file, and releases the lock. Clones are closed too.
    /// Dropping the archive without it loses nothing, and leaves the copying to the next open.
    pub async fn close(self) {
        self.inner.readers.close().await;
        if let Some(writer) = &self.inner.writer {
            writer.close().await;
        }
    }

    /// The archive's file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    fn from_parts(
        path: &Path,
        writer: Option<SqlitePool>,
        readers: SqlitePool,
        names: Names,
        lock: Option<WriterLock>,
    ) -> Self {
        let names = Mutex::new(Arc::new(names));
        Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                writer,
                readers,
                names,
                _lock: lock,
            }),
        }
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    /// The only connection that writes.
    pub(crate) fn writer(&self) -> Result<&SqlitePool, StorageError> {
        self.inner
            .writer
            .as_ref()
            .ok_or_else(|| StorageError::reading_alone(&self.inner.path))
    }

    /// Names the archive in what a read meets.
    pub(crate) async fn reading<T>(
        &self,
        read: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StorageError> {
        read.await.map_err(|error| self.storage(error))
    }

    pub(crate) fn storage(&self, error: sqlx::Error) -> StorageError {
        StorageError::new(&self.inner.path, error)
    }

    pub(crate) fn corrupt(&self, detail: impl Into<String>) -> StorageError {
        StorageError::corrupt(&self.inner.path, detail.into())
    }

    /// The rows' numbers of names that were committed.
    pub(crate) fn names(&self) -> Arc<Names> {
        Arc::clone(
            &self
                .inner
                .names
                .lock()
                .expect("no code panics while it holds this lock"),
        )
    }

    pub(crate) fn set_names(&self, names: Names) {
        *self
            .inner
            .names
            .lock()
            .expect("no code panics while it holds this lock") = Arc::new(names);
    }
}

/// What is in a file before anything is changed in it.
struct Schema {
    /// 0 for an empty file.
    version: i64,
}

impl Schema {
    fn refuse_newer(&self, path: &Path) -> Result<(), ArchiveError> {
        let known = newest_version();
        if self.version > known {
            return Err(ArchiveError::Newer {
                path: path.to_owned(),
                found: self.version,
                known,
            });
        }
        Ok(())
    }
}

fn newest_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

async fn inspect(path: &Path, options: &SqliteConnectOptions) -> Result<Schema, ArchiveError> {
    let not_an_archive = |found| ArchiveError::NotAnArchive {
        path: path.to_owned(),
        found,
    };
    let failed = |error| match StorageError::new(path, error) {
        error if error.cause == StorageCause::NotADatabase => not_an_archive("it is no SQLite database"),
        error => error.into(),
    };
    let mut connection = options.connect().await.map_err(failed)?;
    refuse_old_sqlite(&mut connection).await.map_err(failed)??;
    let number = |sql| sqlx::query_scalar::<_, i64>(sql);
    let tables = number("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    let application = number("PRAGMA application_id")
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    let version = if tables == 0 {
        0
    } else if application == APPLICATION_ID {
        // A process that was killed between the header and the first migration leaves an empty list, or none.
        let migrated = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
        if number(migrated).fetch_one(&mut connection).await.map_err(failed)? == 0 {
            return Err(not_an_archive("it carries the mark of one, and has none of its tables"));
        }
        let newest = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";
        number(newest).fetch_one(&mut connection).await.map_err(failed)?
    } else {
        return Err(not_an_archive("it is another program's database"));
    };
    connection.close().await.map_err(failed)?;
    Ok(Schema { version })
}

async fn refuse_old_sqlite(connection: &mut SqliteConnection) -> Result<Result<(), ArchiveError>, sqlx::Error> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await?;
    let mut parts = found.split('.').map(|part| part.parse().unwrap_or(0));
    let version: [u32; 3] = std::array::from_fn(|_| parts.next().unwrap_or(0));
    Ok(if version < SQLITE_VERSION_MIN {
        Err(ArchiveError::OldSqlite { found })
    } else {
        Ok(())
    })
}

/// Makes the file before SQLite does, so that it is never readable by others; its companions inherit the mode.
fn prepare_file(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let permissions = std::fs::metadata(path)?.permissions();
            if permissions.mode() & 0o077 != 0 {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(permissions.mode() & 0o700))?;
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn writer_options(base: SqliteConnectOptions) -> SqliteConnectOptions {
    base.journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("journal_size_limit", LOG_BYTES_MAX.to_string())
        // A statement of many rows that may fail keeps the pages it changes aside until it ends: in memory, not in /tmp.
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .statement_cache_capacity(256)
}

async fn readers(path: &Path) -> Result<SqlitePool, StorageError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", format!("-{READER_CACHE_KIB}"))
        .pragma("trusted_schema", "OFF")
        .row_buffer_size(512)
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|error| StorageError::new(path, error))
}
