//! An audit: what was found when the whole log was read, and every row that it tells of.

use proviso_proof::Hash;
use proviso_proof::log_check::LogReport;
use std::path::PathBuf;

/// Faults that an audit names; the others are counted.
pub(crate) const FAULTS_NAMED_MAX: usize = 64;

/// What an audit found.
#[derive(Debug)]
pub struct Audit {
    /// The log by itself: leaves, commitments, entries, checkpoints.
    pub log: LogReport,
    /// The checkpoint beside the archive, if there is one that the log's key signed.
    pub checkpoint: Option<Signed>,
    /// The public key that the log names; nobody but who keeps it elsewhere knows that it is the right one.
    pub key: Option<String>,
    /// Messages whose rows make the entry that was committed to.
    pub messages: u64,
    /// Messages of before the log, of which it tells nothing.
    pub messages_before: u64,
    /// Other rows that are what the log tells of them.
    pub rows: u64,
    /// The first 64 faults beside those of the log.
    pub faults: Vec<AuditFault>,
    /// All faults, those of the log included.
    pub faults_count: u64,
}

/// The checkpoint beside an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Leaves.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The name of the log.
    pub origin: String,
}

impl Audit {
    /// True if nothing was found.
    pub fn is_whole(&self) -> bool {
        self.faults_count == 0
    }

    /// Every fault that is named.
    pub fn named(&self) -> impl Iterator<Item = String> {
        let log = self.log.faults.iter().map(|fault| chain(fault));
        log.chain(self.faults.iter().map(|fault| chain(fault)))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// What is wrong with an archive, its log's own faults aside.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// A message of the log is gone, or its rows do not fit each other.
    #[error("message {0} is not there, and the log tells of it: its rows were removed or altered")]
    NoMessage(i64),
    /// A message whose salt cannot be had.
    #[error("message {number} cannot be compared with the log: {why}")]
    NoKey {
        /// The message.
        number: i64,
        /// Why.
        why: String,
    },
    /// A message is known under another identifier, or under two, or under none.
    #[error("message {0} has no identity, or another than the log tells of")]
    Identity(i64),
    /// A message that was judged again, and is not what the log tells of it.
    #[error("message {number}: its {part} is not the one that the log tells of")]
    Judged {
        /// The message.
        number: i64,
        /// Which part.
        part: &'static str,
    },
    /// A row that an entry tells of.
    #[error("entry {place} of leaf {leaf} tells of {kind} {number}, which {what}")]
    Row {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        place: i64,
        /// The entry's kind.
        kind: String,
        /// The row's number.
        number: i64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An entry that nobody may erase, or about a message that is still there.
    #[error("entry {place} of leaf {leaf} was erased, and {why}")]
    Erased {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        place: i64,
        /// Why it should be there.
        why: &'static str,
    },
    /// An entry without what its kind has.
    #[error("entry {place} of leaf {leaf} lacks what an entry of its kind has")]
    Entry {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        place: i64,
    },
    /// Leaves name other messages than those that follow.
    #[error("leaf {leaf} tells of messages from {found} on: expected {expected}")]
    Messages {
        /// The leaf.
        leaf: u64,
        /// The first one that is expected.
        expected: i64,
        /// The first one that is named.
        found: i64,
    },
    /// More or fewer rows than the log tells of.
    #[error("there are {found} rows of {what}, and the log tells of {expected}")]
    Count {
        /// Which rows.
        what: &'static str,
        /// As many as the log tells of.
        expected: i64,
        /// As many as there are.
        found: i64,
    },
    /// A stored tile is not that of the leaves.
    #[error("tile {level}/{place} of the log is not the one that its leaves make")]
    Tile {
        /// Its level.
        level: u8,
        /// Its place in the level.
        place: u64,
    },
    /// Held messages whose waiting is not recorded, or the other way round.
    #[error("{0} messages are held and do not wait, or wait and are not held")]
    Held(i64),
    /// An alert that does not follow from verdicts and reviews.
    #[error("alert {number} {what}")]
    Alert {
        /// Its number.
        number: i64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The checkpoint.
    #[error("checkpoint {path:?} is none of this log")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        source: proviso_proof::note::checkpoint::CheckpointError,
    },
    /// No checkpoint, although leaves were committed.
    #[error("there is no checkpoint at {0:?}: nobody vouches for the log")]
    NoCheckpoint(PathBuf),
    /// The log names no key, or another than the one that was asked for.
    #[error("the log is signed by {found:?}: expected {expected:?}")]
    Key {
        /// What the log names; empty where it names none.
        found: String,
        /// What was asked for.
        expected: String,
    },
}
