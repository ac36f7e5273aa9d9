//! What a guest answered, in the host's words and not yet believed: `answer_check.rs` makes findings and proposals of it.

use proviso_model::retention::ClockStart;
use proviso_model::verdict::{Language, Severity, Span};

/// A finding, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawFinding {
    pub(crate) message: u32,
    pub(crate) rule: String,
    pub(crate) severity: Severity,
    pub(crate) spans: Vec<Span>,
    pub(crate) reasons: Vec<(Language, String)>,
}

/// A retention proposal, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawProposal {
    pub(crate) message: u32,
    pub(crate) rule: String,
    pub(crate) law: String,
    pub(crate) article: String,
    pub(crate) jurisdiction: String,
    pub(crate) purpose: String,
    pub(crate) clock: ClockStart,
    pub(crate) floor: Option<RawPeriod>,
    pub(crate) ceiling: Option<RawPeriod>,
    pub(crate) verified: bool,
}

/// A period, unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawPeriod {
    pub(crate) years: u16,
    pub(crate) months: u16,
    pub(crate) days: u16,
}

/// What follows from one event of a fold, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawStep {
    pub(crate) state: Vec<u8>,
    pub(crate) findings: Vec<RawFinding>,
    pub(crate) score: Option<RawScore>,
}

/// A score, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawScore {
    pub(crate) value: f64,
    pub(crate) factors: Vec<RawFactor>,
}

/// A factor, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawFactor {
    pub(crate) signal: String,
    pub(crate) points: f64,
    pub(crate) message: String,
    pub(crate) sent_at_millis: i64,
}

/// The guest said that it cannot answer. Its own words are dropped: they could hold a message's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    BadMessage,
    BadState,
    NotConfigured,
    Internal,
}

impl Failure {
    /// For the operator.
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Failure::BadMessage => "the plugin answered bad-message: it cannot judge this message",
            Failure::BadState => {
                "the plugin answered bad-state: the state kept for this key was not written by it, or is damaged"
            }
            Failure::NotConfigured => "the plugin answered not-configured: its settings do not allow the call",
            Failure::Internal => "the plugin answered internal: a fault in the plugin itself",
        }
    }
}

/// One thing that a plugin finds wrong with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingsProblem {
    /// JSON Pointer into the settings.
    pub(crate) pointer: String,
    pub(crate) message: String,
}
