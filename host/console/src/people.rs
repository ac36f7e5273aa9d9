//! Users, as programs and pages hand them over and get them: the same for the console, for the operator's interface, and for a command
//! that has the file itself.

use crate::password;
use proviso_archive::{
    Archive, Change, CommitError, DirectoryPerson, NewUser, NoRoleGrant, NotAUserName, PasswordHash, PeopleChange,
    RoleGrant, SESSIONS_LISTED_MAX, Session, SessionEnd, StorageError, USERS_LISTED_MAX, User, UserName, UserRefusal,
};
use proviso_model::{Principal, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who a user is in a tenant's directory.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonV1 {
    /// Whose directory.
    pub tenant: String,
    /// The number in it.
    pub number: String,
}

/// A role.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleV1 {
    /// Its word.
    pub role: String,
    /// For which tenant; null: for all.
    #[serde(default)]
    pub tenant: Option<String>,
    /// For which departments of it; none: for all of them.
    #[serde(default)]
    pub departments: Vec<String>,
}

impl RoleV1 {
    /// A role, as it is handed over.
    pub fn of(given: &RoleGrant) -> Self {
        Self {
            role: given.role().name().to_owned(),
            tenant: given.tenant().map(str::to_owned),
            departments: given.departments().to_vec(),
        }
    }

    /// The role that is meant.
    pub fn read(self) -> Result<RoleGrant, NoRoleGrant> {
        RoleGrant::new(self.role.parse()?, self.tenant, self.departments)
    }
}

/// A user. Times are RFC 3339.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserV1 {
    /// The name.
    pub name: String,
    /// What people call the user.
    pub display: String,
    /// Who that is in a directory.
    pub person: Option<PersonV1>,
    /// When the user was added.
    pub added_at: String,
    /// By whom.
    pub added_by: String,
    /// True if nobody signs in under the name.
    pub disabled: bool,
    /// Since when; null: it is enabled.
    pub disabled_at: Option<String>,
    /// When the user last signed in; null: never yet.
    pub last_sign_in: Option<String>,
    /// True if the password was set by somebody else.
    pub must_change_password: bool,
    /// True if a second factor is asked for.
    pub totp: bool,
    /// The roles.
    pub roles: Vec<RoleV1>,
}

/// Users, those first that were added first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsersV1 {
    /// At most 500.
    pub users: Vec<UserV1>,
    /// `after` of the next page; null: there are no more.
    pub next: Option<i64>,
}

/// A session of a user. Times are RFC 3339.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionV1 {
    /// From 1, rising.
    pub number: i64,
    /// When it was opened.
    pub opened_at: String,
    /// When it ends at the latest.
    pub ends_at: String,
    /// When it ended before that.
    pub ended_at: Option<String>,
    /// By whom.
    pub ended_by: Option<String>,
    /// Why: signed-out, ended, idle, password, roles, disabled or too-many.
    pub why: Option<String>,
    /// True of one that neither somebody nor the clock has ended.
    pub open: bool,
    /// True of the one that asks.
    pub current: bool,
}

/// Sessions, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionsV1 {
    /// At most 100.
    pub sessions: Vec<SessionV1>,
}

/// A change of users that an operator hands in. Passwords come as hashes: what was typed stays where it was typed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OperatorChangeV1 {
    /// A user comes.
    Add {
        /// The name.
        name: String,
        /// What people call the user.
        display: String,
        /// Who that is in a directory.
        person: Option<PersonV1>,
        /// Argon2id in the PHC text form.
        hash: String,
        /// The roles.
        roles: Vec<RoleV1>,
    },
    /// The user has just these roles.
    Roles {
        /// The name.
        name: String,
        /// All of them.
        roles: Vec<RoleV1>,
    },
    /// Nobody signs in under the name any more, or one may again.
    State {
        /// The name.
        name: String,
        /// False: enabled.
        disabled: bool,
    },
    /// Another first password, which must be changed.
    Password {
        /// The name.
        name: String,
        /// Argon2id in the PHC text form.
        hash: String,
    },
    /// No second factor is asked for any more.
    RemoveTotp {
        /// The name.
        name: String,
    },
    /// All sessions end.
    EndSessions {
        /// The name.
        name: String,
    },
}

/// Why users were not changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// No name of a user.
    #[error(transparent)]
    Name(#[from] NotAUserName),
    /// No role.
    #[error(transparent)]
    Role(#[from] NoRoleGrant),
    /// A hash that is easier to guess from than ours, or none.
    #[error(
        "the hash is not acceptable: expected Argon2id of version 19, 19 to 64 MiB, 2 to 4 passes, 1 lane, a salt of 16 bytes and 32 bytes of hash"
    )]
    Hash,
    /// The archive refused it.
    #[error(transparent)]
    Refused(#[from] UserRefusal),
    /// The archive could not commit.
    #[error("nothing was changed")]
    Commit(#[source] CommitError),
    /// The archive could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PeopleError {
    /// True of what whoever asked can mend.
    pub fn is_of_the_caller(&self) -> bool {
        !matches!(self, PeopleError::Commit(_) | PeopleError::Storage(_))
    }
}

impl From<CommitError> for PeopleError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::User(refusal) => PeopleError::Refused(refusal),
            error => PeopleError::Commit(error),
        }
    }
}

impl From<PersonV1> for DirectoryPerson {
    fn from(PersonV1 { tenant, number }: PersonV1) -> Self {
        Self { tenant, number }
    }
}

impl From<&User> for UserV1 {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.to_string(),
            display: user.display.clone(),
            person: user.person.clone().map(|person| PersonV1 {
                tenant: person.tenant,
                number: person.number,
            }),
            added_at: user.added.0.to_string(),
            added_by: user.added.1.to_string(),
            disabled: user.disabled.is_some(),
            disabled_at: user.disabled.map(|at| at.to_string()),
            last_sign_in: user.last_sign_in.map(|at| at.to_string()),
            must_change_password: user.must_change_password,
            totp: user.totp,
            roles: user.roles.iter().map(RoleV1::of).collect(),
        }
    }
}

impl SessionV1 {
    /// A session, as it is at a time.
    pub fn of(session: &Session, at: Timestamp) -> Self {
        let ended = session.ended.as_ref();
        Self {
            number: session.number,
            opened_at: session.opened_at.to_string(),
            ends_at: session.ends_at.to_string(),
            ended_at: ended.map(|(at, ..)| at.to_string()),
            ended_by: ended.map(|(_, by, _)| by.to_string()),
            why: ended.map(|(.., why)| why.clone()),
            open: session.is_open(at),
            current: false,
        }
    }
}

/// Users behind a number (0: from the first).
pub async fn list(archive: &Archive, after: i64) -> Result<UsersV1, StorageError> {
    let users = archive.users(after, USERS_LISTED_MAX).await?;
    let is_full = users.len() == USERS_LISTED_MAX as usize;
    Ok(UsersV1 {
        next: users.last().filter(|_| is_full).map(|last| last.number),
        users: users.iter().map(UserV1::from).collect(),
    })
}

/// The sessions of a user, the latest first.
pub async fn sessions(archive: &Archive, name: &str, at: Timestamp) -> Result<SessionsV1, PeopleError> {
    let name: UserName = name.parse()?;
    if archive.user(&name).await?.is_none() {
        return Err(UserRefusal::Unknown(name).into());
    }
    let sessions = archive.sessions_of(&name, SESSIONS_LISTED_MAX).await?;
    Ok(SessionsV1 {
        sessions: sessions.iter().map(|session| SessionV1::of(session, at)).collect(),
    })
}

/// Roles as they were handed in.
pub(crate) fn read_roles(roles: Vec<RoleV1>) -> Result<Vec<RoleGrant>, NoRoleGrant> {
    roles.into_iter().map(RoleV1::read).collect()
}

fn read_hash(hash: String) -> Result<PasswordHash, PeopleError> {
    let hash = PasswordHash::new(hash).filter(password::is_acceptable);
    hash.ok_or(PeopleError::Hash)
}

/// Makes a change that an operator handed in.
pub async fn change(
    archive: &Archive,
    change: OperatorChangeV1,
    at: Timestamp,
    by: &Principal,
) -> Result<(), PeopleError> {
    let commit = async |change: PeopleChange<'_>| archive.commit(Change::People { change, at }, by).await.map(|_| ());
    match change {
        OperatorChangeV1::Add {
            name,
            display,
            person,
            hash,
            roles,
        } => {
            let new = NewUser {
                name: name.parse()?,
                display,
                person: person.map(Into::into),
                password: read_hash(hash)?,
                roles: read_roles(roles)?,
            };
            commit(PeopleChange::Add(&new)).await?;
        }
        OperatorChangeV1::Roles { name, roles } => {
            let (name, roles) = (name.parse()?, read_roles(roles)?);
            let (name, roles) = (&name, &*roles);
            commit(PeopleChange::Roles { name, roles }).await?;
        }
        OperatorChangeV1::State { name, disabled } => {
            let name = &name.parse()?;
            commit(PeopleChange::Disabled { name, disabled }).await?;
        }
        OperatorChangeV1::Password { name, hash } => {
            let (name, hash) = (name.parse()?, read_hash(hash)?);
            let change = PeopleChange::Password {
                name: &name,
                hash: &hash,
                must_change: true,
                keeps: None,
            };
            commit(change).await?;
        }
        OperatorChangeV1::RemoveTotp { name } => {
            let change = PeopleChange::Totp {
                name: &name.parse()?,
                secret: None,
                step: None,
            };
            commit(change).await?;
        }
        OperatorChangeV1::EndSessions { name } => {
            let change = PeopleChange::EndAll {
                name: &name.parse()?,
                why: SessionEnd::Ended,
            };
            commit(change).await?;
        }
    }
    Ok(())
}
