//! People who sign in: their names, roles, passwords and second factors.

use proviso_model::{Principal, PrincipalKind, Timestamp};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// Bytes of a user's name, at most.
pub const USER_NAME_BYTES_MAX: usize = 64;
/// Bytes of what a user is called, at most; of a tenant, a department and a number in the directory too.
pub const USER_TEXT_BYTES_MAX: usize = 256;
/// Roles that a user has at a time, at most.
pub const USER_ROLES_MAX: usize = 64;
/// Departments that one role is narrowed to, at most.
pub const ROLE_DEPARTMENTS_MAX: usize = 64;
/// Users of an archive, at most: their names are never free again.
pub const USERS_MAX: u32 = 100_000;
/// Users of one list, at most.
pub const USERS_LISTED_MAX: u32 = 500;
/// Bytes of a password's hash in its text form, at most.
pub const PASSWORD_HASH_BYTES_MAX: usize = 512;
/// Bytes of the secret of a second factor, which is SHA-1's (RFC 4226, section 4, R6).
pub const TOTP_SECRET_BYTES: usize = 20;

/// The name of a user: 1 to [`USER_NAME_BYTES_MAX`] of `a-z`, `0-9`, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

/// A text that is no name of a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a user: expected 1 to {USER_NAME_BYTES_MAX} of a-z, 0-9, `.`, `_` and `-`")]
pub struct NotAUserName(String);

impl UserName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The user as whoever acts.
    pub fn principal(&self) -> Principal {
        Principal::new(PrincipalKind::Person, self.0.clone()).expect("a user's name is short and plain")
    }
}

impl FromStr for UserName {
    type Err = NotAUserName;

    fn from_str(text: &str) -> Result<Self, NotAUserName> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
        if (1..=USER_NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAUserName(cut(text).to_owned()))
        }
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody is to the console. What each may do stands in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees what concerns themselves.
    Employee,
    /// Leads a department.
    Manager,
    /// Looks at alerts and decides on them.
    Reviewer,
    /// Leads reviewers.
    ComplianceLead,
    /// Of human resources.
    Hr,
    /// Runs the machine.
    Operator,
    /// Reads the log.
    Auditor,
    /// Gives roles.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 8] = [
        Role::Employee,
        Role::Manager,
        Role::Reviewer,
        Role::ComplianceLead,
        Role::Hr,
        Role::Operator,
        Role::Auditor,
        Role::Administrator,
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Employee => "employee",
            Role::Manager => "manager",
            Role::Reviewer => "reviewer",
            Role::ComplianceLead => "compliance-lead",
            Role::Hr => "hr",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    /// True of one that may be given for all tenants.
    pub const fn may_be_for_all(self) -> bool {
        matches!(self, Role::Operator | Role::Auditor | Role::Administrator)
    }

    /// True of one by which somebody decides on requests of two persons, and runs them.
    pub const fn decides_requests(self) -> bool {
        matches!(self, Role::ComplianceLead)
    }

    /// True of one that may be narrowed to departments.
    pub const fn may_have_departments(self) -> bool {
        matches!(self, Role::Manager | Role::Reviewer)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = NoRoleGrant;

    fn from_str(text: &str) -> Result<Self, NoRoleGrant> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| NoRoleGrant::Unknown(cut(text).to_owned()))
    }
}

/// A role that somebody has, for a tenant or for all, and within a tenant for departments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleGrant {
    role: Role,
    tenant: Option<String>,
    departments: Vec<String>,
}

/// No role that can be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRoleGrant {
    /// No such role.
    #[error(
        "{0:?} is no role: expected employee, manager, reviewer, compliance-lead, hr, operator, auditor or administrator"
    )]
    Unknown(String),
    /// It is one within a tenant.
    #[error("the role {0} is given for one tenant: name it, as in `{0}@bank`")]
    NoTenant(Role),
    /// Users are not of a tenant, and so is who gives them roles.
    #[error("an administrator is one for all tenants: leave the tenant out")]
    AdministratorOfTenant,
    /// It is not narrowed.
    #[error("the role {0} has no departments: only a manager's and a reviewer's may be narrowed")]
    NoDepartments(Role),
    /// There are too many.
    #[error("{0} departments: expected at most {ROLE_DEPARTMENTS_MAX}")]
    TooMany(usize),
    /// A name that is none.
    #[error("{0:?} is no name of a tenant or a department: expected 1 to {USER_TEXT_BYTES_MAX} bytes that can be seen")]
    Name(String),
}

impl RoleGrant {
    /// A role for a tenant, or for all where none is named; for all departments where none is.
    pub fn new(role: Role, tenant: Option<String>, mut departments: Vec<String>) -> Result<Self, NoRoleGrant> {
        match (&tenant, role) {
            (None, role) if !role.may_be_for_all() => return Err(NoRoleGrant::NoTenant(role)),
            (Some(_), Role::Administrator) => return Err(NoRoleGrant::AdministratorOfTenant),
            _ => {}
        }
        let may_be_narrowed = role.may_have_departments() && tenant.is_some();
        if !departments.is_empty() && !may_be_narrowed {
            return Err(NoRoleGrant::NoDepartments(role));
        }
        if departments.len() > ROLE_DEPARTMENTS_MAX {
            return Err(NoRoleGrant::TooMany(departments.len()));
        }
        if let Some(bad) = tenant.iter().chain(&departments).find(|name| !is_text(name)) {
            return Err(NoRoleGrant::Name(cut(bad).to_owned()));
        }
        departments.sort();
        departments.dedup();
        Ok(Self {
            role,
            tenant,
            departments,
        })
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// For which tenant; `None`: for all.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// For which departments, sorted; none: for all of them.
    pub fn departments(&self) -> &[String] {
        &self.departments
    }
}

/// `ROLE`, `ROLE@TENANT`, or `ROLE@TENANT/DEPARTMENT`, which may be followed by more of the last.
impl FromStr for RoleGrant {
    type Err = NoRoleGrant;

    fn from_str(text: &str) -> Result<Self, NoRoleGrant> {
        let (role, place) = match text.split_once('@') {
            Some((role, place)) => (role, Some(place)),
            None => (text, None),
        };
        let mut parts = place.into_iter().flat_map(|place| place.split('/')).map(str::to_owned);
        Self::new(role.parse()?, parts.next(), parts.collect())
    }
}

impl fmt::Display for RoleGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.role)?;
        if let Some(tenant) = &self.tenant {
            write!(f, "@{tenant}")?;
        }
        self.departments
            .iter()
            .try_for_each(|department| write!(f, "/{department}"))
    }
}

/// A password's hash in the PHC text form, 1 to [`PASSWORD_HASH_BYTES_MAX`] bytes. The archive makes and compares none.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash; `None` if it is no text of the form `$…` within the bound.
    pub fn new(text: String) -> Option<Self> {
        let fits = text.starts_with('$') && text.len() <= PASSWORD_HASH_BYTES_MAX;
        (fits && text.bytes().all(|b| b.is_ascii_graphic())).then_some(Self(text))
    }

    /// For whoever compares it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Nothing of it: it may come into a log.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The secret of a second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Zeroizing<[u8; TOTP_SECRET_BYTES]>);

impl TotpSecret {
    /// Of random bytes.
    pub fn new(bytes: [u8; TOTP_SECRET_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// For whoever makes codes of it.
    pub fn as_bytes(&self) -> &[u8; TOTP_SECRET_BYTES] {
        &self.0
    }
}

/// Nothing of it: it may come into a log.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// A person of a tenant's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryPerson {
    /// Whose directory.
    pub tenant: String,
    /// The number in it.
    pub number: String,
}

/// A user who is to be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name, which nobody had.
    pub name: UserName,
    /// What people call the user: 1 to [`USER_TEXT_BYTES_MAX`] bytes.
    pub display: String,
    /// Who that is in a directory.
    pub person: Option<DirectoryPerson>,
    /// The first password, which must be changed at the first sign-in.
    pub password: PasswordHash,
    /// What the user may do.
    pub roles: Vec<RoleGrant>,
}

/// A user, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// From 1, rising.
    pub number: i64,
    /// The name.
    pub name: UserName,
    /// What people call the user.
    pub display: String,
    /// Who that is in a directory.
    pub person: Option<DirectoryPerson>,
    /// When it was added, and by whom.
    pub added: (Timestamp, Principal),
    /// Since when nobody signs in under it; `None`: it is enabled.
    pub disabled: Option<Timestamp>,
    /// True if the password was set by somebody else.
    pub must_change_password: bool,
    /// True if a second factor is asked for.
    pub totp: bool,
    /// When the last session was opened; `None`: never yet.
    pub last_sign_in: Option<Timestamp>,
    /// The roles that have not ended, sorted.
    pub roles: Vec<RoleGrant>,
}

/// What a user shows at a sign-in.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// The number of the password; a session that is opened by it names that.
    pub password: i64,
    /// Its hash.
    pub hash: PasswordHash,
    /// The second factor's secret.
    pub totp: Option<TotpSecret>,
}

/// True of a text that a person reads: not empty, not long, without blanks at its ends and without control characters.
pub(crate) fn is_text(text: &str) -> bool {
    (1..=USER_TEXT_BYTES_MAX).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
}

/// As much of a value as an error shows.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(USER_NAME_BYTES_MAX)]
}
