//! How an archive is opened, and why it may not be.

use crate::keys::{KeyError, KeyPlaces};
use crate::log::LogTrouble;
use crate::storage::StorageError;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest that one read may take, unless somebody says otherwise: statistics over some ten million messages.
pub const READ_TIME_MAX: Duration = Duration::from_mins(1);

/// How an archive is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Where its keys are.
    pub keys: KeyPlaces,
    /// A file elsewhere, best on another machine or on what cannot be overwritten, that gets every checkpoint of the log and is compared with the log as the
    /// one beside the archive is.
    pub witness: Option<PathBuf>,
    /// True to sign the log's checkpoints in SM2 as well, by a key of its own; `[log] sm2`.
    pub sm2: bool,
    /// What a witness elsewhere says of the log, where one was asked before the archive is opened.
    pub witnessed: Option<Witnessed>,
    /// The longest that one read may take; it then ends with [`StorageCause::TooLong`](crate::StorageCause::TooLong).
    pub read_time_max: Duration,
    /// True to go on although acknowledged changes are lost: an operator's explicit word. Removing the file that counts the
    /// changes says the same.
    pub accept_lost_writes: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            keys: KeyPlaces::default(),
            witness: None,
            sm2: false,
            witnessed: None,
            read_time_max: READ_TIME_MAX,
            accept_lost_writes: false,
        }
    }
}

/// What a witness has signed of an archive's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// Who says so: its address.
    pub by: String,
    /// Leaves of the checkpoint that it signed last.
    pub leaves: u64,
    /// True where what it signed at that size has another root than the checkpoint beside the archive.
    pub is_other: bool,
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
    /// Changes that were acknowledged are not there.
    #[error(
        "archive {path:?} has {found} writes, and {} were acknowledged: its write-ahead log was deleted, or an older copy was put in its \
         place. Put back {:?} or the newer file; to go on without what is lost, `proviso serve --accept-lost-writes`",
        acknowledged.map_or_else(|| "an unreadable number".to_owned(), |number| number.to_string()), beside(path, "-wal")
    )]
    LostWrites {
        /// The archive.
        path: PathBuf,
        /// Changes that it holds.
        found: u64,
        /// Changes that were acknowledged; absent where the file that counts them cannot be read.
        acknowledged: Option<u64>,
        /// The file that counts them.
        count: PathBuf,
    },
    /// Its log cannot go on.
    #[error("archive {path:?}")]
    Log {
        /// The archive.
        path: PathBuf,
        /// Why.
        source: Box<LogTrouble>,
    },
    /// It lies where nothing may be written, with a write-ahead log that therefore cannot be read.
    #[error(
        "archive {path:?} lies where nothing may be written, and {log:?} holds changes that are not in it yet: copy both to a folder \
         that may be written, and read them there"
    )]
    UnreadLog {
        /// The archive.
        path: PathBuf,
        /// Its write-ahead log.
        log: PathBuf,
    },
    /// This program was built with a SQLite that may lose data.
    #[error("built with SQLite {found:?}, and at least 3.51.3 is needed")]
    OldSqlite {
        /// The version built in.
        found: String,
    },
    /// SQLite does not do what the archive relies on.
    #[error(
        "archive {path:?}: SQLite's setting {setting} is {found:?}, and the archive relies on {expected:?}: keep it on a local disk, and \
         use a program that was built with its own SQLite"
    )]
    Setting {
        /// The archive.
        path: PathBuf,
        /// The setting.
        setting: &'static str,
        /// As it is.
        found: String,
        /// As it is to be.
        expected: &'static str,
    },
    /// The keys that open it cannot be had.
    #[error("archive {path:?}: {source}")]
    Keys {
        /// The archive.
        path: PathBuf,
        /// What is wrong with its keys.
        source: KeyError,
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

/// A companion of an archive: its path with an ending.
pub(crate) fn beside(archive: &Path, ending: &str) -> PathBuf {
    let mut name = archive.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
