//! Keys and envelopes: what makes the archive's content unreadable without a tenant's key, and unchangeable unseen.
//!
//! Every record has a **record key** of its own, 32 random bytes. A **part** of the record (its content, a verdict) is packed
//! and sealed under that key; the key is kept **wrapped** by a version of the **tenant key**, which a [`KeyRing`] holds: a
//! file, an environment variable, or a token that speaks PKCS#11. To destroy a record is to destroy its wrapped key.
//!
//! ```
//! use proviso_model::Timestamp;
//! use proviso_seal::{FileRing, KeyRing, Opener, Part, RecordId, Sealer, SuiteName, issue};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let ring = FileRing::make(&folder.path().join("bank.keys"), SuiteName::Aes256Gcm, Timestamp::from_millis(0)?)?;
//! let record = RecordId { tenant: "bank", kind: "message", number: 1 };
//!
//! let (mut keys, mut wrapped) = (Vec::new(), Vec::new());
//! issue(&ring, 1, &mut keys, &mut wrapped)?;
//! let mut sealed = Vec::new();
//! Sealer::new(None)?.seal(&mut keys[0], &record, Part::CONTENT, b"text", &mut sealed)?;
//!
//! let mut found = Vec::new();
//! ring.unwrap(&wrapped, &mut found)?;
//! let mut text = Vec::new();
//! Opener::new(1 << 20).open(found[0].as_ref().unwrap(), &record, Part::CONTENT, &sealed, &mut text)?;
//! assert_eq!(text, b"text");
//! # Ok(())
//! # }
//! ```
//!
//! The crate knows no table and no SQL. Which library does the work is in docs/adr/0029-one-cryptography-library.md; how keys
//! are kept, in docs/keys.md. None of it has been audited.

pub mod delta;
mod disclosed;
mod issue;
mod key_wrap;
mod open;
mod packing;
mod record_key;
mod ring;
mod seal;
mod suite;
mod tag;

pub use disclosed::DisclosedKey;
pub use issue::{IssueError, issue};
pub use key_wrap::WRAPPED_KEY_BYTES;
pub use open::Opener;
pub use packing::Dictionary;
pub use proviso_sealed::{KeyVersion, NotSealed, OpenError, PackError, Part, RECORD_KEY_BYTES, RecordId, SuiteName};
pub use record_key::{RecordKey, WrappedKey};
pub use ring::{
    EnvironmentRing, FileRing, Fingerprint, KEY_RING_BYTES_MAX, KeyInfo, KeyRing, RingError, TokenRing, TokenSpot,
    UnwrapError,
};
pub use seal::{Packed, SealError, Sealer, sealed_under};
pub use tag::{TAG_BYTES, Tagger};
