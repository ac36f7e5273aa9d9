//! What somebody has said about being archived, or was told of it. A message may carry it; what follows from it is decided in
//! [`consent`](crate::consent).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How somebody stands to being archived: an external contact by what they said, an employee by the notice that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentState {
    /// Agreed, by an act of their own; an employee: received the notice.
    Agree,
    /// Refused, or withdrew.
    Disagree,
    /// The platform assumes agreement; a state of its own, weaker than `Agree`.
    DefaultAgree,
    /// It is not known: nothing was recorded, or what was recorded does not count any more.
    Unknown,
    /// Agreed before, and took it back.
    Withdraw,
}

impl ConsentState {
    /// Every state.
    pub const ALL: [ConsentState; 5] = [
        ConsentState::Agree,
        ConsentState::Disagree,
        ConsentState::DefaultAgree,
        ConsentState::Unknown,
        ConsentState::Withdraw,
    ];

    /// What somebody says, as messages and the archive write it.
    pub const fn name(self) -> &'static str {
        match self {
            ConsentState::Agree => "agree",
            ConsentState::Disagree => "disagree",
            ConsentState::DefaultAgree => "default-agree",
            ConsentState::Unknown => "unknown",
            ConsentState::Withdraw => "withdraw",
        }
    }

    /// How somebody stands, as files of facts and the configuration write it.
    pub const fn standing(self) -> &'static str {
        match self {
            ConsentState::Agree => "agreed",
            ConsentState::Disagree => "disagreed",
            ConsentState::DefaultAgree => "default-agreed",
            ConsentState::Unknown => "unknown",
            ConsentState::Withdraw => "withdrawn",
        }
    }

    /// How little it allows: of two statements at one moment, the one that allows less holds.
    pub const fn strictness(self) -> u8 {
        match self {
            ConsentState::Agree => 0,
            ConsentState::DefaultAgree => 1,
            ConsentState::Unknown => 2,
            ConsentState::Disagree => 3,
            ConsentState::Withdraw => 4,
        }
    }
}

/// Somebody gave or took consent, or was given notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConsentEvent {
    /// Who: a contact as the channel identifies them, or an employee as the organisation numbers its people.
    pub party: String,
    /// How they stand from then on.
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
