//! Acts that were asked for, what was decided on them, and what they brought.

use super::{DisposalReportV1, ExportV1};
use crate::requests::{Ran, State};
use crate::scoring::{Approval, Standing};
use proviso_archive::{Request, RequestedAct, RequestedScoring};
use proviso_model::{Digest, Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// Requests, the latest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestsV1 {
    /// None if there are no more.
    pub requests: Vec<RequestV1>,
}

/// An act that somebody asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestV1 {
    /// From 1, rising.
    pub request: i64,
    /// Whose messages it is about.
    pub tenant: String,
    /// `disposal`, `hold-release`, `export` or `scoring`.
    pub act: String,
    /// SHA-256 of the act: what is approved, and runs.
    pub digest: Digest,
    /// Of a disposal: how many messages go; of an export: how many are given away.
    pub messages: Option<u64>,
    /// Of a disposal: the rules that decide.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Of a release: the hold.
    pub hold: Option<i64>,
    /// Of a release: why it ends.
    pub note: Option<String>,
    /// Of an export: what, why and for whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportV1>,
    /// Of a scoring: by what assessment, of what, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scoring: Option<ScoringV1>,
    /// Why it was asked for.
    pub reason: String,
    /// True if somebody else has to approve it.
    pub second_person: bool,
    /// Where it stands: `waits-for-approval`, `waits-for-its-time`, `may-run`, `ran`, `in-force`, `refused`,
    /// `ended`.
    pub state: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: Principal,
    /// Before then it does not run.
    pub not_before: Timestamp,
    /// From then on it does not run any more.
    pub ends_at: Timestamp,
    /// Absent until somebody decides.
    pub decision: Option<RequestDecisionV1>,
    /// When it ran; absent until it does.
    pub run_at: Option<Timestamp>,
    /// Who ran it.
    pub run_by: Option<Principal>,
    /// How it ended, where it was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<RequestEndV1>,
}

/// How a request that was in force ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestEndV1 {
    /// When.
    pub at: Timestamp,
    /// Who ended it: `system:approvals` where its time was over.
    pub by: Principal,
    /// Why.
    pub note: String,
}

/// People who are to be scored.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScoringV1 {
    /// The assessment that the policy set names.
    pub assessment: String,
    /// From then on nobody is scored by it.
    pub until: Timestamp,
    /// What scores them.
    pub applications: Vec<ScoringApplicationV1>,
}

/// A pack that scores people, as a policy set applies it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScoringApplicationV1 {
    /// `vendor/name`.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// Whom the set's scope covers, for people.
    pub scope: String,
    /// Over the pack and all that the set says of it.
    pub digest: Digest,
}

impl From<RequestedScoring> for ScoringV1 {
    fn from(scoring: RequestedScoring) -> Self {
        let applications = scoring.applications.into_iter().map(|one| ScoringApplicationV1 {
            pack: one.pack,
            version: one.version,
            scope: one.scope,
            digest: one.digest,
        });
        Self {
            assessment: scoring.assessment,
            until: scoring.until,
            applications: applications.collect(),
        }
    }
}

/// What somebody decided on a request.
#[derive(Debug, Serialize, Deserialize)]
pub struct RequestDecisionV1 {
    /// True if it may run.
    pub approved: bool,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
    /// Why.
    pub note: String,
}

impl RequestV1 {
    /// A request as it stands at a time.
    pub fn at(request: Request, at: Timestamp) -> Self {
        let state = State::of(&request, at).name().to_owned();
        let asked = request.asked;
        let act = asked.act.name().to_owned();
        let (mut messages, mut rules, mut hold, mut note) = (None, Vec::new(), None, None);
        let (mut export, mut scoring) = (None, None);
        match asked.act {
            RequestedAct::Disposal {
                messages: going,
                rules: deciding,
            } => (messages, rules) = (Some(going.len() as u64), deciding),
            RequestedAct::HoldRelease { hold: ends, note: why } => (hold, note) = (Some(ends), Some(why)),
            RequestedAct::Export(of) => (messages, export) = (Some(of.messages), Some(ExportV1::from(&*of))),
            RequestedAct::Scoring(of) => scoring = Some(of.into()),
        }
        let (run_at, run_by) = request.run.unzip();
        Self {
            request: request.number,
            tenant: asked.tenant,
            act,
            digest: request.digest,
            messages,
            rules,
            hold,
            note,
            export,
            scoring,
            reason: asked.reason,
            second_person: asked.second_person,
            state,
            asked_at: asked.at,
            asked_by: request.by,
            not_before: asked.not_before,
            ends_at: asked.ends_at,
            decision: request.decision.map(|decision| RequestDecisionV1 {
                approved: decision.approved,
                at: decision.at,
                by: decision.by,
                note: decision.note,
            }),
            run_at,
            run_by,
            end: request.end.map(|end| RequestEndV1 {
                at: end.at,
                by: end.by,
                note: end.note,
            }),
        }
    }
}

impl RequestV1 {
    /// What is in force by it; `None` if nothing is.
    pub fn approval(&self) -> Option<Approval> {
        let scoring = self.scoring.as_ref().filter(|_| self.state == State::InForce.name())?;
        Some(Approval {
            request: self.request,
            tenant: self.tenant.clone(),
            assessment: scoring.assessment.clone(),
            until: scoring.until,
            applications: scoring.applications.iter().map(|one| one.digest).collect(),
        })
    }
}

/// Requests that were made.
#[derive(Debug, Serialize, Deserialize)]
pub struct AskedV1 {
    /// Their numbers.
    pub requests: Vec<i64>,
    /// Of disposals and exports: how many messages they are about.
    pub messages: Option<u64>,
}

/// What a request brought.
#[derive(Debug, Serialize, Deserialize)]
pub struct RanV1 {
    /// Of a disposal: what became of the messages.
    pub disposal: Option<DisposalReportV1>,
    /// Of a release: the hold that ended.
    pub released: Option<i64>,
}

impl From<Ran> for RanV1 {
    fn from(ran: Ran) -> Self {
        match ran {
            Ran::Disposal(report) => Self {
                disposal: Some(report.into()),
                released: None,
            },
            Ran::HoldRelease(hold) => Self {
                disposal: None,
                released: Some(hold),
            },
        }
    }
}

/// Whether people of a tenant that wants a second person for it are scored.
#[derive(Debug, Serialize, Deserialize)]
pub struct StandingV1 {
    /// What scores them, `vendor/name`.
    pub pack: String,
    /// Whose people.
    pub tenant: String,
    /// The assessment that the policy set names.
    pub assessment: String,
    /// The request that is in force; absent where nobody is scored.
    pub request: Option<i64>,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The same for people.
    pub says: String,
}

impl From<&Standing> for StandingV1 {
    fn from(standing: &Standing) -> Self {
        let (request, until) = standing.approved.unzip();
        Self {
            pack: standing.application.pack.clone(),
            tenant: standing.tenant.clone(),
            assessment: standing.assessment.clone(),
            request,
            until,
            says: standing.to_string(),
        }
    }
}
