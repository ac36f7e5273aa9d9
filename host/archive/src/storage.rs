//! What can go wrong beneath every operation: the disk, the file, another program.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The archive's file could not be read or written. Nothing of the operation's transaction was kept.
#[derive(Debug, thiserror::Error)]
#[error("archive {path:?}: {cause}")]
pub struct StorageError {
    /// The archive.
    pub path: PathBuf,
    /// What kind of trouble.
    pub cause: StorageCause,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// What kind of trouble an archive's file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageCause {
    /// The disk, or the file's permitted size, is used up. Nothing is lost; the operation may be tried again.
    Full,
    /// Another program holds a lock on the file for longer than five seconds. May be tried again.
    Busy,
    /// The file's content is damaged.
    Corrupt,
    /// The file is not a SQLite database.
    NotADatabase,
    /// The file or its folder may not be written.
    ReadOnly,
    /// The file cannot be opened.
    CannotOpen,
    /// The operating system failed to read or write.
    Io,
    /// A read took longer than [`Opening::read_time_max`](crate::Opening::read_time_max) and was ended.
    TooLong,
    /// The archive was closed before.
    Closed,
    /// Anything else; the source says what.
    Other,
}

impl fmt::Display for StorageCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StorageCause::Full => "no space left for it",
            StorageCause::Busy => "another program keeps it locked",
            StorageCause::Corrupt => {
                "its content is damaged: restore a backup, or save what `sqlite3 <file> .recover` can read"
            }
            StorageCause::NotADatabase => "not a SQLite database",
            StorageCause::ReadOnly => "it may not be written: check the permissions of the file and of its folder",
            StorageCause::CannotOpen => {
                "it cannot be opened: check that its folder exists and may be entered and written"
            }
            StorageCause::TooLong => "the read took too long and was ended, so that it does not hold up the writer",
            StorageCause::Closed => "it was closed",
            StorageCause::Io => "the operating system failed to read or write it",
            StorageCause::Other => "the database refused the operation",
        })
    }
}

impl StorageError {
    pub(crate) fn new(path: &Path, error: sqlx::Error) -> Self {
        Self {
            path: path.to_owned(),
            cause: cause_of(&error),
            source: Box::new(error),
        }
    }

    /// The same trouble, of another file.
    pub(crate) fn of(self, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            ..self
        }
    }

    /// A write to an archive that was opened for reading.
    pub(crate) fn reading_alone(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            cause: StorageCause::ReadOnly,
            source: "opened for reading alone".into(),
        }
    }

    /// A read that was ended.
    pub(crate) fn too_long(path: &Path, time_max: Duration) -> Self {
        Self {
            path: path.to_owned(),
            cause: StorageCause::TooLong,
            source: format!("at most {} ms for one read", time_max.as_millis()).into(),
        }
    }

    /// An operation on an archive that was closed.
    pub(crate) fn closed(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            cause: StorageCause::Closed,
            source: "closed by this process".into(),
        }
    }
}

/// From SQLite's primary result code: <https://www.sqlite.org/rescode.html>.
fn cause_of(error: &sqlx::Error) -> StorageCause {
    match error {
        sqlx::Error::Database(database) => {
            match database
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .map(|code| code & 0xff)
            {
                Some(5 | 6) => StorageCause::Busy,
                Some(8) => StorageCause::ReadOnly,
                // Only the readers' deadline interrupts a statement.
                Some(9) => StorageCause::TooLong,
                Some(10) => StorageCause::Io,
                Some(11) => StorageCause::Corrupt,
                Some(13) => StorageCause::Full,
                Some(14) => StorageCause::CannotOpen,
                Some(26) => StorageCause::NotADatabase,
                _ => StorageCause::Other,
            }
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StorageCause::Corrupt,
        sqlx::Error::Io(_) => StorageCause::Io,
        _ => StorageCause::Other,
    }
}

/// True if a row broke the uniqueness of `columns`, written as SQLite does: `table.column, table.column`.
pub(crate) fn breaks_unique(error: &sqlx::Error, columns: &str) -> bool {
    error
        .as_database_error()
        .is_some_and(|e| e.is_unique_violation() && e.message().contains(columns))
}
