//! People who sign in, what they may do, and their sessions.

/// A user as it is now, with the columns that [`read`] reads.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT u.user, u.name, u.display, u.person_tenant, u.person, u.added_at, u.added_by,
                    (SELECT CASE disabled WHEN 1 THEN changed_at END FROM user_states s WHERE s.user = u.user ORDER BY state DESC LIMIT 1),
                    (SELECT must_change FROM user_passwords p WHERE p.user = u.user ORDER BY password DESC LIMIT 1),
                    EXISTS (SELECT 1 FROM user_totp t WHERE t.user = u.user AND t.removed_at IS NULL),
                    (SELECT json_group_array(json_array(role, tenant, json(departments))) FROM user_roles r
                     WHERE r.user = u.user AND r.ended_at IS NULL),
                    (SELECT max(opened_at) FROM sessions o WHERE o.user = u.user) ",
            $rest
        )
    };
}

mod passwords;
mod roles;
mod sessions;
mod totp;

pub(super) use passwords::is_whole as password_is_whole;
pub(super) use totp::{is_whole as totp_is_whole, rewrap, wrapped};

use super::Sqlite;
use super::failure::Failure;
use super::log::entries::{Entries, integer, text};
use super::log::rows::{USER_STATES, USERS};
use super::rows::{damaged, read_principal, read_time};
use super::sealing::Sealing;
use crate::change::{CommitError, Receipt};
use crate::people_change::{PeopleChange, UserRefusal};
use crate::sessions::SessionEnd;
use crate::storage::StorageError;
use crate::users::{
    Credentials, DirectoryPerson, NewUser, Role, RoleGrant, USERS_LISTED_MAX, USERS_MAX, User, UserName,
};
use proviso_model::{Principal, PrincipalKind, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

impl From<UserRefusal> for Failure {
    fn from(refusal: UserRefusal) -> Self {
        Failure::Refused(CommitError::User(refusal))
    }
}

/// Where and by whom a change is made.
struct Making<'a> {
    connection: &'a mut SqliteConnection,
    at: Timestamp,
    by: &'a Principal,
    log: &'a mut Entries,
}

pub(super) async fn write(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    (change, at): (PeopleChange<'_>, Timestamp),
    by: &Principal,
    log: &mut Entries,
) -> Result<Receipt, Failure> {
    let mut making = Making {
        connection,
        at,
        by,
        log,
    };
    match change {
        PeopleChange::Add(new) => {
            let number = add(&mut making, new).await?;
            return Ok(Receipt::User { number });
        }
        PeopleChange::Password {
            name,
            hash,
            must_change,
            keeps,
        } => {
            let user = number_of(making.connection, name).await?;
            passwords::set(&mut making, (user, name), hash, must_change).await?;
            sessions::end_all(&mut making, (user, name), keeps, SessionEnd::Password).await?;
        }
        PeopleChange::Totp { name, secret, step } => {
            let user = number_of(making.connection, name).await?;
            totp::set(&mut making, sealing, (user, name), secret).await?;
            totp::use_step(making.connection, user, step).await?;
        }
        PeopleChange::Roles { name, roles: given } => {
            let user = number_of(making.connection, name).await?;
            if roles::set(&mut making, (user, name), given).await? {
                keeps_administrator(&mut making, name).await?;
                sessions::end_all(&mut making, (user, name), None, SessionEnd::Roles).await?;
            }
        }
        PeopleChange::Disabled { name, disabled } => disable(&mut making, name, disabled).await?,
        PeopleChange::Open(new) => {
            let number = sessions::open(&mut making, new).await?;
            return Ok(Receipt::Session { number });
        }
        PeopleChange::End { session, why } => sessions::end(&mut making, session, why).await?,
        PeopleChange::EndAll { name, why } => {
            let user = number_of(making.connection, name).await?;
            sessions::end_all(&mut making, (user, name), None, why).await?;
        }
        PeopleChange::StepUp { session, step } => sessions::step_up(&mut making, session, step).await?,
        PeopleChange::Refused(refused) => {
            let fields = vec![
                text("name", refused.name),
                text("address", refused.address),
                integer("failures", refused.failures.into()),
            ];
            making.log.tell("sign-in-refused", None, fields)?;
        }
    }
    Ok(Receipt::Done)
}

async fn add(making: &mut Making<'_>, new: &NewUser) -> Result<i64, Failure> {
    if find(making.connection, &new.name).await?.is_some() {
        return Err(UserRefusal::Taken(new.name.clone()).into());
    }
    let count: u32 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&mut *making.connection)
        .await?;
    if count >= USERS_MAX {
        return Err(UserRefusal::TooMany.into());
    }
    let person = new.person.as_ref();
    let user: i64 = sqlx::query_scalar(
        "INSERT INTO users (name, display, person_tenant, person, added_at, added_by) VALUES (?, ?, ?, ?, ?, ?) RETURNING user",
    )
    .bind(new.name.to_string())
    .bind(new.display.clone())
    .bind(person.map(|person| person.tenant.clone()))
    .bind(person.map(|person| person.number.clone()))
    .bind(making.at.as_millis())
    .bind(making.by.to_string())
    .fetch_one(&mut *making.connection)
    .await?;
    let fields = vec![text("name", new.name.as_str())];
    making
        .log
        .tell_row(making.connection, &USERS, user, None, fields)
        .await?;
    passwords::set(making, (user, &new.name), &new.password, true).await?;
    roles::set(making, (user, &new.name), &new.roles).await?;
    Ok(user)
}

async fn disable(making: &mut Making<'_>, name: &UserName, disabled: bool) -> Result<(), Failure> {
    let user = number_of(making.connection, name).await?;
    match (is_disabled(making.connection, user).await?, disabled) {
        (true, true) => return Err(UserRefusal::Disabled(name.clone()).into()),
        (false, false) => return Err(UserRefusal::Enabled(name.clone()).into()),
        _ => {}
    }
    let state: i64 = sqlx::query_scalar(
        "INSERT INTO user_states (user, disabled, changed_at, changed_by) VALUES (?, ?, ?, ?) RETURNING state",
    )
    .bind(user)
    .bind(disabled)
    .bind(making.at.as_millis())
    .bind(making.by.to_string())
    .fetch_one(&mut *making.connection)
    .await?;
    let word = if disabled { "disabled" } else { "enabled" };
    let fields = vec![text("name", name.as_str()), text("state", word)];
    making
        .log
        .tell_row(making.connection, &USER_STATES, state, None, fields)
        .await?;
    if disabled {
        let was: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM user_roles WHERE user = ? AND role = ? AND ended_at IS NULL)",
        )
        .bind(user)
        .bind(Role::Administrator.name())
        .fetch_one(&mut *making.connection)
        .await?;
        if was {
            keeps_administrator(making, name).await?;
        }
        sessions::end_all(making, (user, name), None, SessionEnd::Disabled).await?;
    }
    Ok(())
}

/// Refuses a change after which nobody who is enabled gives roles, where somebody did before.
async fn keeps_administrator(making: &mut Making<'_>, changed: &UserName) -> Result<(), Failure> {
    let (given, left): (bool, bool) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM user_roles WHERE role = ?1),
                EXISTS (SELECT 1 FROM user_roles r WHERE role = ?1 AND ended_at IS NULL
                        AND coalesce((SELECT disabled FROM user_states s WHERE s.user = r.user ORDER BY state DESC LIMIT 1), 0) = 0)",
    )
    .bind(Role::Administrator.name())
    .fetch_one(&mut *making.connection)
    .await?;
    if given && !left {
        return Err(UserRefusal::LastAdministrator(changed.clone()).into());
    }
    Ok(())
}

async fn is_disabled(connection: &mut SqliteConnection, user: i64) -> Result<bool, sqlx::Error> {
    let sql = "SELECT disabled FROM user_states WHERE user = ? ORDER BY state DESC LIMIT 1";
    let last: Option<bool> = sqlx::query_scalar(sql).bind(user).fetch_optional(connection).await?;
    Ok(last.unwrap_or(false))
}

/// True unless somebody is a user who is disabled, or has no role now that decides on requests of a tenant. Whoever is no user of the
/// archive, as a token or the command line, is held to what that way allows.
pub(super) async fn may_decide_requests(
    connection: &mut SqliteConnection,
    who: &Principal,
    tenant: &str,
) -> Result<bool, Failure> {
    if who.kind() != PrincipalKind::Person {
        return Ok(true);
    }
    let row = sqlx::query(users!("FROM users u WHERE u.name = ?"))
        .bind(who.name().to_owned())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(true) };
    let user = read(&row)?;
    let reaches = |given: &RoleGrant| {
        given.role().decides_requests() && given.tenant().is_none_or(|of_tenant| of_tenant == tenant)
    };
    Ok(user.disabled.is_none() && user.roles.iter().any(reaches))
}

async fn find(connection: &mut SqliteConnection, name: &UserName) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT user FROM users WHERE name = ?")
        .bind(name.to_string())
        .fetch_optional(connection)
        .await
}

async fn number_of(connection: &mut SqliteConnection, name: &UserName) -> Result<i64, Failure> {
    let found = find(connection, name).await?;
    found.ok_or_else(|| UserRefusal::Unknown(name.clone()).into())
}

impl Sqlite {
    pub(crate) async fn users(&self, after: i64, limit: u32) -> Result<Vec<User>, StorageError> {
        let limit = limit.min(USERS_LISTED_MAX);
        self.reading(|mut reader| async move {
            let sql = users!("FROM users u WHERE u.user > ? ORDER BY u.user LIMIT ?");
            let rows = sqlx::query(sql).bind(after).bind(limit).fetch_all(&mut *reader).await?;
            rows.iter().map(read).collect()
        })
        .await
    }

    pub(crate) async fn user(&self, name: &UserName) -> Result<Option<User>, StorageError> {
        let name = name.to_string();
        self.reading(|mut reader| async move {
            let sql = users!("FROM users u WHERE u.name = ?");
            let row = sqlx::query(sql).bind(name).fetch_optional(&mut *reader).await?;
            row.as_ref().map(read).transpose()
        })
        .await
    }

    pub(crate) async fn credentials(&self, name: &UserName) -> Result<Option<Credentials>, StorageError> {
        let name = name.to_string();
        self.reading(|mut reader| async move {
            let sql = users!("FROM users u WHERE u.name = ?");
            let row = sqlx::query(sql).bind(name).fetch_optional(&mut *reader).await?;
            let Some(row) = row else { return Ok(None) };
            let user = read(&row)?;
            let (password, hash) = passwords::last(&mut reader, user.number).await?;
            let totp = totp::secret(&mut reader, &self.sealing, user.number).await?;
            Ok(Some(Credentials {
                user,
                password,
                hash,
                totp,
            }))
        })
        .await
    }
}

fn read(row: &SqliteRow) -> Result<User, sqlx::Error> {
    let name: &str = row.try_get(1)?;
    let person: (Option<String>, Option<String>) = (row.try_get(3)?, row.try_get(4)?);
    let disabled: Option<i64> = row.try_get(7)?;
    let mut given = roles::read(row.try_get(10)?).map_err(|error| damaged(10, error))?;
    given.sort();
    Ok(User {
        number: row.try_get(0)?,
        name: name.parse().map_err(|error| damaged(1, error))?,
        display: row.try_get(2)?,
        person: person
            .0
            .zip(person.1)
            .map(|(tenant, number)| DirectoryPerson { tenant, number }),
        added: (read_time(row, 5)?, read_principal(row, 6)?),
        disabled: disabled.map(|_| read_time(row, 7)).transpose()?,
        must_change_password: row.try_get::<Option<bool>, _>(8)?.unwrap_or(true),
        totp: row.try_get(9)?,
        last_sign_in: row
            .try_get::<Option<i64>, _>(11)?
            .map(|_| read_time(row, 11))
            .transpose()?,
        roles: given,
    })
}

/// A user, or a session, by its number, with the user's name.
type Whose<'a> = (i64, &'a UserName);
