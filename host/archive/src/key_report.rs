//! Which key wraps what.

use crate::change::CommitError;
use crate::keys::KeyError;
use crate::storage::StorageError;
use proviso_seal::{KeyInfo, KeyVersion};

/// A version of a key, and what it wraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// Whose; `None`: of all tenants that have none of their own, and of the archive itself.
    pub tenant: Option<String>,
    /// The version.
    pub key: KeyInfo,
    /// Records that are readable by it alone.
    pub records: u64,
}

/// Records that no key unwraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Whose; empty: the archive's own.
    pub tenant: String,
    /// The version that wrapped them.
    pub version: KeyVersion,
    /// Why it does not unwrap them.
    pub why: String,
    /// How many.
    pub records: u64,
}

/// Every key of an archive, and what is lost without it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyReport {
    /// That of all tenants first; the lowest version first.
    pub keys: Vec<KeyStatus>,
    /// By tenant.
    pub unreadable: Vec<Unreadable>,
}

/// Keys were not counted or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A ring refuses.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log could not tell of it.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A tenant without keys of its own.
    #[error("tenant {0:?} has no keys of its own: name it in `[[keys]]` of the configuration, or leave the tenant out")]
    NoRing(String),
    /// Records would be lost.
    #[error("version {version} wraps {records} records: rotate first, so that another version wraps them")]
    InUse {
        /// The version.
        version: KeyVersion,
        /// How many.
        records: u64,
    },
}
