//! Record keys, as they are and as they are wrapped.

use crate::key_wrap::WRAPPED_KEY_BYTES;
use crate::record::Part;
use crate::suite::SuiteName;
use crate::version::KeyVersion;
use aws_lc_rs::hkdf;
use std::fmt;
use zeroize::Zeroize;

/// The key of one record: 32 bytes. Never printed; zeroed when it is dropped.
pub struct RecordKey {
    bytes: [u8; 32],
    /// What it may still seal; an unwrapped key opens only, until it is told.
    sealing: Option<Sealing>,
}

#[derive(Clone, Copy)]
pub(crate) struct Sealing {
    pub(crate) suite: SuiteName,
    pub(crate) version: KeyVersion,
    /// The lowest part that was not sealed; `None` when the last one was.
    next: Option<u32>,
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
    /// A key that opens, and seals nothing until [`RecordKey::seal_from`] says so.
    pub(crate) fn opening(bytes: [u8; 32]) -> Self {
        Self { bytes, sealing: None }
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Lets an unwrapped key seal further parts of its record: `next` and higher. The caller says what was sealed before:
    /// a part that is sealed twice gives both texts away (NIST SP 800-38D, appendix A).
    pub fn seal_from(&mut self, next: Part, suite: SuiteName, version: KeyVersion) {
        self.sealing = Some(Sealing {
            suite,
            version,
            next: Some(next.0),
        });
    }

    /// Takes a part, and all below it, from those that may be sealed. `None` if it was taken.
    pub(crate) fn take(&mut self, part: Part) -> Option<Sealing> {
        let sealing = self.sealing.as_mut()?;
        if part.0 < sealing.next? {
            return None;
        }
        sealing.next = part.0.checked_add(1);
        Some(*sealing)
    }

    /// The salt of the record's entries in the log, 16 bytes: HKDF-Expand with SHA-256 of the key (RFC 5869, section 2.3;
    /// without Extract, as section 3.3 allows for a key that is random). Whoever destroys the key destroys the salt.
    ///
    /// SHA-256 in every suite: the salt goes into the log, whose hash it is.
    pub fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &self.bytes)
            .expand(&[b"proviso/log-salt/1"], Bytes16)
            .and_then(|derived| derived.fill(&mut salt))
            .expect("16 bytes are fewer than HKDF's 8,160");
        salt
    }
}

/// The length of a salt.
struct Bytes16;

impl hkdf::KeyType for Bytes16 {
    fn len(&self) -> usize {
        16
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
