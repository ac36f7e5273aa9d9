//! Of which messages tables are made, and what they are.

use proviso_tables::CountsV1;
use serde::{Deserialize, Serialize};

/// `POST /v1/archive/tables`: of which messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablesV1 {
    /// Why: the log tells of it.
    pub reason: String,
    /// For whom: the log tells of it.
    pub to: String,
    /// Of this tenant alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Sent then or later, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Sent before then, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// What tables are. Beside a tar it stands in the header [`EXPORT_HEADER`](super::EXPORT_HEADER).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabledV1 {
    /// The number of the export: pseudonyms are those of this number.
    pub number: u64,
    /// SHA-256 of the manifest.
    pub manifest: String,
    /// Rows of messages.
    pub messages: u64,
    /// Rows of findings.
    pub findings: u64,
    /// Rows of retention.
    pub retention: u64,
}

impl TabledV1 {
    pub(crate) fn new(number: u64, manifest: String, counts: CountsV1) -> Self {
        let CountsV1 {
            messages,
            findings,
            retention,
        } = counts;
        Self {
            number,
            manifest,
            messages,
            findings,
            retention,
        }
    }
}
