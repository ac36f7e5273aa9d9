//! Suites: which cipher seals a record and wraps its key. One trait, two suites.

mod aes;
mod sm4;

use crate::key_wrap::WRAPPED_KEY_BYTES;
use std::fmt;
use std::str::FromStr;

/// A suite. Its number stands in the header of sealed bytes and is never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuiteName {
    /// AES-256-GCM (NIST SP 800-38D), wrap by AES-256-KW (RFC 3394), digest SHA-256. The default.
    Aes256Gcm,
    /// SM4-GCM (GB/T 32907-2016, RFC 8998), wrap by SM4 in the same construction, digest SM3 (GB/T 32905-2016).
    Sm4Gcm,
}

impl SuiteName {
    /// Every suite.
    pub const ALL: [SuiteName; 2] = [SuiteName::Aes256Gcm, SuiteName::Sm4Gcm];

    /// The number in the header, 1-15.
    pub const fn number(self) -> u8 {
        match self {
            SuiteName::Aes256Gcm => 1,
            SuiteName::Sm4Gcm => 2,
        }
    }

    /// The name in settings and key files.
    pub const fn name(self) -> &'static str {
        match self {
            SuiteName::Aes256Gcm => "aes-256-gcm",
            SuiteName::Sm4Gcm => "sm4-gcm",
        }
    }

    /// Bytes of a tenant key: 32, or 16 of SM4.
    pub const fn tenant_key_bytes(self) -> usize {
        match self {
            SuiteName::Aes256Gcm => 32,
            SuiteName::Sm4Gcm => 16,
        }
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.number() == number)
    }

    pub(crate) fn cipher(self) -> &'static dyn Suite {
        match self {
            SuiteName::Aes256Gcm => &aes::Aes,
            SuiteName::Sm4Gcm => &sm4::ShangMi,
        }
    }
}

impl fmt::Display for SuiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no suite.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"aes-256-gcm\" or \"sm4-gcm\"")]
pub struct NotASuite;

impl FromStr for SuiteName {
    type Err = NotASuite;

    fn from_str(text: &str) -> Result<Self, NotASuite> {
        Self::ALL
            .into_iter()
            .find(|suite| suite.name() == text)
            .ok_or(NotASuite)
    }
}

/// The cipher or its key refused: too many bytes, or a tag that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused;

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
