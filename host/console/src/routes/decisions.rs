//! What is done with alerts, one or many at a time. The archive tells the log of each in its transaction.

use super::alerts::{Filter, no_alert, sight_of};
use crate::alert_forms::AlertRow;
use crate::body::{Body, Read};
use crate::console::Console;
use crate::problem::{Code, Refused};
use crate::rights::{self, Reach, Right};
use crate::session::SignedIn;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Json;
use proviso_archive::{
    AlertDecision, BulkAct, Change, Receipt, ReviewAct, Reviewing, ReviewingMany, Sight, UserName, WhichAlerts,
};
use proviso_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    /// `no-issue`, `violation`, `false-positive`, `escalate` or `unclear`.
    decision: String,
    /// The code of the reason: 1 to 64 of a-z, 0-9 and `-`.
    reason: Option<String>,
    /// 1 to 4,096 bytes.
    comment: Option<String>,
    /// The version that was looked at.
    version: u32,
}

impl Body for Decide {
    const FORM: &'static str = r#"{"decision": TEXT, "version": NUMBER}, and "reason" and "comment" if there are any"#;
}

/// The version that was looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    version: u32,
}

impl Body for Undo {
    const FORM: &'static str = r#"{"version": NUMBER}"#;
}

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assign {
    /// A user who may decide on it; null: nobody.
    to: Option<String>,
    version: u32,
}

impl Body for Assign {
    const FORM: &'static str = r#"{"to": TEXT or null, "version": NUMBER}"#;
}

/// What is said of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    /// 1 to 4,096 bytes.
    comment: String,
}

impl Body for Comment {
    const FORM: &'static str = r#"{"comment": TEXT}"#;
}

/// Why it is opened again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reopen {
    reason: String,
    version: u32,
}

impl Body for Reopen {
    const FORM: &'static str = r#"{"reason": TEXT, "version": NUMBER}"#;
}

/// What is done with many.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    /// Those of a list; else `numbers`.
    filter: Option<Filter>,
    /// At most 10,000.
    numbers: Option<Vec<i64>>,
    /// How many were seen.
    expected: u64,
    act: BulkDone,
}

/// A decision on each, or to whom each is given.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum BulkDone {
    Decide {
        decision: String,
        reason: Option<String>,
        comment: Option<String>,
    },
    Assign {
        to: Option<String>,
    },
}

impl Body for Bulk {
    const FORM: &'static str =
        r#"{"filter": {…} or "numbers": [NUMBER, …], "expected": NUMBER, "act": {"decide": {…}} or {"assign": {…}}}"#;
}

/// The alert as it is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    alert: AlertRow,
}

/// The same of a decision.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionDone {
    alert: AlertRow,
    /// Until when it may be taken back.
    undo_until: Option<String>,
}

/// How many were changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkChanged {
    changed: u64,
}

fn decision_of(text: &str) -> Result<AlertDecision, Refused> {
    AlertDecision::from_name(text).ok_or_else(|| {
        let shown = &text[..text.floor_char_boundary(64)];
        let message =
            format!("`decision` is {shown:?}: expected no-issue, violation, false-positive, escalate or unclear");
        Refused::new(Code::BadRequest, message)
    })
}

/// Does something with an alert that a right reaches; the alert, and until when a decision may be taken back.
async fn review(
    console: &Console,
    who: &SignedIn,
    (number, version): (i64, u32),
    (right, act): (Right, ReviewAct<'_>),
) -> Result<(AlertRow, Option<Timestamp>), Refused> {
    let (sight, now) = (sight_of(who.reach(right)), console.now());
    let reviewing = Reviewing {
        alert: number,
        version,
        act,
        sight: &sight,
        at: now,
    };
    let receipt = console
        .archive()
        .commit(Change::Review(&reviewing), &who.principal())
        .await?;
    let undo_until = match receipt {
        Receipt::Reviewed { undo_until, .. } => undo_until,
        _ => None,
    };
    tracing::info!(who = %who.user.name, alert = number, "an alert was reviewed");
    let alert = console.archive().alert_row(number, &sight).await?;
    let alert = alert.ok_or_else(|| no_alert(number))?;
    Ok((AlertRow::of(alert, now), undo_until))
}

#[utoipa::path(post, path = "/api/alerts/{number}/decide", tag = "alerts", params(("number" = i64, Path)), request_body = Decide, responses(
    (status = 200, body = DecisionDone), (status = 404, description = "not-found"), (status = 409, description = "changed"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn decide(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
    Read(asked): Read<Decide>,
) -> Result<Json<DecisionDone>, Refused> {
    let act = ReviewAct::Decide {
        decision: decision_of(&asked.decision)?,
        reason: asked.reason.as_deref(),
        comment: asked.comment.as_deref(),
    };
    let (alert, undo_until) = review(&console, &who, (number, asked.version), (Right::Decide, act)).await?;
    let undo_until = undo_until.map(|until| until.to_string());
    Ok(Json(DecisionDone { alert, undo_until }))
}

#[utoipa::path(post, path = "/api/alerts/{number}/undo", tag = "alerts", params(("number" = i64, Path)), request_body = Undo, responses(
    (status = 200, body = Done), (status = 404, description = "not-found"), (status = 409, description = "changed"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn undo(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
    Read(Undo { version }): Read<Undo>,
) -> Result<Json<Done>, Refused> {
    let (alert, _) = review(&console, &who, (number, version), (Right::Decide, ReviewAct::Undo)).await?;
    Ok(Json(Done { alert }))
}

#[utoipa::path(post, path = "/api/alerts/{number}/assign", tag = "alerts", params(("number" = i64, Path)), request_body = Assign, responses(
    (status = 200, body = Done), (status = 404, description = "not-found"), (status = 409, description = "changed"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn assign(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
    Read(Assign { to, version }): Read<Assign>,
) -> Result<Json<Done>, Refused> {
    if let Some(to) = &to {
        let sight = sight_of(who.reach(Right::Assign));
        let alert = console.archive().alert_row(number, &sight).await?;
        let alert = alert.ok_or_else(|| no_alert(number))?;
        if !decides(&console, to)
            .await?
            .has(&alert.tenant, alert.department.as_deref())
        {
            return Err(decides_not(to));
        }
    }
    let act = ReviewAct::Assign { to: to.as_deref() };
    let (alert, _) = review(&console, &who, (number, version), (Right::Assign, act)).await?;
    Ok(Json(Done { alert }))
}

fn decides_not(to: &str) -> Refused {
    let shown = &to[..to.floor_char_boundary(64)];
    let message = format!("{shown:?} may not decide on this: name a user who is a reviewer there");
    Refused::new(Code::NotPossible, message)
}

/// Where a user who is enabled may decide; nowhere if there is no such user.
async fn decides(console: &Console, to: &str) -> Result<Reach, Refused> {
    let nowhere = Reach::Tenants(std::collections::BTreeMap::new());
    let Ok(name) = to.parse::<UserName>() else {
        return Ok(nowhere);
    };
    let user = console
        .archive()
        .user(&name)
        .await?
        .filter(|user| user.disabled.is_none());
    Ok(user.map_or(nowhere, |user| rights::reach(&user.roles, Right::Decide)))
}

#[utoipa::path(post, path = "/api/alerts/{number}/comment", tag = "alerts", params(("number" = i64, Path)), request_body = Comment, responses(
    (status = 200, body = Done), (status = 404, description = "not-found"), (status = 422, description = "not-possible")))]
pub(crate) async fn comment(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
    Read(Comment { comment }): Read<Comment>,
) -> Result<Json<Done>, Refused> {
    let act = ReviewAct::Comment { comment: &comment };
    let (alert, _) = review(&console, &who, (number, 0), (Right::Decide, act)).await?;
    Ok(Json(Done { alert }))
}

#[utoipa::path(post, path = "/api/alerts/{number}/reopen", tag = "alerts", params(("number" = i64, Path)), request_body = Reopen, responses(
    (status = 200, body = Done), (status = 404, description = "not-found"), (status = 409, description = "changed"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn reopen(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
    Read(Reopen { reason, version }): Read<Reopen>,
) -> Result<Json<Done>, Refused> {
    let act = ReviewAct::Reopen { reason: &reason };
    let (alert, _) = review(&console, &who, (number, version), (Right::Decide, act)).await?;
    Ok(Json(Done { alert }))
}

#[utoipa::path(post, path = "/api/alerts/bulk", tag = "alerts", request_body = Bulk, responses(
    (status = 200, body = BulkChanged), (status = 400, description = "bad-request"), (status = 409, description = "count-differs"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn bulk(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Read(asked): Read<Bulk>,
) -> Result<Json<BulkChanged>, Refused> {
    let now = console.now();
    let mut reach = who.reach(Right::Bulk);
    let act = match &asked.act {
        BulkDone::Decide {
            decision,
            reason,
            comment,
        } => BulkAct::Decide {
            decision: decision_of(decision)?,
            reason: reason.as_deref(),
            comment: comment.as_deref(),
        },
        BulkDone::Assign { to } => {
            if let Some(to) = to {
                // Those that the user may not decide on are not given, and the count tells of it.
                let decides = decides(&console, to).await?;
                if !decides.is_some() {
                    return Err(decides_not(to));
                }
                reach = reach.and(&decides);
            }
            BulkAct::Assign { to: to.as_deref() }
        }
    };
    let sight: Sight = sight_of(reach);
    let filter = match asked.filter {
        Some(filter) => Some(filter.read(&who, sight.clone(), now)?),
        None => None,
    };
    let which = match (&filter, &asked.numbers) {
        (Some(filter), None) => WhichAlerts::Filter(filter),
        (None, Some(numbers)) => WhichAlerts::Numbers(numbers, &sight),
        _ => {
            let message = "say which alerts by one of `filter` and `numbers`";
            return Err(Refused::new(Code::BadRequest, message));
        }
    };
    let reviewing = ReviewingMany {
        which,
        expected: asked.expected,
        act,
        at: now,
    };
    let receipt = console
        .archive()
        .commit(Change::ReviewMany(&reviewing), &who.principal())
        .await?;
    let changed = match receipt {
        Receipt::ReviewedMany { changed } => changed,
        _ => 0,
    };
    tracing::info!(who = %who.user.name, changed, "alerts were reviewed together");
    Ok(Json(BulkChanged { changed }))
}
