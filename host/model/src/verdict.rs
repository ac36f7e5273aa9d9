//! What the policies say of one message.
//!
//! The canonical form of a verdict is the JSON that serde derives here, keys in the order of the fields. It is stored, and a
//! replay must give the same bytes. It therefore holds nothing that depends on the batch, the machine or the hour.

use crate::digest::Digest;
use crate::id::{MessageId, PolicyId};
use crate::retention::{Proposal, Proposed};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

pub use crate::language::Language;

/// What one generation says of one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The message.
    pub message: Arc<MessageId>,
    /// The generation that judged it.
    pub generation: Digest,
    /// Digest of all that the policies were given: the message's own, or, where a policy asked for preceding messages and
    /// there are any, one over theirs and its own.
    pub input: Digest,
    /// Digests of the packs whose scope covered the message, in the order of the set.
    pub packs: Arc<[Digest]>,
    /// Native identifiers of the preceding messages that policies were given, the oldest first.
    pub preceding: Vec<String>,
    /// True if the text was longer than a policy may see at once, or had more hits than it may see at once. `rules` judged it
    /// in pieces; a policy that saw a part of it alone has a fault of cause `partial`.
    pub truncated: bool,
    /// Why no policy saw the content; absent if policies saw it.
    pub withheld: Option<Withheld>,
    /// True if a person must look at the message because a policy with `on_fault = "hold"` failed on it.
    pub held: bool,
    /// What was found, ordered by pack and policy as in the set, then by first span, then rule.
    pub findings: Vec<Finding>,
    /// Proposals for how long to keep it, in the order of the set.
    pub proposals: Vec<Arc<AttributedProposal>>,
    /// Scores of folds after this message.
    pub scores: Vec<Score>,
    /// What went wrong, in the order of the set.
    pub faults: Vec<Fault>,
}

/// A reason to keep a message's content from every policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// An external party refused or withdrew consent, and the set names no other lawful basis.
    ConsentRefused,
    /// The set demands recorded consent and an external party has none.
    ConsentMissing,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth recording.
    Low,
    /// Worth a look in the ordinary sample.
    Medium,
    /// Worth a look within a working day.
    High,
    /// Worth attention at once.
    Critical,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A half-open range of bytes in a message's text, on character borders. Serialised as `[start, end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl From<(u32, u32)> for Span {
    fn from((start, end): (u32, u32)) -> Self {
        Self { start, end }
    }
}

impl From<Span> for (u32, u32) {
    fn from(span: Span) -> Self {
        (span.start, span.end)
    }
}

impl Span {
    /// The text of the span; `None` if it does not lie in `text` on character borders.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// A text for people, in one or two languages; at least one is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zh: Option<String>,
    /// In English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub en: Option<String>,
}

impl Reason {
    /// The text in that language, else in the other.
    pub fn in_language(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::Zh => (&self.zh, &self.en),
            Language::En => (&self.en, &self.zh),
        };
        first.as_deref().or(second.as_deref()).unwrap_or_default()
    }
}

/// Something that a person should know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `vendor/name` of the pack.
    pub pack: Arc<str>,
    /// The policy within the pack.
    pub policy: Arc<str>,
    /// The rule within the policy.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Where, in the message's text.
    pub spans: Vec<Span>,
    /// The text of the spans, joined by ` … `.
    pub text: String,
    /// Why.
    pub reason: Reason,
    /// True if the policy runs in shadow mode: recorded, and nobody is alerted.
    pub shadow: bool,
}

impl Finding {
    /// Between the texts of spans.
    pub const SPAN_SEPARATOR: &str = " … ";

    /// The text of the spans of a message's text, joined by ` … `; `None` if one of them does not lie in it on character
    /// borders.
    pub fn excerpt(text: &str, spans: &[Span]) -> Option<String> {
        let texts: Option<Vec<&str>> = spans.iter().map(|span| span.of(text)).collect();
        texts.map(|texts| texts.join(Self::SPAN_SEPARATOR))
    }
}

/// A retention proposal and the policy it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AttributedProposal {
    /// `vendor/name` of the pack.
    pub pack: Arc<str>,
    /// The policy within the pack.
    pub policy: Arc<str>,
    /// What it proposes.
    pub proposal: Proposal,
}

impl AttributedProposal {
    /// The same for the arithmetic.
    pub fn proposed(&self) -> Proposed<'_> {
        Proposed {
            pack: &self.pack,
            policy: &self.policy,
            proposal: &self.proposal,
        }
    }
}

/// How a fold's subject stands after a message. Advisory: never a decision about a person (PIPL art. 24).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// `vendor/name` of the pack.
    pub pack: Arc<str>,
    /// The policy within the pack.
    pub policy: Arc<str>,
    /// The subject: sender, conversation, or both.
    pub key: Arc<str>,
    /// 0 to 100.
    pub value: f64,
    /// What it is made of, the largest first.
    pub factors: Vec<Factor>,
}

/// One reason for a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// The signal.
    pub signal: String,
    /// What it adds to the score, 0 to 100.
    pub points: f64,
    /// Native identifier of the message that caused it.
    pub message: String,
    /// When that message was sent.
    pub sent_at: Timestamp,
}

/// A policy failed on this message. Never means that the message is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `vendor/name` of the pack.
    pub pack: Arc<str>,
    /// The policy within the pack.
    pub policy: Arc<str>,
    /// What went wrong.
    pub cause: FaultCause,
    /// For the operator; holds no message text. At most 512 bytes.
    pub detail: String,
}

impl Fault {
    /// The policy that failed.
    pub fn policy_id(&self) -> PolicyId {
        PolicyId {
            pack: Arc::clone(&self.pack),
            policy: Arc::clone(&self.policy),
        }
    }
}

/// What went wrong in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCause {
    /// The guest stopped itself: `unreachable`, a failed assertion, an access outside its memory.
    Trap,
    /// The message's fuel is used up.
    Fuel,
    /// The call took longer than its deadline although fuel was left.
    Deadline,
    /// The guest asked for more memory or table elements than it may have.
    Memory,
    /// The guest's stack is used up.
    Stack,
    /// The answer breaks the contract: an index, span, name, number or size out of range.
    BadAnswer,
    /// The guest answered with a `failure`.
    Refused,
    /// The policy was not called: it had failed on too many messages before.
    Quarantined,
    /// The policy judged a part of the message: there was more text, or there were more hits, than it can be given.
    Partial,
    /// The plugin answers otherwise when it is given the message alone: it does not judge messages for themselves.
    Inconsistent,
}

impl FaultCause {
    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            FaultCause::Trap => "trap",
            FaultCause::Fuel => "fuel",
            FaultCause::Deadline => "deadline",
            FaultCause::Memory => "memory",
            FaultCause::Stack => "stack",
            FaultCause::BadAnswer => "bad-answer",
            FaultCause::Refused => "refused",
            FaultCause::Quarantined => "quarantined",
            FaultCause::Partial => "partial",
            FaultCause::Inconsistent => "inconsistent",
        }
    }

    /// True if it says something about the policy. A policy that was not called did not fail, and whoever writes a message can
    /// make it longer than a policy may see.
    pub const fn blames_policy(self) -> bool {
        !matches!(self, FaultCause::Quarantined | FaultCause::Partial)
    }
}

impl Verdict {
    /// The canonical bytes: what is stored, and what a replay is compared with.
    pub fn to_canonical_json(&self) -> String {
        serde_json::to_string(self).expect("a verdict has string keys and finite numbers")
    }

    /// True if a policy judged a part of the message alone: what it would say of the rest, nobody knows.
    pub fn is_partial(&self) -> bool {
        self.faults.iter().any(|fault| fault.cause == FaultCause::Partial)
    }

    /// The highest severity among the findings of policies in enforce mode.
    pub fn severity_max(&self) -> Option<Severity> {
        self.findings
            .iter()
            .filter(|finding| !finding.shadow)
            .map(|finding| finding.severity)
            .max()
    }
}
