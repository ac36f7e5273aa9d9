//! Orders to keep, and the end of messages.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::looking::{query, tell_of_list, unread};
use super::message_id::message_id;
use super::problem::{ApiError, Code};
use crate::token::Caller;
use crate::wire::{DisposalReportV1, DisposeV1, DisposedV1, DueListV1, HoldsV1, NewHoldV1};
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::{ActKind, Change, CommitError, Disposing, Receipt};
use proviso_model::limits::{HELD_LISTED_MAX, HTTP_LIST_BYTES_MAX};
use proviso_model::time::Day;
use proviso_pipeline::places;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DueQuery {
    today: String,
    #[serde(default)]
    after: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageQuery {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseBody {
    hold: i64,
    note: String,
}

fn day(text: &str) -> Result<Day, ApiError> {
    text.parse()
        .map_err(|error| ApiError::yours(Code::BadRequest, format!("`today`: {error}")))
}

/// `GET /v1/holds/list`: every order to keep.
pub(super) async fn holds(State(shared): State<Shared>) -> Result<Response, ApiError> {
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let holds = shared.archive.holds().await.map_err(unread)?;
    room.answer(HoldsV1::from(holds)).await
}

/// `POST /v1/holds`: gives an order to keep.
pub(super) async fn place(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let order: NewHoldV1 = body.json()?;
    for (name, text) in [("tenant", &order.tenant), ("reason", &order.reason)] {
        if text.trim().is_empty() {
            return Err(ApiError::yours(Code::BadRequest, format!("`{name}` is empty")));
        }
    }
    let hold = order.at(places::now());
    match shared.archive.commit(Change::PlaceHold(&hold), &caller.principal).await {
        Ok(Receipt::Hold { number }) => {
            tracing::info!(hold = number, tenant = hold.tenant, who = %caller.principal, "a hold was placed");
            Ok(Json(json!({ "hold": number })).into_response())
        }
        Ok(_) => unreachable!("the receipt of another change"),
        Err(error) => Err(ApiError::ours("the hold was not placed", error)),
    }
}

/// `POST /v1/holds/release`: ends an order.
pub(super) async fn release(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let ReleaseBody { hold, note } = body.json()?;
    if note.trim().is_empty() {
        return Err(ApiError::yours(Code::BadRequest, "`note` is empty: say why it ends"));
    }
    let release = Change::ReleaseHold {
        hold,
        note: &note,
        at: places::now(),
    };
    match shared.archive.commit(release, &caller.principal).await {
        Ok(_) => {
            tracing::info!(hold, who = %caller.principal, "a hold was released");
            Ok(Json(json!({ "released": hold })).into_response())
        }
        Err(error @ CommitError::NoHold { .. }) => Err(ApiError::yours(Code::NotPossible, error)),
        Err(error) => Err(ApiError::ours("the hold was not released", error)),
    }
}

/// `GET /v1/retention/due?today=&after=`: messages that may go, behind a place in the order of arrival, at most 1,000.
pub(super) async fn due(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let DueQuery { today, after } = query(&uri)?;
    let today = day(&today)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let due = shared
        .archive
        .due(today, after, HELD_LISTED_MAX)
        .await
        .map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "due", due.len()).await?;
    room.answer(DueListV1::from(due)).await
}

/// `POST /v1/retention/dispose`: messages go, if they are due and nothing holds them.
pub(super) async fn dispose(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DisposeV1 {
        today,
        clock_is_right,
        messages,
    } = body.json()?;
    let disposing = Disposing {
        at: places::now(),
        today: day(&today)?,
        clock_is_right,
        messages: messages.into_iter().map(Into::into).collect(),
    };
    match shared
        .archive
        .commit(Change::Dispose(&disposing), &caller.principal)
        .await
    {
        Ok(Receipt::Disposed(report)) => {
            tracing::info!(disposed = report.disposed, held = report.held, who = %caller.principal, "messages were disposed of");
            Ok(Json(DisposalReportV1::from(report)).into_response())
        }
        Ok(_) => unreachable!("the receipt of another change"),
        Err(error @ (CommitError::Clock(_) | CommitError::TooMany { .. })) => {
            Err(ApiError::yours(Code::NotPossible, error))
        }
        Err(error) => Err(ApiError::ours("nothing was disposed of", error)),
    }
}

/// `GET /v1/archive/disposed?id=`: what is left of a message that was disposed of.
pub(super) async fn disposed(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let MessageQuery { id } = query(&uri)?;
    let id = message_id(&id)?;
    let disposed = shared.archive.disposed(&id).await.map_err(unread)?;
    let disposed =
        disposed.ok_or_else(|| ApiError::yours(Code::UnknownMessage, format!("message {id} was not disposed of")))?;
    Ok(Json(DisposedV1::from(disposed)).into_response())
}
