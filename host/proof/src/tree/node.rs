//! The nodes of a tree by level and index, and the port by which they are read.

use crate::hash::Hash;

/// The most leaves that a log may have: 2^53 − 1, the largest number that every reader of JSON reads exactly.
pub const SIZE_MAX: u64 = (1 << 53) - 1;

/// The place of a node whose two sides are full: it stands over the leaves `[index · 2^level, (index + 1) · 2^level)`. Level 0 has the
/// leaves' own hashes. Such a node never changes as the log grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 0-63: how many levels above the leaves.
    pub level: u8,
    /// The place in the level, from 0.
    pub index: u64,
}

/// The port by which nodes are read: from a table, from tiles, from memory. It is asked for full nodes alone.
pub trait Nodes {
    /// Why a node could not be read.
    type Error;

    /// The hash of a node. It is asked once for each that [`Range::positions`] names, from left to right.
    fn node(&self, at: Position) -> Result<Hash, Self::Error>;
}

impl<N: Nodes + ?Sized> Nodes for &N {
    type Error = N::Error;

    fn node(&self, at: Position) -> Result<Hash, Self::Error> {
        (**self).node(at)
    }
}

/// The leaves `[start, end)` that one node of some tree stands over: `start` is a multiple of the smallest power of two that is at least
/// the length, so that the node is a left side, a right side or the root of an RFC 6962 tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Range {
    /// The full nodes that the hash of this range is made of, from left to right: one for each bit of its length.
    pub fn positions(self) -> impl Iterator<Item = Position> + use<> {
        let mut at = self.start;
        std::iter::from_fn(move || {
            let left = self.end - at;
            let level = left.checked_ilog2()?;
            let position = Position {
                level: level as u8,
                index: at >> level,
            };
            at += 1 << level;
            Some(position)
        })
    }

    /// The hash of this range: its full nodes, joined from the right (RFC 6962, section 2.1).
    pub fn hash<N: Nodes>(self, nodes: &N) -> Result<Hash, N::Error> {
        let hashes: Vec<Hash> = self.positions().map(|at| nodes.node(at)).collect::<Result<_, _>>()?;
        Ok(join(&hashes))
    }
}

/// The full nodes that a tree is made of, from the left: one for each bit of its size. Enough to add leaves and tell the root; 53 hashes at
/// most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peaks {
    size: u64,
    nodes: Vec<Hash>,
}

impl Peaks {
    /// The peaks of a tree, from its nodes.
    pub(crate) fn of_tree<N: Nodes>(size: u64, nodes: &N) -> Result<Self, N::Error> {
        let peaks = Range { start: 0, end: size }.positions().map(|at| nodes.node(at));
        Ok(Self {
            size,
            nodes: peaks.collect::<Result<_, _>>()?,
        })
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_seen(leaf, |_, _| {});
    }

    /// Adds a leaf, and tells `see` of each full node that ends with it: its level and hash, from the leaf up.
    pub(crate) fn push_seen(&mut self, leaf: Hash, mut see: impl FnMut(u8, Hash)) {
        let mut hash = leaf;
        see(0, hash);
        for level in 1..=self.size.trailing_ones() as u8 {
            let left = self.nodes.pop().expect("each bit of the size has a peak");
            hash = Hash::of_node(left, hash);
            see(level, hash);
        }
        self.nodes.push(hash);
        self.size += 1;
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        join(&self.nodes)
    }
}

impl Extend<Hash> for Peaks {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

/// The root over full nodes from left to right, each of a lower level than the one before it: they are joined from the right. That of
/// none is [`Hash::EMPTY`].
pub(crate) fn join(nodes: &[Hash]) -> Hash {
    let joined = nodes
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| Hash::of_node(left, right));
    joined.unwrap_or(Hash::EMPTY)
}

/// The root of the tree over the first `size` leaves (RFC 6962, section 2.1).
pub fn root<N: Nodes>(size: u64, nodes: &N) -> Result<Hash, N::Error> {
    Range { start: 0, end: size }.hash(nodes)
}
