//! What a reader hands out.

use proviso_model::Message;

/// One value of a source, read or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Line on which the value begins, from 1; 0 if the whole source is meant.
    pub line: u64,
    /// Byte offset in the source from which a later reader goes on behind this item.
    pub offset_end: u64,
    /// The message, or why there is none.
    pub result: Result<Message, LineError>,
}

/// Why a value of a source is not a message. It may quote a key or the value of a field, cut short, never the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LineError {
    /// For people: what is wrong and what would be right.
    pub reason: String,
}

impl LineError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}
