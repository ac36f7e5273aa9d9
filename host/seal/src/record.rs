//! Records: keys of their own, sealed parts, tags.

use crate::compress::{CompressError, Dictionary};
use crate::keyring::{Keyring, TenantKey};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::{hmac, rand};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Bytes of a wrapped record key (RFC 3394: the key and eight more).
pub const WRAPPED_KEY_BYTES: usize = 40;
/// Bytes of a tag of an identifier.
pub const TAG_BYTES: usize = 16;
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of GCM's authentication tag.
const SEAL_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// Kinds of nonces: fixed by the part, or random and in front of it.
const FIXED: u8 = 0;
const RANDOM: u8 = 1;

/// A part of a record: what it is, and which of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What the source delivered.
    Content,
    /// What was said of it: 0 when it arrived, then one more each time that it was judged again.
    Judgement(u32),
    /// What came under the record's identifier with another content, by a number that the record has once.
    Refused(u64),
}

impl Part {
    const fn code(self) -> (u8, u64) {
        match self {
            Part::Content => (0, 0),
            Part::Judgement(round) => (1, round as u64),
            Part::Refused(number) => (2, number),
        }
    }

    /// The nonce of a part that is sealed when the record's key is made: no other such part has it.
    const fn fixed_nonce(self) -> Option<[u8; NONCE_BYTES]> {
        match self {
            Part::Content => Some([0; NONCE_BYTES]),
            Part::Judgement(0) => Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            Part::Judgement(_) | Part::Refused(_) => None,
        }
    }
}

/// Which record: the associated data of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// Its number within the archive.
    pub number: i64,
}

impl Record<'_> {
    /// Lengths before what varies, so that no two records have the same bytes.
    fn associated(&self, part: Part, version: u32) -> Vec<u8> {
        let (kind, which) = part.code();
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(b"proviso record 1");
        bytes.extend_from_slice(&(self.tenant.len() as u32).to_be_bytes());
        bytes.extend_from_slice(self.tenant.as_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(&which.to_be_bytes());
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes
    }
}

/// A record or a part of it could not be opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    /// The key that would open it is not in the ring.
    #[error("its key is wrapped by version {version} of the key of tenant {tenant:?}, which is not in the keyring")]
    NoKey {
        /// The tenant.
        tenant: String,
        /// Version of its key.
        version: u32,
    },
    /// It is not what was sealed there.
    #[error("it is not what was sealed: somebody, or the disk, changed it")]
    Altered,
    /// It was sealed, and is nothing that this program writes.
    #[error(transparent)]
    Compress(#[from] CompressError),
}

/// The key of one record, unwrapped.
pub struct RecordKey {
    key: LessSafeKey,
    version: u32,
    wrapped: [u8; WRAPPED_KEY_BYTES],
}

impl RecordKey {
    /// Version of the tenant key that wraps it.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The key as it is stored.
    pub fn wrapped(&self) -> &[u8; WRAPPED_KEY_BYTES] {
        &self.wrapped
    }

    /// Compresses and seals a part. A part that is sealed once, with the record's key, needs no nonce of its own; another gets a
    /// random one.
    pub fn seal(&self, record: Record<'_>, part: Part, piece: &[u8], dictionary: &Dictionary) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(piece.len() / 2 + 64);
        let nonce = match part.fixed_nonce() {
            Some(nonce) => {
                sealed.push(FIXED);
                nonce
            }
            None => {
                let mut nonce = [0; NONCE_BYTES];
                random(&mut nonce);
                // Apart from the fixed ones.
                nonce[0] |= 0x80;
                sealed.push(RANDOM);
                sealed.extend_from_slice(&nonce);
                nonce
            }
        };
        let start = sealed.len();
        dictionary.compress(piece, &mut sealed);
        let associated = Aad::from(record.associated(part, self.version));
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), associated, &mut sealed[start..])
            .expect("a part is far shorter than what GCM seals");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens a part of at most `bytes_max` bytes.
    pub fn open(
        &self,
        record: Record<'_>,
        part: Part,
        sealed: &[u8],
        dictionary: &Dictionary,
        bytes_max: usize,
    ) -> Result<Vec<u8>, OpenError> {
        let (nonce, rest) = match (sealed.split_first(), part.fixed_nonce()) {
            (Some((&FIXED, rest)), Some(nonce)) => (nonce, rest),
            (Some((&RANDOM, rest)), None) => {
                let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::Altered)?;
                (*nonce, rest)
            }
            _ => return Err(OpenError::Altered),
        };
        if rest.len() < SEAL_BYTES {
            return Err(OpenError::Altered);
        }
        let mut bytes = rest.to_vec();
        let associated = Aad::from(record.associated(part, self.version));
        let piece = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(nonce), associated, &mut bytes)
            .map_err(|_| OpenError::Altered)?;
        Ok(dictionary.restore(piece, bytes_max)?)
    }
}

/// Makes and opens records under the keys of a ring.
#[derive(Clone)]
pub struct Sealer {
    ring: Arc<Keyring>,
    identity: hmac::Key,
}

impl Sealer {
    /// Seals under the newest keys of a ring, and opens under all of them.
    pub fn new(ring: Arc<Keyring>) -> Self {
        let identity = hmac::Key::new(hmac::HMAC_SHA256, ring.identity());
        Self { ring, identity }
    }

    /// What an identifier is known by: the same for the same parts, and nothing without the ring's identity key.
    pub fn tag(&self, parts: &[&str]) -> [u8; TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.identity);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        *tag.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
    }

    /// Makes the key of a new record, wrapped by the newest key of its tenant.
    pub fn new_key(&self, tenant: &str) -> Result<RecordKey, OpenError> {
        let tenant_key = self.ring.newest(tenant).ok_or_else(|| OpenError::NoKey {
            tenant: tenant.to_owned(),
            version: 0,
        })?;
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        random(&mut *secret);
        let mut wrapped = [0; WRAPPED_KEY_BYTES];
        kek(tenant_key)
            .wrap(&*secret, &mut wrapped)
            .expect("the buffer has the length that RFC 3394 gives");
        Ok(RecordKey {
            key: key_of(&secret),
            version: tenant_key.version(),
            wrapped,
        })
    }

    /// Unwraps the key of a record.
    pub fn unwrap(&self, tenant: &str, version: u32, wrapped: &[u8]) -> Result<RecordKey, OpenError> {
        let tenant_key = self.ring.key(tenant, version).ok_or_else(|| OpenError::NoKey {
            tenant: tenant.to_owned(),
            version,
        })?;
        let wrapped: &[u8; WRAPPED_KEY_BYTES] = wrapped.try_into().map_err(|_| OpenError::Altered)?;
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        kek(tenant_key)
            .unwrap(wrapped, &mut *secret)
            .map_err(|_| OpenError::Altered)?;
        Ok(RecordKey {
            key: key_of(&secret),
            version,
            wrapped: *wrapped,
        })
    }

    /// The keys.
    pub fn ring(&self) -> &Keyring {
        &self.ring
    }
}

fn kek(key: &TenantKey) -> AesKek {
    AesKek::new(&AES_256, key.secret()).expect("a key has 32 bytes")
}

fn key_of(secret: &[u8; KEY_BYTES]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, secret).expect("a key has 32 bytes"))
}

pub(crate) fn random(bytes: &mut [u8]) {
    rand::fill(bytes).expect("the operating system gives random bytes");
}
