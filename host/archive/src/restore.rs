//! The words of a restoration: what a newer log says of what came after a backup, and why a backup is not restored.

use crate::backup::BackupError;
use crate::change::CommitError;
use crate::disposal::{DISPOSED_AGAIN, DISPOSED_ELSEWHERE, LoggedDisposal};
use crate::opening::ArchiveError;
use crate::storage::StorageError;
use proviso_model::MessageId;
use proviso_proof::certificate::{CERTIFICATE, DISPOSAL, RECORD};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::export::{Files, verify_each};
use proviso_proof::leaf::Leaf;
use proviso_proof::log_check::{ReadEntry, ReadLeaf};
use proviso_proof::note::{LogTrust, VerifierKey};
use proviso_proof::tree::Edge;
use proviso_proof::{Hash, export};
use std::collections::BTreeMap;

/// The log of a backup, as its checkpoint vouches for it.
#[derive(Debug, Clone)]
pub struct BackupLog {
    /// The key that it names.
    pub key: VerifierKey,
    /// Leaves.
    pub leaves: u64,
    /// Their root.
    pub root: Hash,
}

/// What the log of a newer archive tells of what came after a backup.
#[derive(Debug, Clone)]
pub struct NewerLog {
    /// Its name.
    pub name: String,
    /// Its leaves, those of the backup among them.
    pub leaves: u64,
    /// Entries behind the backup by their kinds: what a restoration loses, disposals aside.
    pub behind: BTreeMap<String, u64>,
    pub(crate) disposals: Vec<LoggedDisposal>,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Messages whose disposal was carried out again.
    pub disposed_again: u64,
    /// Messages that arrived after the backup and were disposed of: of each a tombstone was written, so that it does not come back when it
    /// is delivered again.
    pub arrived_later: u64,
    /// Leaves that a witness's file has seen of the backup's log, where there is one. Where that is more than the newer log has, nobody knows
    /// here what was disposed of in between.
    pub witnessed: Option<u64>,
    /// One of the messages whose disposal was carried out again.
    pub example: Option<MessageId>,
}

/// A backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be read.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The copy cannot be opened, or its log is not the one that was signed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The copy cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A disposal was not carried out again.
    #[error("a disposal was not carried out again")]
    Commit(#[from] CommitError),
    /// The copy's log is not the one of the manifest.
    #[error("the log has {found} leaves with the root {found_root}: the manifest says {expected} and {expected_root}")]
    NotOfManifest {
        /// Leaves of the copy.
        found: u64,
        /// Their root.
        found_root: Hash,
        /// Leaves by the manifest.
        expected: u64,
        /// Their root by the manifest.
        expected_root: String,
    },
    /// The export of the newer log cannot be verified.
    #[error("the export of the newer log is not to be believed")]
    Export(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The export was altered.
    #[error("the export of the newer log was altered: {first} ({faults} faults)")]
    ExportAltered {
        /// The first fault.
        first: String,
        /// All.
        faults: u64,
    },
    /// The export is older than the backup.
    #[error("the export has {found} leaves, and the backup {leaves}: expected the log of the archive as it was last")]
    OlderLog {
        /// Leaves of the export.
        found: u64,
        /// Leaves of the backup.
        leaves: u64,
    },
    /// The export is of another archive.
    #[error(
        "the first {leaves} leaves of the export have the root {found}, and the backup has {expected}: it is another archive's log, or \
         one of both was altered"
    )]
    OtherLog {
        /// Leaves of the backup.
        leaves: u64,
        /// The export's root there.
        found: Hash,
        /// The backup's.
        expected: Hash,
    },
    /// A disposal of the newer log lacks what every disposal has.
    #[error("entry {place} of leaf {leaf} of the export tells of a disposal and not of which message")]
    NoRecord {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        place: u32,
    },
    /// The backup has a message and not what it is known by, so that it would stay readable.
    #[error(
        "entry {place} of leaf {leaf} of the export disposes of message {number}, and the backup knows that message by another \
         identifier or none: it was altered"
    )]
    OtherRecord {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        place: u32,
        /// The message.
        number: i64,
    },
}

impl NewerLog {
    /// Verifies what `proviso audit export` wrote of the archive as it was last, and that the log of a backup is its beginning.
    ///
    /// # Errors
    /// If it is not to be believed, was altered, is of another archive, or is older than the backup.
    pub fn read<F>(files: &F, trust: &LogTrust, backup: &BackupLog) -> Result<Self, RestoreError>
    where
        F: Files,
        F::Error: std::error::Error + Send + Sync + 'static,
    {
        let mut seen = Seen {
            leaves: backup.leaves,
            edge: Edge::new(),
            root: None,
            behind: BTreeMap::new(),
            disposals: Vec::new(),
            unclear: None,
        };
        let report = verify_each(files, trust, &mut |leaf| seen.leaf(leaf));
        let report = report.map_err(|error: export::ExportError<F::Error>| RestoreError::Export(error.into()))?;
        if !report.is_whole() {
            let of_log = report.log.faults.first().map(ToString::to_string);
            let first = of_log.or_else(|| report.faults.first().map(ToString::to_string));
            return Err(RestoreError::ExportAltered {
                first: first.unwrap_or_default(),
                faults: report.faults_count,
            });
        }
        let leaves = report.log.leaves;
        match seen.root {
            None => Err(RestoreError::OlderLog {
                found: leaves,
                leaves: backup.leaves,
            }),
            Some(found) if found != backup.root => Err(RestoreError::OtherLog {
                leaves: backup.leaves,
                found,
                expected: backup.root,
            }),
            Some(_) => match seen.unclear {
                Some((leaf, place)) => Err(RestoreError::NoRecord { leaf, place }),
                None => Ok(Self {
                    name: report.checkpoint.checkpoint().origin().to_owned(),
                    leaves,
                    behind: seen.behind,
                    disposals: seen.disposals,
                }),
            },
        }
    }

    /// How many disposals the backup knows nothing of.
    pub fn disposals(&self) -> usize {
        self.disposals.len()
    }
}

/// What is gathered of an export while it is verified.
struct Seen {
    /// Leaves of the backup.
    leaves: u64,
    edge: Edge,
    /// The export's root at that size.
    root: Option<Hash>,
    behind: BTreeMap<String, u64>,
    disposals: Vec<LoggedDisposal>,
    /// A disposal that does not say what it disposed of.
    unclear: Option<(u64, u32)>,
}

impl Seen {
    fn leaf(&mut self, read: &ReadLeaf<'_>) {
        // What is no leaf makes the export none that is whole.
        let Ok(appended) = self.edge.append(Hash::of_leaf(read.data)) else {
            return;
        };
        if self.edge.accept(appended).is_err() {
            return;
        }
        if self.edge.size() == self.leaves {
            self.root = Some(self.edge.root());
        }
        if self.edge.size() <= self.leaves {
            return;
        }
        let at_ms = Leaf::from_bytes(read.data).map_or(0, |leaf| leaf.time_ms());
        for entry in read.entries {
            self.entry(read.index, at_ms, entry);
        }
    }

    fn entry(&mut self, leaf: u64, at_ms: u64, read: &ReadEntry<'_>) {
        let Ok(kind) = Entry::kind_of(read.bytes) else {
            return;
        };
        *self.behind.entry(kind.to_owned()).or_default() += 1;
        if ![DISPOSAL, DISPOSED_AGAIN, DISPOSED_ELSEWHERE].contains(&kind) {
            return;
        }
        match disposal(leaf, at_ms, read) {
            Some(disposal) => self.disposals.push(disposal),
            None => self.unclear = self.unclear.or(Some((leaf, read.place))),
        }
    }
}

fn disposal(leaf: u64, at_ms: u64, read: &ReadEntry<'_>) -> Option<LoggedDisposal> {
    let entry = Entry::from_bytes(read.bytes).ok()?;
    let hash = |name: &str| match entry.field(name) {
        Some(Value::Bytes(bytes)) => Hash::try_from(&bytes[..]).ok(),
        _ => None,
    };
    let number = match entry.field("number") {
        // That of the tombstone, and of no message.
        Some(Value::Integer(_)) if entry.kind() == DISPOSED_ELSEWHERE => None,
        Some(Value::Integer(number)) => Some(*number),
        _ => return None,
    };
    Some(LoggedDisposal {
        leaf,
        place: read.place,
        at_ms,
        number,
        record: hash(RECORD)?,
        certificate: hash(CERTIFICATE)?,
    })
}
