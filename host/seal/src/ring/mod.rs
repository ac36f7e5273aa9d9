//! Tenant keys: the port [`KeyRing`], and where keys are kept. One ring belongs to one tenant.
//!
//! Versions are numbered from 1. The newest wraps, and all that are not destroyed unwrap.

mod environment;
mod file;
mod held;
mod text;
mod token;

pub use environment::EnvironmentRing;
pub use file::FileRing;
pub use text::KEY_RING_BYTES_MAX;
pub use token::{TokenRing, TokenSpot};

use crate::record_key::{RecordKey, WrappedKey};
use crate::suite::cipher;
use proviso_model::Timestamp;
use proviso_model::problem::Problems;
use proviso_sealed::{KeyVersion, SuiteName};
use std::fmt;
use std::path::PathBuf;

/// Eight bytes that name a key in logs and certificates and tell nothing of it: the first of the suite's digest over 32
/// zero bytes that the key has wrapped. Two rings that have the same key give it the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    pub(crate) fn from_wrapped(suite: SuiteName, wrapped_zeros: &[u8]) -> Self {
        let labelled = [b"proviso/key-fingerprint/1".as_slice(), wrapped_zeros].concat();
        let digest = cipher(suite).digest(&labelled);
        Self(digest[..8].try_into().expect("a digest has 32 bytes"))
    }

    /// Reads 16 lower-case hexadecimal digits.
    fn parse(text: &str) -> Option<Self> {
        let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let bytes = text.as_bytes();
        let whole = bytes.len() == 16 && bytes.iter().all(digit);
        let number = u64::from_str_radix(text, 16).ok().filter(|_| whole)?;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What may be told of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// Which one.
    pub version: KeyVersion,
    /// What it wraps with, and what records that are sealed under it are sealed with.
    pub suite: SuiteName,
    /// When it was made; a token may not know.
    pub created: Option<Timestamp>,
    /// When it was destroyed; `None` while it is there.
    pub destroyed: Option<Timestamp>,
    /// Its name in logs.
    pub fingerprint: Fingerprint,
}

/// Why a key ring does not answer, or does not change.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// What is wrong with its text; the keys in it are not quoted.
    #[error(transparent)]
    Text(#[from] Problems),
    /// The file cannot be read or written.
    #[error("the key file {}: {source}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file belongs to nobody but its owner, or it is not used.
    #[error("the key file {} can be read by others (mode {mode:o}): chmod 600 it, and consider its keys known", .path.display())]
    Mode {
        /// Which one.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The variable is not set, or is not UTF-8.
    #[error("the environment variable {0} is not set, or is no UTF-8: it must hold the text of a key file")]
    Variable(String),
    /// No version is left that could wrap.
    #[error("no key is left to wrap with: add a version")]
    Empty,
    /// No such version.
    #[error("there is no key of version {0}")]
    NoKey(KeyVersion),
    /// It was destroyed.
    #[error("the key of version {0} was destroyed")]
    Destroyed(KeyVersion),
    /// The newest version wraps: it cannot go before another one has come.
    #[error("version {0} is the newest, which wraps: add a version before you destroy it")]
    Newest(KeyVersion),
    /// The numbers have run out.
    #[error("no number is left for another version")]
    Numbers,
    /// The ring can only be read.
    #[error("keys of {0} cannot be changed from here: change them where they come from")]
    ReadOnly(&'static str),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The cipher refused.
    #[error("the cipher refused the key of version {0}")]
    Cipher(KeyVersion),
    /// A token refused.
    #[error("the token: {0}")]
    Token(String),
}

/// Why one wrapped key did not unwrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The ring has no key of that version.
    #[error("there is no key of version {0}")]
    NoKey(KeyVersion),
    /// The ring's key of that version was destroyed.
    #[error("the key of version {0} was destroyed")]
    Destroyed(KeyVersion),
    /// The wrapped key was altered, or another tenant's key wrapped it.
    #[error("the wrapped key was altered, or another key than this ring's version {0} wrapped it")]
    Altered(KeyVersion),
}

/// A tenant's keys. Implementations are called from many threads, with many record keys at once.
pub trait KeyRing: Send + Sync {
    /// Every version, the lowest first, those that were destroyed included where the ring still knows them.
    fn keys(&self) -> Result<Vec<KeyInfo>, RingError>;

    /// The version that wraps: the highest that was not destroyed.
    fn newest(&self) -> Result<KeyInfo, RingError> {
        let keys = self.keys()?;
        let alive = keys.into_iter().rev().find(|key| key.destroyed.is_none());
        alive.ok_or(RingError::Empty)
    }

    /// Wraps each record key by one version and appends them, in order. Nothing is appended where it fails.
    fn wrap(&self, version: KeyVersion, keys: &[RecordKey], out: &mut Vec<WrappedKey>) -> Result<(), RingError>;

    /// Unwraps each, by whichever version wrapped it, and appends what came of it, in order. Fails as a whole, appending
    /// nothing, where the ring does not answer.
    fn unwrap(&self, wrapped: &[WrappedKey], out: &mut Vec<Result<RecordKey, UnwrapError>>) -> Result<(), RingError>;

    /// Makes a key with the next number. What is wrapped from now on is wrapped by it.
    fn add(&self, suite: SuiteName, now: Timestamp) -> Result<KeyInfo, RingError>;

    /// Destroys a version for good: what it alone wraps is never read again. The newest cannot be destroyed.
    fn destroy(&self, version: KeyVersion, now: Timestamp) -> Result<KeyInfo, RingError>;
}
