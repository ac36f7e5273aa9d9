//! Opening an archive: lock, file, version, migrations, and whether everything that was acknowledged is there.

use super::Sqlite;
use super::clock::ClockGuard;
use super::disposal;
use super::index::Index;
use super::lock::{LockFailure, WriterLock, is_held, lock_path};
use super::log::start::{LostWrites, RestoredFrom, Start, doubted};
use super::meanings::Meanings;
use super::migrations::{MIGRATIONS, NEWEST};
use super::names::Names;
use super::readers::Readers;
use super::sealing::{Rings, Sealing, SealingFailure};
use super::settings::{self, WrongSetting};
use super::unallocated::{self, Unallocated};
use super::upgrade;
use super::vocabulary::Vocabulary;
use super::write_count::{self, Counted, WriteCount};
use super::writer::Writer;
use crate::health::Health;
use crate::keys::{KeyError, KeyPlace};
use crate::opening::{ArchiveError, Opening, beside};
use crate::storage::{StorageCause, StorageError};
use proviso_model::Timestamp;
use proviso_seal::{FileRing, KeyRing, SuiteName};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// `PRVS`, in the header of every archive (<https://www.sqlite.org/fileformat2.html#application_id>).
const APPLICATION_ID: i64 = 0x5052_5653;
/// The oldest SQLite that may write: 3.51.3 repairs the reset of a write-ahead log under two checkpoints at once.
const SQLITE_VERSION_MIN: [u32; 3] = [3, 51, 3];
/// The schema version since which archives are sealed.
const SEALED_SINCE: i64 = 5;

impl Sqlite {
    pub(crate) async fn open(path: &Path, opening: &Opening) -> Result<Self, ArchiveError> {
        Self::open_as(path, opening, None).await
    }

    /// As what it is, or as a backup that was restored.
    pub(super) async fn open_as(
        path: &Path,
        opening: &Opening,
        restored: Option<&RestoredFrom>,
    ) -> Result<Self, ArchiveError> {
        let prepare = |path: &Path| {
            let path = path.to_owned();
            move |source| ArchiveError::Prepare { path, source }
        };
        let lock = WriterLock::take(path).map_err(|failure| match failure {
            LockFailure::Held(holder) => ArchiveError::InUse {
                path: path.to_owned(),
                holder,
            },
            LockFailure::Io(source) => prepare(&lock_path(path))(source),
        })?;
        let acknowledged = write_count::read(path).map_err(prepare(&write_count::path_of(path)))?;
        if !path.try_exists().map_err(prepare(path))? {
            // Before a file is made that would look like a whole archive the next time.
            refuse_lost_writes(path, 0, acknowledged, opening)?;
        }
        prepare_file(path).map_err(prepare(path))?;
        let storage = |error| StorageError::new(path, error);
        let base = SqliteConnectOptions::new().filename(path).disable_statement_logging();
        let schema = inspect(path, &base).await?;
        schema.refuse_newer(path)?;

        // Before the tables: a process that is killed in between finds them the next time.
        let rings = rings_of(path, opening, schema.version < SEALED_SINCE)?;
        let options = writer_options(base);
        let connection = settings::connect(&options, &settings::WRITER).await;
        let mut connection = connection.map_err(|error| not_connected(path, error))?;
        if schema.version == 0 {
            // The number is a constant of this file; SQLite takes no parameters in a PRAGMA.
            let sql = sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
            sqlx::query(sql).execute(&mut connection).await.map_err(storage)?;
        }
        MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
                ArchiveError::Storage(StorageError::new(path, error))
            }
            other => ArchiveError::Altered {
                path: path.to_owned(),
                source: Box::new(other),
            },
        })?;
        let written = writes(&mut connection).await.map_err(storage)?;
        let lost = refuse_lost_writes(path, written, acknowledged, opening)?;
        let count = WriteCount::open(path, written).map_err(prepare(&write_count::path_of(path)))?;
        let names = Names::load(&mut connection).await.map_err(storage)?;
        let mut known = Vocabulary::new(names);
        let sealing = Sealing::make(&mut connection, rings).await;
        let sealing = sealing.map_err(|failure| unsealed(path, failure))?;
        upgrade::into_records(path, &mut connection, &mut known, &sealing)
            .await
            .map_err(storage)?;
        let start = Start {
            path,
            opening,
            version: schema.version,
            newest: NEWEST,
            lost,
            restored,
            now: now(),
        };
        let log = start.log(&mut connection).await?;
        let doubted = doubted(&mut connection).await.map_err(storage)?;
        // A process that was killed behind a disposal leaves what went in the write-ahead log, and copies of it in unallocated space.
        let mut unallocated = Unallocated::new(unallocated::is_marked(&mut connection).await.map_err(storage)?);
        if unallocated.unclean().is_some() {
            tracing::info!("a disposal was cut short: unallocated space of the database is cleared");
            match unallocated::clear(&mut connection, None).await {
                Ok(_) => unallocated.cleared(),
                Err(error) => tracing::warn!(%error, "it could not be, and is to be at the next transaction"),
            }
        }
        let unclean = disposal::any(&mut connection).await.map_err(storage)?
            && (unallocated.unclean().is_some()
                || !disposal::empty_log_file(&mut connection).await.map_err(storage)?);
        let writer = Writer {
            options,
            connection: Some(connection),
            known: Some(known),
            log,
            count,
            clock: ClockGuard::new(now(), Instant::now(), doubted),
            unclean,
            unallocated,
            closed: false,
        };
        Ok(Self {
            path: path.to_owned(),
            writer: Some(tokio::sync::Mutex::new(writer)),
            readers: Readers::new(reader_options(path), opening.read_time_max),
            health: Mutex::new(Health::Writing),
            meanings: Meanings::default(),
            index: Index::new(),
            sealing,
            witness: opening.witness.clone(),
            _lock: Some(lock),
        })
    }

    pub(crate) fn is_written(path: &Path) -> Result<bool, ArchiveError> {
        is_held(path).map_err(|source| ArchiveError::Prepare {
            path: lock_path(path),
            source,
        })
    }

    pub(crate) async fn open_readonly(path: &Path, opening: &Opening) -> Result<Self, ArchiveError> {
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
        // Read before the database, because a writer may be at work: what it counts is never ahead of what it wrote.
        let acknowledged = write_count::read(path).unwrap_or(Counted::Nothing);
        let options = reader_options(path);
        let (options, schema) = match inspect(path, &options).await {
            Ok(schema) => (options, schema),
            // A reader makes the shared memory of the write-ahead log. Where it may not, and there is no log, the file is whole
            // and nobody can change it.
            Err(ArchiveError::Storage(error))
                if matches!(error.cause, StorageCause::CannotOpen | StorageCause::ReadOnly) =>
            {
                let log = beside(path, "-wal");
                if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
                    return Err(ArchiveError::UnreadLog {
                        path: path.to_owned(),
                        log,
                    });
                }
                let options = options.immutable(true);
                let schema = inspect(path, &options).await?;
                (options, schema)
            }
            Err(error) => return Err(error),
        };
        schema.refuse_newer(path)?;
        if schema.version < NEWEST {
            return Err(ArchiveError::Older {
                path: path.to_owned(),
                found: schema.version,
                known: NEWEST,
            });
        }
        let rings = rings_of(path, opening, false)?;
        let failed = |error| StorageError::new(path, error);
        let connection = settings::connect(&options, &settings::READER).await;
        let mut connection = connection.map_err(|error| not_connected(path, error))?;
        let sealing = Sealing::read(&mut connection, rings).await;
        let sealing = sealing.map_err(|failure| unsealed(path, failure))?;
        connection.close().await.map_err(failed)?;
        let readers = Readers::new(options, opening.read_time_max);
        let store = Self {
            path: path.to_owned(),
            writer: None,
            readers,
            health: Mutex::new(Health::Writing),
            meanings: Meanings::default(),
            index: Index::new(),
            sealing,
            witness: opening.witness.clone(),
            _lock: None,
        };
        let written = store
            .reading(|mut reader| async move { writes(&mut reader).await })
            .await?;
        if let Counted::Writes(acknowledged) = acknowledged
            && acknowledged > written
        {
            // What is left may be looked at; who writes is stopped.
            tracing::warn!(
                path = %path.display(), written, acknowledged,
                "acknowledged writes are not in the archive: its write-ahead log was deleted, or an older copy was put in its place"
            );
        }
        Ok(store)
    }
}

/// The key rings of an archive. A new one makes its file of keys; one of before version 5 has none yet.
fn rings_of(path: &Path, opening: &Opening, makes_keys: bool) -> Result<Rings, ArchiveError> {
    let default = KeyPlace::File(beside(path, ".keys"));
    let place = opening.keys.all.as_ref().unwrap_or(&default);
    let opened = match (place.open(), place) {
        (Err(KeyError::Missing { .. }), KeyPlace::File(file)) if makes_keys => {
            tracing::warn!(keys = %file.display(), "a file of keys was made: without it the archive cannot be read; keep a copy elsewhere");
            match FileRing::make(file, SuiteName::Aes256Gcm, now()) {
                Ok(ring) => Ok(Arc::new(ring) as Arc<dyn KeyRing>),
                Err(error) => Err(error.into()),
            }
        }
        (opened, _) => opened,
    };
    opened
        .and_then(|all| Rings::open(&opening.keys, all))
        .map_err(|source| ArchiveError::Keys {
            path: path.to_owned(),
            source,
        })
}

fn unsealed(path: &Path, failure: SealingFailure) -> ArchiveError {
    match failure {
        SealingFailure::Keys(source) => ArchiveError::Keys {
            path: path.to_owned(),
            source,
        },
        SealingFailure::Sql(error) => StorageError::new(path, error).into(),
    }
}

/// When a key was made, and when the log began, is for people: nothing depends on it.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or_default();
    Timestamp::from_millis(millis).expect("the clock shows a year before 9999")
}

/// As many changes as were committed.
pub(super) async fn writes(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let writes: i64 = sqlx::query_scalar("SELECT writes FROM writes")
        .fetch_one(connection)
        .await?;
    Ok(writes.unsigned_abs())
}

/// What is lost and accepted.
fn refuse_lost_writes(
    path: &Path,
    found: u64,
    acknowledged: Counted,
    opening: &Opening,
) -> Result<Option<LostWrites>, ArchiveError> {
    let acknowledged = match acknowledged {
        Counted::Nothing => return Ok(None),
        Counted::Writes(acknowledged) if acknowledged <= found => return Ok(None),
        Counted::Writes(acknowledged) => Some(acknowledged),
        Counted::Unreadable => None,
    };
    if opening.accept_lost_writes {
        tracing::warn!(path = %path.display(), found, acknowledged, "lost writes are accepted: the archive goes on without them");
        return Ok(Some(LostWrites { found, acknowledged }));
    }
    Err(ArchiveError::LostWrites {
        path: path.to_owned(),
        found,
        acknowledged,
        count: write_count::path_of(path),
    })
}

/// What is in a file before anything is changed in it.
struct Schema {
    /// 0 for an empty file.
    version: i64,
}

impl Schema {
    fn refuse_newer(&self, path: &Path) -> Result<(), ArchiveError> {
        let known = NEWEST;
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
pub(super) fn prepare_file(path: &Path) -> std::io::Result<()> {
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
    settings::asked(base, &settings::WRITER).statement_cache_capacity(256)
}

fn reader_options(path: &Path) -> SqliteConnectOptions {
    settings::asked(SqliteConnectOptions::new(), &settings::READER)
        .filename(path)
        .read_only(true)
        .row_buffer_size(512)
        .disable_statement_logging()
}

/// A connection could not be opened, or lacks a setting.
fn not_connected(path: &Path, error: sqlx::Error) -> ArchiveError {
    match &error {
        sqlx::Error::Configuration(cause) => match cause.downcast_ref::<WrongSetting>() {
            Some(wrong) => ArchiveError::Setting {
                path: path.to_owned(),
                setting: wrong.setting,
                found: wrong.found.clone(),
                expected: wrong.expected,
            },
            None => StorageError::new(path, error).into(),
        },
        _ => StorageError::new(path, error).into(),
    }
}
