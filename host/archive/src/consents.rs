//! What everybody said of being archived, as the archive keeps it: a ledger, to which lines are added and from which none goes.

use proviso_model::statement::Statement;
use proviso_model::{Principal, Timestamp};

/// Statements that somebody hands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentImport {
    /// What is said. A statement of a moment behind `at` counts from `at` on.
    pub rows: Vec<Statement>,
    /// When.
    pub at: Timestamp,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentReport {
    /// Lines that were added.
    pub added: u64,
    /// Statements that were there already.
    pub known: u64,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// Rising, in the order in which it was heard, with gaps.
    pub number: i64,
    /// What is said.
    pub statement: Statement,
    /// The moment from which it counts.
    pub holds: Timestamp,
    /// When it was heard.
    pub heard_at: Timestamp,
    /// Who handed it in; of a statement that a message carried, who handed the message in.
    pub by: Principal,
    /// The place in the order of arrival of the message that carried it.
    pub message: Option<i64>,
}
