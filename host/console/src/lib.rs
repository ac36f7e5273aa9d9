//! Where people work through what was found: who signs in, what each may do, and the interface of the pages.
//!
//! [`routers`] gives the daemon two routers: the console's own, behind its sessions, and that of `proviso user`, behind the operator's
//! token. A request's way: the daemon's bounds, `session.rs` (which asks `rights.rs` what the operation wants), and one file of `routes`.
//! `sign_in.rs` is the one way to a session. What users are stands in `people.rs`, for pages and commands alike. SQL is seen by the
//! archive alone.

mod alert_forms;
mod body;
mod console;
mod live;
mod openapi;
mod operator;
mod pages;
pub mod password;
pub mod people;
mod problem;
mod request_forms;
pub mod rights;
mod routes;
mod session;
mod sign_in;
mod throttle;
mod totp;

pub use console::Clock;
pub use live::{IDLE_MS, STEP_UP_MS};
pub use session::{CSRF_HEADER, SESSION_MS};

use axum::middleware::from_fn_with_state;
use console::Console;
use proviso_daemon::services::{Routers, Services};
use proviso_pipeline::places;
use std::sync::Arc;

/// The console over a daemon.
pub fn routers(services: Services) -> anyhow::Result<Routers> {
    routers_by(services, Arc::new(places::now))
}

/// The same, by another clock.
pub fn routers_by(services: Services, clock: Clock) -> anyhow::Result<Routers> {
    let (operations, document) = openapi::operations();
    let console = Console::new(services, clock, document.to_json()?)?;
    let operations = operations.route_layer(from_fn_with_state(console.clone(), session::guard));
    Ok(Routers {
        own: operations.merge(pages::router()).with_state(console.clone()),
        operator: operator::router().with_state(console),
    })
}

/// The document of the interface, as `/api/openapi.json` gives it.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::operations().1
}
