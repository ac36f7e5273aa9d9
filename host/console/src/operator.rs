//! Users by the operator's token, for `proviso user`: `/v1/users…`.

use crate::body::{Body, Read};
use crate::console::Console;
use crate::people::{self, OperatorChangeV1, PeopleError, SessionsV1, UsersV1};
use crate::problem::{Code, Refused};
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Json;
use axum::routing::get;
use axum::{Extension, Router};
use proviso_archive::UserRefusal;
use proviso_daemon::token::Caller;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

impl Body for OperatorChangeV1 {
    const FORM: &'static str =
        r#"{"change": "add", "roles", "state", "password", "remove-totp" or "end-sessions", "name": TEXT, …}"#;
}

pub(crate) fn router() -> Router<Console> {
    Router::new()
        .route("/v1/users", get(list).post(change))
        .route("/v1/users/sessions", get(sessions))
}

impl From<PeopleError> for Refused {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Refused(refusal @ UserRefusal::Unknown(_)) => Refused::new(Code::NotFound, refusal),
            PeopleError::Refused(refusal) => Refused::new(Code::NotPossible, refusal),
            PeopleError::Commit(error) => error.into(),
            PeopleError::Storage(error) => error.into(),
            error => Refused::new(Code::BadRequest, error),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    after: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionsQuery {
    name: String,
}

pub(crate) fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refused> {
    match Query::try_from_uri(uri) {
        Ok(Query(query)) => Ok(query),
        Err(error) => Err(Refused::new(Code::BadRequest, error.body_text())),
    }
}

async fn list(State(console): State<Console>, uri: Uri) -> Result<Json<UsersV1>, Refused> {
    let ListQuery { after } = query(&uri)?;
    Ok(Json(people::list(console.archive(), after).await?))
}

async fn sessions(State(console): State<Console>, uri: Uri) -> Result<Json<SessionsV1>, Refused> {
    let SessionsQuery { name } = query(&uri)?;
    Ok(Json(people::sessions(console.archive(), &name, console.now()).await?))
}

async fn change(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Read(change): Read<OperatorChangeV1>,
) -> Result<Json<Value>, Refused> {
    people::change(console.archive(), change, console.now(), &caller.principal).await?;
    tracing::info!(who = %caller.principal, "users were changed");
    Ok(Json(json!({ "done": true })))
}
