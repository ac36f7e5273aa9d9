//! Certificates of disposal: why a record was destroyed, that nothing held it, and that the log says so. Verified offline.
//!
//! What a certificate says stands in two entries of one leaf, so of one transaction: the hold check (`hold-check`) and, behind it, the disposal
//! (`disposal`), whose field `certificate` is the digest of [`Disposal`]. So nothing of it can be changed afterwards, though the archive tells the
//! statutes nowhere else.

mod wire;

use crate::entry::{Entry, Value};
use crate::entry_proof::{EntryProof, EntryProofError, Place};
use crate::hash::Hash;
use crate::note::checkpoint::{CheckpointError, LogTrust, VerifiedCheckpoint};

/// The kind of the entry of a disposal.
pub const DISPOSAL: &str = "disposal";
/// Its field with the digest of what the certificate says: bytes.
pub const CERTIFICATE: &str = "certificate";
/// The kind of the entry of a hold check.
pub const HOLD_CHECK: &str = "hold-check";
/// The field of both with the record's keyed digest: bytes.
pub const RECORD: &str = "record";
/// The field of a hold check with the number of holds that were found.
pub const HOLDS: &str = "holds";
/// The most statutes and the most proofs of a certificate.
pub const STATUTES_MAX: usize = 64;
/// The most bytes of each text of a certificate.
pub const TEXT_BYTES_MAX: usize = 1024;

/// Which way a statute bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Keep at least so long.
    Floor,
    /// Keep at most so long.
    Ceiling,
}

/// One rule that the disposal stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statute {
    /// The law, or the organisation's own rule.
    pub law: String,
    /// The article.
    pub article: String,
    /// Floor or ceiling.
    pub bound: Bound,
    /// How long, as an ISO 8601 period (`P5Y`).
    pub period: String,
    /// SHA-256 of the text that the figure was read in.
    pub source: Hash,
    /// Who compared the figure with that text. A statute that nobody verified destroys nothing.
    pub verified_by: String,
}

/// From when a period runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// What starts it, such as `contract-end`.
    pub start: String,
    /// When that was, in milliseconds since 1970.
    pub start_ms: u64,
}

/// The key whose destruction made the record unreadable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDestroyed {
    /// What it was for, such as `AES-256-GCM`.
    pub algorithm: String,
    /// SHA-256 that names it and tells nothing of it.
    pub fingerprint: Hash,
}

/// What a certificate says: which record, why, when, and where the log has the hold check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// Whose record it was.
    pub tenant: String,
    /// The keyed digest of the record's identifier; nothing of its content.
    pub record: Hash,
    /// The rules that decided: 1 to [`STATUTES_MAX`].
    pub statutes: Vec<Statute>,
    /// From when they run.
    pub clock: Clock,
    /// From when the record was to go, in milliseconds since 1970.
    pub due_ms: u64,
    /// When it went: the time of the leaf.
    pub disposed_ms: u64,
    /// The key.
    pub key: KeyDestroyed,
    /// Where the log has the hold check.
    pub hold_check: Place,
}

/// A certificate: what it says, the proofs of the two entries and of others that belong to it, and a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What it says.
    pub disposal: Disposal,
    /// Entries of the log: the disposal and the hold check, both shown, and what else there is to show.
    pub proofs: Vec<EntryProof>,
    /// The signed checkpoint that all proofs lead to, as a note.
    pub checkpoint: String,
}

/// Why a certificate shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Nobody who is believed vouches for its checkpoint.
    #[error("the checkpoint of the certificate does not hold")]
    Checkpoint(#[from] CheckpointError),
    /// An entry is not in the log.
    #[error("proof {at} of the certificate does not hold")]
    Proof {
        /// Its place, from 0.
        at: usize,
        /// Why.
        #[source]
        error: EntryProofError,
    },
    /// There is no disposal that says the same.
    #[error("no entry of the certificate is a disposal that was made over what the certificate says")]
    NoDisposal,
    /// There is no hold check where the certificate says.
    #[error("the certificate does not show a hold check of its record at place {} of leaf {}", .0.entry, .0.leaf)]
    NoHoldCheck(Place),
    /// Something held the record.
    #[error("the hold check found {0} holds: expected none")]
    Held(i64),
    /// The hold check is of another transaction, or behind the disposal.
    #[error("the hold check stands at place {} of leaf {}, and the disposal at place {} of leaf {}: expected one leaf, the hold check first", .hold_check.entry, .hold_check.leaf, .disposal.entry, .disposal.leaf)]
    Apart {
        /// Where the hold check stands.
        hold_check: Place,
        /// Where the disposal stands.
        disposal: Place,
    },
    /// The times do not follow each other.
    #[error(
        "the clock starts at {start_ms}, the record was due at {due_ms} and went at {disposed_ms}, and its leaf is of {leaf_ms}: expected an order, and the last two to be the same"
    )]
    Times {
        /// From when the period runs.
        start_ms: u64,
        /// From when the record was to go.
        due_ms: u64,
        /// When it went.
        disposed_ms: u64,
        /// The time of the leaf.
        leaf_ms: u64,
    },
    /// No statute, or too many.
    #[error("the certificate names {0} statutes: expected 1-{STATUTES_MAX}")]
    Statutes(usize),
    /// A statute that nobody verified.
    #[error("nobody verified {law:?} {article:?}: such a statute destroys nothing")]
    Unverified {
        /// The law.
        law: String,
        /// The article.
        article: String,
    },
}

impl Disposal {
    /// The canonical JSON of what is said here.
    pub fn to_json(&self) -> String {
        wire::disposal(self)
    }

    /// SHA-256 of the canonical JSON of what is said here: the field [`CERTIFICATE`] of the disposal's entry.
    pub fn digest(&self) -> Hash {
        Hash::of_parts(&[wire::disposal(self).as_bytes()])
    }
}

impl Certificate {
    /// That the log of the trust says what this certificate says: the checkpoint is signed, both entries stand in it, the hold check found nothing
    /// in the same transaction, and the record was due.
    ///
    /// It does not show that the statutes ask for that period, which is for the reader to compare with their sources, nor that no copy is left.
    pub fn verify(&self, trust: &LogTrust) -> Result<VerifiedCheckpoint, CertificateError> {
        let verified = trust.open(self.checkpoint.as_bytes())?;
        for (at, proof) in self.proofs.iter().enumerate() {
            let held = proof.verify(verified.checkpoint());
            held.map_err(|error| CertificateError::Proof { at, error })?;
        }
        self.statutes()?;
        let said = &self.disposal;
        let digest = said.digest();
        let disposal = self.find(DISPOSAL, |entry, _| {
            bytes(entry, CERTIFICATE) == Some(digest.as_bytes())
        });
        let disposal = disposal.ok_or(CertificateError::NoDisposal)?;
        let is_check =
            |entry: &Entry, place| place == said.hold_check && bytes(entry, RECORD) == Some(said.record.as_bytes());
        let hold_check = self.find(HOLD_CHECK, is_check);
        let no_check = || CertificateError::NoHoldCheck(said.hold_check);
        let holds = hold_check.and_then(|proof| proof.shown.entry()?.field(HOLDS));
        let Some(Value::Integer(holds)) = holds else {
            return Err(no_check());
        };
        if *holds != 0 {
            return Err(CertificateError::Held(*holds));
        }
        if said.hold_check.leaf != disposal.place.leaf || said.hold_check.entry >= disposal.place.entry {
            return Err(CertificateError::Apart {
                hold_check: said.hold_check,
                disposal: disposal.place,
            });
        }
        let (start_ms, due_ms, disposed_ms) = (said.clock.start_ms, said.due_ms, said.disposed_ms);
        let leaf_ms = disposal.leaf.time_ms();
        if !(start_ms <= due_ms && due_ms <= disposed_ms && disposed_ms == leaf_ms) {
            return Err(CertificateError::Times {
                start_ms,
                due_ms,
                disposed_ms,
                leaf_ms,
            });
        }
        Ok(verified)
    }

    fn statutes(&self) -> Result<(), CertificateError> {
        let statutes = &self.disposal.statutes;
        if !(1..=STATUTES_MAX).contains(&statutes.len()) {
            return Err(CertificateError::Statutes(statutes.len()));
        }
        match statutes.iter().find(|statute| statute.verified_by.trim().is_empty()) {
            Some(Statute { law, article, .. }) => Err(CertificateError::Unverified {
                law: law.clone(),
                article: article.clone(),
            }),
            None => Ok(()),
        }
    }

    fn find(&self, kind: &str, fits: impl Fn(&Entry, Place) -> bool) -> Option<&EntryProof> {
        let of_kind = |proof: &&EntryProof| {
            let entry = proof.shown.entry();
            entry.is_some_and(|entry| entry.kind() == kind && fits(entry, proof.place))
        };
        self.proofs.iter().find(of_kind)
    }
}

fn bytes<'e>(entry: &'e Entry, name: &str) -> Option<&'e [u8]> {
    match entry.field(name)? {
        Value::Bytes(bytes) => Some(bytes),
        Value::Text(_) | Value::Integer(_) => None,
    }
}
