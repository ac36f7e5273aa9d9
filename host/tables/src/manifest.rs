//! The manifest of tables: what they are, who asked for them, and a digest of each file. The log has the digest of the manifest.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The form, as the manifest names it.
const FORM: &str = "proviso-tables-v1";

/// What tables are of, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutTables {
    /// The number of the export, from 1: pseudonyms are those of this number alone.
    pub number: u64,
    /// When they were begun, RFC 3339 in UTC.
    pub made_at: String,
    /// Who asked.
    pub by: String,
    /// For whom.
    pub to: String,
    /// Why.
    pub reason: String,
    /// Whose messages; absent: everybody's.
    pub tenant: Option<String>,
    /// Sent then or later, RFC 3339 in UTC; absent: whenever.
    pub from: Option<String>,
    /// Sent before then, likewise.
    pub before: Option<String>,
    /// The program that wrote them, with its version.
    pub program: String,
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountsV1 {
    /// Messages.
    pub messages: u64,
    /// Findings.
    pub findings: u64,
    /// Rows of retention.
    pub retention: u64,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileV1 {
    /// Its name.
    pub path: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
    pub sha256: String,
}

/// What tables are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestV1 {
    /// `proviso-tables-v1`.
    pub form: String,
    /// What they are of, and for whom.
    pub about: AboutTables,
    /// How many rows there are.
    pub counts: CountsV1,
    /// The files.
    pub files: Vec<FileV1>,
}

impl ManifestV1 {
    /// The manifest of tables that were written.
    pub fn new(about: AboutTables, counts: CountsV1, files: Vec<FileV1>) -> Self {
        Self {
            form: FORM.to_owned(),
            about,
            counts,
            files,
        }
    }

    /// Its bytes, in one spelling, and their SHA-256.
    pub fn to_bytes(&self) -> (Vec<u8>, [u8; 32]) {
        let mut bytes = serde_json::to_vec_pretty(self).expect("texts and numbers are written as JSON");
        bytes.push(b'\n');
        let digest = Sha256::digest(&bytes).into();
        (bytes, digest)
    }
}
