//! Alerts: what people are to look at. An enforced finding that is severe enough is one, once for each message and rule, and so is a message
//! that waits. How they are worked through is in `reviews`.

use crate::reviews::{Decided, Review};
use crate::verdicts::StoredDecision;
use proviso_model::verdict::{Finding, Severity};
use proviso_model::{Digest, Message, Timestamp};
use std::fmt;
use std::str::FromStr;

pub use crate::alert_filter::{AlertFilter, AlertSort, AlertView, SeenTenant, Sight};
pub use crate::alert_rules::{ANSWER_HOURS_MAX, AlertRule, AlertRules};

/// Alerts of one page, at most.
pub const ALERTS_LISTED_MAX: u32 = 200;
/// Messages before or after one that are read at once, at most.
pub const AROUND_MAX: u32 = 100;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertKind {
    /// An enforced finding.
    Finding,
    /// A message that waits for a person.
    Held,
}

impl AlertKind {
    /// The name as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            AlertKind::Finding => "finding",
            AlertKind::Held => "held",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [AlertKind::Finding, AlertKind::Held]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A rule of a policy of a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleName {
    /// `vendor/name`.
    pub pack: String,
    /// The policy within the pack.
    pub policy: String,
    /// The rule within the policy.
    pub rule: String,
}

/// An alert, as it stands. Nothing of it is sealed, and nobody is named by it but who reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// From 1, rising; no other alert gets it.
    pub number: i64,
    /// What it is about.
    pub kind: AlertKind,
    /// Whose message.
    pub tenant: String,
    /// Where it was sent.
    pub channel: String,
    /// That of the most severe finding of the rule; absent of a held message.
    pub severity: Option<Severity>,
    /// What found it; absent of a held message.
    pub rule: Option<RuleName>,
    /// The message's place in the order of arrival, whether it is still there or not.
    pub message: i64,
    /// The department at the time of the message of who sent or received it, where the directory knew one.
    pub department: Option<String>,
    /// When the message was sent.
    pub sent_at: Timestamp,
    /// When it became an alert.
    pub opened_at: Timestamp,
    /// Until when it is to be answered.
    pub due_at: Timestamp,
    /// False once it is closed.
    pub is_open: bool,
    /// True once somebody escalated it, until it is opened again.
    pub escalated: bool,
    /// True if a later verdict found it no more.
    pub superseded: bool,
    /// The name of the user who is to answer it.
    pub assignee: Option<String>,
    /// The decision that stands.
    pub decided: Option<Decided>,
    /// How many reviews it has: what a change of it names.
    pub version: u32,
    /// Who wrote, as a pseudonym, which is that of searches; absent once the message is gone.
    pub from: Option<String>,
    /// The conversation, likewise.
    pub conversation: Option<String>,
}

impl Alert {
    /// True while it is open and was to be answered before.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_open && self.due_at < now
    }
}

/// Where an alert stands in a list. As text `KEY.DUE.ALERT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertPlace {
    /// What it is sorted by: milliseconds since 1970, or 0 (held) to 4 (critical).
    pub(crate) key: i64,
    /// When it is due.
    pub(crate) due: i64,
    /// Its number.
    pub(crate) alert: i64,
}

/// A text that is no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected KEY.DUE.ALERT, as the page before gave it")]
pub struct NoAlertPlace;

impl fmt::Display for AlertPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.key, self.due, self.alert)
    }
}

impl FromStr for AlertPlace {
    type Err = NoAlertPlace;

    fn from_str(text: &str) -> Result<Self, NoAlertPlace> {
        let mut parts = text.split('.').map(|part| part.parse().map_err(|_| NoAlertPlace));
        let mut part = || parts.next().unwrap_or(Err(NoAlertPlace));
        let place = Self {
            key: part()?,
            due: part()?,
            alert: part()?,
        };
        match parts.next() {
            None => Ok(place),
            Some(_) => Err(NoAlertPlace),
        }
    }
}

/// How long each list of open alerts is, with the same filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// [`AlertView::Open`].
    pub open: u64,
    /// [`AlertView::Mine`].
    pub mine: u64,
    /// [`AlertView::Unassigned`].
    pub unassigned: u64,
    /// [`AlertView::Overdue`].
    pub overdue: u64,
    /// [`AlertView::Held`].
    pub held: u64,
    /// [`AlertView::Escalated`].
    pub escalated: u64,
}

/// Some of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPage {
    /// At most as many as were asked for.
    pub alerts: Vec<Alert>,
    /// Behind which place the next page begins; absent on the last.
    pub next: Option<AlertPlace>,
    /// Of the same moment.
    pub counts: AlertCounts,
}

/// An alert with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertItem {
    /// The alert.
    pub alert: Alert,
    /// The message; absent once it was disposed of.
    pub message: Option<AlertMessage>,
    /// What became of the alert, the oldest first.
    pub reviews: Vec<Review>,
    /// The last decisions on other alerts of the same rule in the same conversation, the latest first, at most 5.
    pub same_rule: Vec<SameRule>,
}

/// The message of an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertMessage {
    /// When its batch was received.
    pub received_at: Timestamp,
    /// The message, as it was written.
    pub message: Message,
    /// What stands for whoever is named by it.
    pub names: MessageNames,
    /// All that was found in it.
    pub findings: Vec<Finding>,
    /// The generation whose verdict stands.
    pub generation: Digest,
    /// How long it is kept; absent where nothing was decided.
    pub retention: Option<StoredDecision>,
    /// True if it waits for a person.
    pub is_held: bool,
}

/// Pseudonyms of a message, its parties and its conversation, which are those of searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageNames {
    /// `TENANT/CHANNEL/PSEUDONYM`.
    pub id: String,
    /// Who wrote.
    pub from: String,
    /// Who received it, in the message's order.
    pub to: Vec<String>,
    /// The conversation; empty where there is none.
    pub conversation: String,
}

/// A decision on another alert of the same rule in the same conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameRule {
    /// The alert's number.
    pub number: i64,
    /// The decision that stands on it.
    pub decided: Decided,
}

/// A message beside another in its conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message, as it was written.
    pub message: Message,
    /// What stands for whoever is named by it.
    pub names: MessageNames,
}

/// What stands around a message in its conversation, in the order of arrival.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// Before it.
    pub before: Vec<Neighbour>,
    /// Behind it.
    pub after: Vec<Neighbour>,
}
