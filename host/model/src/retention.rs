//! Retention: what a rule proposes, and the arithmetic by which the host decides.
//!
//! Order: a legal hold, then the longest statutory floor, then (where no floor runs) the shortest purpose ceiling.
//! A clock whose start is unknown means keep and report, never dispose. A figure that is not verified may lengthen a
//! retention and never causes a disposal. Consent withdrawn while a floor runs means store-only (PIPL art. 47;
//! Network Data Security Management Regulations art. 24).

use serde::{Deserialize, Serialize};

/// A calendar period; the parts add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// Calendar years, 0-36,500.
    pub years: u16,
    /// Calendar months, 0-36,500.
    pub months: u16,
    /// Days, 0-36,500.
    pub days: u16,
}

/// What starts a retention clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// The message's own time.
    Message,
    /// Completion of the transaction that the message belongs to.
    Transaction,
    /// End of the relationship with the customer.
    RelationshipEnd,
    /// End of the contract or of the product.
    ContractEnd,
    /// End of a dispute.
    DisputeEnd,
}

/// One rule's claim on one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Proposal {
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
    /// ISO 3166-1 alpha-2 code, or `EU`.
    pub jurisdiction: String,
    /// Why it is kept.
    pub purpose: String,
    /// What starts the clock.
    pub clock: ClockStart,
    /// Keep at least so long.
    pub floor: Option<Period>,
    /// Keep at most so long, unless a floor is longer.
    pub ceiling: Option<Period>,
    /// False where the figure comes from a secondary source only.
    pub verified: bool,
}
