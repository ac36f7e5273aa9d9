//! What a scan gives: hits, and whether it looked at everything.

use crate::list::ListId;

/// Hits of one scan, at most. What comes behind is not looked for.
pub const HITS_PER_SCAN_MAX: usize = 65_536;

/// An occurrence of a term or a match of a pattern. Ordered by start, end, list, term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hit {
    /// The list that it belongs to.
    pub list: ListId,
    /// The term, or pattern, of the list, from 0.
    pub term: u32,
    /// First byte in the text as it was given, on a character's border.
    pub start: u32,
    /// Behind the last byte, on a character's border; greater than `start`.
    pub end: u32,
}

impl Hit {
    /// What hits are ordered by.
    pub(crate) fn place(&self) -> (u32, u32, ListId, u32) {
        (self.start, self.end, self.list, self.term)
    }
}

/// Whether a scan looked at everything that it was asked to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned<'s> {
    /// [`HITS_PER_SCAN_MAX`] or [`TEXT_BYTES_MAX`](crate::TEXT_BYTES_MAX) was reached, or the text has more than the 4 MiB
    /// that are read, and has signs of disguise or is sought by a list that overlooks repeated characters: every list may have more hits
    /// than are given.
    pub cut_short: bool,
    /// Lists whose search used up its steps before the end of the text, in order, each once: they may have more hits than
    /// are given. Nothing else is missing: the hits of the other lists are whole.
    pub out_of_steps: &'s [ListId],
}

impl Scanned<'_> {
    /// True if all hits of all lists are given.
    pub fn is_whole(&self) -> bool {
        !self.cut_short && self.out_of_steps.is_empty()
    }
}
