//! A signature as a pack carries it: the four lines of a `.minisig` file, in one form for one signature.

use super::key_id::KeyId;
use proviso_model::Timestamp;
use std::fmt;

/// The text of one signature, in bytes.
pub const SIGNATURE_BYTES_MAX: usize = 2_048;
/// A comment, in bytes.
const COMMENT_BYTES_MAX: usize = 1_024;
/// The first line. Nothing signs it, so it says nothing.
const UNTRUSTED_COMMENT: &str = "untrusted comment: signature of a Proviso pack";
const TRUSTED: &str = "trusted comment: ";

/// A text that is no signature, or not one that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotASignature {
    /// Too long for one.
    #[error("{bytes} bytes: a signature has at most {SIGNATURE_BYTES_MAX}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not the four lines.
    #[error("expected the four lines of a .minisig file: {missing}")]
    Form {
        /// What is wrong with it.
        missing: &'static str,
    },
    /// Made without hashing first.
    #[error("a signature of minisign's older form (Ed), made by `minisign -l`: sign again without -l")]
    Legacy,
    /// Another text than the one form that a pack carries.
    #[error("not in the form in which a pack carries signatures")]
    NotExact,
}

/// A signature of minisign. It says who may have made it; only [`PublicKey::verify`](super::PublicKey::verify) says who did.
#[derive(Clone)]
pub struct Signature {
    key: KeyId,
    trusted_comment: String,
    text: String,
    parsed: minisign_verify::Signature,
}

impl Signature {
    /// Reads what minisign wrote. The untrusted comment gives way to a fixed one.
    pub fn read(text: &str) -> Result<Self, NotASignature> {
        if text.len() > SIGNATURE_BYTES_MAX {
            return Err(NotASignature::TooLong { bytes: text.len() });
        }
        let form = |missing| NotASignature::Form { missing };
        let lines: Vec<&str> = text.lines().collect();
        let [untrusted, _, trusted, _] = lines[..] else {
            return Err(form("there are more lines, or fewer"));
        };
        if !untrusted.starts_with("untrusted comment: ") {
            return Err(form("the first begins with `untrusted comment: `"));
        }
        let Some(trusted_comment) = trusted.strip_prefix(TRUSTED) else {
            return Err(form("the third begins with `trusted comment: `"));
        };
        let plain = |c: char| c == '\t' || !c.is_control();
        if trusted_comment.len() > COMMENT_BYTES_MAX
            || trusted_comment.trim() != trusted_comment
            || !trusted_comment.chars().all(plain)
        {
            return Err(form(
                "the trusted comment has at most 1,024 bytes, no control characters and no spaces around it",
            ));
        }
        let unreadable = "the second and the fourth are base64";
        let boxed = minisign::SignatureBox::from_string(text).map_err(|_| form(unreadable))?;
        if !boxed.is_prehashed() {
            return Err(NotASignature::Legacy);
        }
        let key = KeyId::of(boxed.keynum()).ok_or(form(unreadable))?;
        // One text for one signature: the lines of base64 are written anew.
        let again = boxed.to_string();
        let line = |number: usize| again.lines().nth(number).unwrap_or_default();
        let (signature, global) = (line(1), line(3));
        let text = format!("{UNTRUSTED_COMMENT}\n{signature}\n{TRUSTED}{trusted_comment}\n{global}\n");
        let parsed = minisign_verify::Signature::decode(&text).map_err(|_| form(unreadable))?;
        Ok(Self {
            key,
            trusted_comment: trusted_comment.to_owned(),
            text,
            parsed,
        })
    }

    /// Reads what a pack carries, and refuses every other writing of it.
    pub(crate) fn read_exact(bytes: &[u8]) -> Result<Self, NotASignature> {
        if bytes.len() > SIGNATURE_BYTES_MAX {
            return Err(NotASignature::TooLong { bytes: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotASignature::Form { missing: "not UTF-8" })?;
        let signature = Self::read(text)?;
        if signature.text == text {
            Ok(signature)
        } else {
            Err(NotASignature::NotExact)
        }
    }

    /// Which key it says it was made with.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// What the signer says with it, and signed: minisign writes the time and the file's name. To be believed once the
    /// signature is verified.
    pub fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }

    /// When the signer says that it was made; `None` if the comment does not say so. Whoever has the key can write any time.
    pub fn stated_at(&self) -> Option<Timestamp> {
        let mut parts = self.trusted_comment.split('\t');
        let seconds: i64 = parts.find_map(|part| part.strip_prefix("timestamp:"))?.parse().ok()?;
        Timestamp::from_millis(seconds.checked_mul(1_000)?).ok()
    }

    /// The four lines, as a pack carries them and minisign reads them.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn parsed(&self) -> &minisign_verify::Signature {
        &self.parsed
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature(by {}, {:?})", self.key, self.trusted_comment)
    }
}
