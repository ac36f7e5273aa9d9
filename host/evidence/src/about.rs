//! What an export is: who asked for what, why, for whom, and until when.

use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Messages that a query finds.
    Query(String),
    /// A whole conversation: `tenant/channel/conversation`.
    Conversation(String),
}

impl Asked {
    /// `query` or `conversation`.
    pub fn kind(&self) -> &'static str {
        match self {
            Asked::Query(_) => "query",
            Asked::Conversation(_) => "conversation",
        }
    }

    /// What of it.
    pub fn text(&self) -> String {
        match self {
            Asked::Query(text) | Asked::Conversation(text) => text.clone(),
        }
    }
}

/// All that is said of an export as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its number among those of the archive, from 1.
    pub number: u64,
    /// The name of the archive's log.
    pub log: String,
    /// When it was made. When it was given away, the log's leaf says.
    pub made_at: Timestamp,
    /// The zone in which times are shown beside UTC, and whose days a query means.
    pub zone: Zone,
    /// Who asked.
    pub by: String,
    /// For whom.
    pub to: String,
    /// Why.
    pub reason: String,
    /// The last day on which it is meant to be used.
    pub until: Option<Day>,
    /// What was asked for.
    pub asked: Asked,
    /// Messages of the same conversation before and after each match.
    pub context: u32,
    /// True if names, numbers and identifiers are pseudonyms.
    pub masked: bool,
    /// The program that made it, with its version.
    pub program: String,
}
