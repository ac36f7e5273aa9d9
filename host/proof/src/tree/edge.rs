//! The right edge of a growing tree: what must be in memory to append a leaf, to tell the root, and to fill tiles.
//!
//! At most 256 hashes a level of tiles: 64 KiB for the largest log, 24 KiB up to 16,777,216 leaves.

use super::node::{Nodes, Peaks, Position, SIZE_MAX};
use super::tile::{TILE_HEIGHT, TILE_LEVEL_MAX, TILE_WIDTH, TileId};
use super::whole::NoSuchNode;
use crate::hash::Hash;

/// The right edge. It answers as [`Nodes`] for what its partial tiles have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    peaks: Peaks,
    /// For each level of tiles the hashes of its partial tile: 0-255 of them.
    partial: [Vec<Hash>; LEVELS],
}

/// Levels of tiles.
const LEVELS: usize = TILE_LEVEL_MAX as usize + 1;

/// A tree with one more leaf than an edge: computed before the leaf is stored, taken over by [`Edge::accept`] when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    peaks: Peaks,
    full: Vec<(TileId, Vec<Hash>)>,
    /// What stands in the partial tile above the full ones: the leaf, or the root of the last of them.
    rest: Hash,
}

/// Why an edge cannot be rebuilt or go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// The log is full.
    #[error("the log has {SIZE_MAX} leaves, and can have no more")]
    Full,
    /// An edge takes over what was appended to it, and nothing else.
    #[error("a tree of {found} leaves does not follow one of {size} on this edge")]
    NotNext {
        /// Leaves of the edge.
        size: u64,
        /// Leaves of what was to follow.
        found: u64,
    },
    /// The stored tiles or leaves are not those of the size.
    #[error(
        "level {level} of a log with {size} leaves has {expected} hashes behind its last full tile, and {found} were given"
    )]
    Hashes {
        /// The level of tiles, 0 for leaves.
        level: u8,
        /// Leaves of the log.
        size: u64,
        /// As many as the size asks for.
        expected: u64,
        /// As many as were given.
        found: u64,
    },
}

impl Appended {
    /// Leaves of the tree with the new one.
    pub fn size(&self) -> u64 {
        self.peaks.size()
    }

    /// Its root.
    pub fn root(&self) -> Hash {
        self.peaks.root()
    }

    /// The tiles that the leaf makes full, from the leaves up, with their 256 hashes. One leaf in 256 fills any.
    pub fn full_tiles(&self) -> &[(TileId, Vec<Hash>)] {
        &self.full
    }
}

impl Edge {
    /// The edge of an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a log of `size` leaves, from what is stored. `behind(level, first)` gives the hashes of that level of tiles from the place
    /// `first` on, as many as [`Edge::hashes_behind`] says: of level 0 the hashes of leaves, of the levels above the roots of full tiles
    /// of the level below ([`tile_root`]). Two levels that do not fit each other are not noticed here; the root tells.
    pub fn rebuild<E: From<EdgeError>>(
        size: u64,
        mut behind: impl FnMut(u8, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Self, E> {
        if size > SIZE_MAX {
            return Err(EdgeError::Full.into());
        }
        let mut kept = Kept {
            size,
            partial: <[Vec<Hash>; LEVELS]>::default(),
        };
        for level in 0..=TILE_LEVEL_MAX {
            let (first, expected) = Self::hashes_behind(size, level);
            let hashes = if expected == 0 {
                Vec::new()
            } else {
                behind(level, first)?
            };
            if hashes.len() as u64 != expected {
                let found = hashes.len() as u64;
                return Err(EdgeError::Hashes {
                    level,
                    size,
                    expected,
                    found,
                }
                .into());
            }
            kept.partial[usize::from(level)] = hashes;
        }
        let peaks = Peaks::of_tree(size, &kept).expect("a peak stands over hashes of a partial tile");
        Ok(Self {
            peaks,
            partial: kept.partial,
        })
    }

    /// The first hash behind the last full tile of a level, and how many stand there: 0-255.
    pub fn hashes_behind(size: u64, level: u8) -> (u64, u64) {
        let hashes = size >> (u32::from(level.min(TILE_LEVEL_MAX + 1)) * u32::from(TILE_HEIGHT));
        (hashes & !0xff, hashes & 0xff)
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.peaks.size()
    }

    /// The root of the tree: at most one hash for each level.
    pub fn root(&self) -> Hash {
        self.peaks.root()
    }

    /// The tree with one more leaf, by its hash. The edge itself stays as it is until [`Edge::accept`]: a transaction that fails leaves no
    /// trace. At most one hash for each level, and half of the leaves need none.
    pub fn append(&self, leaf: Hash) -> Result<Appended, EdgeError> {
        if self.size() >= SIZE_MAX {
            return Err(EdgeError::Full);
        }
        let (mut peaks, mut full, mut rest) = (self.peaks.clone(), Vec::new(), leaf);
        peaks.push_seen(leaf, |level, hash| {
            if usize::from(level) == full.len() * usize::from(TILE_HEIGHT) {
                rest = hash;
                full.extend(self.filled(level / TILE_HEIGHT, hash));
            }
        });
        Ok(Appended { peaks, full, rest })
    }

    /// The partial tile of a level, full by one more hash; `None` while it is not.
    fn filled(&self, level: u8, hash: Hash) -> Option<(TileId, Vec<Hash>)> {
        let partial = self.partial.get(usize::from(level))?;
        if partial.len() + 1 < usize::from(TILE_WIDTH) {
            return None;
        }
        let (first, _) = Self::hashes_behind(self.size(), level);
        let id = TileId::new(level, first / u64::from(TILE_WIDTH), TILE_WIDTH).ok()?;
        Some((id, [partial.as_slice(), &[hash]].concat()))
    }

    /// Takes over what was appended to this edge.
    pub fn accept(&mut self, appended: Appended) -> Result<(), EdgeError> {
        let (size, found) = (self.size(), appended.size());
        if found != size + 1 {
            return Err(EdgeError::NotNext { size, found });
        }
        // The highest level never fills: a log of all its leaves has 31 hashes there.
        let above = appended.full.len();
        self.partial[..above].iter_mut().for_each(Vec::clear);
        self.partial[above].push(appended.rest);
        self.peaks = appended.peaks;
        Ok(())
    }

    /// The partial tiles as they stand, from the leaves up: what C2SP's tlog-tiles serves beside the full ones.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (TileId, &[Hash])> {
        self.partial.iter().enumerate().filter_map(|(level, hashes)| {
            let (first, width) = Self::hashes_behind(self.size(), level as u8);
            let id = TileId::new(level as u8, first / u64::from(TILE_WIDTH), width as u16).ok()?;
            Some((id, hashes.as_slice()))
        })
    }

    /// A node that the partial tiles have.
    pub fn kept(&self, at: Position) -> Option<Hash> {
        kept(self.size(), &self.partial, at)
    }
}

/// Partial tiles before their peaks are known.
struct Kept {
    size: u64,
    partial: [Vec<Hash>; LEVELS],
}

fn kept(size: u64, partial: &[Vec<Hash>], at: Position) -> Option<Hash> {
    let (tile_level, height) = (at.level / TILE_HEIGHT, at.level % TILE_HEIGHT);
    let (first, _) = Edge::hashes_behind(size, tile_level);
    let start = at.index.checked_shl(u32::from(height))?.checked_sub(first)?;
    within(partial.get(usize::from(tile_level))?, start, height)
}

/// The root of a full tile: what stands for it in the level above.
pub fn tile_root(hashes: &[Hash]) -> Hash {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        let pairs = level.chunks(2);
        level = pairs
            .map(|pair| pair.iter().copied().reduce(Hash::of_node).unwrap_or(Hash::EMPTY))
            .collect();
    }
    level.first().copied().unwrap_or(Hash::EMPTY)
}

/// The node `height` levels above a tile's hashes, 0-7, that begins at one of them.
pub(crate) fn within(hashes: &[Hash], start: u64, height: u8) -> Option<Hash> {
    let start = usize::try_from(start).ok()?;
    let below = hashes.get(start..start.checked_add(1 << height)?)?;
    Some(tile_root(below))
}

impl Nodes for Kept {
    type Error = NoSuchNode;

    fn node(&self, at: Position) -> Result<Hash, NoSuchNode> {
        kept(self.size, &self.partial, at).ok_or(NoSuchNode(at))
    }
}

impl Nodes for Edge {
    type Error = NoSuchNode;

    fn node(&self, at: Position) -> Result<Hash, NoSuchNode> {
        self.kept(at).ok_or(NoSuchNode(at))
    }
}
