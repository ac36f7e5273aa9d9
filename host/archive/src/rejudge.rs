//! Another verdict on a message that waits for a person: the new one takes the place of the old, which is kept beside it.
//!
//! Nothing else of the archive moves. The present states of folds and the present scores stay as they are: later messages
//! stand on them. What a fold said of the message again, it said from the state that the message met when it arrived.

use crate::alert_rules::AlertRules;
use crate::batch::Entry;
use crate::verdicts::StoredDecision;
use proviso_model::{Digest, Principal, Timestamp};
use std::sync::Arc;

/// Verdicts that take the place of earlier ones, in one transaction.
#[derive(Debug, Clone)]
pub struct Rejudging {
    /// When.
    pub at: Timestamp,
    /// What whoever asked says about it; may be empty.
    pub note: String,
    /// The messages as they are in the archive, each with its new verdict and what follows from it; at most
    /// [`TRANSACTION_MESSAGES_MAX`](proviso_model::limits::TRANSACTION_MESSAGES_MAX). Each must be held. Of an advance, only `before` is used.
    pub entries: Vec<Entry>,
    /// Which findings people are to look at.
    pub alerts: Arc<AlertRules>,
}

/// What became of messages that were judged again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RejudgeReport {
    /// No longer held.
    pub released: u64,
    /// Held by the new verdict as well.
    pub still_held: u64,
}

/// A verdict that another took the place of.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierVerdict {
    /// The canonical JSON, byte for byte.
    pub json: String,
    /// The generation that judged.
    pub generation: Digest,
    /// What the policies used in all.
    pub fuel: u64,
    /// True if it held the message.
    pub held: bool,
    /// The retention decision; absent if nothing was decided.
    pub retention: Option<StoredDecision>,
    /// When the next verdict took its place.
    pub rejudged_at: Timestamp,
    /// Who asked for that.
    pub rejudged_by: Principal,
    /// What they said about it.
    pub note: String,
}
