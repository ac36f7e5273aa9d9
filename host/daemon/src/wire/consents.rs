//! The ledger of consent.

use super::Unreadable;
use proviso_archive::{ConsentRecord, ConsentReport};
use proviso_model::consent::ConsentState;
use proviso_model::statement::{Statement, Whose};
use proviso_model::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// What became of statements that were handed in.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConsentReportV1 {
    added: u64,
    known: u64,
}

/// Lines of the ledger, in the order in which they were heard.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConsentsV1 {
    lines: Vec<ConsentV1>,
}

/// A line, as commands print it too.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConsentV1 {
    line: i64,
    tenant: String,
    /// Absent where a person is meant by the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    party: String,
    /// `agreed`, `disagreed`, `default-agreed`, `unknown` or `withdrawn`.
    state: String,
    at: Timestamp,
    /// The moment from which it counts.
    holds: Timestamp,
    source: String,
    version: String,
    heard_at: Timestamp,
    by: Principal,
    /// The place in the order of arrival of the message that carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<i64>,
}

impl From<ConsentReport> for ConsentReportV1 {
    fn from(report: ConsentReport) -> Self {
        Self {
            added: report.added,
            known: report.known,
        }
    }
}

impl From<ConsentReportV1> for ConsentReport {
    fn from(wire: ConsentReportV1) -> Self {
        Self {
            added: wire.added,
            known: wire.known,
        }
    }
}

impl From<Vec<ConsentRecord>> for ConsentsV1 {
    fn from(lines: Vec<ConsentRecord>) -> Self {
        Self {
            lines: lines.into_iter().map(ConsentV1::from).collect(),
        }
    }
}

impl TryFrom<ConsentsV1> for Vec<ConsentRecord> {
    type Error = Unreadable;

    fn try_from(wire: ConsentsV1) -> Result<Self, Unreadable> {
        wire.lines.into_iter().map(ConsentRecord::try_from).collect()
    }
}

impl From<ConsentRecord> for ConsentV1 {
    fn from(record: ConsentRecord) -> Self {
        let Statement {
            tenant,
            whose,
            state,
            at,
            source,
            version,
        } = record.statement;
        let (channel, party) = match whose {
            Whose::Account(account) => (Some(account.channel), account.id),
            Whose::Person(person) => (None, person),
        };
        Self {
            line: record.number,
            tenant,
            channel,
            party,
            state: state.standing().to_owned(),
            at,
            holds: record.holds,
            source,
            version,
            heard_at: record.heard_at,
            by: record.by,
            message: record.message,
        }
    }
}

impl TryFrom<ConsentV1> for ConsentRecord {
    type Error = Unreadable;

    fn try_from(wire: ConsentV1) -> Result<Self, Unreadable> {
        let state = ConsentState::ALL
            .into_iter()
            .find(|state| state.standing() == wire.state);
        let state = state.ok_or_else(|| Unreadable::new("state", &format!("no state is called {:?}", wire.state)))?;
        Ok(Self {
            number: wire.line,
            statement: Statement {
                tenant: wire.tenant,
                whose: Whose::of(wire.channel.as_deref().unwrap_or_default(), &wire.party),
                state,
                at: wire.at,
                source: wire.source,
                version: wire.version,
            },
            holds: wire.holds,
            heard_at: wire.heard_at,
            by: wire.by,
            message: wire.message,
        })
    }
}
