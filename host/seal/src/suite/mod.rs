//! What suites do: one trait, two suites.

mod aes;
mod sm4;

use crate::key_wrap::WRAPPED_KEY_BYTES;
use proviso_sealed::{Refused, SuiteName};

/// The cipher of a suite.
pub(crate) fn cipher(suite: SuiteName) -> &'static dyn Suite {
    match suite {
        SuiteName::Aes256Gcm => &aes::Aes,
        SuiteName::Sm4Gcm => &sm4::ShangMi,
    }
}

/// What a suite does. Keys and lengths are checked by who calls.
pub(crate) trait Suite: Sync {
    /// Encrypts in place under a record key; answers with the tag.
    fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], text: &mut [u8]) -> Result<[u8; 16], Refused>;

    /// Verifies, then decrypts in place.
    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Refused>;

    /// Wraps each record key under a tenant key of [`SuiteName::tenant_key_bytes`] bytes.
    fn wrap(&self, tenant_key: &[u8], keys: &[&[u8; 32]]) -> Result<Vec<[u8; WRAPPED_KEY_BYTES]>, Refused>;

    /// Unwraps each; `None` for one that this tenant key did not wrap.
    fn unwrap(&self, tenant_key: &[u8], wrapped: &[&[u8; WRAPPED_KEY_BYTES]])
    -> Result<Vec<Option<[u8; 32]>>, Refused>;

    /// The suite's digest.
    fn digest(&self, bytes: &[u8]) -> [u8; 32];
}

#[cfg(test)]
mod vector_tests;
