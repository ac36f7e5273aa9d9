//! What somebody did with the archive without changing it.

use proviso_model::{MessageId, Timestamp};

/// An act that the log tells of. It is told before what was asked for is given: where it cannot be told, it does not happen.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// What was done.
    pub kind: ActKind,
    /// The message that it was done with; `None`: several, or none.
    pub message: Option<&'a MessageId>,
    /// How, in a word or two.
    pub what: &'a str,
    /// What was looked for by a query, and why.
    pub inquiry: Option<Inquiry<'a>>,
    /// How many messages, or lines of facts.
    pub messages: u64,
    /// When.
    pub at: Timestamp,
}

/// A query that somebody asked, as an auditor reads it: what was looked for, why, and which messages were given.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// As it was written: at most [`proviso_search::query::QUERY_BYTES_MAX`] bytes.
    pub query: &'a str,
    /// True if pseudonyms stood for names in what was given.
    pub masked: bool,
    /// The name that it was saved under; `None` where it was written out.
    pub saved: Option<&'a str>,
    /// Why: 1 to [`REQUEST_TEXT_BYTES_MAX`](crate::REQUEST_TEXT_BYTES_MAX) bytes.
    pub reason: &'a str,
    /// The places of the messages in the order of arrival, as they were given.
    pub found: &'a [i64],
}

/// What can be done without a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActKind {
    /// What people wrote was read.
    Reading,
    /// Messages were looked for, and their identifiers listed; or facts that people handed in were.
    Search,
    /// Messages were given away.
    Export,
}

impl ActKind {
    /// The kind of the log's entry.
    pub const fn name(self) -> &'static str {
        match self {
            ActKind::Reading => "reading",
            ActKind::Search => "search",
            ActKind::Export => "export",
        }
    }
}
