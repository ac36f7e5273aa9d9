//! Whoever asks: what they may do, their password and their second factor.

use crate::body::{Body, From, Read};
use crate::console::Console;
use crate::password::{NoPassword, Password};
use crate::people::RoleV1;
use crate::problem::{Code, Refused};
use crate::rights;
use crate::session::SignedIn;
use crate::sign_in::{self, Shown, not_hashed};
use crate::totp;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use proviso_archive::{PeopleChange, Session, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whoever is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    name: String,
    display: String,
    roles: Vec<RoleV1>,
    /// What the roles allow, somewhere.
    rights: Vec<&'static str>,
    /// The value of the header `proviso-csrf`.
    csrf: String,
    session: MySession,
    /// True if a second factor is asked for.
    totp: bool,
    must_change_password: bool,
}

/// The session that a request came in. Times are RFC 3339.
#[derive(Serialize, ToSchema)]
pub(crate) struct MySession {
    number: i64,
    opened_at: String,
    ends_at: String,
    step_up_until: Option<String>,
}

pub(crate) fn me_of(console: &Console, session: &Session, user: &User, csrf: String) -> Me {
    let step_up = console.live().stepped_up_until(session.number, console.now());
    Me {
        name: user.name.to_string(),
        display: user.display.clone(),
        roles: user.roles.iter().map(RoleV1::of).collect(),
        rights: rights::rights(&user.roles)
            .into_iter()
            .map(rights::Right::name)
            .collect(),
        csrf,
        session: MySession {
            number: session.number,
            opened_at: session.opened_at.to_string(),
            ends_at: session.ends_at.to_string(),
            step_up_until: step_up.map(|until| until.to_string()),
        },
        totp: user.totp,
        must_change_password: user.must_change_password,
    }
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    #[schema(value_type = String, format = Password)]
    old: Password,
    /// 12 to 1,024 bytes.
    #[schema(value_type = String, format = Password)]
    new: Password,
    /// The code of the second factor, where one is asked for.
    code: Option<String>,
}

impl Body for NewPassword {
    const FORM: &'static str = r#"{"old": TEXT, "new": TEXT}, and "code" where there is a second factor"#;
}

/// The password, shown again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownPassword {
    #[schema(value_type = String, format = Password)]
    password: Password,
}

impl Body for ShownPassword {
    const FORM: &'static str = r#"{"password": TEXT}"#;
}

/// A second factor that is to be; it counts when its first code is confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTotp {
    /// Base 32, as a person types it.
    secret: String,
    /// `otpauth:`, as an authenticator reads it.
    uri: String,
}

/// A code of the second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownCode {
    /// 6 digits.
    code: String,
}

impl Body for ShownCode {
    const FORM: &'static str = r#"{"code": TEXT}, of 6 digits"#;
}

/// Password and code, shown again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownBoth {
    #[schema(value_type = String, format = Password)]
    password: Password,
    code: String,
}

impl Body for ShownBoth {
    const FORM: &'static str = r#"{"password": TEXT, "code": TEXT}"#;
}

#[utoipa::path(get, path = "/api/me", tag = "me", responses((status = 200, body = Me), (status = 401, description = "no-session")))]
pub(crate) async fn me(State(console): State<Console>, Extension(who): Extension<SignedIn>) -> Json<Me> {
    Json(me_of(&console, &who.session, &who.user, who.csrf.clone()))
}

#[utoipa::path(post, path = "/api/me/password", tag = "me", request_body = NewPassword, responses(
    (status = 204), (status = 400, description = "bad-request"), (status = 401, description = "sign-in-failed, code-wanted"),
    (status = 429, description = "busy")))]
pub(crate) async fn password(
    State(console): State<Console>,
    From(from): From,
    Extension(who): Extension<SignedIn>,
    Read(NewPassword { old, new, code }): Read<NewPassword>,
) -> Result<StatusCode, Refused> {
    let name = who.user.name.as_str();
    new.check(name).map_err(|error| Refused::new(Code::BadRequest, error))?;
    if new.is_same(&old) {
        return Err(Refused::new(Code::BadRequest, NoPassword::Same));
    }
    let shown = Shown {
        name,
        password: old,
        code: code.as_deref(),
        from,
    };
    let verified = sign_in::verify(&console, shown).await?;
    if verified.step.is_some() {
        // The code counts once, for this.
        let step_up = PeopleChange::StepUp {
            session: who.session.number,
            step: verified.step,
        };
        console.commit(step_up, who.principal()).await?;
    }
    let hash = console.hasher().hash(new).await.map_err(not_hashed)?;
    let change = PeopleChange::Password {
        name: &who.user.name,
        hash: &hash,
        must_change: false,
        keeps: Some(who.session.number),
    };
    console.commit(change, who.principal()).await?;
    verified.succeeded(&console);
    tracing::info!(who = %who.user.name, "a password was changed");
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/me/totp", tag = "me", request_body = ShownPassword, responses(
    (status = 200, body = NewTotp), (status = 401, description = "sign-in-failed"), (status = 422, description = "not-possible"),
    (status = 429, description = "busy")))]
pub(crate) async fn totp_begin(
    State(console): State<Console>,
    From(from): From,
    Extension(who): Extension<SignedIn>,
    Read(ShownPassword { password }): Read<ShownPassword>,
) -> Result<Json<NewTotp>, Refused> {
    if who.user.totp {
        let message = "you have a second factor already: remove it first";
        return Err(Refused::new(Code::NotPossible, message));
    }
    let shown = Shown {
        name: who.user.name.as_str(),
        password,
        code: None,
        from,
    };
    sign_in::verify(&console, shown).await?.succeeded(&console);
    let secret = totp::secret().map_err(|error| Refused::fault("no second factor was made", error))?;
    let new = NewTotp {
        secret: totp::to_text(&secret).to_string(),
        uri: totp::to_uri(&secret, who.user.name.as_str()).to_string(),
    };
    console.keep_unconfirmed(who.session.number, secret);
    Ok(Json(new))
}

#[utoipa::path(post, path = "/api/me/totp/confirm", tag = "me", request_body = ShownCode, responses(
    (status = 204), (status = 401, description = "sign-in-failed"), (status = 422, description = "not-possible")))]
pub(crate) async fn totp_confirm(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Read(ShownCode { code }): Read<ShownCode>,
) -> Result<StatusCode, Refused> {
    let session = who.session.number;
    let secret = console.unconfirmed(session).ok_or_else(|| {
        let message = "no second factor waits for its first code: begin again";
        Refused::new(Code::NotPossible, message)
    })?;
    let step = totp::step(&secret, &code, console.now());
    let step = step.ok_or_else(|| Refused::new(Code::SignInFailed, "the code is not right"))?;
    let set = PeopleChange::Totp {
        name: &who.user.name,
        secret: Some(&secret),
        step: Some(step),
    };
    console.commit(set, who.principal()).await?;
    console.confirmed(session);
    tracing::info!(who = %who.user.name, "a second factor was set");
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/me/totp/remove", tag = "me", request_body = ShownBoth, responses(
    (status = 204), (status = 401, description = "sign-in-failed"), (status = 422, description = "not-possible"),
    (status = 429, description = "busy")))]
pub(crate) async fn totp_remove(
    State(console): State<Console>,
    From(from): From,
    Extension(who): Extension<SignedIn>,
    Read(ShownBoth { password, code }): Read<ShownBoth>,
) -> Result<StatusCode, Refused> {
    if !who.user.totp {
        return Err(Refused::new(Code::NotPossible, "you have no second factor"));
    }
    let shown = Shown {
        name: who.user.name.as_str(),
        password,
        code: Some(&code),
        from,
    };
    let verified = sign_in::verify(&console, shown).await?;
    let removed = PeopleChange::Totp {
        name: &who.user.name,
        secret: None,
        step: verified.step,
    };
    console.commit(removed, who.principal()).await?;
    verified.succeeded(&console);
    tracing::info!(who = %who.user.name, "a second factor was removed");
    Ok(StatusCode::NO_CONTENT)
}
