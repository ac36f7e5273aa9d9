//! Passwords: the last of a user counts, and has its hash.

use super::{Making, Whose};
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::{integer, text};
use crate::sqlite::log::rows::USER_PASSWORDS;
use crate::sqlite::rows::{damage, read_digest};
use crate::users::PasswordHash;
use proviso_model::Digest;
use sqlx::{Row as _, SqliteConnection};

pub(super) async fn set(
    making: &mut Making<'_>,
    (user, name): Whose<'_>,
    hash: &PasswordHash,
    must_change: bool,
) -> Result<(), Failure> {
    sqlx::query("UPDATE user_passwords SET hash = NULL WHERE user = ? AND hash IS NOT NULL")
        .bind(user)
        .execute(&mut *making.connection)
        .await?;
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO user_passwords (user, digest, hash, must_change, set_at, set_by) VALUES (?, ?, ?, ?, ?, ?) RETURNING password",
    )
    .bind(user)
    .bind(Digest::of(hash.as_str().as_bytes()).as_bytes().to_vec())
    .bind(hash.as_str().to_owned())
    .bind(must_change)
    .bind(making.at.as_millis())
    .bind(making.by.to_string())
    .fetch_one(&mut *making.connection)
    .await?;
    let fields = vec![text("name", name.as_str()), integer("must-change", must_change.into())];
    let connection = &mut *making.connection;
    making
        .log
        .tell_row(connection, &USER_PASSWORDS, number, None, fields)
        .await
}

/// The number of the last password of a user.
pub(super) async fn last_number(connection: &mut SqliteConnection, user: i64) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT max(password) FROM user_passwords WHERE user = ?")
        .bind(user)
        .fetch_one(connection)
        .await
}

/// The last password of a user, which every user has.
pub(super) async fn last(connection: &mut SqliteConnection, user: i64) -> Result<(i64, PasswordHash), sqlx::Error> {
    let sql = "SELECT password, digest, hash FROM user_passwords WHERE user = ? ORDER BY password DESC LIMIT 1";
    let row = sqlx::query(sql).bind(user).fetch_one(connection).await?;
    let number: i64 = row.try_get(0)?;
    let hash: Option<String> = row.try_get(2)?;
    let digest = read_digest(&row, 1)?;
    let fits = |hash: &String| Digest::of(hash.as_bytes()) == digest;
    let hash = hash.filter(fits).and_then(PasswordHash::new);
    let altered = || {
        damage(format!(
            "password {number} is not what its digest says: somebody, or the disk, changed it"
        ))
    };
    Ok((number, hash.ok_or_else(altered)?))
}

/// False of the last password of a user if its hash is not the one that was set; and of an earlier one that still has any.
pub(in crate::sqlite) async fn is_whole(connection: &mut SqliteConnection, number: i64) -> Result<bool, sqlx::Error> {
    let sql = "SELECT user, hash IS NOT NULL FROM user_passwords WHERE password = ?";
    let (user, has_hash): (i64, bool) = sqlx::query_as(sql).bind(number).fetch_one(&mut *connection).await?;
    if last_number(connection, user).await? != Some(number) {
        return Ok(!has_hash);
    }
    Ok(last(connection, user).await.is_ok())
}
