//! What the check of packs remembers: which versions were live, which older ones were allowed again, and the trust files.

use crate::generations::PackRecord;
use proviso_model::{Principal, Timestamp};

/// A pack that was live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackSeen {
    /// What it is, as its generation records it.
    pub pack: PackRecord,
    /// When a generation with it was put into force first.
    pub first_live: Timestamp,
    /// The entry of the history that put one into force last.
    pub last_entry: i64,
}

/// An older version that somebody allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downgrade {
    /// When.
    pub at: Timestamp,
    /// `vendor/name`.
    pub pack: String,
    /// The version that may be live again, and every newer one.
    pub version: String,
    /// The newest entry of the history then: what was live up to it forbids nothing any more.
    pub after: i64,
    /// Who allowed it.
    pub who: Principal,
    /// What they say about it; may be empty.
    pub note: String,
}

/// Permission for an older version of a pack to go live again, and for every newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedDowngrade {
    /// `vendor/name`.
    pub pack: String,
    /// The version.
    pub version: String,
    /// What whoever allows it says about it; may be empty.
    pub note: String,
    /// From when on.
    pub at: Timestamp,
}

/// A trust file as it was when a generation was admitted under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRecord {
    /// Since when.
    pub at: Timestamp,
    /// As the operator named it; absent where there was none.
    pub file: Option<String>,
    /// What it held; empty where there was none.
    pub text: String,
}
