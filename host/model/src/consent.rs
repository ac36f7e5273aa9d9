//! Consent to archiving, and the gate that follows from it.
//!
//! Source: Personal Information Protection Law of the PRC (PIPL) art. 13-15: consent is voluntary, informed and
//! withdrawable; withdrawing it does not undo what was done before. A lawful basis other than consent must be named.

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
