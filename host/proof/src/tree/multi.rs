//! One proof for many leaves of a tree: the fewest hashes that lead from all of them to the root, from left to right.
//!
//! The tree is split from the root down, as RFC 6962 splits it. A side without any of the leaves is one hash of the proof; what leads from
//! several leaves to the root is there once.

use super::node::{Nodes, Range, SIZE_MAX};
use super::proof::{MakeError, ProofError};
use crate::hash::Hash;

/// Shows that leaves stand in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultiProof(pub Vec<Hash>);

/// The ranges whose hashes show that leaves stand in a tree: their indices ascend, and there is one at least.
pub fn multi_ranges(indices: &[u64], size: u64) -> Result<Vec<Range>, ProofError> {
    check(indices.iter().copied(), size)?;
    let mut ranges = Vec::new();
    gather(Range { start: 0, end: size }, indices, &mut ranges);
    Ok(ranges)
}

fn check(indices: impl Iterator<Item = u64>, size: u64) -> Result<(), ProofError> {
    let mut last = None;
    for index in indices {
        if index >= size || size > SIZE_MAX {
            return Err(ProofError::NoSuchLeaf { index, size });
        }
        if last.is_some_and(|last| last >= index) {
            return Err(ProofError::Order(index));
        }
        last = Some(index);
    }
    last.map(drop).ok_or(ProofError::Order(0))
}

/// The two sides of a range of more than one leaf.
fn sides(Range { start, end }: Range) -> (Range, Range) {
    let middle = start + (1 << (end - start - 1).ilog2());
    (Range { start, end: middle }, Range { start: middle, end })
}

/// As deep as the tree: 53 calls at most.
fn gather(range: Range, indices: &[u64], ranges: &mut Vec<Range>) {
    if indices.is_empty() {
        ranges.push(range);
    } else if range.end - range.start > 1 {
        let (left, right) = sides(range);
        let (of_left, of_right) = indices.split_at(indices.partition_point(|index| *index < left.end));
        gather(left, of_left, ranges);
        gather(right, of_right, ranges);
    }
}

impl MultiProof {
    /// The proof of leaves whose indices ascend, in the tree of the first `size` leaves, from its nodes.
    pub fn make<N: Nodes>(indices: &[u64], size: u64, nodes: &N) -> Result<Self, MakeError<N::Error>> {
        let ranges = multi_ranges(indices, size)?;
        let hashes = ranges.iter().map(|range| range.hash(nodes));
        let hashes: Result<_, _> = hashes.collect();
        hashes.map(Self).map_err(MakeError::Node)
    }

    /// The root that the leaves, whose indices ascend, and these hashes lead to. That the root is the right one is for the caller to see. No
    /// hash may be missing, and none left.
    pub fn root(&self, leaves: &[(u64, Hash)], size: u64) -> Result<Hash, ProofError> {
        check(leaves.iter().map(|(index, _)| *index), size)?;
        let mut hashes = self.0.iter().copied();
        let root = join(Range { start: 0, end: size }, leaves, &mut hashes);
        if let Some(root) = root.filter(|_| hashes.next().is_none()) {
            return Ok(root);
        }
        let indices: Vec<u64> = leaves.iter().map(|(index, _)| *index).collect();
        let expected = multi_ranges(&indices, size)?.len();
        let found = self.0.len();
        Err(ProofError::Length { expected, found })
    }
}

fn join(range: Range, leaves: &[(u64, Hash)], hashes: &mut impl Iterator<Item = Hash>) -> Option<Hash> {
    match leaves {
        [] => hashes.next(),
        [(_, leaf)] if range.end - range.start == 1 => Some(*leaf),
        _ => {
            let (left, right) = sides(range);
            let (of_left, of_right) = leaves.split_at(leaves.partition_point(|(index, _)| *index < left.end));
            let left = join(left, of_left, hashes)?;
            Some(Hash::of_node(left, join(right, of_right, hashes)?))
        }
    }
}
