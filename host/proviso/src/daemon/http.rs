//! The HTTP interface of the daemon.
//!
//! `/v1/*` wants the bearer token. `/healthz` and `/metrics` do not: they hold counts alone.

use super::attempt::Attempt;
use super::generations::{Asked, Generations};
use super::intake::{Delivery, DeliveryError, Queue};
use super::metrics::Metrics;
use super::token::Token;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use proviso_model::limits::HTTP_BODY_BYTES_MAX;
use proviso_sources::{Format, Reader, SourceContext};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub token: Token,
    pub queue: Queue,
    pub metrics: Arc<Metrics>,
    pub generations: Arc<Generations>,
    pub draining: Arc<AtomicBool>,
}

/// All routes.
pub(crate) fn router(shared: Shared) -> Router {
    let guarded = Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/status", get(status))
        .route("/v1/policy/reload", post(reload))
        .route("/v1/policy/rollback", post(rollback))
        .route("/v1/policy/history", get(history))
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
    let mut reader = Reader::new(Format::Ndjson, context);
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
    let id = shared.generations.current().id().to_string();
    let page = shared.metrics.page(
        &id,
        status.is_some_and(|attempt| attempt.refused()),
        shared.queue.queued(),
    );
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        page,
    )
        .into_response()
}

async fn status(State(shared): State<Shared>) -> Response {
    Json(json!({
        "generation": shared.generations.describe(),
        "last_attempt": shared.generations.last_attempt().map(|attempt| attempt.to_json()),
        "messages": {
            "committed": shared.metrics.messages_committed.get(),
            "duplicate": shared.metrics.messages_duplicate.get(),
            "conflicting": shared.metrics.messages_conflicting.get(),
            "held": shared.metrics.messages_held.get(),
            "withheld": shared.metrics.messages_withheld.get(),
            "queued": shared.queue.queued(),
        },
        "source_errors": shared.metrics.source_errors.get(),
    }))
    .into_response()
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
    answer_attempt(shared.generations.rollback(body.to.as_deref(), "api").await)
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

async fn history(State(shared): State<Shared>) -> Response {
    match shared.generations.history().await {
        Ok(entries) => Json(entries).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
    }
}
