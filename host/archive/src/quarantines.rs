//! Policies that were taken out of judging because they failed on too many messages, and who had them tried again.

use proviso_model::Timestamp;
use proviso_model::id::PolicyId;

/// A policy that is not called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Since when.
    pub at: Timestamp,
    /// The policy.
    pub policy: PolicyId,
    /// Messages on which it failed, of the last ones that triggered it.
    pub faults: u64,
    /// How many these were.
    pub messages: u64,
}
