//! What an external contact says about being archived. A message carries it; what follows from it is decided in
//! [`consent`](crate::consent).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What an external contact has said about archiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentState {
    /// Agreed, by an act of their own.
    Agree,
    /// Refused, or withdrew.
    Disagree,
    /// The platform assumes agreement; a state of its own, weaker than `Agree`.
    DefaultAgree,
}

impl ConsentState {
    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            ConsentState::Agree => "agree",
            ConsentState::Disagree => "disagree",
            ConsentState::DefaultAgree => "default-agree",
        }
    }

    /// How little it allows: of two statements at one moment, the one that allows less holds.
    pub(crate) const fn strictness(self) -> u8 {
        match self {
            ConsentState::Agree => 0,
            ConsentState::DefaultAgree => 1,
            ConsentState::Disagree => 2,
        }
    }
}

/// An external contact gave or took consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConsentEvent {
    /// The contact, as the channel identifies them.
    pub party: String,
    /// What they said.
    pub state: ConsentState,
    /// When they said it.
    pub at: Timestamp,
}

impl ConsentEvent {
    /// The same statement as it counts: at the time that it states, but not after it was heard. A statement from the future
    /// counts when it arrives, or an agreement dated 9998 would outlive every later refusal.
    #[must_use]
    pub fn heard_at(&self, heard_at: Timestamp) -> Self {
        Self {
            at: self.at.min(heard_at),
            ..self.clone()
        }
    }
}
