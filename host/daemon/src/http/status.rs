//! How the daemon does: for a probe, for Prometheus, and for `policy status`.

use super::Shared;
use crate::metrics::Gauges;
use crate::watch::Watching;
use crate::wire::StandingV1;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::Quarantined;
use proviso_model::id::PolicyId;
use serde_json::{Value, json};

/// `GET /healthz`: whether messages sent now would be committed.
pub(super) async fn healthz(State(shared): State<Shared>) -> Response {
    health(shared.is_draining(), shared.commits_fail()).into_response()
}

fn health(draining: bool, commits_fail: bool) -> (StatusCode, &'static str) {
    match (draining, commits_fail) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "commits fail\n"),
        (false, false) => (StatusCode::OK, "ok\n"),
    }
}

/// `GET /metrics`.
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let status = shared.generations.last_attempt();
    let id = shared.generations.current().id();
    let quarantined: Vec<PolicyId> = shared.quarantine.list(id).into_iter().map(|one| one.policy).collect();
    let page = shared.metrics.page(&Gauges {
        generation: &id.to_string(),
        last_reload_refused: status.is_some_and(|attempt| attempt.refused()),
        queued: shared.queue.queued(),
        taken_bytes: shared.queue.taken_bytes(),
        connections: shared.connections.open(),
        commits_fail: shared.commits_fail(),
        quarantined: &quarantined,
    });
    let form = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (form, page).into_response()
}

/// `GET /v1/status`.
pub(super) async fn status(State(shared): State<Shared>) -> Response {
    let quarantined = shared.quarantine.list(shared.generations.current().id());
    Json(json!({
        "generation": shared.generations.describe(),
        "trust": shared.generations.describe_trust(),
        "scoring": shared.generations.standings().iter().map(StandingV1::from).collect::<Vec<_>>(),
        "last_attempt": shared.generations.last_attempt().map(|attempt| attempt.to_json()),
        "messages": {
            "committed": shared.metrics.messages_committed.get(),
            "duplicate": shared.metrics.messages_duplicate.get(),
            "conflicting": shared.metrics.messages_conflicting.get(),
            "held": shared.metrics.messages_held.get(),
            "partial": shared.metrics.messages_partial.get(),
            "withheld": shared.metrics.messages_withheld.get(),
            "queued": shared.queue.queued(),
        },
        "commits_fail": shared.commits_fail(),
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

fn quarantined_json(quarantined: &Quarantined) -> Value {
    json!({
        "policy": quarantined.policy.to_string(), "since": quarantined.at.to_string(), "faults": quarantined.faults,
        "messages": quarantined.messages,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_cannot_commit_is_not_well() {
        // Draining, commits fail; then the status.
        for (draining, commits_fail, status) in [
            (false, false, 200),
            (false, true, 503),
            (true, false, 503),
            (true, true, 503),
        ] {
            assert_eq!(
                health(draining, commits_fail).0.as_u16(),
                status,
                "{draining} {commits_fail}"
            );
        }
    }
}
