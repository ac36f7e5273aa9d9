//! Tags of identifiers: the same for the same, and nothing for whoever lacks the key.

use crate::record_key::RecordKey;
use aws_lc_rs::hmac;

/// Bytes of a tag.
pub const TAG_BYTES: usize = 16;

/// Makes tags: HMAC-SHA-256 (RFC 2104), cut to 16 bytes.
pub struct Tagger(hmac::Key);

impl Tagger {
    /// Tags under a key that is derived from this one, which has no other purpose.
    pub fn new(key: &RecordKey) -> Self {
        let key: [u8; 32] = key.derived("proviso/tag/1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// What a list of names is known by. Each goes in behind its length, so that no two lists are one.
    pub fn tag(&self, names: &[&str]) -> [u8; TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.0);
        for name in names {
            context.update(&(name.len() as u64).to_be_bytes());
            context.update(name.as_bytes());
        }
        let tag = context.sign();
        *tag.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
    }
}
