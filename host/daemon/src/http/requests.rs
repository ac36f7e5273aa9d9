//! Acts that one person may not do alone, or not at once.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::looking::{query, unread};
use super::problem::{ApiError, Code};
use crate::requests::{self, AskedScoring};
use crate::retention::RetentionError;
use crate::scoring;
use crate::token::{Caller, Right};
use crate::wire::{AskedV1, RanV1, RequestV1, RequestsV1};
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::{Change, CommitError, Deciding, EndingRequest};
use proviso_model::Digest;
use proviso_model::limits::HTTP_LIST_BYTES_MAX;
use proviso_pipeline::places;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Requests that one answer lists.
const LISTED: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsQuery {
    before: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisposalBody {
    tenant: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldReleaseBody {
    hold: i64,
    note: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecideBody {
    request: i64,
    /// Of the act that was looked at.
    digest: Digest,
    approve: bool,
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunBody {
    request: i64,
    /// A person has looked at the clock.
    #[serde(default)]
    clock_is_right: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoringBody {
    tenant: String,
    assessment: String,
    reason: String,
    /// A day, whose end in the policy set's time zone is meant, or a time.
    until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndBody {
    request: i64,
    note: String,
}

/// What cannot be done as things are is the caller's to mend.
pub(super) fn answered(told: &'static str, error: RetentionError) -> ApiError {
    match error {
        RetentionError::NotPossible(why) => ApiError::yours(Code::NotPossible, why),
        RetentionError::Commit(
            error @ (CommitError::Clock(_) | CommitError::Request(_) | CommitError::NoHold { .. }),
        ) => ApiError::yours(Code::NotPossible, error),
        RetentionError::Commit(error @ (CommitError::Text { .. } | CommitError::Term(_) | CommitError::TwoOrders)) => {
            ApiError::yours(Code::BadRequest, error)
        }
        error => ApiError::ours(told, error),
    }
}

/// `GET /v1/requests?before=`: requests, the latest first.
pub(super) async fn list(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let RequestsQuery { before } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let found = shared.archive.requests(before.unwrap_or(i64::MAX), LISTED).await;
    let at = places::now();
    let requests = found.map_err(unread)?.into_iter().map(|one| RequestV1::at(one, at));
    room.answer(RequestsV1 {
        requests: requests.collect(),
    })
    .await
}

/// `POST /v1/requests/disposal`: asks for the disposal of what is ready of a tenant.
pub(super) async fn disposal(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DisposalBody { tenant, reason } = body.json()?;
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let rulebook = &mut *shared.rulebook.lock().await;
        requests::ask_disposal(rulebook, &shared.archive, &tenant, &reason, &caller.principal, |_| {}).await
    });
    let told = "nothing more was asked for";
    let (requests, messages) = work
        .await
        .map_err(|error| ApiError::ours(told, error))?
        .map_err(|error| answered(told, error))?;
    let messages = Some(messages);
    Ok(Json(AskedV1 { requests, messages }).into_response())
}

/// `POST /v1/requests/hold-release`: asks for the end of a hold.
pub(super) async fn hold_release(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let HoldReleaseBody { hold, note, reason } = body.json()?;
    let asked = requests::ask_release(
        &shared.config,
        &shared.archive,
        (hold, &note),
        &reason,
        &caller.principal,
    )
    .await;
    let request = asked.map_err(|error| answered("nothing was asked for", error))?;
    let (requests, messages) = (vec![request], None);
    Ok(Json(AskedV1 { requests, messages }).into_response())
}

/// `POST /v1/requests/scoring`: asks that people be scored.
pub(super) async fn scoring(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let ScoringBody {
        tenant,
        assessment,
        reason,
        until,
    } = body.json()?;
    let zone = shared.generations.current().set().time_zone.clone();
    let until = scoring::until(&until, &zone).map_err(|why| ApiError::yours(Code::BadRequest, why))?;
    let asked = AskedScoring {
        tenant,
        assessment,
        reason,
        until,
    };
    let standings = shared.generations.standings();
    let asked = requests::ask_scoring(&shared.config, &shared.archive, &standings, asked, &caller.principal).await;
    let request = asked.map_err(|error| answered("nothing was asked for", error))?;
    let (requests, messages) = (vec![request], None);
    Ok(Json(AskedV1 { requests, messages }).into_response())
}

/// `POST /v1/requests/end`: ends a request that is in force. What is judged behind the answer is judged without it.
pub(super) async fn end(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let EndBody { request, note } = body.json()?;
    let generations = Arc::clone(&shared.generations);
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let ending = EndingRequest {
            request,
            note: &note,
            at: places::now(),
        };
        let ended = generations.end_request(&ending, &caller.principal).await;
        if ended.is_ok() {
            tracing::info!(request, who = %caller.principal, "a request was ended");
        }
        ended
    });
    let told = "nothing was ended";
    let ended = work.await.map_err(|error| ApiError::ours(told, error))?;
    ended.map_err(|error| answered(told, error.into()))?;
    Ok(Json(json!({ "request": request, "ended": true })).into_response())
}

/// `POST /v1/requests/decide`: approves a request, refuses it, or takes it back.
pub(super) async fn decide(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DecideBody {
        request,
        digest,
        approve,
        note,
    } = body.json()?;
    if approve && !caller.permissions.allow(Right::Approve) {
        let message =
            "the operator cannot approve: a token that was made with --approve does, and it is somebody else's";
        return Err(ApiError::yours(Code::NotPermitted, message));
    }
    let deciding = Deciding {
        request,
        digest,
        approve,
        note: &note,
        at: places::now(),
    };
    match shared
        .archive
        .commit(Change::Decide(&deciding), &caller.principal)
        .await
    {
        Ok(_) => {
            tracing::info!(request, approve, who = %caller.principal, "a request was decided on");
            if approve {
                shared.generations.was_approved();
            }
            Ok(Json(json!({ "request": request, "approved": approve })).into_response())
        }
        Err(error) => Err(answered("nothing was decided", error.into())),
    }
}

/// `POST /v1/requests/run`: runs a request as it was asked for.
pub(super) async fn run(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let RunBody {
        request,
        clock_is_right,
    } = body.json()?;
    let work = tokio::spawn(async move {
        let rulebook = &mut *shared.rulebook.lock().await;
        let ran = requests::run(
            rulebook,
            (&shared.archive, &shared.pauses),
            request,
            clock_is_right,
            &caller.principal,
        )
        .await;
        if ran.is_ok() {
            tracing::info!(request, who = %caller.principal, "a request ran");
        }
        ran
    });
    let told = "the request did not run";
    let ran = work.await.map_err(|error| ApiError::ours(told, error))?;
    let ran = ran.map_err(|error| answered(told, error))?;
    Ok(Json(RanV1::from(ran)).into_response())
}
