//! Signatures of packs, as minisign makes them.
//!
//! - `signature`: a signature as a pack carries it
//! - `public_key`: what verifies it
//! - `signing_key`: what makes it
//! - `key_id`: what tells keys apart

mod key_id;
mod public_key;
mod signature;
mod signing_key;

pub use key_id::KeyId;
pub use public_key::{DoesNotVerify, NotAPublicKey, PublicKey};
pub use signature::{NotASignature, SIGNATURE_BYTES_MAX, Signature};
pub use signing_key::{NewKey, Passphrase, SigningKey, SigningKeyError, is_encrypted};
