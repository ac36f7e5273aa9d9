//! Acts that one person may not do alone, or not at once.

use super::Sqlite;
use super::failure::Failure;
use super::log::entries::{Entries, digest, text};
use super::log::rows::{REQUESTS, REQUESTS_DECIDED, REQUESTS_ENDED, REQUESTS_RUN};
use super::log::start::last_time;
use super::rows::{damage, damaged, read_digest, read_principal, read_time};
use super::users::may_decide_requests;
use crate::change::CommitError;
use crate::requests::{
    Deciding, EndingRequest, NewRequest, Part, Request, RequestDecision, RequestEnd, RequestRefusal, RequestedAct,
};
use crate::storage::StorageError;
use crate::stored::requested;
use proviso_model::{Digest, Principal, PrincipalKind, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

const COLUMNS: &str = "request, tenant, act, digest, reason, second_person, asked_at, asked_by, not_before, ends_at,
                       approved, decided_at, decided_by, decision_note, run_at, run_by, ended_at, ended_by, note";
/// Requests, each with its end if it has one.
const TABLES: &str = "requests LEFT JOIN request_ends USING (request)";

impl From<RequestRefusal> for Failure {
    fn from(refusal: RequestRefusal) -> Self {
        Failure::Refused(CommitError::Request(refusal))
    }
}

pub(super) async fn ask(
    connection: &mut SqliteConnection,
    asked: &NewRequest,
    by: &Principal,
    log: &mut Entries,
) -> Result<i64, Failure> {
    let act = requested::to_text(&asked.act);
    let of_act = Digest::of(act.as_bytes());
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO requests (tenant, act, digest, reason, second_person, asked_at, asked_by, not_before, ends_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING request",
    )
    .bind(asked.tenant.clone())
    .bind(act)
    .bind(of_act.as_bytes().to_vec())
    .bind(asked.reason.clone())
    .bind(asked.second_person)
    .bind(asked.at.as_millis())
    .bind(by.to_string())
    .bind(asked.not_before.as_millis())
    .bind(asked.ends_at.as_millis())
    .fetch_one(&mut *connection)
    .await?;
    let fields = vec![text("act", asked.act.name()), digest("digest", &of_act)];
    log.tell_row(connection, &REQUESTS, number, None, fields).await?;
    Ok(number)
}

pub(super) async fn decide(
    connection: &mut SqliteConnection,
    deciding: &Deciding<'_>,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let number = deciding.request;
    let request = find(connection, number).await?;
    request.is_open(deciding.at)?;
    if matches!(by.kind(), PrincipalKind::System | PrincipalKind::Source) {
        return Err(RequestRefusal::NoPerson(by.clone()).into());
    }
    if let Some(RequestDecision { approved, by, .. }) = request.decision {
        let request = number;
        return Err(RequestRefusal::Decided { request, approved, by }.into());
    }
    if request.digest != deciding.digest {
        return Err(RequestRefusal::OtherAct(number).into());
    }
    // Who asked may take it back, and not approve it.
    if deciding.approve && *by == request.by {
        let (request, by) = (number, request.by);
        return Err(RequestRefusal::OwnRequest { request, by }.into());
    }
    has_role(connection, &request, by, Part::Decides).await?;
    sqlx::query(
        "UPDATE requests SET approved = ?, decided_at = ?, decided_by = ?, decision_note = ? WHERE request = ?",
    )
    .bind(deciding.approve)
    .bind(deciding.at.as_millis())
    .bind(by.to_string())
    .bind(deciding.note.to_owned())
    .bind(number)
    .execute(&mut *connection)
    .await?;
    let fields = vec![
        text("decision", if deciding.approve { "approved" } else { "refused" }),
        digest("digest", &request.digest),
    ];
    log.tell_row(connection, &REQUESTS_DECIDED, number, None, fields).await
}

/// The act of a request that may run now. Whoever runs it calls [`ran`] in the same transaction.
pub(super) async fn to_run(
    connection: &mut SqliteConnection,
    number: i64,
    at: Timestamp,
) -> Result<RequestedAct, Failure> {
    let request = find(connection, number).await?;
    request.may_run(at)?;
    has_role(connection, &request, &request.by, Part::Asked).await?;
    if let Some(decision) = &request.decision {
        has_role(connection, &request, &decision.by, Part::Approved).await?;
    }
    Ok(request.asked.act)
}

/// Refuses a part in a request to a user who is disabled, or has no role for it now, whatever the roles were before.
async fn has_role(
    connection: &mut SqliteConnection,
    request: &Request,
    who: &Principal,
    did: Part,
) -> Result<(), Failure> {
    if may_decide_requests(connection, who, &request.asked.tenant).await? {
        return Ok(());
    }
    let (request, who) = (request.number, who.clone());
    Err(RequestRefusal::NoRole { request, who, did }.into())
}

/// Runs a request for just that act, which the caller carries out in the same transaction.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    (number, act): (i64, &RequestedAct),
    at: Timestamp,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    if to_run(connection, number, at).await? != *act {
        return Err(RequestRefusal::OtherAct(number).into());
    }
    ran(connection, number, at, by, log).await
}

pub(super) async fn ran(
    connection: &mut SqliteConnection,
    number: i64,
    at: Timestamp,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let request = find(connection, number).await?;
    has_role(connection, &request, by, Part::Runs).await?;
    sqlx::query("UPDATE requests SET run_at = ?, run_by = ? WHERE request = ?")
        .bind(at.as_millis())
        .bind(by.to_string())
        .bind(number)
        .execute(&mut *connection)
        .await?;
    log.tell_row(connection, &REQUESTS_RUN, number, None, Vec::new()).await
}

/// Ends a request that is in force.
pub(super) async fn end(
    connection: &mut SqliteConnection,
    ending: &EndingRequest<'_>,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let number = ending.request;
    let request = find(connection, number).await?;
    if let Some(end) = &request.end {
        let (request, at) = (number, end.at);
        return Err(RequestRefusal::Ended { request, at }.into());
    }
    // One whose time is over ends as well: a clock that goes back does not bring it again.
    let approved = request.decision.as_ref().is_some_and(|decision| decision.approved);
    if !approved || !matches!(request.asked.act, RequestedAct::Scoring(_)) {
        return Err(RequestRefusal::NotInForce(number).into());
    }
    sqlx::query("INSERT INTO request_ends (request, ended_at, ended_by, note) VALUES (?, ?, ?, ?)")
        .bind(number)
        .bind(ending.at.as_millis())
        .bind(by.to_string())
        .bind(ending.note.to_owned())
        .execute(&mut *connection)
        .await?;
    let fields = vec![digest("digest", &request.digest)];
    log.tell_row(connection, &REQUESTS_ENDED, number, None, fields).await
}

async fn find(connection: &mut SqliteConnection, number: i64) -> Result<Request, Failure> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM {TABLES} WHERE request = ?"));
    let row = sqlx::query(sql).bind(number).fetch_optional(connection).await?;
    match row {
        Some(row) => Ok(read(&row)?),
        None => Err(RequestRefusal::Unknown(number).into()),
    }
}

impl Sqlite {
    pub(crate) async fn requests(&self, before: i64, limit: u32) -> Result<Vec<Request>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = sqlx::AssertSqlSafe(format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE request < ? ORDER BY request DESC LIMIT ?"
            ));
            let rows = sqlx::query(sql)
                .bind(before)
                .bind(limit)
                .fetch_all(&mut *reader)
                .await?;
            rows.iter().map(read).collect()
        })
        .await
    }

    /// Those by which people are scored: approved, and ended by nobody, whatever their time. With the time of the last transaction.
    pub(crate) async fn scorings(&self) -> Result<(Vec<Request>, Option<Timestamp>), StorageError> {
        self.reading(|mut reader| async move {
            let sql = sqlx::AssertSqlSafe(format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE approved = 1 AND act ->> 'act' = 'scoring' AND ended_at IS NULL
                 ORDER BY request"
            ));
            let rows = sqlx::query(sql).fetch_all(&mut *reader).await?;
            let found = rows.iter().map(read).collect::<Result<_, _>>()?;
            Ok((found, last_time(&mut reader).await?))
        })
        .await
    }

    /// Those that may still run, the oldest first.
    pub(crate) async fn open_requests(&self, at: Timestamp) -> Result<Vec<Request>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = sqlx::AssertSqlSafe(format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE run_at IS NULL AND approved IS NOT 0 AND ends_at > ? ORDER BY request"
            ));
            let rows = sqlx::query(sql).bind(at.as_millis()).fetch_all(&mut *reader).await?;
            rows.iter().map(read).collect()
        })
        .await
    }
}

fn read(row: &SqliteRow) -> Result<Request, sqlx::Error> {
    let number: i64 = row.try_get(0)?;
    let (act, of_act): (&str, _) = (row.try_get(2)?, read_digest(row, 3)?);
    if Digest::of(act.as_bytes()) != of_act {
        return Err(damage(format!(
            "the act of request {number} is not what its digest says: somebody, or the disk, changed it"
        )));
    }
    let decision = match row.try_get::<Option<bool>, _>(10)? {
        Some(approved) => Some(RequestDecision {
            approved,
            at: read_time(row, 11)?,
            by: read_principal(row, 12)?,
            note: row.try_get::<Option<String>, _>(13)?.unwrap_or_default(),
        }),
        None => None,
    };
    let run = match row.try_get::<Option<i64>, _>(14)? {
        Some(_) => Some((read_time(row, 14)?, read_principal(row, 15)?)),
        None => None,
    };
    let end = match row.try_get::<Option<i64>, _>(16)? {
        Some(_) => Some(RequestEnd {
            at: read_time(row, 16)?,
            by: read_principal(row, 17)?,
            note: row.try_get::<Option<String>, _>(18)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Request {
        number,
        end,
        asked: NewRequest {
            tenant: row.try_get(1)?,
            act: requested::from_text(act).map_err(|error| damaged(2, error))?,
            reason: row.try_get(4)?,
            second_person: row.try_get(5)?,
            not_before: read_time(row, 8)?,
            ends_at: read_time(row, 9)?,
            at: read_time(row, 6)?,
        },
        digest: of_act,
        by: read_principal(row, 7)?,
        decision,
        run,
    })
}
