//! Roles: rows that are given, and end.

use super::{Making, Whose};
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::{Field, text};
use crate::sqlite::log::rows::{ENDED_ROLES, GIVEN_ROLES};
use crate::users::{NoRoleGrant, RoleGrant};
use sqlx::SqliteConnection;

/// A role as it is kept: its word, its tenant, its departments.
type Kept = (String, Option<String>, Vec<String>);

#[derive(Debug, thiserror::Error)]
pub(super) enum NotKept {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Grant(#[from] NoRoleGrant),
}

/// Roles of a list as JSON.
pub(super) fn read(json: &str) -> Result<Vec<RoleGrant>, NotKept> {
    let kept: Vec<Kept> = serde_json::from_str(json)?;
    kept.into_iter().map(of_kept).collect()
}

fn of_kept((role, tenant, departments): Kept) -> Result<RoleGrant, NotKept> {
    Ok(RoleGrant::new(role.parse()?, tenant, departments)?)
}

/// Gives what the user has not, and ends what is not in the list; true if anything changed.
pub(super) async fn set(
    making: &mut Making<'_>,
    (user, name): Whose<'_>,
    given: &[RoleGrant],
) -> Result<bool, Failure> {
    let open = open(making.connection, user).await?;
    let mut changed = false;
    for (number, role) in &open {
        if role.as_ref().is_some_and(|role| given.contains(role)) {
            continue;
        }
        changed = true;
        sqlx::query("UPDATE user_roles SET ended_at = ?, ended_by = ? WHERE given = ?")
            .bind(making.at.as_millis())
            .bind(making.by.to_string())
            .bind(*number)
            .execute(&mut *making.connection)
            .await?;
        let fields = vec![text("name", name.as_str())];
        let connection = &mut *making.connection;
        making
            .log
            .tell_row(connection, &ENDED_ROLES, *number, None, fields)
            .await?;
    }
    for role in given {
        if open.iter().any(|(_, kept)| kept.as_ref() == Some(role)) {
            continue;
        }
        changed = true;
        give(making, (user, name), role).await?;
    }
    Ok(changed)
}

async fn give(making: &mut Making<'_>, (user, name): Whose<'_>, role: &RoleGrant) -> Result<(), Failure> {
    let departments = serde_json::to_string(role.departments()).expect("texts are written as JSON");
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO user_roles (user, role, tenant, departments, given_at, given_by) VALUES (?, ?, ?, ?, ?, ?) RETURNING given",
    )
    .bind(user)
    .bind(role.role().name())
    .bind(role.tenant().map(str::to_owned))
    .bind(departments)
    .bind(making.at.as_millis())
    .bind(making.by.to_string())
    .fetch_one(&mut *making.connection)
    .await?;
    let mut fields: Vec<Field> = vec![text("name", name.as_str()), text("role", role.role().name())];
    fields.extend(role.tenant().map(|tenant| text("tenant", tenant)));
    let connection = &mut *making.connection;
    making
        .log
        .tell_row(connection, &GIVEN_ROLES, number, None, fields)
        .await
}

/// The roles that a user has, by their numbers; `None` for one that this program cannot read, which gives nothing.
async fn open(connection: &mut SqliteConnection, user: i64) -> Result<Vec<(i64, Option<RoleGrant>)>, sqlx::Error> {
    let rows: Vec<(i64, String, Option<String>, String)> = sqlx::query_as(
        "SELECT given, role, tenant, departments FROM user_roles WHERE user = ? AND ended_at IS NULL ORDER BY given",
    )
    .bind(user)
    .fetch_all(connection)
    .await?;
    let read = |(number, role, tenant, departments): (i64, String, Option<String>, String)| {
        let departments = serde_json::from_str(&departments).ok();
        let role = departments.and_then(|departments| of_kept((role, tenant, departments)).ok());
        (number, role)
    };
    Ok(rows.into_iter().map(read).collect())
}
