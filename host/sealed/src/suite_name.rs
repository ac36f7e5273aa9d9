//! Suites by name: which cipher seals a record and wraps its key.

use std::fmt;
use std::str::FromStr;

/// Bytes of a record key, whatever its suite.
pub const RECORD_KEY_BYTES: usize = 32;

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

    /// The suite of a number in a header.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.number() == number)
    }

    /// What of a record key the cipher takes: all of it, or the first half of SM4, which has keys of 128 bits.
    pub fn cipher_key(self, key: &[u8; RECORD_KEY_BYTES]) -> &[u8] {
        match self {
            SuiteName::Aes256Gcm => key,
            SuiteName::Sm4Gcm => &key[..16],
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
