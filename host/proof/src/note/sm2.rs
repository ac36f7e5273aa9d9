//! SM2 with SM3 (GB/T 32918.2-2016): what a log signs with beside Ed25519, where a regulator asks for it.

use ::sm2::dsa::signature::{Signer as _, Verifier as _};
use ::sm2::dsa::{Signature, SigningKey, VerifyingKey};
use ::sm2::elliptic_curve::sec1::ToSec1Point as _;
use ::sm2::{PublicKey, Scalar, SecretKey};

/// Bytes of a public key: 0x04, x and y (SEC 1, section 2.3.3).
pub(super) const PUBLIC_BYTES: usize = 65;
/// Bytes of a private key, the highest first.
pub(super) const PRIVATE_BYTES: usize = 32;
/// What stands before an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;
/// Who signs, as Z_A has it, where nobody agreed on something else (GM/T 0009-2012, section 10).
const DISTINGUISHING_ID: &str = "1234567812345678";

/// A point of the curve that is not the one at infinity, with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Public {
    point: PublicKey,
    bytes: [u8; PUBLIC_BYTES],
}

/// A private key, from 1 to n − 2. Its memory is cleared when it is let go.
#[derive(Clone)]
pub(super) struct Private(SecretKey);

impl Public {
    /// Reads a point; `None` for the one at infinity, one that is not on the curve, and every spelling but the uncompressed one.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; PUBLIC_BYTES] = bytes.try_into().ok()?;
        if bytes[0] != UNCOMPRESSED {
            return None;
        }
        let point = PublicKey::from_sec1_bytes(&bytes).ok()?;
        Some(Self { point, bytes })
    }

    pub(super) fn as_bytes(&self) -> &[u8; PUBLIC_BYTES] {
        &self.bytes
    }

    /// True if the key signed SM3(Z_A ‖ message) with `signature`, r and s in 32 bytes each.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) = (
            VerifyingKey::new(DISTINGUISHING_ID, self.point),
            Signature::from_slice(signature),
        ) else {
            return false;
        };
        key.verify(message, &signature).is_ok()
    }
}

impl Private {
    /// Reads a private key; `None` for 0 and for what is above n − 2: n − 1 signs nothing, since 1 + d has no inverse then.
    pub(super) fn new(bytes: &[u8; PRIVATE_BYTES]) -> Option<Self> {
        let key = SecretKey::from_slice(bytes).ok()?;
        let is_last = *key.to_nonzero_scalar() + Scalar::ONE == Scalar::ZERO;
        (!is_last).then_some(Self(key))
    }

    pub(super) fn to_bytes(&self) -> zeroize::Zeroizing<[u8; PRIVATE_BYTES]> {
        zeroize::Zeroizing::new(self.0.to_bytes().into())
    }

    pub(super) fn public(&self) -> Public {
        let point = self.0.public_key();
        let encoded = point.to_sec1_point(false);
        let bytes = encoded
            .as_bytes()
            .try_into()
            .expect("a point that is not at infinity has 65 bytes");
        Public { point, bytes }
    }

    /// r and s over SM3(Z_A ‖ message). k is made from key and message (RFC 6979 with SM3): no random bytes are needed, and none that are
    /// bad give the key away.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let key = SigningKey::new(DISTINGUISHING_ID, &self.0).expect("the identifier is short");
        let signature: Signature = key
            .try_sign(message)
            .expect("one text in 2^254 gives no r or no s, and d + 1 is not 0");
        signature.to_bytes().into()
    }
}
