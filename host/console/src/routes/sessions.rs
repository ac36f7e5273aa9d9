//! One's own sessions.

use crate::body::{Body, Read};
use crate::console::Console;
use crate::people::{SessionV1, SessionsV1};
use crate::problem::{Code, Refused};
use crate::session::{self, SignedIn};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use proviso_archive::{SESSIONS_LISTED_MAX, SessionEnd};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichSession {
    number: i64,
}

impl Body for WhichSession {
    const FORM: &'static str = r#"{"number": NUMBER}"#;
}

#[utoipa::path(get, path = "/api/sessions", tag = "session", responses((status = 200, body = SessionsV1)))]
pub(crate) async fn list(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
) -> Result<Json<SessionsV1>, Refused> {
    let sessions = console
        .archive()
        .sessions_of(&who.user.name, SESSIONS_LISTED_MAX)
        .await?;
    let now = console.now();
    Ok(Json(SessionsV1 {
        sessions: sessions
            .iter()
            .map(|session| SessionV1 {
                current: session.number == who.session.number,
                ..SessionV1::of(session, now)
            })
            .collect(),
    }))
}

#[utoipa::path(post, path = "/api/sessions/end", tag = "session", request_body = WhichSession, responses(
    (status = 204), (status = 404, description = "not-found")))]
pub(crate) async fn end(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Read(WhichSession { number }): Read<WhichSession>,
) -> Result<StatusCode, Refused> {
    let own = console
        .archive()
        .sessions_of(&who.user.name, SESSIONS_LISTED_MAX)
        .await?;
    // Of somebody else's nobody is told whether it is there.
    if !own
        .iter()
        .any(|session| session.number == number && session.is_open(console.now()))
    {
        return Err(Refused::new(
            Code::NotFound,
            format!("you have no open session {number}"),
        ));
    }
    session::end(&console, number, SessionEnd::Ended, who.principal()).await?;
    tracing::info!(who = %who.user.name, session = number, "a session was ended");
    Ok(StatusCode::NO_CONTENT)
}
