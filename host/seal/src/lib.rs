//! Keys and envelopes: how a record of the archive is sealed, and under which key. Knows no table and no clock.
//!
//! A **record** has parts (its content, what was said of it) that are sealed under a key of its own. The record key is made for
//! it alone and wrapped by a **tenant key** of a version; whoever destroys the wrapped key destroys the record, wherever its bytes
//! still lie. A [`Keyring`] holds tenant keys; [`Sealer`] makes and opens records.
//!
//! - Parts: AES-256-GCM (NIST SP 800-38D), a 16-byte tag, compressed before ([`compress`]).
//! - Record keys: 32 random bytes of the operating system, wrapped by AES-256 key wrap (RFC 3394) to 40 bytes.
//! - Associated data bind tenant, record, part and version, so that no part can stand in the place of another.
//! - Tags of identifiers: HMAC-SHA-256 (RFC 2104) under the ring's identity key, cut to 16 bytes.
//!
//! All of it is done by aws-lc-rs. Its C library is the one that Amazon has validated as FIPS 140-3 module in other builds; this
//! build is not that module.

pub mod compress;
mod keyring;
mod record;

pub use keyring::{Keyring, KeyringError, TenantKey};
pub use record::{OpenError, Part, Record, RecordKey, Sealer, TAG_BYTES, WRAPPED_KEY_BYTES};
