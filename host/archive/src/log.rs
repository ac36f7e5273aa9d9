//! The log's words: why it cannot go on, and what an audit of it finds.

use proviso_proof::Hash;
use proviso_proof::note::checkpoint::CheckpointError;
use proviso_proof::note::key::KeyError;
use std::path::PathBuf;

/// The log of an archive is not the one that was signed, or cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum LogTrouble {
    /// The log has fewer leaves than its checkpoint.
    #[error(
        "the log has {found} leaves, and {path:?} was signed over {signed}: an older copy was put in the archive's place, or its \
         write-ahead log was deleted. Put the newer file back; to go on without what is lost, `proviso serve --accept-lost-writes`"
    )]
    Behind {
        /// Leaves of the log.
        found: u64,
        /// Leaves of the checkpoint.
        signed: u64,
        /// The checkpoint.
        path: PathBuf,
    },
    /// The log has another root than its checkpoint.
    #[error(
        "the first {size} leaves of the log have the root {found}, and {path:?} was signed over {signed}: the archive was altered, \
         or is another one. `proviso audit verify` tells more; to go on all the same, `proviso serve --accept-lost-writes`"
    )]
    Forked {
        /// Leaves of the checkpoint.
        size: u64,
        /// The log's root at that size.
        found: Hash,
        /// The checkpoint's.
        signed: Hash,
        /// The checkpoint.
        path: PathBuf,
    },
    /// There is no checkpoint.
    #[error(
        "the log has {leaves} leaves and no checkpoint at {path:?}: put it back; to go on without it, \
         `proviso serve --accept-lost-writes`"
    )]
    NoCheckpoint {
        /// Leaves of the log.
        leaves: u64,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The checkpoint is none of this log.
    #[error(
        "the checkpoint {path:?} is none of this log: put the right one back; to go on without it, \
         `proviso serve --accept-lost-writes`"
    )]
    BadCheckpoint {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        source: CheckpointError,
    },
    /// There is no key to sign with.
    #[error(
        "there is no key of the log at {path:?}: put it back; to go on with a new one, under another name, \
         `proviso serve --accept-lost-writes`"
    )]
    NoKey {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key is another one than the log names.
    #[error(
        "the key {path:?} is {found}, and the log is signed by {expected}: put the right one back; to go on with a new one, \
         under another name, `proviso serve --accept-lost-writes`"
    )]
    OtherKey {
        /// The key's file.
        path: PathBuf,
        /// The public half of the key in the file.
        found: String,
        /// What the log names.
        expected: String,
    },
    /// Others may read the key.
    #[error("the key of the log {path:?} may be read by others (mode {mode:04o}): chmod 600 {path:?}")]
    OpenKey {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file holds no key.
    #[error("{path:?} holds no key of a log")]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// A file cannot be read or written.
    #[error("cannot use {path:?}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

impl LogTrouble {
    /// True if an operator's word is enough to go on.
    pub(crate) fn may_be_accepted(&self) -> bool {
        !matches!(
            self,
            LogTrouble::OpenKey { .. } | LogTrouble::BadKey { .. } | LogTrouble::Io { .. }
        )
    }
}
