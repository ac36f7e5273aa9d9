//! A token as it is kept: what the file, its stored form and the book speak of.

use super::permissions::Permissions;
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, Timestamp};

/// A token that somebody made, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedToken {
    /// Its name, 1-64 bytes of `a-z 0-9 -`. Given once: the archive knows who did something by it.
    pub name: String,
    /// SHA-256 of the secret's text.
    pub digest: Digest,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: Principal,
    /// The last day on which it counts, in UTC; `None` for no end.
    pub until: Option<Day>,
    /// What it may do; never [`Permissions::All`].
    pub permissions: Permissions,
    /// Whether it was taken back. It stays in the file, so that its name is not given again.
    pub revoked: Option<Revoked>,
}

impl NamedToken {
    /// Who changed it last.
    pub(crate) fn changed_by(&self) -> &Principal {
        self.revoked.as_ref().map_or(&self.made_by, |revoked| &revoked.by)
    }
}

/// When and by whom a token was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
}
