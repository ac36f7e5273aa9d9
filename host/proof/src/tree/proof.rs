//! Proofs that a leaf stands in a tree, and that one tree continues another (RFC 9162, sections 2.1.3 and 2.1.4).
//!
//! A proof is made by splitting the tree from the root down, and verified by the standard's own walk from the leaf up, so that a defect
//! of the one is no defect of the other.

use super::node::{Nodes, Range, SIZE_MAX};
use crate::hash::Hash;

/// The most hashes in a proof: two for each level of the largest tree.
pub const PROOF_HASHES_MAX: usize = 2 * SIZE_MAX.ilog2() as usize + 2;

/// Why a proof does not hold, or cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error("the tree of {size} leaves has no leaf {index}: expected an index below its size")]
    NoSuchLeaf {
        /// The leaf, from 0.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// A tree does not continue a larger one, and none is larger than [`SIZE_MAX`].
    #[error("a tree of {newer} leaves cannot continue one of {older}: expected {older} to {SIZE_MAX}")]
    Sizes {
        /// Leaves of the older tree.
        older: u64,
        /// Leaves of the newer tree.
        newer: u64,
    },
    /// The proof has too many hashes or too few.
    #[error("the proof has {found} hashes: expected {expected}")]
    Length {
        /// As many as the sizes ask for.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// A proof of many leaves names none, or not from left to right.
    #[error("leaf {0} of the proof stands out of order: expected at least one leaf, and indices that ascend")]
    Order(u64),
    /// The hashes lead to another root.
    #[error("the proof leads to the root {found}: expected {expected}")]
    Root {
        /// The root that was to be shown.
        expected: Hash,
        /// What the hashes lead to.
        found: Hash,
    },
}

/// The ranges whose hashes show that a leaf stands in a tree, from the leaf's sibling to the root's child (RFC 9162, section 2.1.3.1).
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range>, ProofError> {
    if index >= size || size > SIZE_MAX {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let (mut start, mut end, mut ranges) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            ranges.push(Range { start: middle, end });
            end = middle;
        } else {
            ranges.push(Range { start, end: middle });
            start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// The ranges whose hashes show that a tree of `newer` leaves continues one of `older` (RFC 9162, section 2.1.4.1). None where the older is
/// empty or both are the same.
pub fn consistency_ranges(older: u64, newer: u64) -> Result<Vec<Range>, ProofError> {
    if older > newer || newer > SIZE_MAX {
        return Err(ProofError::Sizes { older, newer });
    }
    let (mut start, mut end, mut ranges) = (0, newer, Vec::new());
    if older == 0 {
        return Ok(ranges);
    }
    while older != end {
        let middle = start + split(end - start);
        if older <= middle {
            ranges.push(Range { start: middle, end });
            end = middle;
        } else {
            ranges.push(Range { start, end: middle });
            start = middle;
        }
    }
    // The whole older tree is the one hash that who verifies has.
    if start > 0 {
        ranges.push(Range { start, end });
    }
    ranges.reverse();
    Ok(ranges)
}

/// The largest power of two below a number above 1.
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// Shows that a leaf stands in a tree: hashes from the leaf's sibling up to the root's child.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InclusionProof(pub Vec<Hash>);

impl InclusionProof {
    /// The proof of the leaf `index`, from 0, in the tree of the first `size` leaves, from its nodes.
    pub fn make<N: Nodes>(index: u64, size: u64, nodes: &N) -> Result<Self, MakeError<N::Error>> {
        hashes(&inclusion_ranges(index, size)?, nodes).map(Self)
    }

    /// The root that the leaf and this path lead to (RFC 9162, section 2.1.3.2). That the root is the right one is for the caller to see.
    pub fn root(&self, index: u64, size: u64, leaf: Hash) -> Result<Hash, ProofError> {
        if index >= size || size > SIZE_MAX {
            return Err(ProofError::NoSuchLeaf { index, size });
        }
        let wrong_length = || ProofError::Length {
            expected: inclusion_ranges(index, size).map_or(0, |ranges| ranges.len()),
            found: self.0.len(),
        };
        let (mut at, mut last, mut hash) = (index, size - 1, leaf);
        for &beside in &self.0 {
            if last == 0 {
                return Err(wrong_length());
            }
            if at & 1 == 1 || at == last {
                hash = Hash::of_node(beside, hash);
                let skipped = at.trailing_zeros();
                at >>= skipped;
                last >>= skipped;
            } else {
                hash = Hash::of_node(hash, beside);
            }
            at >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(wrong_length());
        }
        Ok(hash)
    }

    /// That the leaf of that hash is the leaf `index` of the tree with `size` leaves and that root.
    pub fn verify(&self, index: u64, size: u64, leaf: Hash, root: Hash) -> Result<(), ProofError> {
        expect(root, self.root(index, size, leaf)?)
    }
}

/// Shows that a tree begins with all leaves of an older one, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsistencyProof(pub Vec<Hash>);

impl ConsistencyProof {
    /// The proof that the first `newer` leaves continue the first `older`, from the nodes of the newer tree.
    pub fn make<N: Nodes>(older: u64, newer: u64, nodes: &N) -> Result<Self, MakeError<N::Error>> {
        hashes(&consistency_ranges(older, newer)?, nodes).map(Self)
    }

    /// That the tree of `newer` leaves and that root continues the one of `older` (RFC 9162, section 2.1.4.2). Every tree continues the empty one,
    /// whose root is [`Hash::EMPTY`]; that takes an empty proof.
    pub fn verify(&self, older: (u64, Hash), newer: (u64, Hash)) -> Result<(), ProofError> {
        let (older_size, older_root) = older;
        let (newer_size, newer_root) = newer;
        let expected = consistency_ranges(older_size, newer_size)?.len();
        if self.0.len() != expected {
            let found = self.0.len();
            return Err(ProofError::Length { expected, found });
        }
        if older_size == newer_size {
            return expect(older_root, newer_root);
        }
        if older_size == 0 {
            return expect(Hash::EMPTY, older_root);
        }
        let mut path = self.0.iter().copied();
        let (mut at, mut last) = (older_size - 1, newer_size - 1);
        let skipped = at.trailing_ones();
        at >>= skipped;
        last >>= skipped;
        // The older tree is one full node, or begins with the first hash of the proof.
        let first = if at == 0 { Some(older_root) } else { path.next() };
        let Some(first) = first else {
            return Err(ProofError::Length { expected, found: 0 });
        };
        let (mut old, mut new) = (first, first);
        for beside in path {
            if at & 1 == 1 || at == last {
                old = Hash::of_node(beside, old);
                new = Hash::of_node(beside, new);
                if at != 0 {
                    let skipped = at.trailing_zeros();
                    at >>= skipped;
                    last >>= skipped;
                }
            } else {
                new = Hash::of_node(new, beside);
            }
            at >>= 1;
            last >>= 1;
        }
        expect(older_root, old)?;
        expect(newer_root, new)
    }
}

/// Why a proof was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MakeError<E> {
    /// There is no such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A node could not be read.
    #[error("a node of the tree could not be read")]
    Node(#[source] E),
}

fn hashes<N: Nodes>(ranges: &[Range], nodes: &N) -> Result<Vec<Hash>, MakeError<N::Error>> {
    let hashes = ranges.iter().map(|range| range.hash(nodes));
    hashes.collect::<Result<_, _>>().map_err(MakeError::Node)
}

fn expect(expected: Hash, found: Hash) -> Result<(), ProofError> {
    if expected == found {
        return Ok(());
    }
    Err(ProofError::Root { expected, found })
}
