//! Record keys, as they are and as they are wrapped.

use crate::key_wrap::WRAPPED_KEY_BYTES;
use aws_lc_rs::hkdf;
use proviso_sealed::{KeyVersion, LOG_SALT, NONCE_BYTES, Part, SuiteName};
use std::fmt;
use zeroize::Zeroize;

/// The key of one record: 32 bytes. Never printed; zeroed when it is dropped.
pub struct RecordKey {
    bytes: [u8; 32],
    suite: SuiteName,
    version: KeyVersion,
    turn: Turn,
}

/// Where nonces come from.
#[derive(Clone, Copy)]
enum Turn {
    /// Nothing but this value has the key: parts are nonces. The lowest that was not sealed; `None` when the last one was.
    New(Option<u64>),
    /// It was kept: what it sealed before is not known here, and what was rolled back may lie on a disk. Nonces are random
    /// (NIST SP 800-38D, section 8.2.2), with the first bit set, apart from parts.
    Kept,
}

/// Why a part is not sealed.
pub(crate) enum NotTaken {
    /// It was, or a later one.
    Before(Part),
    Random(getrandom::Error),
}

/// What a part is sealed with.
pub(crate) struct Sealing {
    pub(crate) suite: SuiteName,
    pub(crate) version: KeyVersion,
    /// `None`: the part's own.
    pub(crate) nonce: Option<[u8; NONCE_BYTES]>,
}

/// A record key under a version of the tenant key, as the archive keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which version wraps it.
    pub version: KeyVersion,
    /// The wrapped key (RFC 3394).
    pub bytes: [u8; WRAPPED_KEY_BYTES],
}

impl RecordKey {
    /// A key that was just made, and that this version wraps.
    pub(crate) fn new(bytes: [u8; 32], suite: SuiteName, version: KeyVersion) -> Self {
        Self {
            bytes,
            suite,
            version,
            turn: Turn::New(Some(0)),
        }
    }

    /// A key that this version unwrapped.
    pub(crate) fn unwrapped(bytes: [u8; 32], suite: SuiteName, version: KeyVersion) -> Self {
        Self {
            turn: Turn::Kept,
            ..Self::new(bytes, suite, version)
        }
    }

    /// What it seals by: the suite of the version that wraps it.
    pub fn suite(&self) -> SuiteName {
        self.suite
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// What a part is sealed with. A new key takes the part, and all below it, from those that it may seal.
    pub(crate) fn take(&mut self, part: Part) -> Result<Sealing, NotTaken> {
        let nonce = match &mut self.turn {
            Turn::New(next) => {
                if next.is_none_or(|next| part.0 < next) {
                    return Err(NotTaken::Before(part));
                }
                *next = part.0.checked_add(1);
                None
            }
            Turn::Kept => {
                let mut nonce = [0; NONCE_BYTES];
                getrandom::fill(&mut nonce).map_err(NotTaken::Random)?;
                nonce[0] |= 0x80;
                Some(nonce)
            }
        };
        Ok(Sealing {
            suite: self.suite,
            version: self.version,
            nonce,
        })
    }

    /// The salt of the record's entries in the log, 16 bytes: HKDF-Expand with SHA-256 of the key (RFC 5869, section 2.3;
    /// without Extract, as section 3.3 allows for a key that is random). Whoever destroys the key destroys the salt.
    ///
    /// SHA-256 in every suite: the salt goes into the log, whose hash it is.
    pub fn salt(&self) -> [u8; 16] {
        salt_of(&self.bytes)
    }

    /// Bytes for another purpose, each with a name of its own: at most 8,160 (RFC 5869).
    pub(crate) fn derived<const N: usize>(&self, purpose: &str) -> [u8; N] {
        derived(&self.bytes, purpose)
    }
}

/// [`RecordKey::salt`] of a key by its bytes.
pub(crate) fn salt_of(key: &[u8; 32]) -> [u8; 16] {
    derived(key, LOG_SALT)
}

fn derived<const N: usize>(key: &[u8; 32], purpose: &str) -> [u8; N] {
    let mut bytes = [0; N];
    hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key)
        .expand(&[purpose.as_bytes()], Length(N))
        .and_then(|derived| derived.fill(&mut bytes))
        .expect("a key or a salt is far shorter than HKDF's 8,160 bytes");
    bytes
}

/// The length of derived bytes.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Drop for RecordKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey(secret)")
    }
}
