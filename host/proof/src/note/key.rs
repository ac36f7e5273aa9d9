//! Keys of notes in their text forms: verifier keys (`vkey`, <https://c2sp.org/signed-note#verifier-keys>) and signer keys as Go's package
//! `golang.org/x/mod/sumdb/note` writes them.

use super::sm2;
use crate::base64;
use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write as _};
use std::str::FromStr;
use zeroize::Zeroizing;

/// The most bytes of a key's name.
pub const KEY_NAME_BYTES_MAX: usize = 255;
/// The most bytes of a key's text form.
pub const KEY_TEXT_BYTES_MAX: usize = 512;

/// What stands before a signer key.
const PRIVATE: &str = "PRIVATE+KEY+";
/// Bytes of an Ed25519 public key, and of the seed of a private one (RFC 8032, section 5.1.5).
const KEY_BYTES: usize = 32;
/// Bytes of an Ed25519 signature (RFC 8032, section 5.1.6).
const SIGNATURE_BYTES: usize = 64;
/// Bytes of the time before a cosignature.
const TIME_BYTES: usize = 8;

/// The name of a key: 1-255 bytes of UTF-8 without spaces, control characters and `+`. An address without its scheme, as a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// What a key signs and how, by the byte that C2SP's signed-note assigns to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `0x01`: the text of a note, by a log.
    Note,
    /// `0x04`: a checkpoint with the time in seconds, by a witness.
    Cosignature,
    /// `0xff`, which has no number of its own, and `SM2-SM3` with a byte of zero behind it: the text of a note, by a log, in SM2 with SM3.
    Sm2,
}

/// Why a key cannot be read or used. It never shows a part of a signer key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name that no key may have.
    #[error(
        "{0:?} is no name of a key: expected 1-{KEY_NAME_BYTES_MAX} bytes without spaces, control characters and \"+\""
    )]
    Name(String),
    /// A text that is no verifier key.
    #[error("{0:?} is no verifier key: expected NAME+ID+KEY, an ID of 8 hexadecimal digits and a KEY in base64")]
    Verifier(String),
    /// A text that is no signer key.
    #[error(
        "this is no signer key: expected PRIVATE+KEY+NAME+ID+KEY, an ID of 8 hexadecimal digits and a KEY in base64"
    )]
    Signer,
    /// The key's number is not that of its name and bytes.
    #[error("the key {name} has the id {found:08x}: expected {expected:08x}, which its name and bytes give")]
    Id {
        /// Its name.
        name: KeyName,
        /// What name and bytes give.
        expected: u32,
        /// What is written.
        found: u32,
    },
    /// A kind of key that is not read.
    #[error(
        "the key {name} is of kind 0x{kind:02x}: expected 0x01 (Ed25519), 0x04 (cosignature by Ed25519) or 0xff with SM2-SM3 behind it"
    )]
    Kind {
        /// Its name.
        name: KeyName,
        /// Its first byte.
        kind: u8,
    },
    /// Bytes that are no point of the curve, not its own spelling, or a point of small order, for which signatures mean nothing.
    #[error("the key {0} is no usable Ed25519 key")]
    Weak(KeyName),
    /// Bytes that are no point of SM2's curve, the point at infinity, or a point that is not spelled in 65 bytes.
    #[error("the key {0} is no usable SM2 key: expected a point of the curve as 0x04, x and y, 65 bytes")]
    Point(KeyName),
    /// A private key that SM2 has not.
    #[error(
        "the private key of {0} is out of range: expected a number from 1 to n - 2, n being the order of SM2's curve"
    )]
    Range(KeyName),
    /// A log's key was asked for a cosignature, or a witness's key for a signature.
    #[error("the key {0} is of the other kind: a log signs with 0x01 and 0xff (SM2), a witness with 0x04")]
    OtherKind(KeyName),
    /// The time of a cosignature stands beyond what the standard allows.
    #[error("{0} is no time of a cosignature: expected seconds since 1970, above 0 and below 2^63")]
    Time(u64),
}

impl KeyName {
    /// A name.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let bad = |character: char| character.is_whitespace() || character.is_control() || character == '+';
        if name.is_empty() || name.len() > KEY_NAME_BYTES_MAX || name.contains(bad) {
            return Err(KeyError::Name(shown(name)));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyKind {
    /// What stands before the key's own bytes: one byte, and behind 0xff an identifier, of which none is the beginning of another.
    pub const fn prefix(self) -> &'static [u8] {
        match self {
            KeyKind::Note => &[0x01],
            KeyKind::Cosignature => &[0x04],
            KeyKind::Sm2 => b"\xffSM2-SM3\0",
        }
    }

    /// The kind, and the bytes behind its prefix.
    fn of(key: &[u8]) -> Option<(Self, &[u8])> {
        [KeyKind::Note, KeyKind::Cosignature, KeyKind::Sm2]
            .into_iter()
            .find_map(|kind| Some((kind, key.strip_prefix(kind.prefix())?)))
    }
}

/// A public key with its name and kind. Two are the same if all three are.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    kind: KeyKind,
    id: u32,
    public: Public,
}

#[derive(Clone, PartialEq, Eq)]
enum Public {
    Ed25519(VerifyingKey),
    Sm2(sm2::Public),
}

impl Public {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Public::Ed25519(key) => key.as_bytes(),
            Public::Sm2(key) => key.as_bytes(),
        }
    }
}

/// A private key with its name and kind. It is not shown by `Debug`, and its memory is cleared.
#[derive(Clone)]
pub struct SignerKey {
    verifier: VerifierKey,
    private: Private,
}

#[derive(Clone)]
enum Private {
    Ed25519(SigningKey),
    Sm2(sm2::Private),
}

/// What a signature that holds says beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing more.
    Text,
    /// The witness's time, in seconds since 1970.
    At(u64),
}

impl VerifierKey {
    /// A key of 32 bytes (Ed25519; RFC 8032, section 5.1.5) or 65 (SM2). A point that is not on the curve, of small order, at infinity, or
    /// spelled otherwise than it would be written, is refused.
    pub fn new(name: KeyName, kind: KeyKind, public: &[u8]) -> Result<Self, KeyError> {
        let public = match kind {
            KeyKind::Note | KeyKind::Cosignature => ed25519(public).map(Public::Ed25519),
            KeyKind::Sm2 => sm2::Public::new(public).map(Public::Sm2),
        };
        let Some(public) = public else {
            return Err(match kind {
                KeyKind::Note | KeyKind::Cosignature => KeyError::Weak(name),
                KeyKind::Sm2 => KeyError::Point(name),
            });
        };
        Ok(Self::of(name, kind, public))
    }

    fn of(name: KeyName, kind: KeyKind, public: Public) -> Self {
        let id = id_of(&name, kind, public.as_bytes());
        Self { name, kind, id, public }
    }

    /// Its name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The first four bytes of SHA-256(name ‖ newline ‖ prefix of the kind ‖ public key), the higher first. It names the key beside its name and is no proof.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The bytes of the public key: 32 of Ed25519, 65 of SM2.
    pub fn public(&self) -> &[u8] {
        self.public.as_bytes()
    }

    /// What the signature says, if this key made it over the text of a note: 64 bytes of Ed25519 or of SM2, a cosignature with 8 bytes of time
    /// before them. `None` if it did not. Signatures with more than one spelling are refused (RFC 8032, section 5.1.7, as `verify_strict` has it).
    pub fn verify(&self, text: &str, signature: &[u8]) -> Option<Said> {
        let (said, signature) = match self.kind {
            KeyKind::Note | KeyKind::Sm2 => (Said::Text, signature),
            KeyKind::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<TIME_BYTES>()?;
                let time_s = u64::from_be_bytes(*time);
                i64::try_from(time_s).ok()?;
                (Said::At(time_s), signature)
            }
        };
        let signature: &[u8; SIGNATURE_BYTES] = signature.try_into().ok()?;
        let message = message(text, said);
        let holds = match &self.public {
            Public::Ed25519(key) => key.verify_strict(&message, &Ed25519::from_bytes(signature)).is_ok(),
            Public::Sm2(key) => key.verify(&message, signature),
        };
        holds.then_some(said)
    }
}

impl SignerKey {
    /// The key of 32 random bytes: the seed of Ed25519 (RFC 8032, section 5.1.5), which any are, or the private key of SM2 itself, the highest
    /// byte first, from 1 to n − 2.
    pub fn new(name: KeyName, kind: KeyKind, secret: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        let (private, public) = match kind {
            KeyKind::Note | KeyKind::Cosignature => {
                let private = SigningKey::from_bytes(secret);
                let public = private.verifying_key();
                (Private::Ed25519(private), Public::Ed25519(public))
            }
            KeyKind::Sm2 => {
                let Some(private) = sm2::Private::new(secret) else {
                    return Err(KeyError::Range(name));
                };
                let public = private.public();
                (Private::Sm2(private), Public::Sm2(public))
            }
        };
        let verifier = VerifierKey::of(name, kind, public);
        Ok(Self { verifier, private })
    }

    /// The public key beside it.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The text form, with the private key in it. Its memory is overwritten when it is let go.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let secret = match &self.private {
            Private::Ed25519(key) => Zeroizing::new(key.to_bytes()),
            Private::Sm2(key) => key.to_bytes(),
        };
        let key = Zeroizing::new([self.verifier.kind.prefix(), &secret[..]].concat());
        let key = Zeroizing::new(base64::encode(&key));
        // With room for all of it: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(KEY_TEXT_BYTES_MAX));
        let VerifierKey { name, id, .. } = &self.verifier;
        write!(text, "{PRIVATE}{name}+{id:08x}+{}", *key).expect("a string takes what is written");
        text
    }

    /// The bytes of a signature over the text of a note: 64.
    pub fn sign(&self, text: &str) -> Result<Vec<u8>, KeyError> {
        let message = message(text, Said::Text);
        match (&self.private, self.verifier.kind) {
            (Private::Ed25519(key), KeyKind::Note) => Ok(key.sign(&message).to_bytes().to_vec()),
            (Private::Sm2(key), _) => Ok(key.sign(&message).to_vec()),
            (Private::Ed25519(_), _) => Err(KeyError::OtherKind(self.verifier.name.clone())),
        }
    }

    /// The bytes of a cosignature over the text of a checkpoint: 72, the time in seconds since 1970 before the signature. The caller has
    /// seen that the checkpoint continues the last one.
    pub fn cosign(&self, text: &str, time_s: u64) -> Result<Vec<u8>, KeyError> {
        let (Private::Ed25519(key), KeyKind::Cosignature) = (&self.private, self.verifier.kind) else {
            return Err(KeyError::OtherKind(self.verifier.name.clone()));
        };
        if time_s == 0 || i64::try_from(time_s).is_err() {
            return Err(KeyError::Time(time_s));
        }
        let signature = key.sign(&message(text, Said::At(time_s))).to_bytes();
        Ok([&time_s.to_be_bytes(), &signature[..]].concat())
    }
}

/// What is signed: the text, or the text behind two lines that say what kind of statement it is and when
/// (<https://c2sp.org/tlog-cosignature#ed25519-signed-message>).
fn message(text: &str, said: Said) -> Vec<u8> {
    match said {
        Said::Text => text.as_bytes().to_vec(),
        Said::At(time_s) => format!("cosignature/v1\ntime {time_s}\n{text}").into_bytes(),
    }
}

/// A point has one spelling (RFC 8032, section 5.1.3); what is decoded here could have two.
fn ed25519(public: &[u8]) -> Option<VerifyingKey> {
    let public: &[u8; KEY_BYTES] = public.try_into().ok()?;
    let key = VerifyingKey::from_bytes(public).ok()?;
    (key.to_edwards().compress().to_bytes() == *public && !key.is_weak()).then_some(key)
}

fn id_of(name: &KeyName, kind: KeyKind, public: &[u8]) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(name.as_str());
    hasher.update(b"\n");
    hasher.update(kind.prefix());
    hasher.update(public);
    let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
    u32::from_be_bytes([a, b, c, d])
}

/// Name, written number, kind and the bytes behind its prefix of `NAME+ID+KEY`.
struct Parts {
    name: KeyName,
    id: u32,
    kind: KeyKind,
    bytes: Zeroizing<Vec<u8>>,
}

fn parts(text: &str, bad: impl Fn() -> KeyError) -> Result<Parts, KeyError> {
    let mut fields = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key), true) = (
        fields.next(),
        fields.next(),
        fields.next(),
        text.len() <= KEY_TEXT_BYTES_MAX,
    ) else {
        return Err(bad());
    };
    let name = KeyName::new(name).map_err(|_| bad())?;
    let mut id_bytes = [0; 4];
    if id.bytes().any(|byte| byte.is_ascii_uppercase()) || hex::decode_to_slice(id, &mut id_bytes).is_err() {
        return Err(bad());
    }
    let key = Zeroizing::new(base64::decode(key).ok_or_else(&bad)?);
    let Some((kind, bytes)) = KeyKind::of(&key) else {
        return Err(key.first().map_or_else(&bad, |&kind| KeyError::Kind { name, kind }));
    };
    let bytes = Zeroizing::new(bytes.to_vec());
    Ok(Parts {
        name,
        id: u32::from_be_bytes(id_bytes),
        kind,
        bytes,
    })
}

fn same_id(key: &VerifierKey, found: u32) -> Result<(), KeyError> {
    if key.id == found {
        return Ok(());
    }
    Err(KeyError::Id {
        name: key.name.clone(),
        expected: key.id,
        found,
    })
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let parts = parts(text, || KeyError::Verifier(shown(text)))?;
        let expected = match parts.kind {
            KeyKind::Note | KeyKind::Cosignature => KEY_BYTES,
            KeyKind::Sm2 => sm2::PUBLIC_BYTES,
        };
        if parts.bytes.len() != expected {
            return Err(KeyError::Verifier(shown(text)));
        }
        let key = Self::new(parts.name, parts.kind, &parts.bytes)?;
        same_id(&key, parts.id)?;
        Ok(key)
    }
}

impl FromStr for SignerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_prefix(PRIVATE).ok_or(KeyError::Signer)?;
        let parts = parts(text, || KeyError::Signer)?;
        let secret = parts.bytes[..]
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| KeyError::Signer)?;
        let key = Self::new(parts.name, parts.kind, &secret)?;
        same_id(&key.verifier, parts.id)?;
        Ok(key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [self.kind.prefix(), self.public.as_bytes()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, base64::encode(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier)
    }
}

/// Bytes of a refused text that an error shows.
const SHOWN_BYTES: usize = 64;

pub(crate) fn shown(text: &str) -> String {
    text[..text.floor_char_boundary(SHOWN_BYTES)].to_owned()
}
