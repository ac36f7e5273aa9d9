//! Queries that are saved under a name.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::looking::{query, unread};
use super::problem::{ApiError, Code};
use crate::saved_queries::{self, SavedQueryError};
use crate::token::{Caller, Permissions};
use crate::wire::NewQueryV1;
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::Owners;
use proviso_model::limits::HTTP_LIST_BYTES_MAX;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    tenant: Option<String>,
    #[serde(default)]
    after: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteBody {
    tenant: String,
    name: String,
}

fn refused(told: &'static str, error: SavedQueryError) -> ApiError {
    match error {
        SavedQueryError::Refused(why) => ApiError::yours(Code::NotPossible, why),
        error if error.is_of_the_caller() => ApiError::yours(Code::BadRequest, error),
        error => ApiError::ours(told, error),
    }
}

/// `GET /v1/archive/queries?tenant=&after=`: saved queries, the oldest first.
pub(super) async fn list(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let ListQuery { tenant, after } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let listed = saved_queries::list(&shared.archive, tenant.as_deref(), after).await;
    room.answer(listed.map_err(unread)?).await
}

/// `POST /v1/archive/queries`: saves a query under a name.
pub(super) async fn save(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let new: NewQueryV1 = body.json()?;
    let saved = saved_queries::save(&shared.archive, new, &caller.principal).await;
    let saved = saved.map_err(|error| refused("the query was not saved", error))?;
    tracing::info!(saved, who = %caller.principal, "a query was saved");
    Ok(Json(json!({ "saved": saved })).into_response())
}

/// `POST /v1/archive/queries/delete`: deletes one's own, or with the operator's token anybody's.
pub(super) async fn delete(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let DeleteBody { tenant, name } = body.json()?;
    let owners = match caller.permissions {
        Permissions::All => Owners::All,
        Permissions::Granted(_) => Owners::Own,
    };
    let deleted = saved_queries::delete(&shared.archive, (&tenant, &name), owners, &caller.principal).await;
    deleted.map_err(|error| refused("the saved query was not deleted", error))?;
    tracing::info!(who = %caller.principal, "a saved query was deleted");
    Ok(Json(json!({ "deleted": name })).into_response())
}
