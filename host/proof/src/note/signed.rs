//! Signed notes: a text, a blank line, and signatures (<https://c2sp.org/signed-note>).

use super::key::{KeyError, KeyName, Said, SignerKey, VerifierKey};
use crate::base64;

/// The most bytes of a note that is read. Sixteen signatures of the longest kind that C2SP knows are 80 KiB.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;
/// The most signatures of a note; C2SP asks for 16 at least.
pub const SIGNATURES_MAX: usize = 32;
/// The most bytes of one signature behind its key's id.
pub const SIGNATURE_BYTES_MAX: usize = 8 * 1024;

/// What stands before a signature.
const DASH: &str = "— ";

/// A text and its signatures. What it says counts for nothing until [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The key's name.
    pub name: KeyName,
    /// The key's id.
    pub key_id: u32,
    /// 1 byte to [`SIGNATURE_BYTES_MAX`]; which they are is for the kind of key to say.
    pub bytes: Vec<u8>,
}

/// What is no note, or one that nobody vouches for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too long.
    #[error("a note of {0} bytes: expected at most {NOTE_BYTES_MAX}")]
    TooLong(usize),
    /// Not UTF-8, or with control characters.
    #[error("byte {0} of the note is no text: expected UTF-8 without control characters other than newlines")]
    NotText(usize),
    /// No blank line between text and signatures, or none behind the text.
    #[error("the note has no text, a blank line and signatures: expected all three, each line with its newline")]
    Form,
    /// A line that is no signature.
    #[error("line {line} behind the note's text is no signature: expected \"— NAME BASE64\"")]
    Signature {
        /// The line, from 1, behind the blank one.
        line: usize,
    },
    /// Too many signatures.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooMany,
    /// A signature of a known key does not hold.
    #[error("the signature of {name}+{key_id:08x} does not hold")]
    Bad {
        /// The key's name.
        name: KeyName,
        /// The key's id.
        key_id: u32,
    },
    /// No known key signed.
    #[error("none of the note's signatures is by a key that is known here")]
    Unsigned,
    /// A signature was not made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Note {
    /// A text without signatures yet. It ends with a newline, and has no control characters but newlines.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(text.len()));
        }
        if let Some(at) = not_text(&text) {
            return Err(NoteError::NotText(at));
        }
        if !text.ends_with('\n') {
            return Err(NoteError::Form);
        }
        Ok(Self {
            text,
            signatures: Vec::new(),
        })
    }

    /// Reads a note: at most [`NOTE_BYTES_MAX`] bytes and [`SIGNATURES_MAX`] signatures. No signature is verified yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let all = std::str::from_utf8(bytes).map_err(|error| NoteError::NotText(error.valid_up_to()))?;
        // The blank line that counts is the last: the text may have some.
        let blank = all.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, below) = (&all[..=blank], &all[blank + 2..]);
        let mut note = Self::new(text)?;
        let lines = below.strip_suffix('\n').ok_or(NoteError::Form)?;
        for (at, line) in lines.split('\n').enumerate() {
            if at == SIGNATURES_MAX {
                return Err(NoteError::TooMany);
            }
            let signature = Signature::parse(line).ok_or(NoteError::Signature { line: at + 1 })?;
            note.signatures.push(signature);
        }
        Ok(note)
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures as they stand, verified or not.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature by a log's key. One by the same key that is there already is replaced.
    pub fn sign(&mut self, key: &SignerKey) -> Result<(), NoteError> {
        self.add(Signature::new(key.verifier(), key.sign(&self.text)?))
    }

    /// Adds a signature that came by another way, such as a witness's. One by the same key is replaced.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        self.signatures
            .retain(|old| (&old.name, old.key_id) != (&signature.name, signature.key_id));
        if self.signatures.len() == SIGNATURES_MAX {
            return Err(NoteError::TooMany);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The keys that signed, and what each says beside the text. Signatures of unknown keys are ignored. If one of a known key does not
    /// hold, or no known key signed, the note is refused. A key counts once, however often it signed.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<(&'k VerifierKey, Said)>, NoteError> {
        let mut known: Vec<(&VerifierKey, Said)> = Vec::new();
        for signature in &self.signatures {
            let same = |key: &&VerifierKey| (key.name(), key.id()) == (&signature.name, signature.key_id);
            let Some(key) = keys.iter().find(same) else { continue };
            let Some(said) = key.verify(&self.text, &signature.bytes) else {
                let (name, key_id) = (signature.name.clone(), signature.key_id);
                return Err(NoteError::Bad { name, key_id });
            };
            if !known.iter().any(|(known, _)| *known == key) {
                known.push((key, said));
            }
        }
        if known.is_empty() {
            Err(NoteError::Unsigned)
        } else {
            Ok(known)
        }
    }
}

impl Signature {
    /// The signature of a key.
    pub fn new(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self {
            name: key.name().clone(),
            key_id: key.id(),
            bytes,
        }
    }

    /// Reads `— NAME BASE64`, without its newline.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
        let name = KeyName::new(name).ok()?;
        let bytes = base64::decode(bytes)?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        if !(1..=SIGNATURE_BYTES_MAX).contains(&bytes.len()) {
            return None;
        }
        let key_id = u32::from_be_bytes(*id);
        Some(Self {
            name,
            key_id,
            bytes: bytes.to_vec(),
        })
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [&self.key_id.to_be_bytes(), &self.bytes[..]].concat();
        write!(f, "{DASH}{} {}", self.name, base64::encode(&bytes))
    }
}

/// The note as it is stored and sent; without signatures, its text and the blank line alone, which no one reads as a note.
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// Where a text has a control character other than a newline.
fn not_text(text: &str) -> Option<usize> {
    text.bytes().position(|byte| byte < 0x20 && byte != b'\n')
}
