//! Attempts to change the policies, and the history of them, as the HTTP interface tells them.

use proviso_archive::HistoryEntry;
use proviso_model::{Digest, Principal, Problem, Timestamp};
use proviso_pipeline::loading::set::RecordedError;
use serde_json::{Value, json};
use std::time::Duration;

/// How an attempt to change the policies ended.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// Who asked for it.
    pub who: Principal,
    /// From the asking to the end.
    pub took: Duration,
    /// What came of it.
    pub result: AttemptResult,
}

/// What came of an attempt to change the policies.
#[derive(Debug, Clone)]
pub enum AttemptResult {
    /// Another generation judges now.
    Live {
        /// The generation.
        id: Digest,
        /// What differs from the one before, for people.
        changes: Vec<String>,
    },
    /// No other generation judges: what was read is what runs, or what a rollback went back from.
    Unchanged {
        /// The generation.
        id: Digest,
    },
    /// The generation before goes on.
    Refused {
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}

/// Why there is no generation to go back to. Whoever asked can mend it.
#[derive(Debug, thiserror::Error)]
pub enum NoGeneration {
    /// None begins so.
    #[error("no recorded generation begins with {0:?}: see `proviso policy history`")]
    Unknown(String),
    /// Several do.
    #[error("{number} recorded generations begin with {digits:?}: give more digits")]
    Several {
        /// What was given.
        digits: String,
        /// How many begin so.
        number: usize,
    },
    /// Only one was ever live.
    #[error("no other generation is recorded: there is nothing to go back to")]
    NoOther,
    /// Another version recorded it: what it would judge is another generation.
    #[error(transparent)]
    OtherVersion(RecordedError),
}

impl Attempt {
    /// True if the generation before goes on because something is wrong.
    pub fn refused(&self) -> bool {
        matches!(self.result, AttemptResult::Refused { .. })
    }

    /// What is wrong, if the attempt was refused.
    pub fn problems(&self) -> &[Problem] {
        match &self.result {
            AttemptResult::Refused { problems } => problems,
            AttemptResult::Live { .. } | AttemptResult::Unchanged { .. } => &[],
        }
    }

    /// For the HTTP interface.
    pub fn to_json(&self) -> Value {
        let (result, id, changes, problems) = match &self.result {
            AttemptResult::Live { id, changes } => ("live", Some(id), changes.clone(), Vec::new()),
            AttemptResult::Unchanged { id } => ("unchanged", Some(id), Vec::new(), Vec::new()),
            AttemptResult::Refused { problems } => {
                ("refused", None, Vec::new(), problems.iter().map(problem_json).collect())
            }
        };
        json!({
            "at": self.at.to_string(), "who": self.who, "took_ms": self.took.as_millis() as u64,
            "result": result, "generation": id.map(ToString::to_string), "changes": changes, "problems": problems,
        })
    }
}

fn problem_json(problem: &Problem) -> Value {
    json!({ "file": problem.file, "line": problem.line, "column": problem.column, "message": problem.message })
}

/// An entry of the history.
pub fn entry_json(entry: &HistoryEntry) -> Value {
    let problems: Vec<_> = entry.problems.iter().map(problem_json).collect();
    json!({
        "at": entry.at.to_string(), "status": entry.status, "cause": entry.cause.name(),
        "generation": entry.generation.map(|id| id.to_string()), "who": entry.who, "why": entry.why,
        "changed": entry.changed, "set_file": entry.set_file, "problems": problems,
    })
}
