//! Users: who may sign in, and what each may do. For administrators, who showed their password again.

use crate::body::{Body, Read};
use crate::console::Console;
use crate::operator::query;
use crate::password::Password;
use crate::people::{self, PersonV1, RoleV1, UsersV1};
use crate::problem::{Code, Refused};
use crate::session::SignedIn;
use crate::sign_in::not_hashed;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Json;
use proviso_archive::{NewUser, PeopleChange, UserName};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// A user who is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddUser {
    /// 1 to 64 of a-z, 0-9, `.`, `_` and `-`.
    name: String,
    /// What people call the user.
    display: String,
    /// The first password, 12 to 1,024 bytes, which must be changed at the first sign-in.
    #[schema(value_type = String, format = Password)]
    password_once: Password,
    roles: Vec<RoleV1>,
    person: Option<PersonV1>,
}

impl Body for AddUser {
    const FORM: &'static str = r#"{"name": TEXT, "display": TEXT, "password_once": TEXT, "roles": [{"role": TEXT, "tenant": TEXT, "departments": [TEXT, …]}, …]}"#;
}

/// All roles of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRoles {
    roles: Vec<RoleV1>,
}

impl Body for SetRoles {
    const FORM: &'static str = r#"{"roles": [{"role": TEXT, "tenant": TEXT, "departments": [TEXT, …]}, …]}"#;
}

/// Another first password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPassword {
    #[schema(value_type = String, format = Password)]
    password_once: Password,
}

impl Body for SetPassword {
    const FORM: &'static str = r#"{"password_once": TEXT}"#;
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// `next` of the page before.
    #[serde(default)]
    after: i64,
}

/// The user of a path; one that has no name's form is not there.
fn named(name: &str) -> Result<UserName, Refused> {
    name.parse()
        .map_err(|_| Refused::new(Code::NotFound, "there is no such user"))
}

/// Nobody gives roles to themselves, or takes the way to the account from themselves by mistake.
fn not_oneself(who: &SignedIn, name: &UserName) -> Result<(), Refused> {
    if who.user.name == *name {
        let message = "nobody does this to themselves: another administrator does, or `proviso user`";
        return Err(Refused::new(Code::NotPossible, message));
    }
    Ok(())
}

#[utoipa::path(get, path = "/api/users", tag = "users", params(ListQuery), responses((status = 200, body = UsersV1)))]
pub(crate) async fn list(State(console): State<Console>, uri: Uri) -> Result<Json<UsersV1>, Refused> {
    let ListQuery { after } = query(&uri)?;
    Ok(Json(people::list(console.archive(), after).await?))
}

#[utoipa::path(post, path = "/api/users", tag = "users", request_body = AddUser, responses(
    (status = 201), (status = 400, description = "bad-request"), (status = 422, description = "not-possible")))]
pub(crate) async fn add(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Read(new): Read<AddUser>,
) -> Result<StatusCode, Refused> {
    let name: UserName = new
        .name
        .parse()
        .map_err(|error| Refused::new(Code::BadRequest, error))?;
    let roles = people::read_roles(new.roles).map_err(|error| Refused::new(Code::BadRequest, error))?;
    let password = new_password(&console, new.password_once, &name).await?;
    let new = NewUser {
        name,
        display: new.display,
        person: new.person.map(Into::into),
        password,
        roles,
    };
    console.commit(PeopleChange::Add(&new), who.principal()).await?;
    tracing::info!(who = %who.user.name, user = %new.name, "a user was added");
    Ok(StatusCode::CREATED)
}

async fn new_password(
    console: &Console,
    password: Password,
    name: &UserName,
) -> Result<proviso_archive::PasswordHash, Refused> {
    let checked = password.check(name.as_str());
    checked.map_err(|error| Refused::new(Code::BadRequest, error))?;
    console.hasher().hash(password).await.map_err(not_hashed)
}

#[utoipa::path(post, path = "/api/users/{name}/roles", tag = "users", params(("name" = String, Path)), request_body = SetRoles, responses(
    (status = 204), (status = 400, description = "bad-request"), (status = 404, description = "not-found"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn roles(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(name): Path<String>,
    Read(SetRoles { roles }): Read<SetRoles>,
) -> Result<StatusCode, Refused> {
    let name = named(&name)?;
    not_oneself(&who, &name)?;
    let roles = people::read_roles(roles).map_err(|error| Refused::new(Code::BadRequest, error))?;
    let change = PeopleChange::Roles {
        name: &name,
        roles: &roles,
    };
    console.commit(change, who.principal()).await?;
    tracing::info!(who = %who.user.name, user = %name, "roles were given");
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/users/{name}/disable", tag = "users", params(("name" = String, Path)), responses(
    (status = 204), (status = 404, description = "not-found"), (status = 422, description = "not-possible")))]
pub(crate) async fn disable(
    console: State<Console>,
    who: Extension<SignedIn>,
    name: Path<String>,
) -> Result<StatusCode, Refused> {
    set_disabled(console, who, name, true).await
}

#[utoipa::path(post, path = "/api/users/{name}/enable", tag = "users", params(("name" = String, Path)), responses(
    (status = 204), (status = 404, description = "not-found"), (status = 422, description = "not-possible")))]
pub(crate) async fn enable(
    console: State<Console>,
    who: Extension<SignedIn>,
    name: Path<String>,
) -> Result<StatusCode, Refused> {
    set_disabled(console, who, name, false).await
}

async fn set_disabled(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(name): Path<String>,
    disabled: bool,
) -> Result<StatusCode, Refused> {
    let name = named(&name)?;
    not_oneself(&who, &name)?;
    let change = PeopleChange::Disabled { name: &name, disabled };
    console.commit(change, who.principal()).await?;
    tracing::info!(who = %who.user.name, user = %name, disabled, "a user was disabled or enabled");
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/users/{name}/password", tag = "users", params(("name" = String, Path)), request_body = SetPassword,
    responses((status = 204), (status = 400, description = "bad-request"), (status = 404, description = "not-found"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn password(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(name): Path<String>,
    Read(SetPassword { password_once }): Read<SetPassword>,
) -> Result<StatusCode, Refused> {
    let name = named(&name)?;
    not_oneself(&who, &name)?;
    let hash = new_password(&console, password_once, &name).await?;
    let change = PeopleChange::Password {
        name: &name,
        hash: &hash,
        must_change: true,
        keeps: None,
    };
    console.commit(change, who.principal()).await?;
    tracing::info!(who = %who.user.name, user = %name, "a first password was set");
    Ok(StatusCode::NO_CONTENT)
}
