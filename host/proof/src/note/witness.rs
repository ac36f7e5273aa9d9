//! What a witness does: it signs a checkpoint if that continues the last one that it saw (<https://c2sp.org/tlog-witness>).

use super::checkpoint::{Checkpoint, CheckpointError, LogTrust, VerifiedCheckpoint};
use super::key::{KeyError, SignerKey};
use super::signed::Signature;
use crate::base64;
use crate::hash::Hash;
use crate::tree::proof::{ConsistencyProof, PROOF_HASHES_MAX};

/// The most hashes in a request (<https://c2sp.org/tlog-witness#add-checkpoint>).
const HASHES_MAX: usize = 63;
const _: () = assert!(HASHES_MAX < PROOF_HASHES_MAX);

/// What a witness is asked: the size that it saw last, the proof that the checkpoint continues it, and the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Leaves of the checkpoint that the witness has.
    pub old_size: u64,
    /// From that to the new one.
    pub proof: ConsistencyProof,
    /// The new checkpoint's note.
    pub note: String,
}

/// Why a witness does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// A text that is no request.
    #[error(
        "line {0} of the request is none of a witness: expected \"old SIZE\", at most {HASHES_MAX} hashes in base64, a blank line and a checkpoint"
    )]
    Request(usize),
    /// The checkpoint: not of this log, or a fork of it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The request begins at another size than the last one that was signed. The answer names that size.
    #[error("the request continues a log of {asked} leaves: expected {last}, the size that was signed last")]
    Stale {
        /// What the request says.
        asked: u64,
        /// What the witness has.
        last: u64,
    },
    /// The witness's key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Request {
    /// The body of a request.
    pub fn to_text(&self) -> String {
        let mut text = format!("old {}\n", self.old_size);
        for hash in &self.proof.0 {
            text.push_str(&base64::encode(hash.as_bytes()));
            text.push('\n');
        }
        text + "\n" + &self.note
    }

    /// Reads the body of a request. The checkpoint's own form is read when it is verified.
    pub fn from_text(text: &str) -> Result<Self, WitnessError> {
        let (head, note) = text.split_once("\n\n").ok_or(WitnessError::Request(1))?;
        let mut lines = head.split('\n');
        let size = lines.next().and_then(|line| line.strip_prefix("old "));
        let number = size.and_then(|size| size.parse().ok().filter(|number: &u64| number.to_string() == size));
        let old_size = number.ok_or(WitnessError::Request(1))?;
        let mut hashes = Vec::new();
        for (at, line) in lines.enumerate() {
            let hash = base64::decode(line).and_then(|bytes| Hash::try_from(&bytes[..]).ok());
            hashes.push(hash.filter(|_| at < HASHES_MAX).ok_or(WitnessError::Request(at + 2))?);
        }
        Ok(Self {
            old_size,
            proof: ConsistencyProof(hashes),
            note: note.to_owned(),
        })
    }
}

/// Looks at a request against what this witness signed last of the log (`None`: nothing, a log of no leaves), and signs.
///
/// The caller stores the checkpoint before it gives the signature away, and lets no second request between: whoever forgets what it
/// signed signs a fork.
pub fn witness(
    request: &Request,
    last: Option<&Checkpoint>,
    log: &LogTrust,
    key: &SignerKey,
    time_s: u64,
) -> Result<(VerifiedCheckpoint, Signature), WitnessError> {
    let verified = log.open(request.note.as_bytes())?;
    let nothing = Checkpoint::new(log.origin(), 0, Hash::EMPTY)?;
    let last = last.unwrap_or(&nothing);
    if request.old_size != last.size() {
        return Err(WitnessError::Stale {
            asked: request.old_size,
            last: last.size(),
        });
    }
    verified.checkpoint().continues(last, &request.proof)?;
    let bytes = key.cosign(verified.note().text(), time_s)?;
    let signature = Signature::new(key.verifier(), bytes);
    Ok((verified, signature))
}
