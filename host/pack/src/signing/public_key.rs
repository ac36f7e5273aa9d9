//! The public half of a signer's key.

use super::key_id::KeyId;
use super::signature::Signature;

/// A text that is no public key of minisign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a public key: expected the 56 characters that minisign prints, as RWQ…")]
pub struct NotAPublicKey(String);

/// A signature that this key did not make of these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct DoesNotVerify;

/// A public key of minisign: Ed25519, with its identifier.
#[derive(Debug, Clone)]
pub struct PublicKey {
    id: KeyId,
    point: [u8; 32],
    text: String,
    parsed: minisign_verify::PublicKey,
}

impl PublicKey {
    /// Reads a key in the 56 characters of base64 that minisign prints, or the two lines of its file.
    pub fn read(text: &str) -> Result<Self, NotAPublicKey> {
        let mut lines = text.trim().lines();
        let (first, second, rest) = (lines.next().unwrap_or_default(), lines.next(), lines.next());
        let encoded = second.unwrap_or(first).trim();
        let refused = || NotAPublicKey(first.chars().take(80).collect());
        let bytes = minisign::PublicKey::from_base64(encoded)
            .map_err(|_| refused())?
            .to_bytes();
        let (Some(id), Ok(point)) = (KeyId::of(&bytes[2..10]), bytes[10..].try_into()) else {
            return Err(refused());
        };
        let parsed = minisign_verify::PublicKey::from_base64(encoded).map_err(|_| refused())?;
        if !bytes.starts_with(b"Ed") || rest.is_some() {
            return Err(refused());
        }
        Ok(Self {
            id,
            point,
            text: encoded.to_owned(),
            parsed,
        })
    }

    /// What its signatures are recognised by.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The 56 characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The two lines that minisign keeps in a file.
    pub fn to_file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{}\n", self.id, self.text)
    }

    /// True if both have the same secret half, whatever their identifiers.
    pub fn is_same_key(&self, other: &PublicKey) -> bool {
        self.point == other.point
    }

    /// Checks that the key's owner signed these bytes, and the trusted comment with them.
    pub fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(), DoesNotVerify> {
        let legacy_too = false;
        self.parsed
            .verify(bytes, signature.parsed(), legacy_too)
            .map_err(|_| DoesNotVerify)
    }
}
