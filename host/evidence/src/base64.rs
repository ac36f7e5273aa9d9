//! Base64 with padding (RFC 4648, section 4), of one spelling.

use ct_codecs::{Base64, Decoder as _, Encoder as _};

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64::encode_to_string(bytes).expect("an encoding of bytes in memory has room")
}

/// The bytes; `None` if this is not how they are written.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64::decode_to_vec(text, None).ok()?;
    (encode(&bytes) == text).then_some(bytes)
}
