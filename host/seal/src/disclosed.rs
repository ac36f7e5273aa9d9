//! A record key that is given away with the record that it seals, as evidence: whoever has it opens that one record, and sees that it is
//! the key that the log's entry of the record was salted by.

use crate::record_key::{RecordKey, salt_of};
use proviso_sealed::RECORD_KEY_BYTES;
use std::fmt;
use zeroize::Zeroize;

/// A record key outside of the archive. It opens, and seals nothing. Never printed; zeroed when it is dropped.
pub struct DisclosedKey([u8; RECORD_KEY_BYTES]);

impl DisclosedKey {
    /// The key of a record, to be given away with it: the one way in which a key leaves this crate. It opens every part of that record and of
    /// no other. Called for an export alone, which the log tells of before anything of it is given.
    pub fn of(key: &RecordKey) -> Self {
        Self(*key.bytes())
    }

    /// As an export has it.
    pub fn from_bytes(bytes: [u8; RECORD_KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; RECORD_KEY_BYTES] {
        &self.0
    }

    /// [`RecordKey::salt`] of the same key: another key with the same salt would be a collision of HMAC-SHA-256 cut to 128 bits.
    pub fn salt(&self) -> [u8; 16] {
        salt_of(&self.0)
    }
}

impl Drop for DisclosedKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DisclosedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisclosedKey(secret)")
    }
}
