//! Names that may be offered to who writes a query.

/// Names of one kind that are looked at, at most.
pub const OFFERED_MAX: u32 = 5_000;

/// What has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// Departments of the directory as it is now.
    Departments,
    /// Channels of messages.
    Channels,
    /// Packs that found something, or failed, once.
    Packs,
    /// Their policies: the name alone, and behind the pack's.
    Policies,
    /// Rules that found something.
    Rules,
    /// Orders to keep, by their numbers.
    Holds,
    /// Saved queries.
    SavedQueries,
}
