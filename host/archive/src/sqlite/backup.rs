//! Making a backup beside a daemon that writes.
//!
//! The database is copied by `VACUUM INTO` on a connection that reads: one moment of it, row by row, so that free pages stay behind. The
//! checkpoint is read before that moment and is of the log in the copy, for what is committed is never behind what was signed. All is
//! written under another name, which the last step takes away.

use super::Sqlite;
use super::log::checkpoints;
use super::log::start::{compare, log_key};
use super::log::tiles;
use super::migrations::NEWEST;
use super::open::{prepare_file, writes};
use super::write_count::WriteCount;
use crate::backup::{
    BackupError, DATABASE, FileInBackup, Including, KeysInBackup, MANIFEST, Manifest, Step, Told, open_file,
};
use crate::log::LogTrouble;
use crate::opening::{ArchiveError, beside};
use crate::storage::{StorageCause, StorageError};
use proviso_model::Digest;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the growing copy is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Bytes that are copied at a time.
const PIECE_BYTES: usize = 1 << 20;

impl Sqlite {
    /// Makes a backup in a folder that is new or empty.
    pub(crate) async fn backup(
        &self,
        folder: &Path,
        including: &Including<'_>,
        told: Told<'_>,
    ) -> Result<Manifest, BackupError> {
        // Without a slash at its end, and with all that links lead to.
        let folder = std::path::absolute(folder).map_err(BackupError::io(folder))?;
        let folder: PathBuf = folder.components().collect();
        match std::fs::read_dir(&folder).map(|mut there| there.next().is_some()) {
            Ok(true) => return Err(BackupError::NotEmpty(folder)),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(BackupError::io(&folder)(error)),
            _ => {}
        }
        let unfinished = Unfinished::make(beside(&folder, ".unfinished"))?;
        let manifest = self.fill(&unfinished.0, including, told).await?;
        unfinished.finish(&folder)?;
        Ok(manifest)
    }

    async fn fill(&self, folder: &Path, including: &Including<'_>, told: Told<'_>) -> Result<Manifest, BackupError> {
        let trouble = |source| ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        };
        // Before the database: what is committed is never behind what was signed.
        let note = checkpoints::read(checkpoints::path_of(&self.path)).map_err(trouble)?;
        let note = note.ok_or_else(|| {
            let path = checkpoints::path_of(&self.path);
            trouble(LogTrouble::NothingSigned { path })
        })?;
        let database = folder.join(DATABASE);
        self.copy_database(&database, told).await?;

        let failed = |error| StorageError::new(&database, error);
        let mut copy = read_alone(&database).await.map_err(failed)?;
        let count = writes(&mut copy).await.map_err(failed)?;
        let rows = row_counts(&mut copy).await.map_err(failed)?;
        let edge = tiles::edge(&mut copy).await.map_err(failed)?;
        let key = log_key(&mut copy).await.map_err(failed)?;
        let key = key.ok_or_else(|| {
            let path = checkpoints::path_of(&self.path);
            trouble(LogTrouble::NothingSigned { path })
        })?;
        let bytes = note.bytes.clone();
        let compared = compare(&mut copy, &edge, &key, note).await.map_err(failed)?;
        let signed = compared.map_err(trouble)?;
        copy.close().await.map_err(failed)?;

        WriteCount::open(&database, count).map_err(BackupError::io(&database))?;
        write_new(&checkpoints::path_of(&database), &bytes)?;
        let mut files = BTreeMap::new();
        for ending in ["", ".writes", ".checkpoint"] {
            let name = format!("{DATABASE}{ending}");
            let digested = digested(&folder.join(&name), told)?;
            files.insert(name, digested);
        }
        let mut keys = Vec::new();
        for (number, (tenant, from)) in including.keys.iter().enumerate() {
            let file = match tenant {
                None => format!("{DATABASE}.keys"),
                Some(_) => format!("{DATABASE}.keys.{number}"),
            };
            files.insert(file.clone(), copied(from, &folder.join(&file), &mut |_| {})?);
            keys.push(KeysInBackup {
                tenant: tenant.clone(),
                file,
            });
        }
        if !keys.is_empty() {
            for ending in [".log-key", ".log-key-sm2"] {
                let (from, name) = (beside(&self.path, ending), format!("{DATABASE}{ending}"));
                // The one in SM2 is there where checkpoints are, or were, signed so.
                if ending == ".log-key" || from.exists() {
                    files.insert(name.clone(), copied(&from, &folder.join(&name), &mut |_| {})?);
                }
            }
        }
        for (name, from) in including.folders {
            copy_folder(from, folder, name, &mut files)?;
        }
        let log = (key.to_string(), edge.size(), edge.root(), signed);
        let manifest = Manifest::new(including.at, NEWEST, log, rows, keys, files);
        write_new(&folder.join(MANIFEST), manifest.to_json().as_bytes())?;
        Ok(manifest)
    }

    async fn copy_database(&self, database: &Path, told: Told<'_>) -> Result<(), BackupError> {
        let path = database.to_str();
        let path = path.ok_or_else(|| BackupError::NoText(database.to_owned()))?.to_owned();
        // SQLite takes an empty file for a new one, and leaves it the mode that it has.
        prepare_file(database).map_err(BackupError::io(database))?;
        let failed = |error| {
            let of_copy = StorageError::new(database, error);
            match of_copy.cause {
                // The archive is only read.
                StorageCause::Full | StorageCause::ReadOnly | StorageCause::CannotOpen | StorageCause::Io => of_copy,
                _ => of_copy.of(&self.path),
            }
        };
        let mut connection = self
            .readers
            .connect_apart()
            .await
            .map_err(|error| self.storage(error))?;
        let all: i64 = sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            .fetch_one(&mut connection)
            .await
            .map_err(|error| self.storage(error))?;
        {
            let copying = sqlx::query("VACUUM INTO ?").bind(path).execute(&mut connection);
            tokio::pin!(copying);
            loop {
                tokio::select! {
                    done = &mut copying => {
                        done.map_err(failed)?;
                        break;
                    }
                    () = tokio::time::sleep(LOOK_EVERY) => told(Step {
                        what: "copying the database",
                        done: std::fs::metadata(database).map_or(0, |copy| copy.len()),
                        all: all.unsigned_abs(),
                    }),
                }
            }
        }
        connection.close().await.map_err(|error| self.storage(error))?;
        Ok(())
    }
}

/// A folder on its way: removed unless it is finished.
struct Unfinished(PathBuf);

impl Unfinished {
    fn make(path: PathBuf) -> Result<Self, BackupError> {
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(BackupError::Unfinished(path)),
            Err(error) => Err(BackupError::io(&path)(error)),
        }
    }

    fn finish(self, folder: &Path) -> Result<(), BackupError> {
        let parent = folder.parent().unwrap_or(folder);
        let renamed = sync_folder(&self.0)
            .and_then(|()| std::fs::rename(&self.0, folder))
            .and_then(|()| sync_folder(parent));
        renamed.map_err(BackupError::io(folder))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %self.0.display(), "an unfinished backup was not removed");
        }
    }
}

/// A connection to a database that nobody writes.
pub(super) async fn read_alone(database: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .immutable(true)
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging();
    options.connect().await
}

/// Rows of each table, those of SQLite and of the migrator aside.
pub(super) async fn row_counts(connection: &mut SqliteConnection) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        // A name of the schema, in the quotes of one.
        let sql = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut *connection)
            .await?;
        counts.insert(table, count.unsigned_abs());
    }
    Ok(counts)
}

/// A new file, for its owner alone, on the disk.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let written = new_file(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(BackupError::io(path))
}

fn new_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Puts a folder's list of files on the disk.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Reads a file that was written, has it on the disk, and says what it is.
fn digested(path: &Path, told: Told<'_>) -> Result<FileInBackup, BackupError> {
    let digested = File::open(path).and_then(|file| {
        file.sync_all()?;
        let all = file.metadata()?.len();
        let what = "reading the copy";
        digest_of(file, &mut |_, done| {
            told(Step { what, done, all });
            Ok(())
        })
    });
    digested.map_err(BackupError::io(path))
}

/// Copies a file into a new one, and says what it is. `told` gets the bytes so far.
pub(super) fn copied(from: &Path, to: &Path, told: &mut dyn FnMut(u64)) -> Result<FileInBackup, BackupError> {
    let file = open_file(from).map_err(BackupError::io(from))?;
    let mut new = new_file(to).map_err(BackupError::io(to))?;
    let copied = digest_of(file, &mut |piece, done| {
        told(done);
        new.write_all(piece)
    });
    let copied = copied.map_err(|error| {
        let written = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::FileTooLarge);
        BackupError::io(if written { to } else { from })(error)
    })?;
    new.sync_all().map_err(BackupError::io(to))?;
    Ok(copied)
}

/// Length and digest of a file, which is shown piece by piece with the bytes so far.
fn digest_of(
    mut file: File,
    shown: &mut dyn FnMut(&[u8], u64) -> std::io::Result<()>,
) -> std::io::Result<FileInBackup> {
    let (mut digest, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let read = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&piece[..read]);
        bytes += read as u64;
        shown(&piece[..read], bytes)?;
    }
    Ok(FileInBackup {
        bytes,
        digest: Digest::from_bytes(digest.finalize().into()),
    })
}

/// Copies the files of a folder; hidden ones are on their way, and none of them.
fn copy_folder(
    from: &Path,
    backup: &Path,
    name: &str,
    files: &mut BTreeMap<String, FileInBackup>,
) -> Result<(), BackupError> {
    let there = match std::fs::read_dir(from) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(BackupError::io(from)(error)),
    };
    let to = backup.join(name);
    DirBuilder::new()
        .mode(0o700)
        .create(&to)
        .map_err(BackupError::io(&to))?;
    for entry in there {
        let path = entry.map_err(BackupError::io(from))?.path();
        let file = path.file_name().and_then(|file| file.to_str());
        let Some(file) = file.filter(|file| !file.starts_with('.') && path.is_file()) else {
            continue;
        };
        let copied = copied(&path, &to.join(file), &mut |_| {})?;
        files.insert(format!("{name}/{file}"), copied);
    }
    sync_folder(&to).map_err(BackupError::io(&to))
}
