//! The directory of employees, as the archive keeps it: version behind version, none of which ever changes.

use proviso_model::directory::Employment;
use proviso_model::{Digest, Principal, Timestamp};

/// A directory that somebody hands in. It says all that holds in the tenants that it names, and nothing of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryImport {
    /// The rows, none of which contradicts another ([`clashes`](proviso_model::directory::clashes)).
    pub rows: Vec<Employment>,
    /// The file's name, for people; what stands for one where it came by a request.
    pub file: String,
    /// When.
    pub at: Timestamp,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryReport {
    /// The version that holds from here on.
    pub version: i64,
    /// The digest of all that it says.
    pub digest: Digest,
    /// False where the import says what the newest version says already: then it made none.
    pub is_new: bool,
    /// Rows of the version.
    pub employments: u64,
    /// Rows that the version before did not have.
    pub added: u64,
    /// Rows of the version before that this one does not have.
    pub ended: u64,
}

/// A version, without its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryImported {
    /// From 1, rising.
    pub version: i64,
    /// The digest of all that it says.
    pub digest: Digest,
    /// When it was handed in.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
    /// The file's name.
    pub file: String,
    /// Rows.
    pub employments: u64,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRecord {
    /// Where it came from.
    pub imported: DirectoryImported,
    /// The rows, ordered by tenant, person and time.
    pub rows: Vec<Employment>,
}
