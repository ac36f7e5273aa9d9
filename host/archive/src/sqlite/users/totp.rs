//! Second factors: secrets that are sealed, and the last step that counted.
use crate::people_change::UserRefusal;

use super::{Making, Whose};
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::text;
use crate::sqlite::log::rows::{REMOVED_TOTP, USER_TOTP};
use crate::sqlite::rows::{damage, read_digest};
use crate::sqlite::sealing::{Part, Sealing, read_wrapped};
use crate::users::TotpSecret;
use proviso_model::Digest;
use proviso_seal::WrappedKey;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use zeroize::Zeroizing;

pub(super) async fn set(
    making: &mut Making<'_>,
    sealing: &Sealing,
    (user, name): Whose<'_>,
    secret: Option<&TotpSecret>,
) -> Result<(), Failure> {
    let there: Option<i64> = sqlx::query_scalar("SELECT totp FROM user_totp WHERE user = ? AND removed_at IS NULL")
        .bind(user)
        .fetch_optional(&mut *making.connection)
        .await?;
    let fields = vec![text("name", name.as_str())];
    let Some(secret) = secret else {
        let number = there.ok_or_else(|| UserRefusal::NoTotp(name.clone()))?;
        sqlx::query(
            "UPDATE user_totp SET removed_at = ?, removed_by = ?, key_version = NULL, key = NULL, sealed = NULL WHERE totp = ?",
        )
        .bind(making.at.as_millis())
        .bind(making.by.to_string())
        .bind(number)
        .execute(&mut *making.connection)
        .await?;
        let connection = &mut *making.connection;
        return making
            .log
            .tell_row(connection, &REMOVED_TOTP, number, None, fields)
            .await;
    };
    if there.is_some() {
        return Err(UserRefusal::HasTotp(name.clone()).into());
    }
    // No row ever goes: a number is never used again.
    let number: i64 = sqlx::query_scalar("SELECT coalesce(max(totp), 0) + 1 FROM user_totp")
        .fetch_one(&mut *making.connection)
        .await?;
    let mut record = sealing.totp(number)?;
    let sealed = record.seal(Part::Totp, secret.as_bytes())?;
    sqlx::query(
        "INSERT INTO user_totp (totp, user, set_at, set_by, digest, key_version, key, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(user)
    .bind(making.at.as_millis())
    .bind(making.by.to_string())
    .bind(Digest::of(&sealed).as_bytes().to_vec())
    .bind(record.wrapped().version.get())
    .bind(record.wrapped().bytes.to_vec())
    .bind(sealed)
    .execute(&mut *making.connection)
    .await?;
    let connection = &mut *making.connection;
    making.log.tell_row(connection, &USER_TOTP, number, None, fields).await
}

/// The secret of a user's second factor; `None` where there is none.
pub(super) async fn secret(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    user: i64,
) -> Result<Option<TotpSecret>, sqlx::Error> {
    let sql = "SELECT totp, digest, key_version, key, sealed FROM user_totp WHERE user = ? AND removed_at IS NULL";
    let row = sqlx::query(sql).bind(user).fetch_optional(connection).await?;
    row.map(|row| read(&row, sealing)).transpose()
}

fn read(row: &SqliteRow, sealing: &Sealing) -> Result<TotpSecret, sqlx::Error> {
    let (number, sealed): (i64, &[u8]) = (row.try_get(0)?, row.try_get(4)?);
    if Digest::of(sealed) != read_digest(row, 1)? {
        return Err(damage(format!(
            "second factor {number} is not what its digest says: somebody, or the disk, changed it"
        )));
    }
    let record = sealing.open_totp(number, read_wrapped(row, 2)?);
    let opened = record
        .and_then(|record| record.open(Part::Totp, sealed))
        .map(Zeroizing::new);
    let opened = opened.map_err(|error| damage(format!("second factor {number} cannot be opened: {error}")))?;
    let bytes = opened.as_slice().try_into();
    let bytes = bytes.map_err(|_| damage(format!("second factor {number} has {} bytes", opened.len())))?;
    Ok(TotpSecret::new(bytes))
}

/// A code counts once: its step must be behind the last one that did.
pub(super) async fn use_step(connection: &mut SqliteConnection, user: i64, step: Option<i64>) -> Result<(), Failure> {
    let Some(step) = step else { return Ok(()) };
    let used = sqlx::query(
        "INSERT INTO totp_steps (user, step) VALUES (?1, ?2)
         ON CONFLICT (user) DO UPDATE SET step = excluded.step WHERE excluded.step > step",
    )
    .bind(user)
    .bind(step)
    .execute(connection)
    .await?;
    if used.rows_affected() == 0 {
        return Err(UserRefusal::CodeUsed.into());
    }
    Ok(())
}

/// False of one that is there and is not what was sealed when it was set, or does not open; and of one that was removed, and of which
/// something is left.
pub(in crate::sqlite) async fn is_whole(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    number: i64,
) -> Result<bool, sqlx::Error> {
    let sql = "SELECT totp, digest, key_version, key, sealed, removed_at IS NOT NULL,
                      coalesce(key_version, key, sealed) IS NOT NULL FROM user_totp WHERE totp = ?";
    let row = sqlx::query(sql).bind(number).fetch_one(connection).await?;
    let (removed, left): (bool, bool) = (row.try_get(5)?, row.try_get(6)?);
    if removed {
        return Ok(!left);
    }
    Ok(read(&row, sealing).is_ok())
}

/// The wrapped keys of all that are there, by their numbers.
pub(in crate::sqlite) async fn wrapped(
    connection: &mut SqliteConnection,
) -> Result<Vec<(i64, WrappedKey)>, sqlx::Error> {
    let sql = "SELECT totp, key_version, key FROM user_totp WHERE key IS NOT NULL ORDER BY totp";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, read_wrapped(row, 1)?)))
        .collect()
}

pub(in crate::sqlite) async fn rewrap(
    connection: &mut SqliteConnection,
    number: i64,
    wrapped: WrappedKey,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE user_totp SET key_version = ?, key = ? WHERE totp = ?")
        .bind(wrapped.version.get())
        .bind(wrapped.bytes.to_vec())
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}
