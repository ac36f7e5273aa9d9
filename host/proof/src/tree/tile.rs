//! Tiles: 256 hashes of one level together, and the entry bundles beside them, as C2SP's tlog-tiles has them
//! (<https://c2sp.org/tlog-tiles>).

use super::node::SIZE_MAX;
use crate::hash::{HASH_BYTES, Hash};
use std::fmt;
use std::str::FromStr;

/// Hashes of a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Levels of the tree that one level of tiles stands for.
pub const TILE_HEIGHT: u8 = 8;
/// Bytes of a full tile.
pub const TILE_BYTES: usize = TILE_WIDTH as usize * HASH_BYTES;
/// The highest level of tiles that a log of [`SIZE_MAX`] leaves has.
pub const TILE_LEVEL_MAX: u8 = (SIZE_MAX.ilog2() / TILE_HEIGHT as u32) as u8;
/// The most bytes of one leaf's data in a bundle: its length is written in two bytes.
pub const LEAF_BYTES_MAX: usize = u16::MAX as usize;

/// The longest path of a tile or bundle that is read.
const PATH_BYTES_MAX: usize = 64;

/// Which tile: its level, its place in the level, and how many hashes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    level: u8,
    index: u64,
    width: u16,
}

/// What is no tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// There is no such tile.
    #[error(
        "no tile has level {level}, index {index} and width {width}: expected a level of 0-{TILE_LEVEL_MAX}, a width of 1-256, and leaves below 2^53"
    )]
    NoSuchTile {
        /// Its level.
        level: u8,
        /// Its place in the level.
        index: u64,
        /// Its number of hashes.
        width: u16,
    },
    /// A text that is no path of a tile.
    #[error(
        "{0:?} is no path of a tile: expected tile/LEVEL/INDEX or tile/entries/INDEX, with .p/WIDTH where it is partial, as in tile/0/x001/067.p/5"
    )]
    Path(String),
    /// Bytes that are not those of a tile.
    #[error("a tile of {expected} bytes has {found}")]
    Bytes {
        /// 32 for each hash.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// A bundle ends within an entry, or has more or fewer entries than its tile.
    #[error(
        "the bundle has {found} whole entries and {rest} bytes behind them: expected {expected} entries and no more"
    )]
    Bundle {
        /// The width of its tile.
        expected: u16,
        /// Whole entries that were read.
        found: u16,
        /// Bytes behind them.
        rest: usize,
    },
    /// An entry is longer than a bundle can tell.
    #[error("an entry has {0} bytes: expected at most {LEAF_BYTES_MAX}")]
    EntryTooLong(usize),
}

impl TileId {
    /// A tile of 1-256 hashes. Level 0 has the leaves' hashes; each hash of a level above is the root of a full tile below.
    pub fn new(level: u8, index: u64, width: u16) -> Result<Self, TileError> {
        let leaves = (u128::from(index) * 256 + u128::from(width)) << (u32::from(level.min(9)) * 8);
        if level > TILE_LEVEL_MAX || !(1..=TILE_WIDTH).contains(&width) || leaves > u128::from(SIZE_MAX) {
            return Err(TileError::NoSuchTile { level, index, width });
        }
        Ok(Self { level, index, width })
    }

    /// 0 for tiles of leaves' hashes, at most [`TILE_LEVEL_MAX`].
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The place in the level, from 0.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// 1-256 hashes.
    pub const fn width(self) -> u16 {
        self.width
    }

    /// True of a tile with all its 256 hashes. It never changes.
    pub const fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// `tile/LEVEL/INDEX`, with `.p/WIDTH` behind a partial one. The index has three digits a part, all parts but the last begin with `x`.
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, self.tail())
    }

    /// `tile/entries/INDEX`, as above: the bundle of the leaves that a tile of level 0 has the hashes of.
    pub fn bundle_path(self) -> String {
        format!("tile/entries/{}", self.tail())
    }

    /// `entries/INDEX`, as above: what an export has of the entries of these leaves.
    pub fn entries_path(self) -> String {
        format!("entries/{}", self.tail())
    }

    fn tail(self) -> String {
        let (mut parts, mut rest) = (format!("{:03}", self.index % 1000), self.index / 1000);
        while rest > 0 {
            parts = format!("x{:03}/{parts}", rest % 1000);
            rest /= 1000;
        }
        if self.is_full() {
            parts
        } else {
            format!("{parts}.p/{}", self.width)
        }
    }

    /// Reads a path that [`TileId::path`] writes.
    pub fn from_path(path: &str) -> Result<Self, TileError> {
        let read = || {
            let (level, tail) = path
                .get(..PATH_BYTES_MAX.min(path.len()))?
                .strip_prefix("tile/")?
                .split_once('/')?;
            Self::read_tail(decimal(level, 2)? as u8, tail)
        };
        // One path a tile: what is written otherwise is none.
        let tile = read().filter(|tile| tile.path() == path);
        tile.ok_or_else(|| TileError::Path(shown(path)))
    }

    /// Reads a path that [`TileId::bundle_path`] writes, as the tile of level 0 beside the bundle.
    pub fn from_bundle_path(path: &str) -> Result<Self, TileError> {
        let read = || {
            let tail = path
                .get(..PATH_BYTES_MAX.min(path.len()))?
                .strip_prefix("tile/entries/")?;
            Self::read_tail(0, tail)
        };
        let tile = read().filter(|tile| tile.bundle_path() == path);
        tile.ok_or_else(|| TileError::Path(shown(path)))
    }

    fn read_tail(level: u8, tail: &str) -> Option<Self> {
        let (parts, width) = match tail.split_once(".p/") {
            Some((parts, width)) => (parts, decimal(width, 3)? as u16),
            None => (tail, TILE_WIDTH),
        };
        let mut index: u64 = 0;
        for part in parts.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            index = index.checked_mul(1000)?.checked_add(decimal(digits, 3)?)?;
        }
        Self::new(level, index, width).ok()
    }

    /// The tiles of a tree, level by level from the leaves, from left to right. One for each 256 leaves or so: for tests and exports.
    pub fn of_tree(size: u64) -> impl Iterator<Item = Self> {
        Self::between(0, size)
    }

    /// The tiles that a tree has and an older one had not, or had narrower, level by level from the leaves.
    pub fn between(older: u64, newer: u64) -> impl Iterator<Item = Self> {
        (0..=TILE_LEVEL_MAX).flat_map(move |level| {
            let hashes = |size: u64| size >> (u32::from(level) * 8);
            let (old, new) = (hashes(older), hashes(newer));
            let tiles = if new > old { old / 256..new.div_ceil(256) } else { 0..0 };
            tiles.map(move |index| Self {
                level,
                index,
                width: (new - index * 256).min(256) as u16,
            })
        })
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl FromStr for TileId {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        Self::from_path(path)
    }
}

/// A number of at most so many decimal digits.
fn decimal(text: &str, digits_max: usize) -> Option<u64> {
    let plain = (1..=digits_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn shown(text: &str) -> String {
    text[..text.floor_char_boundary(PATH_BYTES_MAX)].to_owned()
}

/// The bytes of a tile: its hashes, one behind the other.
pub fn to_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// The hashes of a tile of that width, 1-256; 32 bytes each and nothing else.
pub fn from_bytes(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    let expected = usize::from(width) * HASH_BYTES;
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if bytes.len() != expected || !rest.is_empty() {
        return Err(TileError::Bytes {
            expected,
            found: bytes.len(),
        });
    }
    Ok(hashes.iter().copied().map(Hash::from_bytes).collect())
}

/// The bytes of an entry bundle: the data of leaves, each behind its length in two bytes, the higher first.
pub fn to_bundle<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        let length = u16::try_from(leaf.len()).map_err(|_| TileError::EntryTooLong(leaf.len()))?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(leaf);
    }
    Ok(bytes)
}

/// The data of the leaves of a bundle; there are as many as the width of its tile, 1-256.
pub fn from_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let (mut leaves, mut rest) = (Vec::new(), bytes);
    while leaves.len() < usize::from(width)
        && let Some((length, behind)) = rest.split_first_chunk::<2>()
        && let Some((leaf, behind)) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))
    {
        leaves.push(leaf);
        rest = behind;
    }
    if leaves.len() != usize::from(width) || !rest.is_empty() {
        let found = leaves.len() as u16;
        return Err(TileError::Bundle {
            expected: width,
            found,
            rest: rest.len(),
        });
    }
    Ok(leaves)
}
