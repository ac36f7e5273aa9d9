//! Cases: a pack's own tests, as data. A message goes in, findings, retention proposals and scores come out.
//!
//! ```toml
//! [[case]]
//! name = "guaranteed principal"
//! text = "这款产品保本保息"
//! expect = [ { policy = "promissory-language", rule = "guaranteed-return", severity = "high", text = "保本保息" } ]
//! ```

mod compare;
mod golden;
mod message;
mod read;

pub(crate) use read::read;

use proviso_model::Message;
use proviso_model::verdict::Severity;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// One case of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What it is about; distinct within its file, 1-256 bytes.
    pub name: String,
    /// The file within the pack: `cases/promissory.toml`.
    pub file: String,
    /// Line of its `[[case]]` in that file, from 1.
    pub line: usize,
    /// Messages of one conversation, in the order of arrival, 1-[`MESSAGES_MAX`]. The last one is judged; those before it
    /// are what it is preceded by and what folds saw.
    pub messages: Vec<Message>,
    /// Exactly what is to be found in the last message, in any order. `None`: not looked at.
    pub expect: Option<Vec<ExpectedFinding>>,
    /// Exactly what is to be proposed for keeping the last message, in any order. `None`: not looked at.
    pub expect_retention: Option<Vec<ExpectedProposal>>,
    /// How a fold's subject is to stand after the last message. `None`: not looked at.
    pub expect_score: Option<ExpectedScore>,
    /// Settings that this case puts over the manifest's defaults, by policy.
    pub settings: BTreeMap<String, Map<String, Value>>,
    /// The pack that the case belongs to: other packs' findings are none of its business.
    pack: Arc<PackNames>,
    /// Where in its file the values stand that say what is expected.
    places: Places,
}

/// Bytes of the values of `expect`, `expect_retention` and `expect_score`; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Places {
    findings: Range<usize>,
    proposals: Range<usize>,
    score: Range<usize>,
}

/// Messages of one case.
pub const MESSAGES_MAX: usize = 100;

/// A finding that a case expects. What is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedFinding {
    /// The policy, one of the pack's.
    pub policy: Option<String>,
    /// The rule.
    pub rule: String,
    /// How much it matters.
    pub severity: Option<Severity>,
    /// The text of its spans, joined by ` … ` if there are several.
    pub text: Option<String>,
}

/// A retention proposal that a case expects. What is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedProposal {
    /// The policy, one of the pack's.
    pub policy: Option<String>,
    /// The rule.
    pub rule: Option<String>,
    /// The law, as cited.
    pub law: Option<String>,
    /// The article, as cited.
    pub article: Option<String>,
}

/// A score that a case expects of a fold. A fold that gives no score counts as one of 0 without factors.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedScore {
    /// The policy, one of the pack's.
    pub policy: String,
    /// The least that it may be, 0 to 100.
    pub at_least: f64,
    /// The most that it may be, 0 to 100.
    pub at_most: f64,
    /// Signals that must be among its factors.
    pub signals: Vec<String>,
    /// Signals that must not be among its factors.
    pub no_signals: Vec<String>,
}

/// The names of a pack that cases are compared by.
#[derive(Debug, PartialEq, Eq)]
struct PackNames {
    pack: String,
    policies: Vec<String>,
}
