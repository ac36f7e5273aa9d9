//! SHA-256 values and the two ways in which a Merkle tree makes them.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// What stands before a leaf's data (RFC 6962, section 2.1).
const LEAF_PREFIX: u8 = 0x00;
/// What stands before the two hashes of a node (RFC 6962, section 2.1).
const NODE_PREFIX: u8 = 0x01;

/// A SHA-256 value of 32 bytes: of a leaf, of a node, of a tree's root, or a commitment. Ordered by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_BYTES]);

/// Text or bytes that are no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a SHA-256 value: 32 bytes, or 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl Hash {
    /// The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1).
    pub const EMPTY: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// From the 32 bytes of a SHA-256 value.
    pub const fn from_bytes(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// The hash of a leaf: SHA-256(0x00 ‖ data) (RFC 6962, section 2.1).
    pub fn of_leaf(data: &[u8]) -> Self {
        Self::of_parts(&[&[LEAF_PREFIX], data])
    }

    /// The hash of a node over two others: SHA-256(0x01 ‖ left ‖ right) (RFC 6962, section 2.1).
    pub fn of_node(left: Self, right: Self) -> Self {
        Self::of_parts(&[&[NODE_PREFIX], &left.0, &right.0])
    }

    /// SHA-256 over the parts, one behind the other. Who calls it makes sure that no two lists of parts run together.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, NotAHash> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(NotAHash);
        }
        let mut bytes = [0; HASH_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAHash)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = NotAHash;

    fn try_from(bytes: &[u8]) -> Result<Self, NotAHash> {
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts of RFC 6962's own definition, as `golang.org/x/mod/sumdb/tlog` tests them (`TestEmptyTree`, `TestFormatTree`).
    #[test]
    fn the_hashes_are_those_of_the_standard() {
        assert_eq!(Hash::of_parts(&[]), Hash::EMPTY);
        let hello = Hash::of_leaf(b"hello world");
        assert_eq!(
            crate::base64::encode(hello.as_bytes()),
            "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0="
        );
        assert_eq!(
            Hash::of_leaf(b"").to_hex(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn a_leaf_and_a_node_of_the_same_bytes_differ() {
        let (left, right) = (Hash::of_leaf(b"a"), Hash::of_leaf(b"b"));
        let joined = [*left.as_bytes(), *right.as_bytes()].concat();
        assert_ne!(Hash::of_leaf(&joined), Hash::of_node(left, right));
        assert_ne!(Hash::of_node(left, right), Hash::of_node(right, left));
    }

    #[test]
    fn a_hash_is_read_again_and_what_is_none_is_refused() {
        let hash = Hash::of_leaf(b"x");
        assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
        assert_eq!(Hash::try_from(&hash.as_bytes()[..]), Ok(hash));
        for bad in [
            "",
            "00",
            &hash.to_hex()[..62],
            &hash.to_hex().to_uppercase(),
            &"g".repeat(64),
        ] {
            assert_eq!(Hash::from_hex(bad), Err(NotAHash), "{bad:?}");
        }
        assert_eq!(Hash::try_from(&[0; 31][..]), Err(NotAHash));
    }
}
