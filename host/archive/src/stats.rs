//! Counts over the whole archive. They read every message's row once: seconds for millions, so for people and not for polls.

use proviso_model::consent::ConsentState;
use proviso_model::message::Kind;
use proviso_model::retention::Why;
use proviso_model::time::Day;
use proviso_model::verdict::{Factor, FaultCause, Severity};
use serde::{Deserialize, Serialize};

/// What is in the archive, all of one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Messages by tenant, channel and kind, in this order.
    pub messages: Vec<MessageCount>,
    /// Findings by pack, policy, rule, severity and mode, in this order.
    pub findings: Vec<FindingCount>,
    /// Retention decisions by the rules that decided, the most frequent first; one that several decided counts for each.
    pub retention: Vec<RetentionCount>,
    /// Messages whose last day is known, each counted once however many rules decided.
    pub dated: u64,
    /// Messages whose content was withheld from policies.
    pub withheld: u64,
    /// Messages that were held, released ones included.
    pub held: u64,
    /// Messages that still wait for a person.
    pub held_open: u64,
    /// Messages of which a policy judged a part alone.
    pub partial: u64,
    /// Faults by policy and cause, the most frequent first.
    pub faults: Vec<FaultCount>,
    /// Messages that were refused because another had their identifier.
    pub conflicts: u64,
    /// Duplicates and errors by source.
    pub sources: Vec<SourceCount>,
    /// Contacts by their last word, by tenant and channel.
    pub consents: Vec<ConsentCount>,
    /// The highest scores, the highest first.
    pub risks: Vec<Risk>,
}

/// Messages of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageCount {
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub messages: u64,
}

/// Findings of one rule at one severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingCount {
    /// The pack.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// The rule.
    pub rule: String,
    /// The severity.
    pub severity: Severity,
    /// True for findings that were made in shadow mode.
    pub shadow: bool,
    /// How many.
    pub findings: u64,
    /// On how many messages.
    pub messages: u64,
}

/// How a decision cites a rule, without the days that it came to for one message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitedRule {
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
}

/// Retention decisions that one rule had a part in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetentionCount {
    /// The rule; absent for decisions without any.
    pub statute: Option<CitedRule>,
    /// Why no rule decided, where none did: no rule applies, a rule proposed and is not verified, a person ordered a hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Messages.
    pub messages: u64,
    /// Those of them whose date is known.
    pub dated: u64,
    /// The earliest of those dates: the last day on which a message must be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_until: Option<Day>,
    /// The latest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_until: Option<Day>,
}

/// Faults of one policy of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// The pack.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// What went wrong.
    pub cause: FaultCause,
    /// How often.
    pub faults: u64,
}

/// What a source delivered beside new messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceCount {
    /// The source.
    pub source: String,
    /// Messages that were there already.
    pub duplicates: u64,
    /// Pieces that could not be read.
    pub errors: u64,
}

/// Contacts by their last word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentCount {
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// Their last word.
    pub state: ConsentState,
    /// How many.
    pub parties: u64,
}

/// A subject's score after its last message. Advisory: never a decision about a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Risk {
    /// The tenant.
    pub tenant: String,
    /// The pack.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// The subject.
    pub key: String,
    /// 0 to 100.
    pub value: f64,
    /// What it is made of, the largest first, each with the message that caused it.
    pub factors: Vec<Factor>,
    /// Native identifier of the message after which it stands.
    pub message: String,
    /// True if the verdict on that message says another score: somebody changed a row.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
}
