//! The HTTP interface: its routes, and what their handlers share.
//!
//! `serving.rs` owns the connections. Every request passes `hosts.rs` and `linger.rs`; what begins with `/v1/` passes `guard.rs`
//! too, which knows whose token it is and what that may do. `body.rs` reads a body within its bounds, and `answer.rs` sends a large
//! answer within others. `/healthz` and `/metrics`
//! want no token: they hold counts alone. What is built over the daemon (`services.rs`) brings routes of its own, of which it guards those that
//! are not the operator's.

pub(crate) mod answer;
pub(crate) mod body;
mod export;
mod facts;
mod guard;
mod held;
mod hosts;
mod intake;
mod keys;
mod linger;
mod looking;
mod message_id;
mod policy;
pub(crate) mod problem;
mod requests;
mod retention;
mod saved_queries;
mod serving;
mod status;
mod tables;
mod taken;

pub use guard::USER_HEADER;
pub(crate) use hosts::Hosts;
pub(crate) use serving::{Bounds, Connections, listen, serve};

use crate::budget::ByteBudget;
use crate::config::Config;
use crate::facts as handed_in;
use crate::generations::Generations;
use crate::laws::Rulebook;
use crate::metrics::Metrics;
use crate::own_thread::OwnThread;
use crate::pauses::Pauses;
use crate::permitted::Permitted;
use crate::quarantine::Quarantine;
use crate::queue::Queue;
use crate::rejudge;
use crate::services::Routers;
use crate::token::Right;
use crate::watch::WatchState;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use problem::{ApiError, Code};
use proviso_archive::Archive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub permitted: Permitted,
    pub hosts: Arc<Hosts>,
    pub archive: Archive,
    pub queue: Queue,
    pub metrics: Arc<Metrics>,
    pub generations: Arc<Generations>,
    pub quarantine: Arc<Quarantine>,
    pub rejudging: mpsc::Sender<rejudge::Request>,
    pub facts: mpsc::Sender<handed_in::Request>,
    pub pauses: Pauses,
    /// Where files of facts are read.
    pub reading_facts: OwnThread,
    pub draining: Arc<AtomicBool>,
    pub watching: WatchState,
    pub connections: Connections,
    /// The rules of recorded generations, for those who ask what may go.
    pub rulebook: Arc<tokio::sync::Mutex<Rulebook>>,
    /// As the daemon was started.
    pub config: Arc<Config>,
    /// Memory for answers about the archive.
    pub answers: ByteBudget,
    /// Whose turn it is to export.
    pub exports: Arc<tokio::sync::Semaphore>,
}

impl Shared {
    fn commits_fail(&self) -> bool {
        !self.archive.health().is_writing()
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// All routes, with those of whoever builds over the daemon.
pub(crate) fn router(shared: Shared, over: Routers) -> Router {
    let with = |rights: &'static [Right], routes: Router<Shared>| {
        routes.route_layer(from_fn_with_state((shared.clone(), rights), guard::guard))
    };
    let intake = Router::new().route("/v1/messages", post(intake::messages));
    let policies = Router::new()
        .route("/v1/policy/reload", post(policy::reload))
        .route("/v1/policy/rollback", post(policy::rollback))
        .route("/v1/policy/retry", post(policy::retry))
        .route("/v1/policy/allow-downgrade", post(policy::allow_downgrade))
        .route("/v1/archive/rejudge", post(held::rejudge))
        .route("/v1/archive/release", post(held::release));
    let operator = Router::new()
        .route("/v1/keys", get(keys::status))
        .route("/v1/keys/rotate", post(keys::rotation))
        .route("/v1/keys/destroy", post(keys::destroy))
        .route("/v1/holds", post(retention::place))
        .route("/v1/holds/release", post(retention::release))
        .route("/v1/retention/dispose", post(retention::dispose))
        .route("/v1/requests/disposal", post(requests::disposal))
        .route("/v1/requests/hold-release", post(requests::hold_release))
        .route("/v1/requests/scoring", post(requests::scoring))
        .route("/v1/requests/run", post(requests::run));
    // Who asked takes back what another approves.
    let deciding = Router::new()
        .route("/v1/requests/decide", post(requests::decide))
        .route("/v1/requests/end", post(requests::end));
    let asked = Router::new().route("/v1/requests", get(requests::list));
    let reading = Router::new()
        .route("/v1/status", get(status::status))
        .route("/v1/policy/history", get(policy::history))
        .route("/v1/archive/stats", get(looking::stats))
        .route("/v1/holds", get(retention::holds));
    let content = Router::new()
        .route("/v1/archive/messages", get(looking::find))
        .route("/v1/archive/complete", post(looking::complete))
        .route(
            "/v1/archive/queries",
            get(saved_queries::list).post(saved_queries::save),
        )
        .route("/v1/archive/queries/delete", post(saved_queries::delete))
        .route("/v1/archive/export", post(export::export))
        .route("/v1/archive/unmask", post(export::unmask))
        .route("/v1/archive/tables", post(tables::tables))
        .route("/v1/requests/export", post(export::ask))
        .route("/v1/requests/run-export", post(export::run))
        .route("/v1/archive/message", get(looking::show))
        .route("/v1/archive/recorded", get(looking::recorded))
        .route("/v1/archive/recorded-behind", get(looking::recorded_behind))
        .route("/v1/archive/sample", get(looking::sample))
        .route("/v1/archive/arrived", get(looking::arrived))
        .route("/v1/archive/held", get(looking::held))
        .route("/v1/archive/disposed", get(retention::disposed))
        .route("/v1/retention/plan", get(retention::plan));
    // Who may not read content is given pseudonyms.
    let searching = Router::new()
        .route("/v1/archive/search", post(looking::search))
        .route("/v1/archive/count", post(looking::count));
    let facts = Router::new()
        .route("/v1/directory", post(facts::directory))
        .route("/v1/consents", post(facts::hand_in_consents))
        .route("/v1/endings", post(facts::hand_in_endings));
    // Who hands facts in may see them, and so may who replays verdicts that stand on them.
    let known = Router::new()
        .route("/v1/directory/version", get(facts::version))
        .route("/v1/directory/versions", get(facts::versions))
        .route("/v1/consents/lines", get(facts::consents))
        .route("/v1/endings/lines", get(facts::endings));
    // Who may read a verdict may know under which set it was given.
    let either = Router::new().route("/v1/archive/generation", get(looking::generation));
    Router::new()
        .route("/healthz", get(status::healthz))
        .route("/metrics", get(status::metrics))
        .merge(with(&[Right::Intake], intake))
        .merge(with(&[Right::Policies], policies))
        .merge(with(&[Right::Operator], operator))
        .merge(with(&[Right::Approve, Right::Operator], deciding))
        .merge(with(&[Right::Approve, Right::Reading], asked))
        .merge(with(&[Right::Reading], reading))
        .merge(with(&[Right::Content], content))
        .merge(with(&[Right::Content, Right::SearchMasked], searching))
        .merge(with(&[Right::Facts], facts))
        .merge(with(&[Right::Facts, Right::Content], known))
        .merge(with(&[Right::Reading, Right::Content], either))
        .merge(with(&[Right::Operator], over.operator.with_state(())))
        .merge(over.own.with_state(()))
        .method_not_allowed_fallback(async || ApiError::yours(Code::WrongMethod, "this path takes another method"))
        .fallback(async || ApiError::yours(Code::NoSuchPath, "there is nothing under this path"))
        .layer(from_fn(linger::linger))
        .layer(from_fn_with_state(shared.clone(), hosts::only_known_hosts))
        .layer(from_fn_with_state(shared.clone(), problem::tell))
        .with_state(shared)
}
