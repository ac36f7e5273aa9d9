//! What is permitted, as the log tells of it: files say what somebody may do, and the archive remembers what they said.

use proviso_model::{Principal, Timestamp};

/// A state in bytes, at most.
pub const PERMISSION_BYTES_MAX: usize = 1 << 20;

/// What one subject may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Whose it is or what it is about, such as `token:feed`: 1-300 bytes.
    pub subject: String,
    /// What it may do: a JSON object that is the same text as long as nothing changes, of at most [`PERMISSION_BYTES_MAX`] bytes.
    pub state: String,
    /// Who changed it last, where that is known.
    pub by: Option<Principal>,
}

/// All that is permitted at a time. What differs from what was recorded last is recorded, and what is not there any more too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// When.
    pub at: Timestamp,
    /// Each subject once.
    pub all: Vec<Permission>,
}
