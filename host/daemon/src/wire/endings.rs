//! The ledger of ends.

use super::Unreadable;
use proviso_archive::{EndingRecord, EndingReport};
use proviso_model::directory::Account;
use proviso_model::retention::{Concerns, Ended, Ending};
use proviso_model::time::Day;
use proviso_model::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// What became of ends that were handed in.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndingReportV1 {
    added: u64,
    known: u64,
    /// Messages whose retention was decided anew.
    decided: u64,
}

/// Lines of the ledger, in the order in which they were handed in.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndingsV1 {
    lines: Vec<EndingV1>,
}

/// A line, as commands print it too.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndingV1 {
    line: i64,
    tenant: String,
    /// `relationship`, `contract`, `product` or `dispute`.
    what: String,
    channel: String,
    /// Either this or the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    reference: String,
    /// Absent while no end is known.
    ended: Option<Day>,
    source: String,
    heard_at: Timestamp,
    by: Principal,
}

impl From<EndingReport> for EndingReportV1 {
    fn from(report: EndingReport) -> Self {
        Self {
            added: report.added,
            known: report.known,
            decided: report.decided,
        }
    }
}

impl From<EndingReportV1> for EndingReport {
    fn from(wire: EndingReportV1) -> Self {
        Self {
            added: wire.added,
            known: wire.known,
            decided: wire.decided,
        }
    }
}

impl From<Vec<EndingRecord>> for EndingsV1 {
    fn from(lines: Vec<EndingRecord>) -> Self {
        Self {
            lines: lines.into_iter().map(EndingV1::from).collect(),
        }
    }
}

impl TryFrom<EndingsV1> for Vec<EndingRecord> {
    type Error = Unreadable;

    fn try_from(wire: EndingsV1) -> Result<Self, Unreadable> {
        wire.lines.into_iter().map(EndingRecord::try_from).collect()
    }
}

impl From<EndingRecord> for EndingV1 {
    fn from(record: EndingRecord) -> Self {
        let Ending {
            tenant,
            of,
            what,
            reference,
            on,
            source,
        } = record.ending;
        let channel = of.place().channel.clone();
        let (customer, conversation) = match of {
            Concerns::Customer(place) => (Some(place.id), None),
            Concerns::Conversation(place) => (None, Some(place.id)),
        };
        Self {
            line: record.number,
            tenant,
            what: what.name().to_owned(),
            channel,
            customer,
            conversation,
            reference,
            ended: on,
            source,
            heard_at: record.heard_at,
            by: record.by,
        }
    }
}

impl TryFrom<EndingV1> for EndingRecord {
    type Error = Unreadable;

    fn try_from(wire: EndingV1) -> Result<Self, Unreadable> {
        let channel = wire.channel;
        let of = match (wire.customer, wire.conversation) {
            (Some(id), None) => Concerns::Customer(Account { channel, id }),
            (None, Some(id)) => Concerns::Conversation(Account { channel, id }),
            _ => return Err(Unreadable::new("customer", &"expected a customer or a conversation")),
        };
        let what = Ended::from_name(&wire.what);
        let what =
            what.ok_or_else(|| Unreadable::new("what", &format!("nothing that ends is called {:?}", wire.what)))?;
        Ok(Self {
            number: wire.line,
            ending: Ending {
                tenant: wire.tenant,
                of,
                what,
                reference: wire.reference,
                on: wire.ended,
                source: wire.source,
            },
            heard_at: wire.heard_at,
            by: wire.by,
        })
    }
}
