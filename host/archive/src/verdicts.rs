//! Reading verdicts, and what it takes to judge a message again.

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
}

/// A retention decision as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDecision {
    /// Its JSON, byte for byte.
    pub json: String,
    /// The same, read.
    pub decision: Decision,
}

/// A message, its verdict, and all that the policies were given beside the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The message.
    pub message: Message,
    /// What was said of it.
    pub verdict: StoredVerdict,
    /// The earlier messages of the conversation that policies were given, the oldest first.
    pub preceding: Vec<Message>,
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
