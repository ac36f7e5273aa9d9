//! What may be written at a place of a query.

use serde::{Deserialize, Serialize};

/// `POST /v1/archive/complete`: where something is to be written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteV1 {
    /// A query, which need not be whole; this, or else `saved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The byte of the query at which somebody writes; its end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u32>,
    /// The beginning of the name of a saved query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<String>,
    /// Whose names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// What may be written there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedV1 {
    /// The bytes of the text that an offer takes the place of: the first, and the one behind the last.
    pub replaces: (u32, u32),
    /// At most 50.
    pub offers: Vec<OfferV1>,
    /// There are more.
    pub is_cut: bool,
}

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferV1 {
    /// What is written.
    pub text: String,
    /// `field`, `value`, `operator` or `saved`.
    pub kind: String,
}

impl OfferV1 {
    pub(crate) fn new(text: String, kind: &str) -> Self {
        let kind = kind.to_owned();
        Self { text, kind }
    }
}
