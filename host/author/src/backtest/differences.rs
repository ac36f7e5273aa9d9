//! What differs between two judgements of the same messages, counted and sampled as they stream by.

use super::report::{Change, Counts, Difference, Excerpt, Sample, Totals};
use proviso_engine::Input;
use proviso_model::message::{Message, PartyClass};
use proviso_model::set::PolicySet;
use proviso_model::verdict::{Finding, Severity, Verdict};
use proviso_model::{Digest, limits};
use proviso_pipeline::Settled;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters of a message that a sample shows on each side of what was found.
const CONTEXT_CHARS: usize = 40;
/// Characters of the preceding message that a sample shows, from its end.
const PRECEDING_CHARS: usize = 80;

/// Counts and samples; grows with rules and departments, not with messages.
pub(super) struct Differences<'a> {
    set: &'a PolicySet,
    samples_max: usize,
    with_text: bool,
    pub(super) messages: u64,
    pub(super) baseline: Totals,
    pub(super) candidate: Totals,
    pub(super) newly_held: u64,
    pub(super) no_longer_held: u64,
    pub(super) retention_changed: u64,
    pub(super) scores_changed: u64,
    counts: BTreeMap<Key, Counts>,
    /// For each kind of change the samples with the smallest digests: which messages they are does not depend on the order.
    samples: BTreeMap<Kind, BTreeMap<Place, Sample>>,
}

/// Kind of change, pack, policy, rule.
type Kind = (Change, Arc<str>, Arc<str>, String);

/// The message's digest, and which of its changes.
type Place = (Digest, usize);

/// Pack, policy, rule, severity (the highest first), department.
type Key = (Arc<str>, Arc<str>, String, std::cmp::Reverse<Severity>, String);

impl<'a> Differences<'a> {
    /// `set` names the departments, and the language of reasons.
    pub(super) fn new(set: &'a PolicySet, samples_max: usize, with_text: bool) -> Self {
        Self {
            set,
            samples_max,
            with_text,
            messages: 0,
            baseline: Totals::default(),
            candidate: Totals::default(),
            newly_held: 0,
            no_longer_held: 0,
            retention_changed: 0,
            scores_changed: 0,
            counts: BTreeMap::new(),
            samples: BTreeMap::new(),
        }
    }

    /// Adds one message with what came of it on each side.
    pub(super) fn add(&mut self, input: &Input, baseline: &Settled, candidate: &Settled) {
        let (old, new) = (&baseline.outcome.verdict, &candidate.outcome.verdict);
        self.messages += 1;
        self.baseline.add(old);
        self.candidate.add(new);
        self.newly_held += u64::from(new.held && !old.held);
        self.no_longer_held += u64::from(old.held && !new.held);
        self.retention_changed += u64::from(baseline.retention != candidate.retention);
        self.scores_changed += u64::from(old.scores != new.scores);
        for (index, (old, new)) in pairs(old, new).into_iter().enumerate() {
            self.change(input, index, old, new);
        }
    }

    fn change(&mut self, input: &Input, index: usize, old: Option<&Finding>, new: Option<&Finding>) {
        let (change, finding) = match (old, new) {
            (None, Some(new)) => (Change::Added, new),
            (Some(old), None) => (Change::Removed, old),
            (Some(_), Some(new)) => (Change::Changed, new),
            (None, None) => return,
        };
        let department = self.department(input);
        let key = (
            Arc::clone(&finding.pack),
            Arc::clone(&finding.policy),
            finding.rule.clone(),
            std::cmp::Reverse(finding.severity),
            department.clone(),
        );
        self.counts.entry(key).or_default().add(change);
        let kind = (
            change,
            Arc::clone(&finding.pack),
            Arc::clone(&finding.policy),
            finding.rule.clone(),
        );
        let place = (input.message.digest(), index);
        let kept = self.samples.entry(kind).or_default();
        if kept.len() == self.samples_max {
            match kept.last_key_value() {
                Some((last, _)) if *last > place => kept.pop_last(),
                _ => return,
            };
        }
        let excerpt = self.with_text.then(|| excerpt(&input.message, finding));
        let language = self.set.language;
        let sample = Sample {
            change,
            pack: finding.pack.to_string(),
            policy: finding.policy.to_string(),
            rule: finding.rule.clone(),
            message: input.message.id.to_string(),
            sent_at: input.message.sent_at.to_string(),
            department,
            severity_before: old.map(|old| old.severity),
            severity_after: new.map(|new| new.severity),
            reason: self.with_text.then(|| finding.reason.in_language(language).to_owned()),
            preceding: self
                .with_text
                .then(|| input.preceding.last().map(|before| tail(&before.text)))
                .flatten(),
            excerpt,
        };
        kept.insert(place, sample);
    }

    /// The department of the employee whom the message is of: its sender, else the first recipient who is one.
    fn department(&self, input: &Input) -> String {
        let message = &input.message;
        let parties = std::iter::once(&message.sender).chain(&message.recipients);
        let employee = parties
            .into_iter()
            .find(|party| matches!(party.class, PartyClass::Employee | PartyClass::Unknown));
        let directory = input.directory.as_deref();
        employee.map_or_else(String::new, |party| {
            self.set.department_of(party, message, directory).to_owned()
        })
    }

    /// The counts, ordered by pack, policy, rule, severity and department.
    pub(super) fn counts(&self) -> Vec<Difference> {
        self.counts
            .iter()
            .map(|((pack, policy, rule, severity, department), counts)| Difference {
                pack: pack.to_string(),
                policy: policy.to_string(),
                rule: rule.clone(),
                severity: severity.0,
                department: department.clone(),
                counts: *counts,
            })
            .collect()
    }

    /// The samples, ordered by kind of change, pack, policy and rule.
    pub(super) fn into_samples(self) -> Vec<Sample> {
        self.samples.into_values().flat_map(BTreeMap::into_values).collect()
    }
}

impl Totals {
    fn add(&mut self, verdict: &Verdict) {
        let live = verdict.findings.iter().filter(|finding| !finding.shadow).count() as u64;
        self.findings += live;
        self.shadow += verdict.findings.len() as u64 - live;
        self.flagged += u64::from(live > 0);
        self.held += u64::from(verdict.held);
        self.withheld += u64::from(verdict.withheld.is_some());
        self.faults += verdict.faults.len() as u64;
    }
}

/// Findings that stand on one side alone, or differ in severity, place or words. What is found in shadow is not counted:
/// nobody is told of it. Findings of one rule belong together if they mark some of the same text, or none.
fn pairs<'v>(old: &'v Verdict, new: &'v Verdict) -> Vec<(Option<&'v Finding>, Option<&'v Finding>)> {
    let live = |verdict: &'v Verdict| verdict.findings.iter().filter(|finding| !finding.shadow);
    let mut added: Vec<&Finding> = live(new).collect();
    let mut removed = Vec::new();
    for finding in live(old) {
        match added.iter().position(|other| *other == finding) {
            Some(same) => drop(added.remove(same)),
            None => removed.push(finding),
        }
    }
    let mut pairs = Vec::new();
    for finding in removed {
        let new = added
            .iter()
            .position(|other| is_same_rule(finding, other) && meet(finding, other))
            .map(|at| added.remove(at));
        pairs.push((Some(finding), new));
    }
    pairs.extend(added.into_iter().map(|finding| (None, Some(finding))));
    pairs
}

fn is_same_rule(one: &Finding, other: &Finding) -> bool {
    (&one.pack, &one.policy, &one.rule) == (&other.pack, &other.policy, &other.rule)
}

fn meet(one: &Finding, other: &Finding) -> bool {
    let overlap = |one: &proviso_model::verdict::Span, other: &proviso_model::verdict::Span| {
        one.start < other.end && other.start < one.end
    };
    one.spans.is_empty() && other.spans.is_empty()
        || one
            .spans
            .iter()
            .any(|span| other.spans.iter().any(|other| overlap(span, other)))
}

/// The text around a finding's first span; of a finding without one, the beginning of the message.
fn excerpt(message: &Message, finding: &Finding) -> Excerpt {
    let text = &message.text[..message.text.floor_char_boundary(limits::MESSAGE_TEXT_BYTES_MAX)];
    let (start, end) = match finding.spans.first() {
        Some(span) if span.of(text).is_some() => (span.start as usize, span.end as usize),
        _ => (0, 0),
    };
    let from = text[..start]
        .char_indices()
        .rev()
        .nth(CONTEXT_CHARS - 1)
        .map_or(0, |(at, _)| at);
    let to = text[end..]
        .char_indices()
        .nth(CONTEXT_CHARS)
        .map_or(text.len(), |(at, _)| end + at);
    let cut = |more: bool| if more { "…" } else { "" };
    Excerpt {
        before: format!("{}{}", cut(from > 0), &text[from..start]),
        marked: text[start..end].to_owned(),
        after: format!("{}{}", &text[end..to], cut(to < text.len())),
    }
}

fn tail(text: &str) -> String {
    match text.char_indices().rev().nth(PRECEDING_CHARS - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::verdict::{Reason, Span};

    fn finding(rule: &str, severity: Severity, spans: &[(u32, u32)]) -> Finding {
        Finding {
            pack: "a/b".into(),
            policy: "p".into(),
            rule: rule.to_owned(),
            severity,
            spans: spans.iter().copied().map(Span::from).collect(),
            text: String::new(),
            reason: Reason::default(),
            shadow: false,
        }
    }

    fn verdict(findings: Vec<Finding>) -> Verdict {
        let digest: Digest = format!("sha256:{}", "0".repeat(64)).parse().expect("a digest");
        Verdict {
            message: Arc::new(proviso_model::MessageId {
                tenant: "t".to_owned(),
                channel: "c".to_owned(),
                native: "n".to_owned(),
            }),
            generation: digest,
            input: digest,
            packs: Arc::new([]),
            preceding: Vec::new(),
            truncated: false,
            withheld: None,
            held: false,
            findings,
            proposals: Vec::new(),
            scores: Vec::new(),
            faults: Vec::new(),
        }
    }

    #[test]
    fn findings_are_paired_by_rule_and_place() {
        use Severity::{High, Low};
        let shadow = Finding {
            shadow: true,
            ..finding("quiet", High, &[])
        };
        let old = verdict(vec![
            finding("same", Low, &[(0, 3)]),
            finding("louder", Low, &[(3, 6)]),
            finding("moved", Low, &[(0, 3)]),
            finding("twice", Low, &[(0, 3)]),
            finding("twice", Low, &[(0, 3)]),
            shadow.clone(),
        ]);
        let new = verdict(vec![
            finding("same", Low, &[(0, 3)]),
            finding("louder", High, &[(5, 9)]),
            finding("moved", Low, &[(9, 12)]),
            finding("twice", Low, &[(0, 3)]),
            shadow,
        ]);
        let told: Vec<_> = pairs(&old, &new)
            .into_iter()
            .map(|(old, new)| (old.map(|f| f.rule.as_str()), new.map(|f| (f.rule.as_str(), f.severity))))
            .collect();
        let expected = [
            (Some("louder"), Some(("louder", High))),
            (Some("moved"), None),
            (Some("twice"), None),
            (None, Some(("moved", Low))),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_no_longer_in_shadow_is_added() {
        let quiet = Finding {
            shadow: true,
            ..finding("r", Severity::High, &[])
        };
        let (old, new) = (verdict(vec![quiet]), verdict(vec![finding("r", Severity::High, &[])]));
        assert_eq!(pairs(&old, &new).len(), 1);
        assert!(pairs(&old, &new)[0].0.is_none());
    }
}
