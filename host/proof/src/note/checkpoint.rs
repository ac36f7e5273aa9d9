//! Checkpoints: the size and root of a log, signed by it and by witnesses (<https://c2sp.org/tlog-checkpoint>).

use super::key::{KeyKind, KeyName, Said, SignerKey, VerifierKey, shown};
use super::signed::{Note, NoteError};
use crate::base64;
use crate::hash::Hash;
use crate::tree::node::SIZE_MAX;
use crate::tree::proof::{ConsistencyProof, ProofError};

/// The most bytes of an origin.
pub const ORIGIN_BYTES_MAX: usize = 255;
/// The most extension lines that are read; none are written.
pub const EXTENSIONS_MAX: usize = 16;
/// The most bytes of a checkpoint's text.
pub const CHECKPOINT_BYTES_MAX: usize = 4 * 1024;
/// The most witnesses of a log.
pub const WITNESSES_MAX: usize = 31;

/// The size and root of a log at some time. Whether anybody vouches for them, [`VerifiedCheckpoint`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// What is no checkpoint, or none of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The origin.
    #[error(
        "{0:?} is no origin of a log: expected 1-{ORIGIN_BYTES_MAX} bytes in one line, such as archive.example.com/log"
    )]
    Origin(String),
    /// The size.
    #[error("{0:?} is no size of a log: expected a decimal number below 2^53 without zeros before it")]
    Size(String),
    /// The root.
    #[error("{0:?} is no root of a log: expected 32 bytes in base64")]
    Root(String),
    /// An empty log has one root.
    #[error("the log has no leaves and the root {0}: expected the hash of nothing")]
    EmptyRoot(Hash),
    /// Too few lines, too many, an empty one, or no newline at the end.
    #[error(
        "a checkpoint has an origin, a size and a root, each in a line of its own: expected these and at most {EXTENSIONS_MAX} more that are not empty"
    )]
    Form,
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A checkpoint of another log.
    #[error("the checkpoint is of {found:?}: expected {expected:?}")]
    OtherLog {
        /// The origin that was asked for.
        expected: String,
        /// The origin that is written.
        found: String,
    },
    /// The log shows two histories.
    #[error("the checkpoint of {newer} leaves does not continue the one of {older}")]
    Fork {
        /// Leaves of the older checkpoint.
        older: u64,
        /// Leaves of the newer checkpoint.
        newer: u64,
        /// Why the proof does not hold.
        #[source]
        error: ProofError,
    },
    /// The log itself did not sign.
    #[error("the checkpoint has no signature of the log's key {0}")]
    NotByLog(KeyName),
    /// The log did not sign in SM2, and is to.
    #[error("the checkpoint has no signature in SM2 of the log's key {0}")]
    NotInSm2(KeyName),
    /// Too few witnesses signed.
    #[error("the checkpoint has cosignatures of {found} known witnesses: expected {expected}")]
    Witnesses {
        /// As many as are asked for.
        expected: usize,
        /// As many as are there.
        found: usize,
    },
}

impl Checkpoint {
    /// The checkpoint of a log. The empty log has the root [`Hash::EMPTY`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        let control = |character: char| character.is_control();
        if origin.is_empty() || origin.len() > ORIGIN_BYTES_MAX || origin.contains(control) {
            return Err(CheckpointError::Origin(shown(origin)));
        }
        if size > SIZE_MAX {
            return Err(CheckpointError::Size(size.to_string()));
        }
        if size == 0 && root != Hash::EMPTY {
            return Err(CheckpointError::EmptyRoot(root));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            extensions: Vec::new(),
        })
    }

    /// Reads the text of a checkpoint's note. Extension lines are kept and mean nothing here.
    pub fn from_text(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > CHECKPOINT_BYTES_MAX {
            return Err(CheckpointError::Form);
        }
        let lines: Vec<&str> = text
            .strip_suffix('\n')
            .ok_or(CheckpointError::Form)?
            .split('\n')
            .collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(CheckpointError::Form);
        };
        if extensions.len() > EXTENSIONS_MAX || extensions.iter().any(|line| line.is_empty()) {
            return Err(CheckpointError::Form);
        }
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == *size);
        let number = number.ok_or_else(|| CheckpointError::Size(shown(size)))?;
        let bytes = base64::decode(root).and_then(|bytes| Hash::try_from(&bytes[..]).ok());
        let mut checkpoint = Self::new(origin, number, bytes.ok_or_else(|| CheckpointError::Root(shown(root)))?)?;
        checkpoint.extensions = extensions.iter().map(|line| (*line).to_owned()).collect();
        Ok(checkpoint)
    }

    /// The text that is signed: a line each for origin, size and root, and those of extensions that were read.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            base64::encode(self.root.as_bytes())
        );
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The note of this checkpoint, signed by the log. A log never signs two that do not continue each other.
    pub fn sign(&self, key: &SignerKey) -> Result<Note, NoteError> {
        let mut note = Note::new(self.to_text())?;
        note.sign(key)?;
        Ok(note)
    }

    /// That this checkpoint continues an older one of the same log. Two of the same size must have the same root, and an empty proof.
    pub fn continues(&self, older: &Self, proof: &ConsistencyProof) -> Result<(), CheckpointError> {
        if self.origin != older.origin {
            let (expected, found) = (older.origin.clone(), self.origin.clone());
            return Err(CheckpointError::OtherLog { expected, found });
        }
        let held = proof.verify((older.size, older.root), (self.size, self.root));
        held.map_err(|error| CheckpointError::Fork {
            older: older.size,
            newer: self.size,
            error,
        })
    }

    /// Which log it is of.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves, below 2^53.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Lines behind the root: opaque, and signed by the log alone.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

/// Whom to believe about a log: its origin, its key, and how many of which witnesses must have signed.
#[derive(Debug, Clone)]
pub struct LogTrust {
    origin: String,
    /// The log's key first, then the one that it signs with in SM2 where that is asked for, then those of witnesses.
    keys: Vec<VerifierKey>,
    /// How many of them are the log's own, all of which must have signed: 1 or 2.
    own: usize,
    witnesses_min: usize,
}

/// What cannot be believed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A log signs with a key of kind 0x01 and one of SM2 beside it, a witness with one of kind 0x04.
    #[error("the key {0} is of the wrong kind: expected 0x01 for a log, 0xff (SM2) beside it and 0x04 for a witness")]
    Kind(KeyName),
    /// The key in SM2 has another name than the log's.
    #[error("the SM2 key {found} is of another log: expected one of {expected}")]
    OtherName {
        /// The log's name.
        expected: KeyName,
        /// The name of the key in SM2.
        found: KeyName,
    },
    /// A key twice: it would count for two.
    #[error("the key {0} is named twice, or shares its bytes with another")]
    Twice(KeyName),
    /// More witnesses must sign than there are, or there are too many.
    #[error(
        "{min} of {witnesses} witnesses must have signed: expected at most as many as there are, and at most {WITNESSES_MAX}"
    )]
    Witnesses {
        /// As many as must have signed.
        min: usize,
        /// As many as there are.
        witnesses: usize,
    },
}

impl LogTrust {
    /// A log and no witness.
    pub fn new(origin: &str, log: VerifierKey) -> Result<Self, TrustError> {
        if log.kind() != KeyKind::Note {
            return Err(TrustError::Kind(log.name().clone()));
        }
        Ok(Self {
            origin: origin.to_owned(),
            keys: vec![log],
            own: 1,
            witnesses_min: 0,
        })
    }

    /// The same log, which must have signed in SM2 as well, by this key of the same name. Witnesses that were named are forgotten.
    pub fn with_sm2(mut self, key: VerifierKey) -> Result<Self, TrustError> {
        self.keys.truncate(1);
        let (expected, found) = (self.keys[0].name().clone(), key.name().clone());
        if key.kind() != KeyKind::Sm2 {
            return Err(TrustError::Kind(found));
        }
        if found != expected {
            return Err(TrustError::OtherName { expected, found });
        }
        self.keys.push(key);
        self.own = 2;
        self.witnesses_min = 0;
        Ok(self)
    }

    /// The key in SM2 by which the log must have signed too, where that is asked for.
    pub fn sm2(&self) -> Option<&VerifierKey> {
        self.keys[..self.own].get(1)
    }

    /// The same log with witnesses, of whom so many must have signed. Their keys are different ones.
    pub fn with_witnesses(mut self, witnesses: Vec<VerifierKey>, min: usize) -> Result<Self, TrustError> {
        self.keys.truncate(self.own);
        let count = witnesses.len();
        if min > count || count > WITNESSES_MAX {
            return Err(TrustError::Witnesses { min, witnesses: count });
        }
        for witness in witnesses {
            let name = witness.name().clone();
            if witness.kind() != KeyKind::Cosignature {
                return Err(TrustError::Kind(name));
            }
            if self.keys.iter().any(|key| key.public() == witness.public()) {
                return Err(TrustError::Twice(name));
            }
            self.keys.push(witness);
        }
        self.witnesses_min = min;
        Ok(self)
    }

    /// The origin of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Reads a checkpoint of this log and verifies its signatures: the log's, every known witness's that is there, and that they are enough.
    pub fn open(&self, note: &[u8]) -> Result<VerifiedCheckpoint, CheckpointError> {
        self.verify(Note::parse(note)?)
    }

    /// The same for a note that was read already.
    pub fn verify(&self, note: Note) -> Result<VerifiedCheckpoint, CheckpointError> {
        let signed = note.verify(&self.keys)?;
        for (at, own) in self.keys[..self.own].iter().enumerate() {
            if !signed.iter().any(|(key, _)| *key == own) {
                let name = own.name().clone();
                return Err(if at == 0 {
                    CheckpointError::NotByLog(name)
                } else {
                    CheckpointError::NotInSm2(name)
                });
            }
        }
        let checkpoint = Checkpoint::from_text(note.text())?;
        if checkpoint.origin != self.origin {
            let (expected, found) = (self.origin.clone(), checkpoint.origin);
            return Err(CheckpointError::OtherLog { expected, found });
        }
        let witnesses: Vec<(KeyName, u64)> = signed
            .iter()
            .filter_map(|(key, said)| match said {
                Said::At(time_s) => Some((key.name().clone(), *time_s)),
                Said::Text => None,
            })
            .collect();
        if witnesses.len() < self.witnesses_min {
            let (expected, found) = (self.witnesses_min, witnesses.len());
            return Err(CheckpointError::Witnesses { expected, found });
        }
        Ok(VerifiedCheckpoint {
            checkpoint,
            witnesses,
            note,
        })
    }
}

/// A checkpoint whose signatures hold, under some [`LogTrust`], which alone makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    checkpoint: Checkpoint,
    witnesses: Vec<(KeyName, u64)>,
    note: Note,
}

impl VerifiedCheckpoint {
    /// What was signed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The known witnesses that signed, with their times in seconds since 1970.
    pub fn witnesses(&self) -> &[(KeyName, u64)] {
        &self.witnesses
    }

    /// The note, with all its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }
}
