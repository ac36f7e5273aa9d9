//! The index that searches go by: how far it is, and what a pass of building it did. All of it can be built anew from the messages.

use proviso_model::Timestamp;
use proviso_seal::WrappedKey;

/// What one pass of [`Archive::index`](crate::Archive::index) did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexPass {
    /// Messages that are in a segment now.
    pub indexed: u64,
    /// Messages that could not be opened: every search looks at them, and says so.
    pub unreadable: u64,
    /// Segments that became one with others.
    pub merged: u64,
}

impl IndexPass {
    /// True if nothing was left to do.
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

/// How far the index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexReport {
    /// Segments.
    pub segments: u64,
    /// Messages that are in one.
    pub messages: u64,
    /// Sealed bytes of all pages.
    pub bytes: u64,
    /// Messages that are in none yet: a search opens each.
    pub left: u64,
    /// Messages that are in none because they cannot be opened.
    pub unreadable: u64,
}

/// A pass of indexing that is to be written.
#[derive(Debug, Clone)]
pub struct Indexing {
    pub(crate) at: Timestamp,
    /// Up to which message all were dealt with, before and after.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) segments: Vec<NewSegment>,
    /// Segments that the new ones take the place of.
    pub(crate) replaced: Vec<i64>,
    /// Segments that cannot be read: their messages are indexed again.
    pub(crate) given_up: Vec<i64>,
    /// Messages that are pending no more.
    pub(crate) done: Vec<i64>,
    /// Messages that are pending now, each with whether it could not be opened.
    pub(crate) pending: Vec<(i64, bool)>,
    /// True if those that could not be opened are to be tried again.
    pub(crate) tries_again: bool,
}

/// Messages that are in one segment: of one tenant, sent in one month (UTC), kept until one month. Months count from the year 0 on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Partition {
    pub(crate) tenant: String,
    pub(crate) month: i64,
    /// Absent where no end was decided on.
    pub(crate) ends: Option<i64>,
}

/// A segment whose pages are sealed.
#[derive(Debug, Clone)]
pub(crate) struct NewSegment {
    pub(crate) number: i64,
    pub(crate) partition: Partition,
    /// Its messages, in their order, and not none.
    pub(crate) members: Vec<i64>,
    pub(crate) key: WrappedKey,
    pub(crate) pages: Vec<Vec<u8>>,
}

impl Indexing {
    /// Nothing of messages up to that one.
    pub(crate) fn of(at: Timestamp, progress: i64) -> Self {
        Self {
            at,
            from: progress,
            to: progress,
            segments: Vec::new(),
            replaced: Vec::new(),
            given_up: Vec::new(),
            done: Vec::new(),
            pending: Vec::new(),
            tries_again: false,
        }
    }
}
