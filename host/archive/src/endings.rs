//! Ends that start retention clocks, as the archive keeps them: a ledger, to which lines are added and from which none goes.

use proviso_model::retention::{ClockStart, Decision, Ending};
use proviso_model::{Digest, Message, Principal, Timestamp, Verdict};
use std::sync::Arc;

/// Ends that somebody hands in, and what follows from them.
#[derive(Debug, Clone)]
pub struct EndingImport {
    /// What ends. A line that says what the last one on the same thing says is not added again.
    pub rows: Vec<Ending>,
    /// When.
    pub at: Timestamp,
    /// The decisions that change by it, by places in the order of arrival.
    pub decisions: Vec<(i64, Arc<Decision>)>,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndingReport {
    /// Lines that were added.
    pub added: u64,
    /// Lines that say what was known already.
    pub known: u64,
    /// Messages whose retention was decided anew.
    pub decided: u64,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingRecord {
    /// From 1, rising, in the order in which it was handed in.
    pub number: i64,
    /// What ends.
    pub ending: Ending,
    /// When it was handed in.
    pub heard_at: Timestamp,
    /// By whom.
    pub by: Principal,
}

/// A message with what was said of it, and how long it is kept.
#[derive(Debug, Clone)]
pub struct Retained {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message.
    pub message: Message,
    /// What was said of it.
    pub verdict: Verdict,
    /// How long it is kept, as it stands; absent where no later program reads it.
    pub decision: Option<Arc<Decision>>,
    /// The generation that judged.
    pub generation: Digest,
}

/// Clocks, as bits: which of them a message's proposals have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clocks(u8);

impl Clocks {
    /// That clock alone; none for the message's own time, which is known.
    pub const fn of(clock: ClockStart) -> Self {
        Self(match clock {
            ClockStart::Message => 0,
            ClockStart::Transaction => 1,
            ClockStart::RelationshipEnd => 2,
            ClockStart::ContractEnd => 4,
            ClockStart::DisputeEnd => 8,
        })
    }

    /// Those of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of a verdict's proposals.
    pub fn of_verdict(verdict: &Verdict) -> Self {
        let proposals = verdict.proposals.iter();
        proposals.fold(Self::default(), |clocks, attributed| {
            clocks.and(Self::of(attributed.proposal.clock))
        })
    }

    /// The bits.
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }
}
