//! The line that `proviso eval --format json` prints for a message, in the same order and form.

use super::Input;
use super::judge::Settled;
use proviso_model::retention::Decision;
use proviso_model::verdict::{Fault, Language, Score, Severity, Span, Withheld};
use serde::Serialize;

/// Stands where the host names its generation, as long as its name is.
const GENERATION: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Serialize)]
pub(super) struct VerdictLine<'a> {
    message: &'a str,
    generation: &'static str,
    held: bool,
    findings: Vec<FindingLine<'a>>,
    retention: Option<&'a Decision>,
    scores: &'a [Score],
    faults: [Fault; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
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
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shadow: bool,
}

impl<'a> VerdictLine<'a> {
    pub(super) fn new(input: &'a Input, settled: &'a Settled, language: Language) -> Self {
        let line = |finding: &'a proviso_model::verdict::Finding| FindingLine {
            pack: &finding.pack,
            policy: &finding.policy,
            rule: &finding.rule,
            severity: finding.severity,
            spans: &finding.spans,
            text: &finding.text,
            reason: finding.reason.in_language(language),
            shadow: finding.shadow,
        };
        Self {
            message: &input.message.id.native,
            generation: GENERATION,
            held: false,
            findings: settled.findings.iter().map(line).collect(),
            retention: settled.retention.as_ref(),
            scores: &settled.scores,
            faults: [],
            withheld: input.withheld,
        }
    }
}
