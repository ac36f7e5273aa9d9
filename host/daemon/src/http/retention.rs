//! Orders to keep, and the end of messages.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::looking::{query, tell_of_list, unread};
use super::message_id::message_id;
use super::problem::{ApiError, Code};
use super::requests::answered;
use crate::requests::release_asks;
use crate::retention::{self, DisposedPage};
use crate::token::Caller;
use crate::wire::{DisposedPageV1, DisposedV1, HoldsV1, NewHoldV1, PlanV1};
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::{ActKind, Change, Receipt};
use proviso_model::limits::HTTP_LIST_BYTES_MAX;
use proviso_pipeline::places;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanQuery {
    #[serde(default)]
    after: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisposeBody {
    /// The last place that was looked at; 0 to begin.
    #[serde(default)]
    after: i64,
    /// A person has looked at the clock.
    #[serde(default)]
    clock_is_right: bool,
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

/// `GET /v1/holds`: every order to keep.
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
    let hold = order
        .at(places::now())
        .map_err(|error| ApiError::yours(Code::BadRequest, error))?;
    match shared.archive.commit(Change::PlaceHold(&hold), &caller.principal).await {
        Ok(Receipt::Hold { number }) => {
            tracing::info!(hold = number, tenant = hold.tenant, who = %caller.principal, "a hold was placed");
            Ok(Json(json!({ "hold": number })).into_response())
        }
        Ok(_) => unreachable!("the receipt of another change"),
        Err(error) => Err(answered("the hold was not placed", error.into())),
    }
}

/// `POST /v1/holds/release`: ends an order.
pub(super) async fn release(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let ReleaseBody { hold, note } = body.json()?;
    let asks = release_asks(&shared.config, &shared.archive, hold).await;
    match asks {
        Ok(None) => {}
        Ok(Some(why)) => return Err(ApiError::yours(Code::NotPossible, why)),
        Err(error) => return Err(ApiError::ours("the hold was not released", error)),
    }
    let release = Change::ReleaseHold {
        hold,
        request: None,
        note: &note,
        at: places::now(),
    };
    match shared.archive.commit(release, &caller.principal).await {
        Ok(_) => {
            tracing::info!(hold, who = %caller.principal, "a hold was released");
            Ok(Json(json!({ "released": hold })).into_response())
        }
        Err(error) => Err(answered("the hold was not released", error.into())),
    }
}

/// `GET /v1/retention/plan?after=`: messages whose time is over, and what becomes of them.
pub(super) async fn plan(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let PlanQuery { after } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let planned = retention::plan(&mut *shared.rulebook.lock().await, &shared.archive, after).await;
    let planned = planned.map_err(|error| ApiError::ours("what may go was not found out", error))?;
    tell_of_list(&shared, caller, ActKind::Search, "plan", planned.len()).await?;
    room.answer(PlanV1::from(planned)).await
}

/// `POST /v1/retention/dispose`: those of the next messages whose time is over go, if nothing keeps them.
pub(super) async fn dispose(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DisposeBody { after, clock_is_right } = body.json()?;
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let rulebook = &mut *shared.rulebook.lock().await;
        let (archive, pauses) = (&shared.archive, &shared.pauses);
        let disposed = retention::dispose(rulebook, archive, pauses, after, clock_is_right, &caller.principal).await;
        if let Ok(DisposedPage { report, .. }) = &disposed {
            tracing::info!(disposed = report.disposed, held = report.held, who = %caller.principal, "messages were disposed of");
        }
        disposed
    });
    let told = "nothing more was disposed of";
    match work.await.map_err(|error| ApiError::ours(told, error))? {
        Ok(page) => Ok(Json(DisposedPageV1::from(page)).into_response()),
        Err(error) => Err(answered(told, error)),
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
