//! Rows for analysts: what is known of messages without their content, under the pseudonyms of one export.

use crate::messages::Sent;
use proviso_tables::{FindingRow, MessageRow, RetentionRow};

/// Of which messages there are rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tabled {
    /// Of this tenant alone; `None`: of all.
    pub tenant: Option<String>,
    /// When they were sent.
    pub sent: Sent,
}

/// How many messages there are rows of, and the last place in the order of arrival that counts: what arrives later is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TablesSize {
    /// How many.
    pub messages: u64,
    /// The last place.
    pub last: i64,
}

/// The rows of some messages, in the order of arrival, as they stood at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRows {
    /// The messages, each once.
    pub messages: Vec<MessageRow>,
    /// Their findings.
    pub findings: Vec<FindingRow>,
    /// How long they are kept.
    pub retention: Vec<RetentionRow>,
    /// The place behind which the next rows begin; `None` if these are the last.
    pub next: Option<i64>,
}
