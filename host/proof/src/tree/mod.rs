//! The Merkle tree of RFC 6962 and RFC 9162: its nodes, its roots, and proofs over them.
//!
//! [`Position`] names a node and [`Nodes`] is the port by which one is read; [`proof`] makes and verifies proofs, [`multi`] one for many leaves, [`Edge`] appends,
//! [`Tile`](tile::TileId) is how nodes are stored, [`Tree`] keeps a small tree whole.

pub mod edge;
pub mod multi;
pub mod node;
pub mod proof;
pub mod tile;
pub mod tiled;
pub mod whole;

pub use edge::{Appended, Edge};
pub use node::{Nodes, Peaks, Position, Range};
pub use whole::Tree;
