//! What the digest of a row does not cover: what goes before the row does, and rows of other tables.

use crate::sqlite::log::rows::{DIRECTORIES, REVIEWS, Rows, SAVED_QUERIES, USER_PASSWORDS, USER_TOTP};
use crate::sqlite::{Sqlite, alerts, directory, saved_queries, users};
use sqlx::SqliteConnection;

/// What is wrong beside a row, which is as it was written if `is_as_written`.
pub(super) async fn fault(
    connection: &mut SqliteConnection,
    store: &Sqlite,
    rows: &Rows,
    number: i64,
    is_as_written: bool,
) -> Result<Option<&'static str>, sqlx::Error> {
    if rows.kind == DIRECTORIES.kind {
        let is_whole = directory::is_whole(connection, number).await?;
        return Ok((!is_whole).then_some("names other people than were handed in"));
    }
    if !is_as_written {
        return Ok(None);
    }
    let (is_whole, what) = if rows.kind == SAVED_QUERIES.kind {
        let is_whole = saved_queries::is_whole(connection, &store.sealing, number).await?;
        (is_whole, "asks for something else than was saved, or cannot be opened")
    } else if rows.kind == REVIEWS.kind {
        let is_whole = alerts::is_whole(connection, &store.sealing, number).await?;
        (
            is_whole,
            "has not the comment that was written, or one that cannot be opened",
        )
    } else if rows.kind == USER_PASSWORDS.kind {
        let is_whole = users::password_is_whole(connection, number).await?;
        (
            is_whole,
            "has another hash than was set, or one that another password took the place of",
        )
    } else if rows.kind == USER_TOTP.kind {
        let is_whole = users::totp_is_whole(connection, &store.sealing, number).await?;
        (is_whole, "has another secret than was set, or cannot be opened")
    } else {
        return Ok(None);
    };
    Ok((!is_whole).then_some(what))
}
