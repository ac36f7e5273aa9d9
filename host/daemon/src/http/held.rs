//! Has held messages judged again.

use super::Shared;
use super::body::Received;
use super::message_id::message_id;
use super::problem::{ApiError, Code};
use crate::rejudge::{self, REQUEST_MESSAGES_MAX, RejudgeFailure, Rejudged};
use crate::token::Caller;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RejudgeBody {
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
    let RejudgeBody { messages, note } = body.json()?;
    if messages.is_empty() || messages.len() > REQUEST_MESSAGES_MAX {
        let found = messages.len();
        let why = format!("{found} messages: expected 1 to {REQUEST_MESSAGES_MAX} in one request");
        return Err(ApiError::yours(Code::BadRequest, why));
    }
    let mut ids = Vec::with_capacity(messages.len());
    for text in &messages {
        let id = message_id(text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
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
