//! The statements of a pass of indexing.

use super::membership::{give_up, no_more_pending, pend};
use super::segments;
use crate::change::CommitError;
use crate::index::Indexing;
use crate::sqlite::failure::Failure;
use sqlx::SqliteConnection;

/// Writes a pass, unless what it was made from is not so any more.
pub(in crate::sqlite) async fn write(connection: &mut SqliteConnection, pass: &Indexing) -> Result<(), Failure> {
    let (progress, _) = segments::progress(connection).await?;
    if progress != pass.from {
        return Err(Failure::Refused(CommitError::Overtaken));
    }
    for segment in &pass.replaced {
        // Gone with a disposal: what was merged has the message that went.
        if !segments::remove(connection, *segment).await? {
            return Err(Failure::Refused(CommitError::Overtaken));
        }
    }
    for segment in &pass.given_up {
        give_up(connection, *segment).await?;
    }
    for segment in &pass.segments {
        if pass.replaced.is_empty() && any_disposed(connection, &segment.members).await? {
            return Err(Failure::Refused(CommitError::Overtaken));
        }
        segments::insert(connection, segment).await?;
    }
    no_more_pending(connection, &pass.done).await?;
    for is_unreadable in [false, true] {
        let pending = pass.pending.iter().filter(|(_, is)| *is == is_unreadable);
        let pending: Vec<i64> = pending.map(|(message, _)| *message).collect();
        pend(connection, &pending, is_unreadable).await?;
    }
    if pass.tries_again {
        sqlx::query("UPDATE search_pending SET unreadable = 0 WHERE unreadable = 1")
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("UPDATE search_progress SET message = ?")
        .bind(pass.to)
        .execute(connection)
        .await?;
    Ok(())
}

/// True if one of the messages, which ascend, was disposed of since it was read.
async fn any_disposed(connection: &mut SqliteConnection, members: &[i64]) -> Result<bool, sqlx::Error> {
    let disposed: Vec<i64> = sqlx::query_scalar("SELECT message FROM disposals WHERE message BETWEEN ? AND ?")
        .bind(members.first().copied())
        .bind(members.last().copied())
        .fetch_all(connection)
        .await?;
    Ok(disposed.iter().any(|message| members.binary_search(message).is_ok()))
}
