//! Sessions of people who signed in.

use crate::users::{User, UserName};
use proviso_model::{Digest, Principal, Timestamp};

/// Open sessions of a user, at most: where one more is opened, the oldest ends.
pub const SESSIONS_OPEN_MAX: u32 = 10;
/// Sessions of one list, at most.
pub const SESSIONS_LISTED_MAX: u32 = 100;

/// Somebody signs in.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Who.
    pub name: &'a UserName,
    /// SHA-256 of what the browser gets.
    pub token: &'a Digest,
    /// The number of the password that was shown: one that was changed meanwhile opens nothing.
    pub password: i64,
    /// The time step of the code that was shown, where one was asked for.
    pub step: Option<i64>,
    /// When it ends, whatever is done in it.
    pub ends_at: Timestamp,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its user signed out.
    SignedOut,
    /// Its user ended it from another, or an administrator did.
    Ended,
    /// Nobody used it for a while.
    Idle,
    /// The password was changed.
    Password,
    /// Roles were given or taken.
    Roles,
    /// The user was disabled.
    Disabled,
    /// The user opened too many others.
    TooMany,
}

impl SessionEnd {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            SessionEnd::SignedOut => "signed-out",
            SessionEnd::Ended => "ended",
            SessionEnd::Idle => "idle",
            SessionEnd::Password => "password",
            SessionEnd::Roles => "roles",
            SessionEnd::Disabled => "disabled",
            SessionEnd::TooMany => "too-many",
        }
    }
}

/// A session. Of one that nobody ended before its time, the time is its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// From 1, rising.
    pub number: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// When it ended before that, by whom, and why, in a word.
    pub ended: Option<(Timestamp, Principal, String)>,
}

impl Session {
    /// True of one that neither somebody nor the clock has ended.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.ended.is_none() && at < self.ends_at
    }
}

/// A session with its user, as both are now.
#[derive(Debug, Clone)]
pub struct UserSession {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
}

/// Somebody who cannot sign in.
#[derive(Debug, Clone, Copy)]
pub struct RefusedSignIn<'a> {
    /// The name that was given, its first 64 bytes; nobody may have it.
    pub name: &'a str,
    /// Where it came from.
    pub address: &'a str,
    /// Failures in a row, of the name or of the address.
    pub failures: u32,
}
