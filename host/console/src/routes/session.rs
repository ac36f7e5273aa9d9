//! In and out: a session is opened, ended, and the password shown again within it.

use super::me::{Me, me_of};
use crate::body::{Body, From, Read};
use crate::console::Console;
use crate::password::Password;
use crate::problem::Refused;
use crate::session::{self, SignedIn};
use crate::sign_in::{self, Shown};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Json, Response};
use proviso_archive::{PeopleChange, SessionEnd};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody shows to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The user's name.
    name: String,
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// The code of the second factor, where one is asked for.
    code: Option<String>,
}

impl Body for SignIn {
    const FORM: &'static str = r#"{"name": TEXT, "password": TEXT}, and "code" where there is a second factor"#;
}

/// What is shown again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepUp {
    #[schema(value_type = String, format = Password)]
    password: Password,
    code: Option<String>,
}

impl Body for StepUp {
    const FORM: &'static str = r#"{"password": TEXT}, and "code" where there is a second factor"#;
}

/// Until when it counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct SteppedUp {
    /// RFC 3339.
    step_up_until: Option<String>,
}

#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SignIn, responses(
    (status = 200, body = Me), (status = 401, description = "sign-in-failed, code-wanted"), (status = 429, description = "busy")))]
pub(crate) async fn sign_in(
    State(console): State<Console>,
    From(from): From,
    headers: HeaderMap,
    Read(shown): Read<SignIn>,
) -> Result<Response, Refused> {
    let SignIn { name, password, code } = shown;
    let shown = Shown {
        name: &name,
        password,
        code: code.as_deref(),
        from,
    };
    let verified = sign_in::verify(&console, shown).await?;
    let before = session::shown_with(&console, &headers).await?;
    let (number, token) = sign_in::open(&console, &verified).await?;
    // Whoever signs in again in the same browser leaves no session behind that nobody has.
    if let Some((old, user)) = before {
        let ended = session::end(&console, old.number, SessionEnd::SignedOut, user.name.principal()).await;
        if let Err(error) = ended {
            tracing::warn!(%error, "the session before was not ended");
        }
    }
    tracing::info!(who = %verified.credentials.user.name, session = number, "somebody signed in");
    let found = console.archive().session_by_digest(&token.digest()).await?;
    let found =
        found.ok_or_else(|| Refused::fault("nobody was signed in", anyhow::anyhow!("the session is not there")))?;
    console.live().used(&found.session, console.now());
    let me = me_of(&console, &found.session, &found.user, token.csrf());
    let cookie = token.cookie(console.https());
    Ok(([(header::SET_COOKIE, cookie)], Json(me)).into_response())
}

#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204), (status = 401, description = "no-session")))]
pub(crate) async fn sign_out(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
) -> Result<Response, Refused> {
    let number = who.session.number;
    session::end(&console, number, SessionEnd::SignedOut, who.principal()).await?;
    tracing::info!(who = %who.user.name, session = number, "somebody signed out");
    let cookie = session::no_cookie(console.https());
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

#[utoipa::path(post, path = "/api/session/step-up", tag = "session", request_body = StepUp, responses(
    (status = 200, body = SteppedUp), (status = 401, description = "sign-in-failed, code-wanted"), (status = 429, description = "busy")))]
pub(crate) async fn step_up(
    State(console): State<Console>,
    From(from): From,
    Extension(who): Extension<SignedIn>,
    Read(shown): Read<StepUp>,
) -> Result<Json<SteppedUp>, Refused> {
    let shown = Shown {
        name: who.user.name.as_str(),
        password: shown.password,
        code: shown.code.as_deref(),
        from,
    };
    let verified = sign_in::verify(&console, shown).await?;
    let step_up = PeopleChange::StepUp {
        session: who.session.number,
        step: verified.step,
    };
    console.commit(step_up, who.principal()).await?;
    verified.succeeded(&console);
    let until = console.live().step_up(who.session.number, console.now());
    Ok(Json(SteppedUp {
        step_up_until: until.map(|until| until.to_string()),
    }))
}
