//! What shows that a log was not altered, and verifies it offline. Pure: no clock, no randomness, no files; times, salts and keys are handed in.
//!
//! An archive tells of each transaction in one [`Leaf`](leaf::Leaf): the root of a small tree over [`Commitment`](commitment::Commitment)s to its
//! entries. Leaves make the log, a Merkle tree that only grows ([`tree`]); its size and root are signed as a checkpoint, by the log and by
//! witnesses ([`note`]). What stays of an erased entry is its commitment, so that no proof breaks.
//!
//! | to | see |
//! |---|---|
//! | append a leaf, fill tiles, rebuild after a start | [`tree::Edge`] |
//! | show that a leaf stands in a log, or that a log only grew | [`tree::proof`] |
//! | read nodes out of stored tiles | [`tree::tiled`] |
//! | sign and open checkpoints, be a witness | [`note`] |
//! | commit to entries | [`entry`], [`commitment`], [`leaf`] |
//! | show that an entry stands in a log | [`entry_proof`] |
//! | verify a whole log | [`log_check`] |
//! | verify what an archive gave away of its log | [`export`] |
//! | show that a disposal was lawful | [`certificate`] |
//!
//! Standards: RFC 6962, RFC 9162, and C2SP's tlog-tiles, signed-note, tlog-checkpoint, tlog-cosignature and tlog-witness.

pub(crate) mod base64;
pub mod certificate;
pub mod commitment;
pub mod entry;
pub mod entry_proof;
pub mod export;
pub mod hash;
pub mod json;
pub mod leaf;
pub mod log_check;
pub mod note;
pub mod tree;

pub use hash::Hash;
