//! One review of one alert: it is written, its alert stands as it says, and the log tells of it.

use super::state::{self, Past, Standing, last_turn, past, standing};
use crate::alerts::AlertKind;
use crate::change::{CommitError, Receipt};
use crate::reviews::{AlertAct, AlertDecision, ReviewAct, ReviewRefusal, Reviewing, UNDO_MINUTES};
use crate::sqlite::failure::Failure;
use crate::sqlite::log::entries::{Entries, integer, text};
use crate::sqlite::log::rows::REVIEWS;
use crate::sqlite::rows::damaged;
use crate::sqlite::sealing::{Part, Sealing, read_wrapped};
use proviso_model::{Digest, Principal, Timestamp};
use sqlx::{Row as _, SqliteConnection};

/// What is open is as severe as it is found now: what is closed stays as it was decided on.
const FOUND_NOW: &str =
    "UPDATE alerts AS a SET severity = coalesce((SELECT max(CASE f.severity WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END)
         FROM findings f WHERE f.message = a.message AND f.policy = a.policy AND f.rule = a.rule AND f.shadow = 0), severity)
     WHERE a.alert = ? AND a.kind = 'finding'";

const UNDO_MS: i64 = UNDO_MINUTES * 60_000;

impl From<ReviewRefusal> for Failure {
    fn from(refusal: ReviewRefusal) -> Self {
        Failure::Refused(CommitError::Review(refusal))
    }
}

/// An alert that is about to be reviewed.
pub(super) struct Present {
    pub(super) alert: i64,
    message: i64,
    tenant: String,
    department: Option<String>,
    kind: AlertKind,
    is_open: bool,
    version: u32,
}

/// What is written of a review.
pub(super) struct Entry<'a> {
    pub(super) act: AlertAct,
    decision: Option<AlertDecision>,
    reason: Option<&'a str>,
    to: Option<&'a str>,
    /// With what seals it.
    comment: Option<(&'a Sealing, &'a str)>,
}

impl Entry<'_> {
    /// One of an act and nothing more.
    pub(super) fn of(act: AlertAct) -> Self {
        Self {
            act,
            decision: None,
            reason: None,
            to: None,
            comment: None,
        }
    }
}

pub(super) async fn present(connection: &mut SqliteConnection, alert: i64) -> Result<Option<Present>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT a.message, s.tenant, a.department, a.kind, a.state = 'open', a.version
         FROM alerts a JOIN streams s USING (stream) WHERE a.alert = ?",
    )
    .bind(alert)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let kind: &str = row.try_get(3)?;
    Ok(Some(Present {
        alert,
        message: row.try_get(0)?,
        tenant: row.try_get(1)?,
        department: row.try_get(2)?,
        kind: AlertKind::from_name(kind).ok_or_else(|| damaged(3, format!("no alert is of kind {kind:?}")))?,
        is_open: row.try_get(4)?,
        version: row.try_get(5)?,
    }))
}

/// Does one thing with one alert.
pub(in crate::sqlite) async fn review(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    reviewing: &Reviewing<'_>,
    by: &Principal,
    log: &mut Entries,
) -> Result<Receipt, Failure> {
    let number = reviewing.alert;
    let present = present(connection, number).await?;
    let present = present.filter(|one| reviewing.sight.has(&one.tenant, one.department.as_deref()));
    let present = present.ok_or(ReviewRefusal::Unknown(number))?;
    let adds = matches!(reviewing.act, ReviewAct::Comment { .. });
    if !adds && present.version != reviewing.version {
        let (seen, found) = (reviewing.version, present.version);
        return Err(ReviewRefusal::Changed {
            alert: number,
            seen,
            found,
        }
        .into());
    }
    act(connection, sealing, &present, reviewing.act, (reviewing.at, by), log).await
}

/// The same of an alert that was looked up.
pub(super) async fn act(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    present: &Present,
    act: ReviewAct<'_>,
    (at, by): (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<Receipt, Failure> {
    let number = present.alert;
    let reviews = match present.version {
        0 => Vec::new(),
        _ => past(connection, number).await?,
    };
    let entry = match act {
        ReviewAct::Decide { .. } | ReviewAct::Assign { .. } if !present.is_open => {
            return Err(ReviewRefusal::Closed(number).into());
        }
        ReviewAct::Decide {
            decision,
            reason,
            comment,
        } => Entry {
            decision: Some(decision),
            reason,
            comment: comment.map(|comment| (sealing, comment)),
            ..Entry::of(match decision {
                AlertDecision::Escalate => AlertAct::Escalated,
                _ => AlertAct::Decided,
            })
        },
        ReviewAct::Undo => {
            may_undo(number, &reviews, at, by)?;
            if !present.is_open {
                may_reopen(connection, present).await?;
            }
            Entry::of(AlertAct::Undone)
        }
        ReviewAct::Assign { to } => Entry {
            to,
            ..Entry::of(AlertAct::Assigned)
        },
        ReviewAct::Comment { comment } => Entry {
            comment: Some((sealing, comment)),
            ..Entry::of(AlertAct::Commented)
        },
        ReviewAct::Reopen { .. } if present.is_open => return Err(ReviewRefusal::Open(number).into()),
        ReviewAct::Reopen { reason } => {
            may_reopen(connection, present).await?;
            Entry {
                reason: Some(reason),
                ..Entry::of(AlertAct::Reopened)
            }
        }
    };
    let undo_until = entry.decision.and_then(|_| after_undo(at));
    let version = write(connection, present, reviews, &entry, (at, by), log).await?;
    Ok(Receipt::Reviewed { version, undo_until })
}

fn after_undo(at: Timestamp) -> Option<Timestamp> {
    Timestamp::from_millis(at.as_millis() + UNDO_MS).ok()
}

fn may_undo(alert: i64, reviews: &[Past], at: Timestamp, by: &Principal) -> Result<(), Failure> {
    let turn = last_turn(reviews).filter(|turn| turn.decision.is_some());
    let turn = turn.ok_or(ReviewRefusal::NothingToUndo(alert))?;
    if turn.who != by.to_string() {
        let by = Principal::from_archived(&turn.who);
        return Err(ReviewRefusal::OfAnother { alert, by }.into());
    }
    if at.as_millis() - turn.at > UNDO_MS {
        let at = Timestamp::from_millis(turn.at).map_err(|error| damaged(0, error))?;
        return Err(ReviewRefusal::TooLate { alert, at }.into());
    }
    Ok(())
}

async fn may_reopen(connection: &mut SqliteConnection, present: &Present) -> Result<(), Failure> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM envelopes WHERE message = ?1),
                EXISTS (SELECT 1 FROM held_messages WHERE message = ?1 AND released_at IS NULL)",
    )
    .bind(present.message)
    .fetch_one(connection)
    .await?;
    let (is_there, waits): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    if !is_there {
        return Err(ReviewRefusal::Gone(present.alert).into());
    }
    if present.kind == AlertKind::Held && !waits {
        return Err(ReviewRefusal::WaitsNoMore(present.alert).into());
    }
    Ok(())
}

/// Writes a review behind those that its alert has; the alert's version from then on.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    present: &Present,
    mut reviews: Vec<Past>,
    entry: &Entry<'_>,
    (at, by): (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<u32, Failure> {
    let version = present.version + 1;
    reviews.push(Past {
        at: at.as_millis(),
        who: by.to_string(),
        act: entry.act,
        decision: entry.decision,
        to: entry.to.map(str::to_owned),
    });
    let now = standing(&reviews);
    if !present.is_open && !now.is_closed {
        sqlx::query(FOUND_NOW)
            .bind(present.alert)
            .execute(&mut *connection)
            .await?;
    }
    // No row ever goes: a number is never used again.
    let number: i64 = sqlx::query_scalar("SELECT coalesce(max(review), 0) + 1 FROM reviews")
        .fetch_one(&mut *connection)
        .await?;
    let sealed = match entry.comment {
        None => None,
        Some((sealing, comment)) => Some(seal(connection, sealing, present, (number, comment)).await?),
    };
    let comment = sealed.as_ref().map(|sealed| Digest::of(sealed).as_bytes().to_vec());
    sqlx::query(
        "INSERT INTO reviews (review, alert, version, at, who, act, decision, reason, assignee, severity, comment)
         SELECT ?1, alert, ?3, ?4, ?5, ?6, ?7, ?8, ?9, severity, ?10 FROM alerts WHERE alert = ?2",
    )
    .bind(number)
    .bind(present.alert)
    .bind(version)
    .bind(at.as_millis())
    .bind(by.to_string())
    .bind(entry.act.name())
    .bind(entry.decision.map(AlertDecision::name))
    .bind(entry.reason.map(str::to_owned))
    .bind(entry.to.map(str::to_owned))
    .bind(comment)
    .execute(&mut *connection)
    .await?;
    if let Some(sealed) = sealed {
        sqlx::query("INSERT INTO review_comments (review, message, sealed) VALUES (?, ?, ?)")
            .bind(number)
            .bind(present.message)
            .bind(sealed)
            .execute(&mut *connection)
            .await?;
    }
    stand(connection, present.alert, version, now).await?;
    let mut fields = vec![integer("alert", present.alert), text("act", entry.act.name())];
    fields.extend(entry.decision.map(|decision| text("decision", decision.name())));
    // It is about an alert, and outlives the message.
    log.tell_row(connection, &REVIEWS, number, None, fields).await?;
    Ok(version)
}

async fn seal(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    present: &Present,
    (number, comment): (i64, &str),
) -> Result<Vec<u8>, Failure> {
    let row = sqlx::query("SELECT key_version, key FROM contents WHERE message = ?")
        .bind(present.message)
        .fetch_optional(connection)
        .await?;
    let row = row.ok_or(ReviewRefusal::Gone(present.alert))?;
    let mut record = sealing.open(&present.tenant, present.message, read_wrapped(&row, 0)?)?;
    Ok(record.seal(Part::Comment(number), comment.as_bytes())?)
}

async fn stand(
    connection: &mut SqliteConnection,
    alert: i64,
    version: u32,
    now: state::Standing,
) -> Result<(), sqlx::Error> {
    let Standing {
        is_closed,
        escalated,
        assignee,
        decided,
    } = now;
    let (decision, by, at) = decided.map_or((None, None, None), |(decision, by, at)| {
        (Some(decision.name()), Some(by), Some(at))
    });
    sqlx::query(
        "UPDATE alerts SET state = ?, escalated = ?, assignee = ?, decision = ?, decided_by = ?, decided_at = ?, version = ?
         WHERE alert = ?",
    )
    .bind(if is_closed { "closed" } else { "open" })
    .bind(escalated)
    .bind(assignee)
    .bind(decision)
    .bind(by)
    .bind(at)
    .bind(version)
    .bind(alert)
    .execute(connection)
    .await?;
    Ok(())
}

/// An alert that ends, or begins again, by itself.
pub(super) async fn by_itself(
    connection: &mut SqliteConnection,
    alert: i64,
    act: AlertAct,
    (at, by): (Timestamp, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    let present = present(connection, alert).await?.ok_or(sqlx::Error::RowNotFound)?;
    let reviews = past(connection, alert).await?;
    write(connection, &present, reviews, &Entry::of(act), (at, by), log).await?;
    Ok(())
}
