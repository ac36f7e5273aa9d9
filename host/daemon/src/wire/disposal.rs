//! Orders to keep, what is due, what goes, and what is left of it.

use super::Unreadable;
use super::message::IdV1;
use proviso_archive::certificate::{Bound, Clock, Statute};
use proviso_archive::{DisposalReport, Disposed, Due, Going, Hold, KeptBy, NewHold};
use proviso_model::{Digest, MessageId, Principal, Timestamp};
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
#[derive(Debug, Serialize, Deserialize)]
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
}

impl NewHoldV1 {
    /// The order, given at that time.
    pub fn at(self, at: Timestamp) -> NewHold {
        NewHold {
            tenant: self.tenant,
            reason: self.reason,
            person: self.person,
            conversation: self.conversation,
            sent_from: self.sent_from,
            sent_before: self.sent_before,
            at,
        }
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
            placed_at: hold.order.at,
            placed_by: hold.by,
            released: hold.released.map(|(at, by, note)| ReleasedHoldV1 { at, by, note }),
        });
        Self { holds: holds.collect() }
    }
}

/// Messages that may go, some of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct DueListV1 {
    due: Vec<DueV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DueV1 {
    arrival: i64,
    message: IdV1,
    until: Option<String>,
    /// Open holds.
    holds: u64,
    waiting: bool,
}

impl From<Vec<Due>> for DueListV1 {
    fn from(due: Vec<Due>) -> Self {
        let due = due.into_iter().map(|due| DueV1 {
            arrival: due.arrival,
            message: due.id.into(),
            until: due.until.map(|until| until.to_string()),
            holds: match due.kept_by {
                Some(KeptBy::Holds(holds)) => holds,
                _ => 0,
            },
            waiting: due.kept_by == Some(KeptBy::Waiting),
        });
        Self { due: due.collect() }
    }
}

impl TryFrom<DueListV1> for Vec<Due> {
    type Error = Unreadable;

    fn try_from(wire: DueListV1) -> Result<Self, Unreadable> {
        let due = wire.due.into_iter().map(|due| {
            let until = due.until.map(|until| until.parse()).transpose();
            Ok(Due {
                arrival: due.arrival,
                id: MessageId::from(due.message),
                until: until.map_err(|error| Unreadable::new("until", &error))?,
                kept_by: match (due.holds, due.waiting) {
                    (0, false) => None,
                    (0, true) => Some(KeptBy::Waiting),
                    (holds, _) => Some(KeptBy::Holds(holds)),
                },
            })
        });
        due.collect()
    }
}

/// Messages that are to go.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisposeV1 {
    /// Today, in the set's time zone.
    pub today: String,
    /// A person has looked at the clock.
    #[serde(default)]
    pub clock_is_right: bool,
    /// Each once.
    pub messages: Vec<GoingV1>,
}

/// A message that is to go, and why it may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoingV1 {
    arrival: i64,
    statutes: Vec<StatuteV1>,
    clock: String,
    clock_ms: u64,
    due_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatuteV1 {
    law: String,
    article: String,
    /// True of a floor.
    floor: bool,
    period: String,
    source: Digest,
    verified_by: String,
}

impl From<&Going> for GoingV1 {
    fn from(going: &Going) -> Self {
        let statutes = going.statutes.iter().map(|statute| StatuteV1 {
            law: statute.law.clone(),
            article: statute.article.clone(),
            floor: statute.bound == Bound::Floor,
            period: statute.period.clone(),
            source: Digest::from_bytes(*statute.source.as_bytes()),
            verified_by: statute.verified_by.clone(),
        });
        Self {
            arrival: going.arrival,
            statutes: statutes.collect(),
            clock: going.clock.start.clone(),
            clock_ms: going.clock.start_ms,
            due_ms: going.due_ms,
        }
    }
}

impl From<GoingV1> for Going {
    fn from(wire: GoingV1) -> Self {
        let statutes = wire.statutes.into_iter().map(|statute| Statute {
            law: statute.law,
            article: statute.article,
            bound: if statute.floor { Bound::Floor } else { Bound::Ceiling },
            period: statute.period,
            source: proviso_archive::Hash::from_bytes(*statute.source.as_bytes()),
            verified_by: statute.verified_by,
        });
        Self {
            arrival: wire.arrival,
            statutes: statutes.collect(),
            clock: Clock {
                start: wire.clock,
                start_ms: wire.clock_ms,
            },
            due_ms: wire.due_ms,
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
    /// They are not due any more, or went before.
    pub not_due: u64,
}

impl From<DisposalReport> for DisposalReportV1 {
    fn from(report: DisposalReport) -> Self {
        Self {
            disposed: report.disposed,
            held: report.held,
            waiting: report.waiting,
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
