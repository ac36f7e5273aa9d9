//! Leaves of the log: one for each transaction, and their one form in bytes.
//!
//! ```text
//! 0x01 ‖ time (8 bytes) ‖ number of entries (4 bytes) ‖ root of the sub-tree (32 bytes)
//! ```
//!
//! Numbers have the higher byte first. Who acted is an entry's field, not the leaf's: a leaf can never be erased.

use crate::commitment::{Commitment, sub_tree};
use crate::hash::Hash;
use crate::tree::node::SIZE_MAX;

/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 1 + 8 + 4 + 32;
/// The most entries of one transaction.
pub const ENTRIES_MAX: u32 = 1 << 20;

/// The version of the form: its first byte.
const VERSION: u8 = 1;

/// What the log has of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    time_ms: u64,
    entries: u32,
    root: Hash,
}

/// What is no leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Too few entries or too many.
    #[error("a leaf of {0} entries: expected 1-{ENTRIES_MAX}")]
    Entries(usize),
    /// A time that no clock shows.
    #[error("{0} is no time of a leaf: expected milliseconds since 1970 below 2^53")]
    Time(u64),
    /// Another length.
    #[error("a leaf of {0} bytes: expected {LEAF_BYTES}")]
    Length(usize),
    /// Another version of the form.
    #[error("the leaf is of form {0}: expected {VERSION}")]
    Version(u8),
}

impl Leaf {
    /// The leaf of a transaction at a time, in milliseconds since 1970, below 2^53; 1 to [`ENTRIES_MAX`] entries.
    pub fn new(time_ms: u64, commitments: &[Commitment]) -> Result<Self, LeafError> {
        let entries = u32::try_from(commitments.len()).map_err(|_| LeafError::Entries(commitments.len()))?;
        Self::checked(time_ms, entries, sub_tree(commitments).root())
    }

    fn checked(time_ms: u64, entries: u32, root: Hash) -> Result<Self, LeafError> {
        if !(1..=ENTRIES_MAX).contains(&entries) {
            return Err(LeafError::Entries(entries as usize));
        }
        if time_ms > SIZE_MAX {
            return Err(LeafError::Time(time_ms));
        }
        Ok(Self { time_ms, entries, root })
    }

    /// When the transaction was, by the writer's clock, in milliseconds since 1970.
    pub fn time_ms(&self) -> u64 {
        self.time_ms
    }

    /// How many entries.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// The root of the sub-tree over their commitments.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> [u8; LEAF_BYTES] {
        let mut bytes = [VERSION; LEAF_BYTES];
        bytes[1..9].copy_from_slice(&self.time_ms.to_be_bytes());
        bytes[9..13].copy_from_slice(&self.entries.to_be_bytes());
        bytes[13..].copy_from_slice(self.root.as_bytes());
        bytes
    }

    /// Reads canonical bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        let bytes: &[u8; LEAF_BYTES] = bytes.try_into().map_err(|_| LeafError::Length(bytes.len()))?;
        let [VERSION, rest @ ..] = bytes else {
            return Err(LeafError::Version(bytes[0]));
        };
        let (time_ms, rest) = rest.split_first_chunk::<8>().expect("the length was looked at");
        let (entries, root) = rest.split_first_chunk::<4>().expect("the length was looked at");
        let root = Hash::try_from(root).map_err(|_| LeafError::Length(bytes.len()))?;
        Self::checked(u64::from_be_bytes(*time_ms), u32::from_be_bytes(*entries), root)
    }

    /// Its hash in the log (RFC 6962, section 2.1).
    pub fn hash(&self) -> Hash {
        Hash::of_leaf(&self.to_bytes())
    }
}
