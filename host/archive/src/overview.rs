//! How alerts come and are answered, in numbers: of everybody, and of nobody in particular.

use crate::alerts::{RuleName, Sight};
use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};
use proviso_model::verdict::Severity;

/// Days of an overview, at most.
pub const OVERVIEW_DAYS_MAX: u32 = 366;

/// What is to be counted.
#[derive(Debug, Clone)]
pub struct OverviewAsked {
    /// Whose alerts and messages. Messages are counted of tenants that are seen whole.
    pub sight: Sight,
    /// The last days, today among them: 1 to [`OVERVIEW_DAYS_MAX`].
    pub days: u32,
    /// What time it is.
    pub now: Timestamp,
    /// Whose days.
    pub zone: Zone,
}

/// Numbers of the last days, all of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Messages that arrived, by days; each day is there.
    pub intake: Vec<DayCount>,
    /// Alerts that were opened, by days and severities; those that are none are left out. `None` is a held message.
    pub opened: Vec<OpenedCount>,
    /// Alerts that were opened in these days, by rules, those with the most first.
    pub by_rule: Vec<RuleCount>,
    /// All open alerts, by how long they have been open: less than 4, 24 and 72 hours, and longer.
    pub open_by_age: [u64; 4],
    /// Alerts that were opened in these days, and how many of them somebody decided on, or wrote of.
    pub reviewed: Reviewed,
    /// Of those that were answered, how many by the time that they were due, and how many later.
    pub answered: Answered,
    /// Open alerts of held messages.
    pub held: u64,
}

/// Messages of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// The day.
    pub day: Day,
    /// How many.
    pub messages: u64,
}

/// Alerts of a severity that were opened on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedCount {
    /// The day.
    pub day: Day,
    /// Which; absent of held messages.
    pub severity: Option<Severity>,
    /// How many.
    pub alerts: u64,
}

/// Alerts of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule.
    pub rule: RuleName,
    /// Those that are open.
    pub open: u64,
    /// Those that are closed.
    pub closed: u64,
    /// Those of them that the rule was not meant to find.
    pub false_positives: u64,
}

/// How many alerts were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// All.
    pub opened: u64,
    /// Those that somebody decided on, or wrote of.
    pub looked_at: u64,
}

/// How many alerts were answered in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    /// By the time that they were due.
    pub in_time: u64,
    /// Later.
    pub late: u64,
}
