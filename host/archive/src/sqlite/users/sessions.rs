//! Sessions: opened, and ended before their time.
use crate::people_change::UserRefusal;

use super::{Making, Whose, is_disabled, number_of, passwords, read as read_user, totp};
use crate::sessions::{NewSession, SESSIONS_LISTED_MAX, SESSIONS_OPEN_MAX, Session, SessionEnd, UserSession};
use crate::sqlite::Sqlite;
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::{integer, text};
use crate::sqlite::log::rows::{ENDED_SESSIONS, OPENED_SESSIONS};
use crate::sqlite::rows::{read_principal, read_time};
use crate::storage::StorageError;
use crate::users::UserName;
use proviso_model::Digest;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

pub(super) async fn open(making: &mut Making<'_>, new: &NewSession<'_>) -> Result<i64, Failure> {
    let user = number_of(making.connection, new.name).await?;
    let shown = Some(new.password);
    if is_disabled(making.connection, user).await? || passwords::last_number(making.connection, user).await? != shown {
        return Err(UserRefusal::Overtaken.into());
    }
    let has_totp: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM user_totp WHERE user = ? AND removed_at IS NULL)")
            .bind(user)
            .fetch_one(&mut *making.connection)
            .await?;
    // A second factor that was set meanwhile is asked for.
    if has_totp != new.step.is_some() {
        return Err(UserRefusal::Overtaken.into());
    }
    totp::use_step(making.connection, user, new.step).await?;
    let open = open_ones(making, user).await?;
    let too_many = (open.len() + 1).saturating_sub(SESSIONS_OPEN_MAX as usize);
    for oldest in &open[..too_many.min(open.len())] {
        end_one(making, (*oldest, new.name), SessionEnd::TooMany).await?;
    }
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO sessions (token, user, opened_at, ends_at) VALUES (?, ?, ?, ?) RETURNING session",
    )
    .bind(new.token.as_bytes().to_vec())
    .bind(user)
    .bind(making.at.as_millis())
    .bind(new.ends_at.as_millis())
    .fetch_one(&mut *making.connection)
    .await?;
    let fields = vec![
        text("name", new.name.as_str()),
        integer("second-factor", new.step.is_some().into()),
    ];
    let connection = &mut *making.connection;
    making
        .log
        .tell_row(connection, &OPENED_SESSIONS, number, None, fields)
        .await?;
    Ok(number)
}

/// The open ones of a user, the oldest first.
async fn open_ones(making: &mut Making<'_>, user: i64) -> Result<Vec<i64>, sqlx::Error> {
    let sql = "SELECT session FROM sessions WHERE user = ? AND ended_at IS NULL AND ends_at > ? ORDER BY session";
    sqlx::query_scalar(sql)
        .bind(user)
        .bind(making.at.as_millis())
        .fetch_all(&mut *making.connection)
        .await
}

/// Whose an open session is.
async fn user_of(making: &mut Making<'_>, session: i64) -> Result<(i64, UserName), Failure> {
    let sql = "SELECT s.user, u.name FROM sessions s JOIN users u USING (user)
               WHERE s.session = ? AND s.ended_at IS NULL AND s.ends_at > ?";
    let found: Option<(i64, String)> = sqlx::query_as(sql)
        .bind(session)
        .bind(making.at.as_millis())
        .fetch_optional(&mut *making.connection)
        .await?;
    let (user, name) = found.ok_or(UserRefusal::NoSession(session))?;
    Ok((
        user,
        name.parse().map_err(|error| crate::sqlite::rows::damaged(1, error))?,
    ))
}

pub(super) async fn end(making: &mut Making<'_>, session: i64, why: SessionEnd) -> Result<(), Failure> {
    let (_, name) = user_of(making, session).await?;
    end_one(making, (session, &name), why).await
}

/// Ends the open sessions of a user, save one.
pub(super) async fn end_all(
    making: &mut Making<'_>,
    (user, name): Whose<'_>,
    keeps: Option<i64>,
    why: SessionEnd,
) -> Result<(), Failure> {
    for session in open_ones(making, user).await? {
        if Some(session) != keeps {
            end_one(making, (session, name), why).await?;
        }
    }
    Ok(())
}

async fn end_one(making: &mut Making<'_>, (session, name): Whose<'_>, why: SessionEnd) -> Result<(), Failure> {
    sqlx::query("UPDATE sessions SET ended_at = ?, ended_by = ?, why = ? WHERE session = ?")
        .bind(making.at.as_millis())
        .bind(making.by.to_string())
        .bind(why.name())
        .bind(session)
        .execute(&mut *making.connection)
        .await?;
    let fields = vec![text("name", name.as_str()), text("why", why.name())];
    let connection = &mut *making.connection;
    making
        .log
        .tell_row(connection, &ENDED_SESSIONS, session, None, fields)
        .await
}

pub(super) async fn step_up(making: &mut Making<'_>, session: i64, step: Option<i64>) -> Result<(), Failure> {
    let (user, name) = user_of(making, session).await?;
    totp::use_step(making.connection, user, step).await?;
    let fields = vec![text("name", name.as_str()), integer("session", session)];
    making.log.tell("session-step-up", None, fields)
}

fn read(row: &SqliteRow, at: usize) -> Result<Session, sqlx::Error> {
    let ended: Option<i64> = row.try_get(at + 3)?;
    let ended = match ended {
        Some(_) => Some((
            read_time(row, at + 3)?,
            read_principal(row, at + 4)?,
            row.try_get(at + 5)?,
        )),
        None => None,
    };
    Ok(Session {
        number: row.try_get(at)?,
        opened_at: read_time(row, at + 1)?,
        ends_at: read_time(row, at + 2)?,
        ended,
    })
}

impl Sqlite {
    pub(crate) async fn session(&self, token: &Digest) -> Result<Option<UserSession>, StorageError> {
        let token = token.as_bytes().to_vec();
        self.reading(|mut reader| async move {
            let sql = users!(
                ", s.session, s.opened_at, s.ends_at, s.ended_at, s.ended_by, s.why
                 FROM sessions s JOIN users u USING (user) WHERE s.token = ?"
            );
            let row = sqlx::query(sql).bind(token).fetch_optional(&mut *reader).await?;
            let read = |row: SqliteRow| {
                Ok(UserSession {
                    session: read(&row, 12)?,
                    user: read_user(&row)?,
                })
            };
            row.map(read).transpose()
        })
        .await
    }

    pub(crate) async fn sessions_of(&self, name: &UserName, limit: u32) -> Result<Vec<Session>, StorageError> {
        let (name, limit) = (name.to_string(), limit.min(SESSIONS_LISTED_MAX));
        self.reading(|mut reader| async move {
            let sql = "SELECT s.session, s.opened_at, s.ends_at, s.ended_at, s.ended_by, s.why
                       FROM sessions s JOIN users u USING (user) WHERE u.name = ? ORDER BY s.session DESC LIMIT ?";
            let rows = sqlx::query(sql).bind(name).bind(limit).fetch_all(&mut *reader).await?;
            rows.iter().map(|row| read(row, 0)).collect()
        })
        .await
    }
}
