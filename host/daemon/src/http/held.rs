//! Ends the waiting of held messages: by a new verdict, or by the word of a person.

use super::Shared;
use super::body::Received;
use super::message_id::message_id;
use super::problem::{ApiError, Code};
use crate::rejudge::{self, REQUEST_MESSAGES_MAX, RejudgeFailure, Rejudged};
use crate::token::Caller;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::{Change, CommitError};
use proviso_model::MessageId;
use proviso_pipeline::places;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldBody {
    /// `tenant/channel/identifier` of each.
    messages: Vec<String>,
    #[serde(default)]
    note: String,
}

/// `POST /v1/archive/rejudge`: judges held messages again, and answers after the commit.
pub(super) async fn rejudge(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let HeldBody { messages, note } = body.json()?;
    let ids = named(&messages)?;
    let (done, answer) = oneshot::channel();
    let by = caller.principal;
    let request = rejudge::Request { ids, by, note, done };
    let sent = shared.rejudging.send(request).await;
    sent.map_err(|_| ApiError::ending())?;
    match answer.await {
        Ok(Ok(again)) => {
            let again: Vec<Value> = again.iter().map(Rejudged::to_json).collect();
            Ok(Json(json!({ "rejudged": again })).into_response())
        }
        Ok(Err(error @ RejudgeFailure::NotHeld(_))) => Err(ApiError::yours(Code::NotPossible, error)),
        Ok(Err(RejudgeFailure::Fault(error))) => {
            let told = "the held messages were not judged again, and wait as before";
            Err(ApiError::ours(told, error))
        }
        Err(_) => Err(ApiError::ending()),
    }
}

/// `POST /v1/archive/release`: ends the waiting of held messages, of all or of none. Somebody has looked at them, and says why.
pub(super) async fn release(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let HeldBody { messages, note } = body.json()?;
    let ids = named(&messages)?;
    if note.trim().is_empty() {
        return Err(ApiError::yours(
            Code::BadRequest,
            "`note` is empty: say why they may go",
        ));
    }
    let archive = shared.archive.clone();
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let (ids, note, at) = (&*ids, &*note, places::now());
        let done = archive
            .commit(Change::Release { ids, note, at }, &caller.principal)
            .await;
        if done.is_ok() {
            tracing::info!(messages = ids.len(), who = %caller.principal, "held messages released");
        }
        done
    });
    let told = "the held messages were not released, and wait as before";
    match work.await.map_err(|error| ApiError::ours(told, error))? {
        Ok(_) => Ok(Json(json!({ "released": messages })).into_response()),
        Err(error @ CommitError::NotHeld { .. }) => Err(ApiError::yours(Code::NotPossible, error)),
        Err(error) => Err(ApiError::ours(told, error)),
    }
}

/// The messages of a request, each once.
fn named(messages: &[String]) -> Result<Vec<MessageId>, ApiError> {
    if messages.is_empty() || messages.len() > REQUEST_MESSAGES_MAX {
        let found = messages.len();
        let why = format!("{found} messages: expected 1 to {REQUEST_MESSAGES_MAX} in one request");
        return Err(ApiError::yours(Code::BadRequest, why));
    }
    let mut ids = Vec::with_capacity(messages.len());
    for text in messages {
        let id = message_id(text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
