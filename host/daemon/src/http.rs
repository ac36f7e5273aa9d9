//! The HTTP interface of the daemon.
//!
//! `/v1/*` wants the bearer token. `/healthz` and `/metrics` do not: they hold counts alone.

use crate::attempt::Attempt;
use crate::delivery::{Delivery, DeliveryError, Queue};
use crate::generations::{Asked, Generations};
use crate::metrics::Metrics;
use crate::quarantine::Quarantine;
use crate::rejudge::{self, REQUEST_MESSAGES_MAX, RejudgeFailure, Rejudged};
use crate::token::Token;
use crate::trust;
use crate::watch::{WatchState, Watching};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use proviso_archive::Quarantined;
use proviso_model::MessageId;
use proviso_model::id::PolicyId;
use proviso_model::limits::HTTP_BODY_BYTES_MAX;
use proviso_sources::{Format, Origin, Reader, SourceContext};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub token: Token,
    pub queue: Queue,
    pub metrics: Arc<Metrics>,
    pub generations: Arc<Generations>,
    pub quarantine: Arc<Quarantine>,
    pub rejudging: mpsc::Sender<rejudge::Request>,
    pub draining: Arc<AtomicBool>,
    pub watching: WatchState,
}

/// All routes.
pub(crate) fn router(shared: Shared) -> Router {
    let guarded = Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/status", get(status))
        .route("/v1/policy/reload", post(reload))
        .route("/v1/policy/rollback", post(rollback))
        .route("/v1/policy/history", get(history))
        .route("/v1/policy/retry", post(retry))
        .route("/v1/policy/allow-downgrade", post(allow_downgrade))
        .route("/v1/archive/rejudge", post(rejudge_held))
        .layer(middleware::from_fn_with_state(shared.clone(), guard));
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .merge(guarded)
        .layer(DefaultBodyLimit::max(HTTP_BODY_BYTES_MAX))
        .with_state(shared)
}

async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let presented = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if shared.token.admits(presented) {
        next.run(request).await
    } else {
        let mut answer = problem(
            StatusCode::UNAUTHORIZED,
            "send the daemon's token as `Authorization: Bearer …`",
        );
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        answer
    }
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagesQuery {
    tenant: Option<String>,
    channel: Option<String>,
}

/// Takes canonical NDJSON, and answers after the commit.
async fn messages(State(shared): State<Shared>, Query(query): Query<MessagesQuery>, body: Bytes) -> Response {
    if shared.draining.load(Ordering::Relaxed) {
        return retry_later(&shared, StatusCode::SERVICE_UNAVAILABLE, "the daemon is shutting down");
    }
    let (tenant, channel) = (
        query.tenant.as_deref().unwrap_or("default"),
        query.channel.as_deref().unwrap_or("chat"),
    );
    let context = match SourceContext::new(tenant, channel) {
        Ok(context) => context,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    // The token may speak for every tenant and channel.
    let mut reader = Reader::new(Format::Ndjson, Origin::of_person("http", context));
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    reader.push(&body);
    for item in reader.finish() {
        match item.result {
            Ok(message) => found.push((item.line, message)),
            Err(error) => errors.push(json!({ "line": item.line, "error": error.to_string() })),
        }
    }
    shared.metrics.source_errors.add(errors.len() as u64);
    if found.is_empty() {
        let status = if errors.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let answer = json!({ "accepted": 0, "duplicates": 0, "conflicts": [], "errors": errors });
        return (status, Json(answer)).into_response();
    }
    let Some((delivery, done)) = Delivery::from_http(&shared.queue, found) else {
        return retry_later(&shared, StatusCode::TOO_MANY_REQUESTS, "the queue is full");
    };
    if shared.queue.send(delivery).await.is_err() {
        return retry_later(&shared, StatusCode::SERVICE_UNAVAILABLE, "the daemon is shutting down");
    }
    match done.await {
        Ok(Ok(report)) => Json(json!({
            "accepted": report.accepted,
            "duplicates": report.duplicates,
            "conflicts": report.conflicts,
            "errors": errors,
        }))
        .into_response(),
        Ok(Err(DeliveryError::Archive(_))) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the archive could not commit; nothing is lost if you send it again",
        ),
        Err(_) => retry_later(&shared, StatusCode::SERVICE_UNAVAILABLE, "the daemon is shutting down"),
    }
}

fn retry_later(shared: &Shared, status: StatusCode, message: &str) -> Response {
    shared.metrics.http_requests_refused.add(1);
    let mut answer = problem(status, message);
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

async fn healthz(State(shared): State<Shared>) -> Response {
    if shared.draining.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response()
    } else {
        "ok\n".into_response()
    }
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let status = shared.generations.last_attempt();
    let id = shared.generations.current().id();
    let quarantined: Vec<PolicyId> = shared.quarantine.list(id).into_iter().map(|one| one.policy).collect();
    let page = shared.metrics.page(
        &id.to_string(),
        status.is_some_and(|attempt| attempt.refused()),
        shared.queue.queued(),
        &quarantined,
    );
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        page,
    )
        .into_response()
}

async fn status(State(shared): State<Shared>) -> Response {
    let quarantined = shared.quarantine.list(shared.generations.current().id());
    Json(json!({
        "generation": shared.generations.describe(),
        "trust": shared.generations.describe_trust(),
        "last_attempt": shared.generations.last_attempt().map(|attempt| attempt.to_json()),
        "messages": {
            "committed": shared.metrics.messages_committed.get(),
            "duplicate": shared.metrics.messages_duplicate.get(),
            "conflicting": shared.metrics.messages_conflicting.get(),
            "held": shared.metrics.messages_held.get(),
            "withheld": shared.metrics.messages_withheld.get(),
            "queued": shared.queue.queued(),
        },
        "watch": watching_json(&shared.watching.get()),
        "source_errors": shared.metrics.source_errors.get(),
        "quarantined": quarantined.iter().map(quarantined_json).collect::<Vec<_>>(),
    }))
    .into_response()
}

fn watching_json(watching: &Watching) -> Value {
    json!({
        "paths": watching.paths, "looked_at": watching.looked_at.map(|at| at.to_string()),
        "being_written": watching.being_written, "unwatched": watching.unwatched,
    })
}

async fn reload(State(shared): State<Shared>) -> Response {
    answer_attempt(shared.generations.reload(Asked::Api).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollbackBody {
    to: Option<String>,
}

async fn rollback(State(shared): State<Shared>, Json(body): Json<RollbackBody>) -> Response {
    answer_attempt(shared.generations.rollback(body.to, "api".to_owned()).await)
}

fn answer_attempt(attempt: anyhow::Result<Attempt>) -> Response {
    match attempt {
        Ok(attempt) => {
            let status = if attempt.refused() {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::OK
            };
            (status, Json(attempt.to_json())).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "policies could not be changed");
            problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}"))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DowngradeBody {
    pack: String,
    version: String,
    note: String,
}

/// Lets an older version of a pack go live.
async fn allow_downgrade(State(shared): State<Shared>, Json(body): Json<DowngradeBody>) -> Response {
    let DowngradeBody { pack, version, note } = body;
    if let Err(refused) = trust::check_downgrade(&pack, &version) {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, &refused);
    }
    match shared.generations.allow_downgrade(&pack, &version, "api", &note).await {
        Ok(()) => Json(json!({ "allowed": { "pack": pack, "version": version } })).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
    }
}

async fn history(State(shared): State<Shared>) -> Response {
    match shared.generations.history().await {
        Ok(entries) => Json(entries).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
    }
}

fn quarantined_json(quarantined: &Quarantined) -> Value {
    json!({
        "policy": quarantined.policy.to_string(), "since": quarantined.at.to_string(), "faults": quarantined.faults,
        "messages": quarantined.messages,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryBody {
    policy: Option<String>,
}

/// Has quarantined policies tried again.
async fn retry(State(shared): State<Shared>, Json(body): Json<RetryBody>) -> Response {
    let generation = shared.generations.current().id();
    match shared.quarantine.retry(generation, body.policy.as_deref(), "api").await {
        Ok(Ok(policies)) => {
            let policies: Vec<String> = policies.iter().map(ToString::to_string).collect();
            Json(json!({ "retried": policies })).into_response()
        }
        Ok(Err(refused)) => problem(StatusCode::UNPROCESSABLE_ENTITY, &refused.to_string()),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RejudgeBody {
    /// `tenant/channel/identifier` of each.
    messages: Vec<String>,
    #[serde(default)]
    note: String,
}

/// Judges held messages again; answers after the commit.
async fn rejudge_held(State(shared): State<Shared>, Json(body): Json<RejudgeBody>) -> Response {
    let RejudgeBody { messages, note } = body;
    if messages.is_empty() || messages.len() > REQUEST_MESSAGES_MAX {
        let found = messages.len();
        let why = format!("{found} messages: expected 1 to {REQUEST_MESSAGES_MAX} in one request");
        return problem(StatusCode::BAD_REQUEST, &why);
    }
    let mut ids = Vec::with_capacity(messages.len());
    for text in &messages {
        let Some(id) = whole_id(text) else {
            let why = format!("{text:?} is no message: expected tenant/channel/identifier");
            return problem(StatusCode::BAD_REQUEST, &why);
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let (done, answer) = oneshot::channel();
    let who = "api".to_owned();
    let request = rejudge::Request { ids, who, note, done };
    let ending = "the daemon is shutting down";
    if shared.rejudging.send(request).await.is_err() {
        return retry_later(&shared, StatusCode::SERVICE_UNAVAILABLE, ending);
    }
    match answer.await {
        Ok(Ok(again)) => {
            let again: Vec<Value> = again.iter().map(Rejudged::to_json).collect();
            Json(json!({ "rejudged": again })).into_response()
        }
        Ok(Err(error @ RejudgeFailure::NotHeld(_))) => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
        Ok(Err(RejudgeFailure::Fault(error))) => {
            tracing::error!(error = format!("{error:#}"), "held messages could not be judged again");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("the held messages were not judged again, and wait as before: {error:#}"),
            )
        }
        Err(_) => retry_later(&shared, StatusCode::SERVICE_UNAVAILABLE, ending),
    }
}

fn whole_id(text: &str) -> Option<MessageId> {
    let mut parts = text.splitn(3, '/');
    Some(MessageId {
        tenant: parts.next()?.to_owned(),
        channel: parts.next()?.to_owned(),
        native: parts.next().filter(|native| !native.is_empty())?.to_owned(),
    })
}
