//! Requests of two persons, as pages and programs get them.

use proviso_archive::Request;
use proviso_daemon::requests::State;
use proviso_daemon::wire::RequestV1;
use proviso_model::{Principal, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Requests, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestList {
    pub(crate) requests: Vec<RequestRow>,
    /// `before` of the next page; null: there are no more.
    pub(crate) next: Option<i64>,
}

/// An act that somebody asked for. Times are RFC 3339.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the form as it is given")]
pub(crate) struct RequestRow {
    /// From 1, rising.
    pub(crate) number: i64,
    tenant: String,
    /// `disposal`, `hold-release`, `export` or `scoring`.
    act: String,
    /// SHA-256 of the act: what is approved, and runs.
    digest: String,
    /// Of a disposal: how many messages go; of an export: how many are given away.
    messages: Option<u64>,
    /// Of a disposal: the rules that decide.
    rules: Vec<String>,
    /// Of a release: the hold.
    hold: Option<i64>,
    /// Of a release: why it ends.
    note: Option<String>,
    export: Option<RequestedExportOut>,
    scoring: Option<RequestedScoringOut>,
    reason: String,
    second_person: bool,
    /// `waits-for-approval`, `waits-for-its-time`, `may-run`, `ran`, `in-force`, `refused` or `ended`.
    state: String,
    asked_at: String,
    asked_by: String,
    not_before: String,
    ends_at: String,
    decision: Option<RequestDecisionOut>,
    run_at: Option<String>,
    run_by: Option<String>,
    /// True if whoever looks at it may approve it.
    may_approve: bool,
    /// True if whoever looks at it may refuse it, or take it back.
    may_refuse: bool,
    /// True if whoever looks at it may run it here.
    may_run: bool,
}

/// What is given away, and to whom.
#[derive(Serialize, ToSchema)]
struct RequestedExportOut {
    query: Option<String>,
    conversation: Option<String>,
    to: String,
    until: Option<String>,
    context: Option<u32>,
    masked: bool,
}

/// Who is scored, and by what.
#[derive(Serialize, ToSchema)]
struct RequestedScoringOut {
    assessment: String,
    until: String,
    /// Pack, version and scope of each.
    applications: Vec<String>,
}

/// What somebody decided.
#[derive(Serialize, ToSchema)]
struct RequestDecisionOut {
    approved: bool,
    at: String,
    by: String,
    note: String,
}

impl RequestRow {
    /// A request as it stands at a time, for somebody who may decide on those of its tenant.
    pub(crate) fn of(request: Request, at: Timestamp, who: &Principal) -> Self {
        let state = State::of(&request, at);
        let waits = request.decision.is_none()
            && matches!(state, State::WaitsForApproval | State::WaitsForItsTime | State::MayRun);
        let may_approve = waits && request.asked.second_person && request.by != *who;
        let one = RequestV1::at(request, at);
        let runs_here = matches!(&*one.act, "disposal" | "hold-release");
        Self {
            number: one.request,
            tenant: one.tenant,
            act: one.act,
            digest: one.digest.to_string(),
            messages: one.messages,
            rules: one.rules,
            hold: one.hold,
            note: one.note,
            export: one.export.map(|export| RequestedExportOut {
                query: export.query,
                conversation: export.conversation,
                to: export.to,
                until: export.until,
                context: export.context,
                masked: export.masked,
            }),
            scoring: one.scoring.map(|scoring| RequestedScoringOut {
                assessment: scoring.assessment,
                until: scoring.until.to_string(),
                applications: scoring
                    .applications
                    .into_iter()
                    .map(|one| format!("{} {}: {}", one.pack, one.version, one.scope))
                    .collect(),
            }),
            reason: one.reason,
            second_person: one.second_person,
            state: one.state,
            asked_at: one.asked_at.to_string(),
            asked_by: one.asked_by.to_string(),
            not_before: one.not_before.to_string(),
            ends_at: one.ends_at.to_string(),
            decision: one.decision.map(|decision| RequestDecisionOut {
                approved: decision.approved,
                at: decision.at.to_string(),
                by: decision.by.to_string(),
                note: decision.note,
            }),
            run_at: one.run_at.map(|at| at.to_string()),
            run_by: one.run_by.map(|by| by.to_string()),
            may_approve,
            may_refuse: waits,
            may_run: state == State::MayRun && runs_here,
        }
    }
}
