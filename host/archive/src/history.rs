//! What was done with generations: each entry of the history puts one into force, or says why one could not be.

use crate::generations::GenerationRecord;
use crate::trust::TrustRecord;
use proviso_model::{Digest, Principal, Problem, Timestamp};
use serde::{Deserialize, Serialize};

/// What led to an entry of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The daemon started.
    Start,
    /// The set, a pack or a lexicon changed.
    Reload,
    /// Somebody went back to an earlier generation.
    Rollback,
}

impl Cause {
    /// The name as the archive writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Start => "start",
            Cause::Reload => "reload",
            Cause::Rollback => "rollback",
        }
    }
}

/// A generation is put into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Which.
    pub generation: Activated,
    /// The trust file that admitted its packs; absent where that of before goes on. The same as the last is not recorded
    /// again.
    pub trust: Option<TrustRecord>,
    /// When.
    pub at: Timestamp,
    /// What led to it.
    pub cause: Cause,
    /// What whoever does it says about it; may be empty.
    pub why: String,
    /// What differs from the one before, for people; may be empty.
    pub changed: String,
}

/// The generation that an activation puts into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activated {
    /// One as it was built. It is recorded with the activation; one that is recorded already stays as it is, the time
    /// included.
    Built(GenerationRecord),
    /// One that was recorded before.
    Recorded(Digest),
}

/// A policy set that could not become the running generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSet {
    /// When.
    pub at: Timestamp,
    /// What led to the attempt.
    pub cause: Cause,
    /// What whoever asked says about it; may be empty.
    pub why: String,
    /// The set's file, as the operator named it.
    pub set_file: String,
    /// What it held; absent if it could not be read.
    pub set_text: Option<String>,
    /// Everything that is wrong, at least one.
    pub problems: Vec<Problem>,
}

/// What became of an entry of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It put the running generation into force.
    Active,
    /// It put a generation into force, and a later entry another.
    Superseded,
    /// It changed nothing.
    Failed,
}

/// An entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number, from 1, rising.
    pub entry: i64,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub status: Status,
    /// What led to it.
    pub cause: Cause,
    /// The generation; absent for a set that failed.
    pub generation: Option<Digest>,
    /// Who did it.
    pub who: Principal,
    /// What they say about it.
    pub why: String,
    /// What differs from the one before.
    pub changed: String,
    /// The set's file.
    pub set_file: String,
    /// What is wrong, where it failed.
    pub problems: Vec<Problem>,
}
