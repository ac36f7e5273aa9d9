//! A message half judged: between the stateless part and the folds.

use crate::guest::LogLine;
use proviso_model::Digest;
use proviso_model::message::Addressed;
use proviso_model::verdict::{AttributedProposal, Fault, Finding, Withheld};
use proviso_scan::Hit;
use std::sync::Arc;

/// A message after its stateless part, on its way to the folds. Give it to [`crate::Generation::advance`], with its input.
#[derive(Debug, Clone)]
pub struct Judged {
    pub(crate) message: Arc<Addressed>,
    pub(crate) input: Digest,
    pub(crate) packs: Arc<[Digest]>,
    pub(crate) preceding: Vec<String>,
    pub(crate) truncated: bool,
    pub(crate) withheld: Option<Withheld>,
    pub(crate) scope: Scope,
    /// With the index of the policy that each comes from.
    pub(crate) findings: Vec<(usize, Finding)>,
    pub(crate) proposals: Vec<(usize, Arc<AttributedProposal>)>,
    pub(crate) faults: Vec<(usize, Fault)>,
    /// Policies whose fold is to see the message, in order.
    pub(crate) folds: Vec<usize>,
    /// Every hit in the text, kept where a fold is to see it.
    pub(crate) hits: Vec<Hit>,
    pub(crate) fuel: u64,
    pub(crate) log: Vec<LogLine>,
}

/// Which `[[apply]]` judge a message: those that are on and whose scope covers it, or, for tests, one alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    OfTheSet,
    Only(usize),
}
