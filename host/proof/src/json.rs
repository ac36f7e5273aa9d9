//! Canonical JSON (RFC 8785): what is written has one spelling, and nothing else is read. Here the form of entries' proofs.
//!
//! Names of fields ascend, nothing stands between the tokens, numbers are below 2^53, hashes and bytes are hexadecimal.

use crate::commitment::{Commitment, Salt, Shown};
use crate::entry::{Entry, Value};
use crate::entry_proof::{EntryProof, EntryProofError, Place};
use crate::hash::Hash;
use crate::leaf::Leaf;
use crate::note::checkpoint::{CheckpointError, LogTrust, VerifiedCheckpoint};
use crate::tree::proof::{InclusionProof, PROOF_HASHES_MAX};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bytes of a document that is read.
pub const JSON_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The form of an entry's proof, as its document names it.
const ENTRY_PROOF: &str = "proviso-entry-proof-v1";

/// What is no document of this crate.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Too long.
    #[error("a document of {0} bytes: expected at most {JSON_BYTES_MAX}")]
    TooLong(usize),
    /// No JSON, or not of the form.
    #[error("line {}, column {} of the document is not of its form", .0.line(), .0.column())]
    Form(#[source] serde_json::Error),
    /// Another document.
    #[error("the document says that it is {found:?}: expected {expected:?}")]
    OtherForm {
        /// What it was to be.
        expected: &'static str,
        /// What it says, cut to 64 bytes.
        found: String,
    },
    /// A value that is none.
    #[error("{0} cannot be read: expected {1}")]
    Value(&'static str, &'static str),
    /// The same content, spelled otherwise.
    #[error("the document is not canonical (RFC 8785): from byte {0} on it is spelled otherwise")]
    NotCanonical(usize),
}

/// The canonical text of a wire form whose fields are declared in ascending order.
pub(crate) fn write(wire: &impl Serialize) -> String {
    serde_json::to_string(wire).expect("wire forms have text keys and plain numbers")
}

/// Reads a wire form. That it is canonical, [`same`] sees.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    if text.len() > JSON_BYTES_MAX {
        return Err(JsonError::TooLong(text.len()));
    }
    serde_json::from_str(text).map_err(JsonError::Form)
}

/// That what was read is written as it came.
pub(crate) fn same(text: &str, written: &str) -> Result<(), JsonError> {
    if text == written {
        return Ok(());
    }
    let differs = text.bytes().zip(written.bytes()).position(|(one, other)| one != other);
    Err(JsonError::NotCanonical(
        differs.unwrap_or(text.len().min(written.len())),
    ))
}

/// That the document is of a form.
pub(crate) fn of_form(expected: &'static str, found: &str) -> Result<(), JsonError> {
    if found == expected {
        return Ok(());
    }
    let found = found[..found.floor_char_boundary(64)].to_owned();
    Err(JsonError::OtherForm { expected, found })
}

pub(crate) fn hash(name: &'static str, text: &str) -> Result<Hash, JsonError> {
    Hash::from_hex(text).map_err(|_| JsonError::Value(name, "64 lower-case hexadecimal digits"))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ValueV1 {
    Bytes(String),
    /// Decimal: 64 bits are more than a number of JSON has.
    Integer(String),
    Text(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ShownV1 {
    Erased(String),
    Kept {
        fields: BTreeMap<String, ValueV1>,
        kind: String,
        salt: String,
    },
}

/// The wire form of an entry's proof, without a checkpoint.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryProofV1 {
    entry: u32,
    inclusion: Vec<String>,
    leaf: String,
    leaf_index: u64,
    path: Vec<String>,
    shown: ShownV1,
}

impl From<&EntryProof> for EntryProofV1 {
    fn from(proof: &EntryProof) -> Self {
        let hashes = |path: &InclusionProof| path.0.iter().map(|hash| hash.to_hex()).collect();
        Self {
            entry: proof.place.entry,
            inclusion: hashes(&proof.inclusion),
            leaf: hex::encode(proof.leaf.to_bytes()),
            leaf_index: proof.place.leaf,
            path: hashes(&proof.path),
            shown: match &proof.shown {
                Shown::Erased(commitment) => ShownV1::Erased(commitment.hash().to_hex()),
                Shown::Kept { salt, entry } => ShownV1::Kept {
                    fields: entry
                        .fields()
                        .map(|(name, value)| (name.to_owned(), value.into()))
                        .collect(),
                    kind: entry.kind().to_owned(),
                    salt: hex::encode(salt.as_bytes()),
                },
            },
        }
    }
}

impl From<&Value> for ValueV1 {
    fn from(value: &Value) -> Self {
        match value {
            Value::Text(text) => ValueV1::Text(text.clone()),
            Value::Bytes(bytes) => ValueV1::Bytes(hex::encode(bytes)),
            Value::Integer(integer) => ValueV1::Integer(integer.to_string()),
        }
    }
}

impl EntryProofV1 {
    pub(crate) fn read(self) -> Result<EntryProof, JsonError> {
        let leaf = hex::decode(&self.leaf)
            .ok()
            .and_then(|bytes| Leaf::from_bytes(&bytes).ok());
        Ok(EntryProof {
            shown: self.shown.read()?,
            place: Place {
                leaf: self.leaf_index,
                entry: self.entry,
            },
            path: path("path", &self.path)?,
            leaf: leaf.ok_or(JsonError::Value("leaf", "the 45 bytes of a leaf in hexadecimal"))?,
            inclusion: path("inclusion", &self.inclusion)?,
        })
    }
}

fn path(name: &'static str, hashes: &[String]) -> Result<InclusionProof, JsonError> {
    if hashes.len() > PROOF_HASHES_MAX {
        return Err(JsonError::Value(name, "as many hashes as the tree has levels"));
    }
    let hashes = hashes.iter().map(|text| hash(name, text));
    hashes.collect::<Result<_, _>>().map(InclusionProof)
}

impl ShownV1 {
    fn read(self) -> Result<Shown, JsonError> {
        match self {
            ShownV1::Erased(commitment) => Ok(Shown::Erased(Commitment::from_hash(hash("erased", &commitment)?))),
            ShownV1::Kept { fields, kind, salt } => {
                let mut bytes = [0; 16];
                let salt = hex::decode_to_slice(salt, &mut bytes).map(|()| Salt::new(bytes));
                let salt = salt.map_err(|_| JsonError::Value("salt", "32 hexadecimal digits"))?;
                let fields = fields.into_iter().map(|(name, value)| Ok((name, value.read()?)));
                let fields = fields.collect::<Result<Vec<_>, JsonError>>()?;
                let entry = Entry::new(kind, fields);
                let entry = entry.map_err(|_| JsonError::Value("kept", "an entry within its limits"))?;
                Ok(Shown::Kept { salt, entry })
            }
        }
    }
}

impl ValueV1 {
    fn read(self) -> Result<Value, JsonError> {
        match self {
            ValueV1::Text(text) => Ok(Value::Text(text)),
            ValueV1::Bytes(text) => {
                let bytes = hex::decode(text).map_err(|_| JsonError::Value("bytes", "hexadecimal digits"))?;
                Ok(Value::Bytes(bytes))
            }
            ValueV1::Integer(text) => {
                let integer = text
                    .parse()
                    .map_err(|_| JsonError::Value("integer", "a decimal number of 64 bits"))?;
                Ok(Value::Integer(integer))
            }
        }
    }
}

/// An entry's proof with the checkpoint that it leads to: all that somebody without the archive needs, beside a [`LogTrust`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProofDocument {
    /// The entry and the way to the root.
    pub proof: EntryProof,
    /// The signed checkpoint, as a note.
    pub checkpoint: String,
}

/// Why a document shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Nobody who is believed vouches for its checkpoint.
    #[error("the checkpoint of the document does not hold")]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not in the log of the checkpoint.
    #[error("the entry of the document is not in the log")]
    Entry(#[from] EntryProofError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryProofDocumentV1 {
    checkpoint: String,
    form: String,
    proof: EntryProofV1,
}

impl EntryProofDocument {
    /// The document, as canonical JSON.
    pub fn to_json(&self) -> String {
        let (checkpoint, form) = (self.checkpoint.clone(), ENTRY_PROOF.to_owned());
        write(&EntryProofDocumentV1 {
            checkpoint,
            form,
            proof: (&self.proof).into(),
        })
    }

    /// Reads a document: canonical JSON of at most [`JSON_BYTES_MAX`]. Nothing is verified yet.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        let wire: EntryProofDocumentV1 = read(text)?;
        of_form(ENTRY_PROOF, &wire.form)?;
        let document = Self {
            proof: wire.proof.read()?,
            checkpoint: wire.checkpoint,
        };
        same(text, &document.to_json())?;
        Ok(document)
    }

    /// That the entry stands in the log, by the log's own signature and its witnesses'.
    pub fn verify(&self, trust: &LogTrust) -> Result<VerifiedCheckpoint, DocumentError> {
        let verified = trust.open(self.checkpoint.as_bytes())?;
        self.proof.verify(verified.checkpoint())?;
        Ok(verified)
    }
}
