//! What the interface is, as a document.

use crate::console::Console;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

#[utoipa::path(get, path = "/api/openapi.json", tag = "about", responses((status = 200, description = "this document")))]
pub(crate) async fn document(State(console): State<Console>) -> Response {
    let text = console.openapi().to_owned();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
