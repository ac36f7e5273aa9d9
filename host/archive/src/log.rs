//! The log's words: what it tells, and why it cannot go on.

use proviso_proof::Hash;
use proviso_proof::entry::Entry;
use proviso_proof::note::checkpoint::CheckpointError;
use proviso_proof::note::key::KeyError;
use proviso_proof::note::witness::Request;
use proviso_proof::tree::proof::ConsistencyProof;
use std::path::PathBuf;

/// What a witness is asked to sign.
#[derive(Debug, Clone)]
pub struct WitnessRequest {
    /// Leaves of the checkpoint.
    pub size: u64,
    /// The request, as it is sent (<https://c2sp.org/tlog-witness#add-checkpoint>).
    pub body: String,
    pub(crate) note: String,
}

impl WitnessRequest {
    pub(crate) fn new(old_size: u64, size: u64, proof: ConsistencyProof, note: String) -> Self {
        let request = Request { old_size, proof, note };
        let body = request.to_text();
        let note = request.note;
        Self { size, body, note }
    }
}

/// A leaf of the log, as people look at it.
#[derive(Debug, Clone)]
pub struct LoggedLeaf {
    /// Its place, from 0.
    pub leaf: u64,
    /// When the change was made, in milliseconds since 1970.
    pub time_ms: u64,
    /// The first and the last message that arrived with it, if any did.
    pub messages: Option<(i64, i64)>,
    /// Its other entries.
    pub entries: Vec<LoggedEntry>,
}

/// An entry of the log that is stored.
#[derive(Debug, Clone)]
pub struct LoggedEntry {
    /// Its place in the leaf, from 0.
    pub place: u32,
    /// Its kind.
    pub kind: String,
    /// What it says; `None` where it was erased.
    pub entry: Option<Entry>,
}

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
    /// A witness has signed more of the log than there is, or another one.
    #[error(
        "the log has {found} leaves, and the witness {by:?} has signed {}: an older copy was put in the archive's place, or it was \
         altered. Put the newer file back; to go on without what is lost, `proviso serve --accept-lost-writes`",
        if *is_other { format!("another one of {leaves}") } else { leaves.to_string() }
    )]
    Witnessed {
        /// Leaves of the log.
        found: u64,
        /// Leaves that the witness has signed.
        leaves: u64,
        /// True where the roots differ.
        is_other: bool,
        /// The witness's address.
        by: String,
    },
    /// What a witness answered is no signature of it over the checkpoint that it was sent.
    #[error("the answer of the witness holds no signature of {key} over the checkpoint that it was sent")]
    NotWitnessed {
        /// The key that is known.
        key: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
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
    /// Nothing was signed yet.
    #[error(
        "there is no checkpoint at {path:?}, and nothing is given away that nobody signed: start `proviso serve` once"
    )]
    NothingSigned {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What is to be shown was committed after the last checkpoint.
    #[error("leaf {leaf} of the log is not signed yet, {path:?} has {signed} leaves: ask again in a second")]
    NotSigned {
        /// The leaf, from 0.
        leaf: u64,
        /// Leaves of the checkpoint.
        signed: u64,
        /// The checkpoint.
        path: PathBuf,
    },
    /// The message was disposed of before a backup was restored, and another log proves it.
    #[error(
        "this message was disposed of before a backup was restored: the log {log:?} proves it, in entry {place} of leaf {leaf}, and not this one"
    )]
    DisposedAgain {
        /// The leaf of the first disposal.
        leaf: u64,
        /// The entry's place there.
        place: u32,
        /// The name of the log.
        log: String,
    },
    /// The log does not show what the archive says.
    #[error("the log does not show this disposal: `proviso audit verify` tells what was altered")]
    NotShown {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
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
            LogTrouble::NothingSigned { .. }
                | LogTrouble::NotSigned { .. }
                | LogTrouble::NotShown { .. }
                | LogTrouble::DisposedAgain { .. }
                | LogTrouble::NotWitnessed { .. }
                | LogTrouble::OpenKey { .. }
                | LogTrouble::BadKey { .. }
                | LogTrouble::Io { .. }
        )
    }
}
