//! A run of characters that is something.

pub use proviso_model::EntityKind;

/// A run of characters with a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// First byte in the text as it was given, on a character's border.
    pub start: u32,
    /// Behind the last byte, on a character's border; greater than `start`.
    pub end: u32,
}
