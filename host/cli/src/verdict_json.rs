//! The JSON that `eval` prints for a message. The stored form is `model::Verdict`; this is the form for other programs.

use proviso_model::retention::Decision;
use proviso_model::verdict::{Fault, Finding, Language, Score, Severity, Span, Verdict};
use proviso_pipeline::Settled;
use serde::Serialize;

/// One message's verdict, as a line of output.
#[derive(Serialize)]
pub(crate) struct VerdictLine<'a> {
    message: &'a str,
    generation: String,
    held: bool,
    /// Only where a policy judged a part of the message alone; the faults say which.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    /// Only where the message is more than a policy can be given at once: rules judged it piece by piece.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_pieces: bool,
    findings: Vec<FindingLine<'a>>,
    retention: Option<&'a Decision>,
    scores: &'a [Score],
    faults: &'a [Fault],
    /// Only where no policy saw the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<proviso_model::verdict::Withheld>,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    pack: &'a str,
    policy: &'a str,
    rule: &'a str,
    severity: Severity,
    spans: &'a [Span],
    text: &'a str,
    reason: &'a str,
    /// Only where the policy runs in shadow mode.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shadow: bool,
}

impl<'a> VerdictLine<'a> {
    /// The line for a settled message; reasons in `language` where they have it.
    pub(crate) fn new(settled: &'a Settled, language: Language) -> Self {
        Self::of_verdict(&settled.outcome.verdict, Some(&settled.retention), language)
    }

    /// The line for a stored verdict.
    pub(crate) fn of_verdict(verdict: &'a Verdict, retention: Option<&'a Decision>, language: Language) -> Self {
        Self {
            message: &verdict.message.native,
            generation: verdict.generation.to_string(),
            held: verdict.held,
            partial: verdict.is_partial(),
            in_pieces: verdict.truncated,
            findings: verdict.findings.iter().map(|finding| line(finding, language)).collect(),
            retention: retention.filter(|_| !verdict.proposals.is_empty()),
            scores: &verdict.scores,
            faults: &verdict.faults,
            withheld: verdict.withheld,
        }
    }
}

fn line(finding: &Finding, language: Language) -> FindingLine<'_> {
    FindingLine {
        pack: &finding.pack,
        policy: &finding.policy,
        rule: &finding.rule,
        severity: finding.severity,
        spans: &finding.spans,
        text: &finding.text,
        reason: finding.reason.in_language(language),
        shadow: finding.shadow,
    }
}
