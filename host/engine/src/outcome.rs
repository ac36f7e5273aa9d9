//! What comes of judging a message, and of its folds.

use crate::guest::LogLine;
use proviso_model::id::FoldKey;
use proviso_model::verdict::{Fault, Finding, Score, Verdict};
use std::collections::HashMap;
use std::sync::Arc;

/// States by key, at most 4,096 bytes each. A key that is missing has the empty state.
pub type FoldStates = HashMap<FoldKey, Arc<[u8]>>;

/// How one message moved one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldStep {
    /// Whose state.
    pub key: Arc<FoldKey>,
    /// What it was; a replay of the message needs it.
    pub before: Arc<[u8]>,
    /// What it is after the message.
    pub after: Arc<[u8]>,
}

/// A message, judged to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What is stored, and what a replay gives again.
    pub verdict: Verdict,
    /// The message's share of the fuel of its calls; not part of the verdict, as it depends on the batch.
    pub fuel: u64,
    /// The states that it was judged from and what they became, in the order of the set. A fold that failed on the message
    /// left its state as it was.
    pub steps: Vec<FoldStep>,
}

/// What the folds add to one message.
#[derive(Default)]
pub(crate) struct Folded {
    pub(crate) findings: Vec<(usize, Finding)>,
    pub(crate) scores: Vec<Score>,
    pub(crate) faults: Vec<(usize, Fault)>,
    pub(crate) steps: Vec<FoldStep>,
    pub(crate) fuel: u64,
    /// A fold saw a part of the hits.
    pub(crate) truncated: bool,
    pub(crate) log: Vec<LogLine>,
}
