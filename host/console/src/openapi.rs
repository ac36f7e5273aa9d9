//! All operations, with what each takes and gives. The document is made of the handlers themselves: none can be left out.

use crate::console::Console;
use crate::routes::{alerts, decisions, me, openapi, overview, requests, session, sessions, users};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(info(
    title = "Proviso console",
    description = "Requests carry the session's cookie. Those that change something carry the header `proviso-csrf` with the value of \
                   `/api/me`. Errors are `{\"error\": {\"code\", \"message\"}}`."
))]
struct Document;

/// Every operation under `/api/`, and the document of all of them.
pub(crate) fn operations() -> (axum::Router<Console>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::step_up))
        .routes(routes!(me::me))
        .routes(routes!(me::password))
        .routes(routes!(me::totp_begin))
        .routes(routes!(me::totp_confirm))
        .routes(routes!(me::totp_remove))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::item))
        .routes(routes!(decisions::decide))
        .routes(routes!(decisions::undo))
        .routes(routes!(decisions::assign))
        .routes(routes!(decisions::comment))
        .routes(routes!(decisions::reopen))
        .routes(routes!(decisions::bulk))
        .routes(routes!(overview::overview))
        .routes(routes!(requests::list))
        .routes(routes!(requests::decide))
        .routes(routes!(requests::run))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::roles))
        .routes(routes!(users::disable))
        .routes(routes!(users::enable))
        .routes(routes!(users::password))
        .routes(routes!(openapi::document))
        .split_for_parts()
}
