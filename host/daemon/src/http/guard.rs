//! Whose request it is, and whether that may do it.

use super::Shared;
use super::problem::{ApiError, Code};
use crate::token::{Caller, OPERATOR, Right};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use proviso_model::time::Zone;
use proviso_model::{Principal, PrincipalKind};
use proviso_pipeline::places;

/// What a command says of whoever runs it. Heard only beside the operator's token, whose holder may do everything anyway.
pub const USER_HEADER: &str = "proviso-user";

/// Lets a request through that a token of one of those rights presents; the handler finds the [`Caller`] beside it.
pub(super) async fn guard(
    State((shared, rights)): State<(Shared, &'static [Right])>,
    mut request: Request,
    next: Next,
) -> Response {
    let presented = presented(request.headers());
    if shared.permitted.tokens().is_of_file(presented) {
        // Where the log cannot be told, what changed does not count; that is told there.
        let _ = shared.permitted.catch_up().await;
    }
    match caller(&shared, rights, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

fn caller(shared: &Shared, rights: &[Right], headers: &HeaderMap) -> Result<Caller, ApiError> {
    let today = Zone::utc().day(places::now());
    let caller = shared.permitted.tokens().admit(presented(headers), today);
    let mut caller = caller.map_err(|refused| ApiError::yours(Code::NoToken, refused))?;
    if !rights.iter().any(|right| caller.permissions.allow(*right)) {
        let who = caller.principal.name();
        let flags: Vec<String> = rights.iter().map(|right| format!("--{}", right.name())).collect();
        let flags = flags.join(" or ");
        let message = format!("the token {who:?} may not do this: it was not made with {flags}");
        return Err(ApiError::yours(Code::NotPermitted, message));
    }
    if let Some(user) = headers.get(USER_HEADER).filter(|_| caller.principal.name() == OPERATOR) {
        let named = user
            .to_str()
            .ok()
            .map(|user| Principal::new(PrincipalKind::CommandLine, user));
        let refused = || ApiError::yours(Code::BadRequest, format!("`{USER_HEADER}` names no user"));
        caller.principal = named.and_then(Result::ok).ok_or_else(refused)?;
    }
    Ok(caller)
}
