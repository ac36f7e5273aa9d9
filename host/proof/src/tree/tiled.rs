//! Nodes read from stored full tiles, and from the edge in memory where they stand behind the last full one.

use super::edge::{Edge, within};
use super::node::{Nodes, Position};
use super::tile::{TILE_HEIGHT, TILE_WIDTH, TileId};
use crate::hash::Hash;

/// The port by which full tiles are read.
pub trait Tiles {
    /// Why a tile could not be read.
    type Error;

    /// The 256 hashes of a full tile.
    fn full_tile(&self, id: TileId) -> Result<Vec<Hash>, Self::Error>;
}

/// The nodes of a log that is stored as full tiles, with its edge.
#[derive(Debug, Clone, Copy)]
pub struct Tiled<'a, T> {
    /// Where full tiles are read.
    pub tiles: T,
    /// What stands behind them.
    pub edge: &'a Edge,
}

/// A node that neither tiles nor edge have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TiledError<E> {
    /// It stands outside the log.
    #[error("the log of {size} leaves has no node {} of level {}", .at.index, .at.level)]
    Outside {
        /// Leaves of the log.
        size: u64,
        /// The node.
        at: Position,
    },
    /// A tile has fewer or more than 256 hashes.
    #[error("the full tile {id} has {found} hashes: expected 256")]
    Width {
        /// The tile.
        id: TileId,
        /// Its hashes.
        found: usize,
    },
    /// A tile could not be read.
    #[error("the tile {id} could not be read")]
    Tile {
        /// The tile.
        id: TileId,
        /// Why.
        #[source]
        error: E,
    },
}

/// The full tile in which a node stands, and what it is there: the place of the first hash under it, 0-255, and the levels above, 0-7. An
/// archive that reads tiles asynchronously asks this for each position of a proof, reads the tiles, and makes the proof from them.
pub fn tile_of(at: Position) -> Option<(TileId, u64, u8)> {
    let height = at.level % TILE_HEIGHT;
    let start = at.index.checked_shl(u32::from(height))?;
    let width = u64::from(TILE_WIDTH);
    let id = TileId::new(at.level / TILE_HEIGHT, start / width, TILE_WIDTH).ok()?;
    Some((id, start % width, height))
}

impl<T: Tiles> Nodes for Tiled<'_, T> {
    type Error = TiledError<T::Error>;

    fn node(&self, at: Position) -> Result<Hash, Self::Error> {
        if let Some(hash) = self.edge.kept(at) {
            return Ok(hash);
        }
        let size = self.edge.size();
        let outside = TiledError::Outside { size, at };
        let inside = at
            .index
            .checked_add(1)
            .is_some_and(|end| end <= size.checked_shr(u32::from(at.level)).unwrap_or(0));
        let Some((id, start, height)) = tile_of(at).filter(|_| inside) else {
            return Err(outside);
        };
        let hashes = self
            .tiles
            .full_tile(id)
            .map_err(|error| TiledError::Tile { id, error })?;
        if hashes.len() != usize::from(TILE_WIDTH) {
            return Err(TiledError::Width {
                id,
                found: hashes.len(),
            });
        }
        within(&hashes, start, height).ok_or(outside)
    }
}
