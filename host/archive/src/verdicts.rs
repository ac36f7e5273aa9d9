//! Reading verdicts, and what it takes to judge a message again.

use crate::stored;
use proviso_model::basis::Applied;
use proviso_model::id::PolicyId;
use proviso_model::retention::Decision;
use proviso_model::{Digest, Message, Verdict};
use std::sync::Arc;

/// A verdict as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredVerdict {
    /// The canonical JSON, byte for byte.
    pub json: String,
    /// The same, read.
    pub verdict: Verdict,
    /// The generation that judged.
    pub generation: Digest,
    /// What the policies used in all.
    pub fuel: u64,
    /// The version of the directory that the message was judged by; absent where there was none.
    pub directory: Option<i64>,
    /// The lawful basis that was found for the message; absent in records of before there were any.
    pub basis: Option<Applied>,
}

/// A retention decision as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDecision {
    /// Its JSON, byte for byte.
    pub json: String,
    /// The same, read.
    pub decision: Decision,
}

/// A text that is no verdict, or no retention decision, in the form in which they are stored now.
#[derive(Debug, thiserror::Error)]
#[error("not in the form in which this program stores it: {0}")]
pub struct NotStored(String);

impl StoredVerdict {
    /// A verdict whose canonical JSON came over a border, what the policies used in all, the version of the directory, and the
    /// basis.
    pub fn of_json(json: String, fuel: u64, directory: Option<i64>, basis: Option<Applied>) -> Result<Self, NotStored> {
        let verdict = stored::verdict::read(stored::verdict::FORM, &json);
        let verdict = verdict.map_err(|error| NotStored(error.to_string()))?;
        Ok(Self {
            generation: verdict.generation,
            json,
            verdict,
            fuel,
            directory,
            basis,
        })
    }
}

impl StoredDecision {
    /// A decision whose JSON came over a border.
    pub fn of_json(json: String) -> Result<Self, NotStored> {
        let decision = stored::decision::read(&json).map_err(|error| NotStored(error.to_string()))?;
        Ok(Self { json, decision })
    }
}

/// A message, its verdict, and all that the policies were given beside the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The message.
    pub message: Message,
    /// What was said of it.
    pub verdict: StoredVerdict,
    /// How long it is kept, as it stands; absent if nothing was decided, or no later program reads it.
    pub retention: Option<StoredDecision>,
    /// The earlier messages of the conversation that policies were given, the oldest first.
    pub preceding: Vec<Message>,
    /// How many of those it was given were disposed of since: without them it cannot be judged again.
    pub preceding_gone: u64,
    /// The states of the folds that it advanced, before it did, ordered by pack, policy and key.
    pub folds: Vec<FoldBefore>,
    /// Where rows of the archive say something else than the verdict that they were written from, for people; empty while
    /// nobody changed them. A replay that overlooks them calls an edited score identical.
    pub differences: Vec<String>,
}

/// A fold's state before a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldBefore {
    /// The fold.
    pub policy: PolicyId,
    /// The subject.
    pub key: Arc<str>,
    /// Empty where this message was the first of its key.
    pub state: Arc<[u8]>,
}
