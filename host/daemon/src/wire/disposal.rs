//! Orders to keep, what is due, what goes, and what is left of it.

use crate::retention::{DisposedPage, Planned};
use proviso_archive::{DisposalReport, Disposed, Hold, HoldQuery, NewHold, NoHoldQuery};
use proviso_model::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// Orders to keep, the oldest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct HoldsV1 {
    /// Those that ended too.
    pub holds: Vec<HoldV1>,
}

/// An order to keep.
#[derive(Debug, Serialize, Deserialize)]
pub struct HoldV1 {
    /// From 1, rising.
    pub hold: i64,
    /// Whose messages.
    pub tenant: String,
    /// Why.
    pub reason: String,
    /// Somebody who sent or received, or wrote in the conversation.
    pub person: Option<String>,
    /// The conversation.
    pub conversation: Option<String>,
    /// Sent then or later.
    pub sent_from: Option<Timestamp>,
    /// Sent before then.
    pub sent_before: Option<Timestamp>,
    /// Terms of which a message has one; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// A query that finds a message; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whose days and months the query means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// When it was given.
    pub placed_at: Timestamp,
    /// By whom.
    pub placed_by: Principal,
    /// Absent while it is open.
    pub released: Option<ReleasedHoldV1>,
}

/// How an order ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReleasedHoldV1 {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
    /// Why.
    pub note: String,
}

/// An order that is to be given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHoldV1 {
    /// Whose messages.
    pub tenant: String,
    /// Why.
    pub reason: String,
    /// Somebody who sent or received, or wrote in the conversation.
    #[serde(default)]
    pub person: Option<String>,
    /// The conversation.
    #[serde(default)]
    pub conversation: Option<String>,
    /// Sent then or later.
    #[serde(default)]
    pub sent_from: Option<Timestamp>,
    /// Sent before then.
    #[serde(default)]
    pub sent_before: Option<Timestamp>,
    /// Terms of which a message has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// A query that finds a message, in the place of all these but the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whose days and months the query means: a name of the time zone database; UTC if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl NewHoldV1 {
    /// The order, given at that time.
    ///
    /// # Errors
    /// Its query cannot be one of an order.
    pub fn at(self, at: Timestamp) -> Result<NewHold, NoHoldQuery> {
        let query = self.query.map(|query| HoldQuery::new(query, self.zone.as_deref()));
        Ok(NewHold {
            tenant: self.tenant,
            reason: self.reason,
            person: self.person,
            conversation: self.conversation,
            sent_from: self.sent_from,
            sent_before: self.sent_before,
            texts: self.texts,
            query: query.transpose()?,
            at,
        })
    }
}

impl From<Vec<Hold>> for HoldsV1 {
    fn from(holds: Vec<Hold>) -> Self {
        let holds = holds.into_iter().map(|hold| HoldV1 {
            hold: hold.number,
            tenant: hold.order.tenant,
            reason: hold.order.reason,
            person: hold.order.person,
            conversation: hold.order.conversation,
            sent_from: hold.order.sent_from,
            sent_before: hold.order.sent_before,
            texts: hold.order.texts,
            query: hold.order.query.as_ref().map(|query| query.text().to_owned()),
            zone: hold.order.query.as_ref().map(|query| query.zone().to_owned()),
            placed_at: hold.order.at,
            placed_by: hold.by,
            released: hold.released.map(|(at, by, note)| ReleasedHoldV1 { at, by, note }),
        });
        Self { holds: holds.collect() }
    }
}

/// Messages whose time is over, some of them, in the order of arrival.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlanV1 {
    /// None if there are no more.
    pub planned: Vec<PlannedV1>,
}

/// A message whose time is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlannedV1 {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// Its whole name; absent if it cannot be read.
    pub message: Option<String>,
    /// The last day on which it had to be kept.
    pub until: Option<String>,
    /// The rules that decide.
    pub rules: Vec<String>,
    /// True if it may go.
    pub ready: bool,
    /// Why it stays; absent where it may go.
    pub stays: Option<String>,
}

impl From<Vec<Planned>> for PlanV1 {
    fn from(planned: Vec<Planned>) -> Self {
        let planned = planned.into_iter().map(|planned| PlannedV1 {
            arrival: planned.arrival,
            ready: planned.stays().is_none(),
            stays: planned.stays(),
            message: planned.id.map(|id| id.to_string()),
            until: planned.until.map(|until| until.to_string()),
            rules: planned.rules,
        });
        Self {
            planned: planned.collect(),
        }
    }
}

/// What became of the next messages whose time is over.
#[derive(Debug, Serialize, Deserialize)]
pub struct DisposedPageV1 {
    /// Those that were ready to go.
    pub report: DisposalReportV1,
    /// The last place that was looked at; absent: there are no more.
    pub last: Option<i64>,
}

impl From<DisposedPage> for DisposedPageV1 {
    fn from(page: DisposedPage) -> Self {
        Self {
            report: page.report.into(),
            last: page.last,
        }
    }
}

/// What became of messages that were to go.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DisposalReportV1 {
    /// Their keys and contents are gone.
    pub disposed: u64,
    /// A hold keeps them.
    pub held: u64,
    /// They wait for a person.
    pub waiting: u64,
    /// They cannot be read, or are not what the log tells of them.
    #[serde(default)]
    pub damaged: u64,
    /// They are not due any more, or went before.
    pub not_due: u64,
}

impl From<DisposalReport> for DisposalReportV1 {
    fn from(report: DisposalReport) -> Self {
        Self {
            disposed: report.disposed,
            held: report.held,
            waiting: report.waiting,
            damaged: report.damaged,
            not_due: report.not_due,
        }
    }
}

/// What is left of a message.
#[derive(Debug, Serialize, Deserialize)]
pub struct DisposedV1 {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
    /// The leaf of the log.
    pub leaf: u64,
    /// The place of the entry in it.
    pub place: u32,
    /// What its certificate says, as canonical JSON in a text.
    pub said: String,
}

impl From<Disposed> for DisposedV1 {
    fn from(disposed: Disposed) -> Self {
        Self {
            at: disposed.at,
            by: disposed.by,
            leaf: disposed.leaf,
            place: disposed.place,
            said: disposed.said,
        }
    }
}
