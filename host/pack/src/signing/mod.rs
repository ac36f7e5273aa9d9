//! Signatures of packs, as minisign makes them.
//!
//! - `signature`: a signature as a pack carries it
//! - `public_key`: what verifies it
//! - `signing_key`: what makes it

mod public_key;
mod signature;
mod signing_key;

pub use public_key::{DoesNotVerify, KeyId, NotAPublicKey, PublicKey};
pub use signature::{NotASignature, SIGNATURE_BYTES_MAX, Signature};
pub use signing_key::{NewKey, Passphrase, SigningKey, SigningKeyError, is_encrypted};
