//! Generations as they were built. One is recorded once and never changes.

use proviso_model::{Digest, Timestamp};

/// A generation as it was built. All that is needed to build it again, save the packs, which their digests name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationRecord {
    /// Its content address.
    pub id: Digest,
    /// When it was recorded first.
    pub recorded_at: Timestamp,
    /// The engine that built it.
    pub engine_version: String,
    /// Its packs, in the order of the set.
    pub packs: Vec<PackRecord>,
    /// The policy set's file, as the operator named it.
    pub set_file: String,
    /// What that file held.
    pub set_text: String,
    /// The set's canonical JSON.
    pub set_json: String,
}

/// A pack of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRecord {
    /// `vendor/name`.
    pub name: String,
    /// Its version, as its manifest writes it.
    pub version: String,
    /// Its content address.
    pub digest: Digest,
}
