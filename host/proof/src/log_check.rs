//! To verify a whole log: its leaves one after the other, the entries that are left, and every checkpoint on the way.

use crate::commitment::{Commitment, Salt};
use crate::entry::{Entry, EntryError};
use crate::hash::Hash;
use crate::leaf::{Leaf, LeafError};
use crate::note::checkpoint::Checkpoint;
use crate::tree::node::Peaks;

/// Faults that a report names; the others are counted.
pub const FAULTS_NAMED_MAX: usize = 64;

/// A leaf as it was read, with what is known of its entries.
#[derive(Debug, Clone, Copy)]
pub struct ReadLeaf<'a> {
    /// The leaf's place, from 0, as it is stored or exported.
    pub index: u64,
    /// Its bytes.
    pub data: &'a [u8],
    /// Its hash in a stored tile, if there is one: it tells which leaf was altered.
    pub hash: Option<Hash>,
    /// The commitments of all its entries, if they are at hand.
    pub commitments: Option<&'a [Commitment]>,
    /// The entries that are not erased, if they are at hand.
    pub entries: &'a [ReadEntry<'a>],
}

/// An entry as it was read.
#[derive(Debug, Clone, Copy)]
pub struct ReadEntry<'a> {
    /// Its place in the leaf, from 0.
    pub place: u32,
    /// Its salt.
    pub salt: Salt,
    /// Its canonical bytes.
    pub bytes: &'a [u8],
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A leaf is missing, doubled or moved.
    #[error("leaf {found} stands where leaf {expected} was to be")]
    Order {
        /// The place.
        expected: u64,
        /// The leaf that is there.
        found: u64,
    },
    /// A leaf's bytes are not of the form.
    #[error("leaf {leaf} cannot be read")]
    Leaf {
        /// The leaf.
        leaf: u64,
        /// Why.
        #[source]
        error: LeafError,
    },
    /// A leaf is not that of the tile.
    #[error("leaf {leaf} has the hash {found}: the tile has {stored}")]
    Tile {
        /// The leaf.
        leaf: u64,
        /// The tile's.
        stored: Hash,
        /// The leaf's.
        found: Hash,
    },
    /// There are other commitments than the leaf is made over.
    #[error("the {found} commitments of leaf {leaf} are not the {expected} that it was made over")]
    Commitments {
        /// The leaf.
        leaf: u64,
        /// As many as the leaf says.
        expected: u32,
        /// As many as there are.
        found: usize,
    },
    /// An entry is not that of its commitment, or stands where none is.
    #[error("entry {entry} of leaf {leaf} is not the one that was committed to")]
    Entry {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        entry: u32,
    },
    /// An entry's bytes are not of the form.
    #[error("entry {entry} of leaf {leaf} cannot be read")]
    EntryForm {
        /// The leaf.
        leaf: u64,
        /// The entry's place.
        entry: u32,
        /// Why.
        #[source]
        error: EntryError,
    },
    /// The log has another root than the checkpoint, and no newer checkpoint fits: some leaf from `from` on was altered.
    #[error(
        "a leaf of {from}-{size} was altered: the log has the root {found} where its checkpoint of {size} leaves has {expected}"
    )]
    Altered {
        /// Leaves of the newest checkpoint that fits before this one.
        from: u64,
        /// Leaves of the checkpoint.
        size: u64,
        /// The checkpoint's root.
        expected: Hash,
        /// The log's root at that size.
        found: Hash,
    },
    /// The log fits a newer checkpoint and not this one: this one was signed over another history.
    #[error(
        "the checkpoint of {size} leaves and root {root} is of another history than the newer one of {newer} leaves"
    )]
    Fork {
        /// Leaves of the checkpoint.
        size: u64,
        /// Its root.
        root: Hash,
        /// Leaves of the checkpoint that fits.
        newer: u64,
    },
    /// The log ends before a checkpoint.
    #[error("the log ends behind {leaves} leaves: its checkpoint has {size}")]
    Short {
        /// Leaves of the log.
        leaves: u64,
        /// Leaves of the checkpoint.
        size: u64,
    },
}

/// What was found in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// Leaves that were read.
    pub leaves: u64,
    /// Entries that the leaves say they have.
    pub entries: u64,
    /// Entries that were there and are those of their commitments.
    pub entries_kept: u64,
    /// Leaves behind the newest checkpoint that fits: nobody has signed them yet.
    pub unsigned: u64,
    /// The root over all leaves.
    pub root: Hash,
    /// The first [`FAULTS_NAMED_MAX`] faults: those of leaves in the order of the log, then those of checkpoints.
    pub faults: Vec<LogFault>,
    /// All faults.
    pub faults_count: u64,
}

impl LogReport {
    /// True if the log is whole. A log without any checkpoint is vouched for by nobody: see [`LogReport::unsigned`].
    pub fn is_whole(&self) -> bool {
        self.faults_count == 0
    }
}

/// The check, as far as it went. It keeps 53 hashes and the checkpoints, however long the log is.
#[derive(Debug, Clone)]
pub struct LogCheck {
    peaks: Peaks,
    /// Root and size of each checkpoint, ascending, and the log's root there when it was reached.
    checkpoints: Vec<(u64, Hash, Option<Hash>)>,
    next_checkpoint: usize,
    next_leaf: u64,
    entries: u64,
    entries_kept: u64,
    faults: Vec<LogFault>,
    faults_count: u64,
}

impl LogCheck {
    /// Begins at the first leaf. The checkpoints are of this log, their signatures hold, in any order; two of one size may disagree.
    pub fn new<'a>(checkpoints: impl IntoIterator<Item = &'a Checkpoint>) -> Self {
        let all = checkpoints
            .into_iter()
            .map(|checkpoint| (checkpoint.size(), checkpoint.root(), None));
        let mut checkpoints: Vec<_> = all.collect();
        checkpoints.sort_unstable();
        checkpoints.dedup();
        let mut check = Self {
            peaks: Peaks::default(),
            checkpoints,
            next_checkpoint: 0,
            next_leaf: 0,
            entries: 0,
            entries_kept: 0,
            faults: Vec::new(),
            faults_count: 0,
        };
        check.reach();
        check
    }

    /// The next leaf, as it was read.
    pub fn add(&mut self, read: &ReadLeaf<'_>) {
        let leaf = read.index;
        if leaf != self.next_leaf {
            self.fault(LogFault::Order {
                expected: self.next_leaf,
                found: leaf,
            });
        }
        self.next_leaf = leaf.saturating_add(1);
        match Leaf::from_bytes(read.data) {
            Ok(said) => self.entries_of(read, &said),
            Err(error) => self.fault(LogFault::Leaf { leaf, error }),
        }
        let found = Hash::of_leaf(read.data);
        if let Some(stored) = read.hash.filter(|stored| *stored != found) {
            self.fault(LogFault::Tile { leaf, stored, found });
        }
        self.peaks.push(found);
        self.reach();
    }

    fn entries_of(&mut self, read: &ReadLeaf<'_>, said: &Leaf) {
        let leaf = read.index;
        self.entries += u64::from(said.entries());
        if let Some(commitments) = read.commitments {
            let mut peaks = Peaks::default();
            peaks.extend(commitments.iter().map(|commitment| commitment.leaf()));
            if commitments.len() != said.entries() as usize || peaks.root() != said.root() {
                let (expected, found) = (said.entries(), commitments.len());
                self.fault(LogFault::Commitments { leaf, expected, found });
            }
        }
        for ReadEntry { place, salt, bytes } in read.entries {
            let entry = *place;
            if let Err(error) = Entry::kind_of(bytes) {
                self.fault(LogFault::EntryForm { leaf, entry, error });
                continue;
            }
            let commitment = read.commitments.and_then(|all| all.get(entry as usize));
            if commitment == Some(&Commitment::of(salt, bytes)) {
                self.entries_kept += 1;
            } else {
                self.fault(LogFault::Entry { leaf, entry });
            }
        }
    }

    /// Notes the log's root for the checkpoints of its size.
    fn reach(&mut self) {
        while let Some((size, _, found)) = self.checkpoints.get_mut(self.next_checkpoint)
            && *size == self.peaks.size()
        {
            *found = Some(self.peaks.root());
            self.next_checkpoint += 1;
        }
    }

    fn fault(&mut self, fault: LogFault) {
        self.faults_count += 1;
        if self.faults.len() < FAULTS_NAMED_MAX {
            self.faults.push(fault);
        }
    }

    /// Faults of the leaves that were added so far.
    pub fn faults_count(&self) -> u64 {
        self.faults_count
    }

    /// What was found, when the last leaf was added.
    pub fn finish(mut self) -> LogReport {
        let leaves = self.peaks.size();
        let checkpoints = std::mem::take(&mut self.checkpoints);
        let fits = |(size, root, found): &(u64, Hash, Option<Hash>)| (*found == Some(*root)).then_some(*size);
        let newest = checkpoints.iter().rev().find_map(fits);
        let mut from = 0;
        for (size, root, found) in checkpoints {
            match found {
                None => self.fault(LogFault::Short { leaves, size }),
                Some(found) if found == root => from = size,
                Some(found) => self.fault(match newest.filter(|newest| *newest >= size) {
                    Some(newer) => LogFault::Fork { size, root, newer },
                    None => LogFault::Altered {
                        from,
                        size,
                        expected: root,
                        found,
                    },
                }),
            }
        }
        LogReport {
            leaves,
            entries: self.entries,
            entries_kept: self.entries_kept,
            unsigned: leaves - newest.unwrap_or(0),
            root: self.peaks.root(),
            faults: self.faults,
            faults_count: self.faults_count,
        }
    }
}
