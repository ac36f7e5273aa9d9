//! Base64 as notes have it: RFC 4648, section 4, with padding and one spelling of each value.

use ct_codecs::{Base64, Decoder as _, Encoder as _};

/// The text of some bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64::encode_to_string(bytes).expect("a buffer of the right size is made")
}

/// The bytes of a text; `None` of a text that [`encode`] would not write.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::decode_to_vec(text, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_spelling() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 37 + 11) as u8).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
        // No padding, too much of it, bits behind the end, another alphabet, spaces.
        for bad in [
            "AA",
            "AA=",
            "AAA",
            "AA===",
            "AB==",
            "AAB=",
            "A",
            "_-==",
            "AA==\n",
            "AAAA AAAA",
        ] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    /// Whatever is read is written again as it was: no text of a signature can be changed and still say the same.
    #[test]
    fn no_other_text_of_up_to_four_characters_is_read() {
        let alphabet = b"ABQgwz09+/=-_ \n";
        for code in 0..alphabet.len().pow(4) {
            let mut rest = code;
            let text: Vec<u8> = (0..4)
                .map(|_| {
                    let byte = alphabet[rest % alphabet.len()];
                    rest /= alphabet.len();
                    byte
                })
                .collect();
            let text = String::from_utf8(text).unwrap();
            if let Some(bytes) = decode(&text) {
                assert_eq!(encode(&bytes), text);
            }
        }
    }
}
