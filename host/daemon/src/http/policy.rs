//! Changes of policies, and their history.

use super::Shared;
use super::body::Received;
use super::problem::{ApiError, Code};
use crate::attempt::{Attempt, NoGeneration};
use crate::generations::Asked;
use crate::token::Caller;
use crate::trust;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// `POST /v1/policy/reload`.
pub(super) async fn reload(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, ApiError> {
    answer(shared.generations.reload(Asked::Request(caller.principal)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollbackBody {
    to: Option<String>,
}

/// `POST /v1/policy/rollback`.
pub(super) async fn rollback(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let RollbackBody { to } = body.json()?;
    answer(shared.generations.rollback(to, caller.principal).await)
}

fn answer(attempt: anyhow::Result<Attempt>) -> Result<Response, ApiError> {
    let attempt = attempt.map_err(|error| match error.downcast::<NoGeneration>() {
        Ok(none @ NoGeneration::Unknown(_)) => ApiError::yours(Code::UnknownGeneration, none),
        Ok(other) => ApiError::yours(Code::NotPossible, other),
        Err(error) => ApiError::ours("the policies were not changed", error),
    })?;
    let status = if attempt.refused() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((status, Json(attempt.to_json())).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DowngradeBody {
    pack: String,
    version: String,
    note: String,
}

/// `POST /v1/policy/allow-downgrade`: lets an older version of a pack go live.
pub(super) async fn allow_downgrade(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DowngradeBody { pack, version, note } = body.json()?;
    trust::check_downgrade(&pack, &version).map_err(|refused| ApiError::yours(Code::NotPossible, refused))?;
    let allowed = json!({ "allowed": { "pack": pack, "version": version } });
    let generations = Arc::clone(&shared.generations);
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let by = &caller.principal;
        generations.allow_downgrade(&pack, &version, by, &note).await
    });
    let failed = |error: anyhow::Error| ApiError::ours("nothing was allowed", error);
    work.await.map_err(|error| failed(error.into()))?.map_err(failed)?;
    Ok(Json(allowed).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryBody {
    policy: Option<String>,
}

/// `POST /v1/policy/retry`: has quarantined policies tried again.
pub(super) async fn retry(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let RetryBody { policy } = body.json()?;
    // A task of its own: what is recorded and what is called must not part ways because somebody went away.
    let work = tokio::spawn(async move {
        let _pause = shared.pauses.pause().await;
        let (generation, by) = (shared.generations.current().id(), &caller.principal);
        shared.quarantine.retry(generation, policy.as_deref(), by).await
    });
    let failed = |error: anyhow::Error| ApiError::ours("no policy is tried again", error);
    let retried = work.await.map_err(|error| failed(error.into()))?.map_err(failed)?;
    let policies = retried.map_err(|refused| ApiError::yours(Code::NotPossible, refused))?;
    let policies: Vec<String> = policies.iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "retried": policies })).into_response())
}

/// `GET /v1/policy/history`.
pub(super) async fn history(State(shared): State<Shared>) -> Result<Response, ApiError> {
    let entries = shared.generations.history().await;
    let entries = entries.map_err(|error| ApiError::ours("the history could not be read", error))?;
    Ok(Json(entries).into_response())
}
