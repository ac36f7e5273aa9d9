//! What a case would have to expect for a verdict to be right.

use super::Case;
use crate::edit::Edit;
use proviso_model::verdict::{AttributedProposal, Finding, Score, Verdict};
use std::fmt::Write as _;
use std::ops::Range;

/// A case whose expectations cannot be written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGolden {
    /// What a failing policy says is nothing to expect.
    #[error("a policy failed on it, or its content was withheld")]
    Failed,
    /// The file says it in tables of their own.
    #[error("what it expects stands in tables of its own: write it as `expect = [ … ]`")]
    Form,
}

impl Case {
    /// Changes of the case's file after which the case expects what is in the verdict, wherever it now expects something
    /// else; none if the case holds. `text` is the file as it was read.
    ///
    /// # Errors
    /// If the verdict is none that could be expected, or the file says it in a form that is not rewritten.
    pub fn golden(&self, verdict: &Verdict, text: &str) -> Result<Vec<Edit>, NotGolden> {
        let own = verdict.faults.iter().any(|fault| *fault.pack == *self.pack.pack);
        if own || verdict.withheld.is_some() {
            return Err(NotGolden::Failed);
        }
        let all = &|_: &str| false;
        let mut wanted: Vec<(&Range<usize>, String)> = Vec::new();
        if !self.of_findings(verdict, all).is_empty() {
            let found = self.findings_in(verdict);
            wanted.push((&self.places.findings, list(found.into_iter().map(finding))));
        }
        if !self.of_proposals(verdict, all).is_empty() {
            let found = self.proposals_in(verdict);
            wanted.push((&self.places.proposals, list(found.into_iter().map(proposal))));
        }
        if let Some(expected) = &self.expect_score
            && !self.of_score(verdict, all).is_empty()
        {
            let found = self.score_in(verdict, &expected.policy);
            wanted.push((&self.places.score, score(&expected.policy, found)));
        }
        wanted
            .into_iter()
            .map(|(range, replacement)| {
                let old = text.get(range.clone()).unwrap_or_default();
                let is_inline = old.starts_with('[') && !old.starts_with("[[") && old.ends_with(']')
                    || old.starts_with('{') && old.ends_with('}');
                let range = range.clone();
                is_inline.then_some(Edit { range, replacement }).ok_or(NotGolden::Form)
            })
            .collect()
    }
}

/// A list of inline tables: on one line if there is at most one, else a line each.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [] => "[]".to_owned(),
        [one] => format!("[{one}]"),
        many => {
            let lines = many.iter().fold(String::new(), |mut lines, item| {
                let _ = writeln!(lines, "    {item},");
                lines
            });
            format!("[\n{lines}]")
        }
    }
}

fn finding(finding: &Finding) -> String {
    format!(
        "{{ policy = {}, rule = {}, severity = {}, text = {} }}",
        quoted(&finding.policy),
        quoted(&finding.rule),
        quoted(finding.severity.name()),
        quoted(&finding.text)
    )
}

fn proposal(proposal: &AttributedProposal) -> String {
    format!(
        "{{ policy = {}, rule = {}, law = {}, article = {} }}",
        quoted(&proposal.policy),
        quoted(&proposal.proposal.rule),
        quoted(&proposal.proposal.law),
        quoted(&proposal.proposal.article)
    )
}

/// Whole numbers around the value, and all of its signals.
fn score(policy: &str, score: Option<&Score>) -> String {
    let value = score.map_or(0.0, |score| score.value);
    let factors = score.map(|score| score.factors.as_slice()).unwrap_or_default();
    let signals: Vec<String> = factors.iter().map(|factor| quoted(&factor.signal)).collect();
    format!(
        "{{ policy = {}, at_least = {}, at_most = {}, signals = [{}] }}",
        quoted(policy),
        value.floor(),
        value.ceil(),
        signals.join(", ")
    )
}

/// A basic string of TOML: JSON's escapes are a part of its own, which has one more character that must not stand bare.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
