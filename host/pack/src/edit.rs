//! A change of a file that a person wrote.

use std::ops::Range;

/// A change of a file: bytes of it, and what comes in their place. Several of one file do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the file as it was read.
    pub range: Range<usize>,
    /// What comes in their place.
    pub replacement: String,
}
