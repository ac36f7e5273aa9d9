//! Proofs that an entry, or what is left of it, stands in a log: offline, from a checkpoint.

use crate::commitment::{Commitment, Shown, sub_tree};
use crate::hash::Hash;
use crate::leaf::Leaf;
use crate::note::checkpoint::Checkpoint;
use crate::tree::proof::{InclusionProof, ProofError};

/// The place of an entry: the leaf of its transaction, and the place in that. Both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The leaf of the log.
    pub leaf: u64,
    /// The entry of the leaf.
    pub entry: u32,
}

/// An entry with all that leads from it to the root of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProof {
    /// The entry, or its commitment.
    pub shown: Shown,
    /// Where it stands.
    pub place: Place,
    /// From the commitment to the root of the sub-tree.
    pub path: InclusionProof,
    /// The leaf of its transaction.
    pub leaf: Leaf,
    /// From the leaf to the root of the log.
    pub inclusion: InclusionProof,
}

/// Why an entry is not shown to stand in a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryProofError {
    /// The entry is none of this leaf.
    #[error("the entry does not stand at place {} of leaf {}", .0.entry, .0.leaf)]
    Entry(Place, #[source] ProofError),
    /// The leaf is none of this log.
    #[error("leaf {leaf} does not stand in the log of {size} leaves")]
    Leaf {
        /// The leaf.
        leaf: u64,
        /// Leaves of the checkpoint.
        size: u64,
        /// Why.
        #[source]
        error: ProofError,
    },
}

impl EntryProof {
    /// The proof of the entry at a place, from the commitments of its transaction and the leaf's own inclusion in the log.
    pub fn new(
        shown: Shown,
        place: Place,
        commitments: &[Commitment],
        leaf: Leaf,
        inclusion: InclusionProof,
    ) -> Result<Self, EntryProofError> {
        let (index, size) = (u64::from(place.entry), commitments.len() as u64);
        let tree = sub_tree(commitments);
        let made = InclusionProof::make(index, size, &tree);
        let path = made.map_err(|_| EntryProofError::Entry(place, ProofError::NoSuchLeaf { index, size }))?;
        let proof = Self {
            shown,
            place,
            path,
            leaf,
            inclusion,
        };
        proof.entry_stands()?;
        Ok(proof)
    }

    /// The root of the log that this leads to, if the entry stands in its leaf and the log has `size` leaves.
    pub fn root(&self, size: u64) -> Result<Hash, EntryProofError> {
        self.entry_stands()?;
        let leaf = self.place.leaf;
        let root = self.inclusion.root(leaf, size, self.leaf.hash());
        root.map_err(|error| EntryProofError::Leaf { leaf, size, error })
    }

    /// That the entry stands in the log of the checkpoint, which the caller believes: [`LogTrust`](crate::note::LogTrust) says so.
    pub fn verify(&self, checkpoint: &Checkpoint) -> Result<(), EntryProofError> {
        let (expected, found) = (checkpoint.root(), self.root(checkpoint.size())?);
        if expected == found {
            return Ok(());
        }
        let (leaf, size) = (self.place.leaf, checkpoint.size());
        Err(EntryProofError::Leaf {
            leaf,
            size,
            error: ProofError::Root { expected, found },
        })
    }

    fn entry_stands(&self) -> Result<(), EntryProofError> {
        let (at, entries) = (u64::from(self.place.entry), u64::from(self.leaf.entries()));
        let held = self
            .path
            .verify(at, entries, self.shown.commitment().leaf(), self.leaf.root());
        held.map_err(|error| EntryProofError::Entry(self.place, error))
    }
}
