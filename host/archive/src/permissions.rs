//! What is permitted, as the log tells of it: files say what somebody may do, and the archive remembers what they said.

use proviso_model::{Principal, Timestamp};

/// What a permission is about, in bytes, at most: `requests:` and a tenant.
pub const ABOUT_BYTES_MAX: usize = 300;
/// What it permits, in bytes, at most.
pub const PERMISSION_BYTES_MAX: usize = 1 << 20;

/// What somebody may do, or what a tenant asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Whose it is or what it is about, such as `token:feed`: 1 to [`ABOUT_BYTES_MAX`] bytes.
    pub about: String,
    /// What it may do: a JSON object that is the same text as long as nothing changes, of at most [`PERMISSION_BYTES_MAX`] bytes.
    pub permits: String,
    /// Who changed it last, where that is known.
    pub by: Option<Principal>,
}

/// All that is permitted at a time. What differs from what was recorded last is recorded, and what is not there any more too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// When.
    pub at: Timestamp,
    /// Each once.
    pub all: Vec<Permission>,
}
