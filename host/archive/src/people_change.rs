//! Changes of who signs in, and why one is refused.

use crate::sessions::{NewSession, RefusedSignIn, SessionEnd};
use crate::users::{
    NewUser, PasswordHash, RoleGrant, TotpSecret, USER_ROLES_MAX, USER_TEXT_BYTES_MAX, USERS_MAX, UserName, cut,
    is_text,
};

/// One change of who signs in.
#[derive(Debug, Clone, Copy)]
pub enum PeopleChange<'a> {
    /// A user comes.
    Add(&'a NewUser),
    /// A password takes the place of another. Sessions end, but for the one that is named.
    Password {
        /// Whose.
        name: &'a UserName,
        /// The hash of the new one.
        hash: &'a PasswordHash,
        /// True if somebody else chose it.
        must_change: bool,
        /// The session that goes on.
        keeps: Option<i64>,
    },
    /// A second factor is asked for from now on, or none any more.
    Totp {
        /// Whose.
        name: &'a UserName,
        /// Its secret; `None`: it is removed.
        secret: Option<&'a TotpSecret>,
        /// The time step of the code that was shown for it, which counts no more.
        step: Option<i64>,
    },
    /// A user has just these roles. Where they differ, sessions end.
    Roles {
        /// Whose.
        name: &'a UserName,
        /// All of them.
        roles: &'a [RoleGrant],
    },
    /// Nobody signs in under the name any more, and sessions end; or one may again.
    Disabled {
        /// Whose.
        name: &'a UserName,
        /// False: enabled.
        disabled: bool,
    },
    /// Somebody signs in.
    Open(&'a NewSession<'a>),
    /// A session ends.
    End {
        /// Its number.
        session: i64,
        /// Why.
        why: SessionEnd,
    },
    /// All sessions of a user end.
    EndAll {
        /// Whose.
        name: &'a UserName,
        /// Why.
        why: SessionEnd,
    },
    /// Somebody showed password and second factor again, within a session.
    StepUp {
        /// The session.
        session: i64,
        /// The time step of the code, where one was asked for.
        step: Option<i64>,
    },
    /// Somebody failed to sign in, several times.
    Refused(&'a RefusedSignIn<'a>),
}

/// Why people or sessions are not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserRefusal {
    /// The name is or was somebody's.
    #[error("there is a user {0}: names are given once")]
    Taken(UserName),
    /// Nobody has it.
    #[error("there is no user {0}")]
    Unknown(UserName),
    /// There are too many.
    #[error("there are {USERS_MAX} users, which is the most")]
    TooMany,
    /// A text that is none.
    #[error("the {what} {shown:?} is not allowed: expected 1 to {USER_TEXT_BYTES_MAX} bytes that can be seen")]
    Text {
        /// Which.
        what: &'static str,
        /// Its first 64 bytes.
        shown: String,
    },
    /// Too many roles, or one twice.
    #[error("{0} roles: expected at most {USER_ROLES_MAX}, each once")]
    Roles(usize),
    /// The state is that already.
    #[error("user {0} is disabled already")]
    Disabled(UserName),
    /// The state is that already.
    #[error("user {0} is enabled already")]
    Enabled(UserName),
    /// There is one.
    #[error("user {0} has a second factor already: remove it first")]
    HasTotp(UserName),
    /// There is none.
    #[error("user {0} has no second factor")]
    NoTotp(UserName),
    /// Somebody else would have nobody left who gives roles.
    #[error("{0} is the last administrator who is enabled: make another first")]
    LastAdministrator(UserName),
    /// The password was changed, or the user disabled, since it was looked at.
    #[error("what the user showed counts no more: sign in again")]
    Overtaken,
    /// A code counts once.
    #[error("the code was used before: wait for the next one")]
    CodeUsed,
    /// No such session, or it has ended.
    #[error("there is no open session {0}")]
    NoSession(i64),
}

impl PeopleChange<'_> {
    /// Refuses what is wrong whatever the archive holds.
    pub(crate) fn refuse_ill_formed(&self) -> Result<(), UserRefusal> {
        match self {
            PeopleChange::Add(new) => {
                let person = new.person.iter();
                let person = person.flat_map(|person| [("tenant", &person.tenant), ("number", &person.number)]);
                for (what, text) in [("display name", &new.display)].into_iter().chain(person) {
                    if !is_text(text) {
                        let shown = cut(text).to_owned();
                        return Err(UserRefusal::Text { what, shown });
                    }
                }
                roles(&new.roles)
            }
            PeopleChange::Roles { roles: given, .. } => roles(given),
            _ => Ok(()),
        }
    }
}

fn roles(given: &[RoleGrant]) -> Result<(), UserRefusal> {
    let twice = given.iter().enumerate().any(|(at, one)| given[..at].contains(one));
    if twice || given.len() > USER_ROLES_MAX {
        return Err(UserRefusal::Roles(given.len()));
    }
    Ok(())
}
