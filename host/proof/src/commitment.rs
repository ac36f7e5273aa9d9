//! Commitments to entries: what stays in the log when an entry is erased.

use crate::entry::Entry;
use crate::hash::Hash;
use crate::tree::whole::Tree;
use std::fmt;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// What stands before the salt: no other hash of this crate begins so.
const DOMAIN: &[u8] = b"proviso entry commitment v1\n";

/// 16 bytes that nobody can guess: random, or derived from the key of the message that the entry is about, so that they go with that key.
/// Without it nobody can tell from a commitment whether an entry said this or that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

/// SHA-256(domain ‖ salt ‖ entry bytes). Domain and salt have a fixed length, and entries one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(Hash);

impl Salt {
    /// The 16 bytes.
    pub const fn new(bytes: [u8; SALT_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; SALT_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl Commitment {
    /// The commitment to an entry by its canonical bytes.
    pub fn of(salt: &Salt, entry: &[u8]) -> Self {
        Self(Hash::of_parts(&[DOMAIN, &salt.0, entry]))
    }

    /// From its 32 bytes, as they were stored.
    pub const fn from_hash(hash: Hash) -> Self {
        Self(hash)
    }

    /// The 32 bytes.
    pub const fn hash(self) -> Hash {
        self.0
    }

    /// Its hash as a leaf of the sub-tree (RFC 6962, section 2.1).
    pub fn leaf(self) -> Hash {
        Hash::of_leaf(self.0.as_bytes())
    }
}

/// The sub-tree of a transaction: the Merkle tree over its commitments, in their order.
pub fn sub_tree(commitments: &[Commitment]) -> Tree {
    Tree::of(commitments.iter().map(|commitment| commitment.leaf()))
}

/// An entry as it is shown to somebody: whole, or as what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The entry and the salt that it was committed to with.
    Kept {
        /// The salt.
        salt: Salt,
        /// The entry.
        entry: Entry,
    },
    /// The commitment alone: the entry was erased, or is not for the reader.
    Erased(Commitment),
}

impl Shown {
    /// The commitment that the log must have.
    pub fn commitment(&self) -> Commitment {
        match self {
            Shown::Kept { salt, entry } => Commitment::of(salt, &entry.to_bytes()),
            Shown::Erased(commitment) => *commitment,
        }
    }

    /// The entry, if it is there.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Shown::Kept { entry, .. } => Some(entry),
            Shown::Erased(_) => None,
        }
    }
}
