//! The stored verdict.
//!
//! What is written is the model's canonical JSON, byte for byte, because a replay compares it. It is read through the types
//! below. A field that the model gains is unknown to them, and the tests here fail until it is added with a default.

use super::decision::PeriodV1;
use proviso_model::retention::{ClockStart, Period, Proposal};
use proviso_model::verdict::{
    AttributedProposal, Factor, Fault, FaultCause, Finding, Reason, Score, Severity, Span, Withheld,
};
use proviso_model::{Digest, MessageId, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The form that is written now: the number in the row beside the verdict.
pub const FORM: i64 = 1;

/// A stored verdict that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Of a form that is not known.
    #[error("it has form {0}, and this program knows form {FORM}")]
    Form(i64),
    /// No JSON of the form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Reads a verdict of that form.
pub fn read(form: i64, json: &str) -> Result<Verdict, Unreadable> {
    match form {
        FORM => Ok(serde_json::from_str::<VerdictV1>(json)?.into()),
        other => Err(Unreadable::Form(other)),
    }
}

/// Writes a proposal and whose it is.
pub fn write_proposal(proposal: &AttributedProposal) -> String {
    serde_json::to_string(&AttributedProposalV1::from(proposal)).expect("a proposal has string keys")
}

/// Reads a proposal and whose it is.
pub fn read_proposal(json: &str) -> Result<AttributedProposal, serde_json::Error> {
    Ok(serde_json::from_str::<AttributedProposalV1>(json)?.into())
}

/// Reads the factors of a score's row.
pub fn read_factors(json: &str) -> Result<Vec<Factor>, serde_json::Error> {
    let factors: Vec<FactorV1> = serde_json::from_str(json)?;
    Ok(factors.into_iter().map(Factor::from).collect())
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct VerdictV1 {
    message: MessageIdV1,
    generation: Digest,
    input: Digest,
    packs: Vec<Digest>,
    preceding: Vec<String>,
    truncated: bool,
    withheld: Option<Withheld>,
    held: bool,
    findings: Vec<FindingV1>,
    proposals: Vec<AttributedProposalV1>,
    scores: Vec<ScoreV1>,
    faults: Vec<FaultV1>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct MessageIdV1 {
    tenant: String,
    channel: String,
    native: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct FindingV1 {
    pack: Arc<str>,
    policy: Arc<str>,
    rule: String,
    severity: Severity,
    spans: Vec<(u32, u32)>,
    text: String,
    reason: ReasonV1,
    shadow: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct ReasonV1 {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    en: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributedProposalV1 {
    pack: Arc<str>,
    policy: Arc<str>,
    proposal: ProposalV1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProposalV1 {
    rule: String,
    law: String,
    article: String,
    jurisdiction: String,
    purpose: String,
    clock: ClockStart,
    floor: Option<PeriodV1>,
    ceiling: Option<PeriodV1>,
    verified: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct ScoreV1 {
    pack: Arc<str>,
    policy: Arc<str>,
    key: Arc<str>,
    value: f64,
    factors: Vec<FactorV1>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct FactorV1 {
    signal: String,
    points: f64,
    message: String,
    sent_at: Timestamp,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
struct FaultV1 {
    pack: Arc<str>,
    policy: Arc<str>,
    cause: FaultCause,
    detail: String,
}

impl From<VerdictV1> for Verdict {
    fn from(stored: VerdictV1) -> Self {
        let MessageIdV1 {
            tenant,
            channel,
            native,
        } = stored.message;
        Verdict {
            message: Arc::new(MessageId {
                tenant,
                channel,
                native,
            }),
            generation: stored.generation,
            input: stored.input,
            packs: stored.packs.into(),
            preceding: stored.preceding,
            truncated: stored.truncated,
            withheld: stored.withheld,
            held: stored.held,
            findings: stored.findings.into_iter().map(Finding::from).collect(),
            proposals: stored
                .proposals
                .into_iter()
                .map(|stored| Arc::new(stored.into()))
                .collect(),
            scores: stored.scores.into_iter().map(Score::from).collect(),
            faults: stored.faults.into_iter().map(Fault::from).collect(),
        }
    }
}

impl From<FindingV1> for Finding {
    fn from(stored: FindingV1) -> Self {
        Finding {
            pack: stored.pack,
            policy: stored.policy,
            rule: stored.rule,
            severity: stored.severity,
            spans: stored.spans.into_iter().map(Span::from).collect(),
            text: stored.text,
            reason: Reason {
                zh: stored.reason.zh,
                en: stored.reason.en,
            },
            shadow: stored.shadow,
        }
    }
}

impl From<AttributedProposalV1> for AttributedProposal {
    fn from(stored: AttributedProposalV1) -> Self {
        let proposal = stored.proposal;
        AttributedProposal {
            pack: stored.pack,
            policy: stored.policy,
            proposal: Proposal {
                rule: proposal.rule,
                law: proposal.law,
                article: proposal.article,
                jurisdiction: proposal.jurisdiction,
                purpose: proposal.purpose,
                clock: proposal.clock,
                floor: proposal.floor.map(Period::from),
                ceiling: proposal.ceiling.map(Period::from),
                verified: proposal.verified,
            },
        }
    }
}

impl From<&AttributedProposal> for AttributedProposalV1 {
    fn from(AttributedProposal { pack, policy, proposal }: &AttributedProposal) -> Self {
        AttributedProposalV1 {
            pack: Arc::clone(pack),
            policy: Arc::clone(policy),
            proposal: ProposalV1 {
                rule: proposal.rule.clone(),
                law: proposal.law.clone(),
                article: proposal.article.clone(),
                jurisdiction: proposal.jurisdiction.clone(),
                purpose: proposal.purpose.clone(),
                clock: proposal.clock,
                floor: proposal.floor.map(PeriodV1::from),
                ceiling: proposal.ceiling.map(PeriodV1::from),
                verified: proposal.verified,
            },
        }
    }
}

impl From<ScoreV1> for Score {
    fn from(stored: ScoreV1) -> Self {
        Score {
            pack: stored.pack,
            policy: stored.policy,
            key: stored.key,
            value: stored.value,
            factors: stored.factors.into_iter().map(Factor::from).collect(),
        }
    }
}

impl From<FactorV1> for Factor {
    fn from(stored: FactorV1) -> Self {
        Factor {
            signal: stored.signal,
            points: stored.points,
            message: stored.message,
            sent_at: stored.sent_at,
        }
    }
}

impl From<FaultV1> for Fault {
    fn from(stored: FaultV1) -> Self {
        Fault {
            pack: stored.pack,
            policy: stored.policy,
            cause: stored.cause,
            detail: stored.detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verdict of version 1 that uses every field. The file never changes.
    const GOLDEN: &str = include_str!("golden/verdict-v1.json");

    #[test]
    fn a_verdict_of_form_1_is_read_by_every_later_program() {
        let verdict = read(1, GOLDEN.trim_end()).unwrap();
        assert_eq!(&*verdict.message.native, "m1");
        assert_eq!(verdict.findings.len(), 2);
        assert_eq!(verdict.proposals[0].proposal.floor.unwrap().years, 20);
        assert_eq!(verdict.scores[0].value.to_bits(), 61.25_f64.to_bits());
        assert_eq!(verdict.faults[0].cause, FaultCause::BadAnswer);
    }

    /// Fails when the model's verdict gains a field: it is to be added above, with a default.
    #[test]
    fn what_the_model_writes_is_what_is_stored_byte_for_byte() {
        let text = GOLDEN.trim_end();
        let verdict = read(FORM, text).unwrap();
        assert_eq!(verdict.to_canonical_json(), text);
        let stored: VerdictV1 = serde_json::from_str(&verdict.to_canonical_json()).unwrap();
        assert_eq!(serde_json::to_string(&stored).unwrap(), text);
    }

    #[test]
    fn a_form_that_nobody_knows_is_told() {
        let error = read(2, GOLDEN.trim_end()).unwrap_err();
        assert_eq!(error.to_string(), "it has form 2, and this program knows form 1");
    }
}
