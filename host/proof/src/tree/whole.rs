//! A small tree, kept whole: the sub-tree of one transaction, and trees of tests.

use super::node::{Nodes, Position, join};
use crate::hash::Hash;

/// All full nodes of a tree, level by level. Two hashes of memory for each leaf.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

/// A node that is not in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no node {} of level {}", .0.index, .0.level)]
pub struct NoSuchNode(pub Position);

impl Tree {
    /// The tree over leaves, by their hashes.
    pub fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut levels = vec![leaves.into_iter().collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let pairs = below.chunks_exact(2);
            let above = pairs.map(|pair| Hash::of_node(pair[0], pair[1])).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            let [.., left, right] = self.levels[level][..] else {
                return;
            };
            if self.levels[level].len() % 2 == 1 {
                return;
            }
            hash = Hash::of_node(left, right);
        }
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        let peaks = self.levels.iter().rev().filter(|level| level.len() % 2 == 1);
        join(&peaks.filter_map(|level| level.last().copied()).collect::<Vec<_>>())
    }
}

impl Nodes for Tree {
    type Error = NoSuchNode;

    fn node(&self, at: Position) -> Result<Hash, NoSuchNode> {
        let level = self.levels.get(usize::from(at.level));
        let hash = level.and_then(|level| level.get(usize::try_from(at.index).ok()?));
        hash.copied().ok_or(NoSuchNode(at))
    }
}
