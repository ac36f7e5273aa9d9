//! The header of sealed bytes: the form, the suite, the packing, the key's version, the dictionary.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | high half: the form, 1; low half: the suite's number |
//! | 1 | low bits: packing: 0 as it is, 1 zstd, 2 zstd with a dictionary; high bit: a nonce of its own stands behind the numbers |
//! | 1-5 | version of the tenant key under which the record was sealed, a varint (LEB128) in its shortest form, from 1 |
//! | 0-5 | packing 2 only: the dictionary's number, likewise |
//! | 0 or 12 | the nonce, where the high bit says so; otherwise the part is the nonce |
//!
//! Ciphertext follows, then a tag of 16 bytes. The header is part of the associated data, so none of it can be altered.

use crate::suite_name::SuiteName;
use crate::version::KeyVersion;

/// The only form there is.
const FORM: u8 = 1;
/// The longest header.
pub const HEADER_BYTES_MAX: usize = 12 + NONCE_BYTES;
/// Bytes of a nonce (NIST SP 800-38D, section 8.2).
pub const NONCE_BYTES: usize = 12;
/// In the byte of the packing: the nonce is written.
const OWN_NONCE: u8 = 0x80;
/// Bytes of a tag.
pub const TAG_BYTES: usize = 16;

/// How plain bytes were made smaller before they were sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    AsItIs,
    /// By zstd alone.
    Zstd,
    /// By zstd with the dictionary of that number, from 1.
    Dictionary(u32),
}

/// What stands before the ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The cipher.
    pub suite: SuiteName,
    /// How the plain bytes were made smaller.
    pub packing: Packing,
    /// The version of the tenant key under which the record was sealed.
    pub version: KeyVersion,
    /// Of a part that was sealed later than its record's key was made.
    pub nonce: Option<[u8; NONCE_BYTES]>,
}

/// Why bytes are not of the form of sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// Shorter than any sealed bytes.
    #[error("{0} bytes are too few: the shortest has a header of 3 and a tag of 16")]
    Short(usize),
    /// A form that this version does not know.
    #[error("form {0} is not known: expected 1; a newer Proviso may have sealed it")]
    Form(u8),
    /// A suite that this version does not know.
    #[error("suite {0} is not known: expected 1 (aes-256-gcm) or 2 (sm4-gcm)")]
    Suite(u8),
    /// A packing that this version does not know.
    #[error("packing {0} is not known: expected 0, 1 or 2")]
    Packing(u8),
    /// A number that is no varint in its shortest form, or 0.
    #[error("the header's number of a key or dictionary is malformed")]
    Number,
}

impl Header {
    /// Appends the header's bytes.
    pub fn write(self, out: &mut Vec<u8>) {
        out.push(FORM << 4 | self.suite.number());
        let packing = match self.packing {
            Packing::AsItIs => 0,
            Packing::Zstd => 1,
            Packing::Dictionary(_) => 2,
        };
        out.push(packing | self.nonce.map_or(0, |_| OWN_NONCE));
        write_number(self.version.get(), out);
        if let Packing::Dictionary(number) = self.packing {
            write_number(number, out);
        }
        out.extend(self.nonce.into_iter().flatten());
    }

    /// Reads the header; answers with how many bytes it has. A tag has room behind it.
    ///
    /// # Errors
    /// If the bytes are not of the form of sealed bytes.
    pub fn read(sealed: &[u8]) -> Result<(Self, usize), NotSealed> {
        if sealed.len() < 3 + TAG_BYTES {
            return Err(NotSealed::Short(sealed.len()));
        }
        let (form, suite) = (sealed[0] >> 4, sealed[0] & 15);
        if form != FORM {
            return Err(NotSealed::Form(form));
        }
        let suite = SuiteName::of_number(suite).ok_or(NotSealed::Suite(suite))?;
        let mut at = 2;
        let version = KeyVersion::new(read_number(sealed, &mut at)?).ok_or(NotSealed::Number)?;
        let packing = match sealed[1] & !OWN_NONCE {
            0 => Packing::AsItIs,
            1 => Packing::Zstd,
            2 => match read_number(sealed, &mut at)? {
                0 => return Err(NotSealed::Number),
                number => Packing::Dictionary(number),
            },
            other => return Err(NotSealed::Packing(other)),
        };
        let mut nonce = None;
        if sealed[1] & OWN_NONCE != 0 {
            nonce = sealed[at..].first_chunk().copied();
            at += NONCE_BYTES;
        }
        if sealed.len() < at + TAG_BYTES {
            return Err(NotSealed::Short(sealed.len()));
        }
        let header = Header {
            suite,
            packing,
            version,
            nonce,
        };
        Ok((header, at))
    }
}

fn write_number(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// At most five bytes; no more of them than the number needs.
fn read_number(bytes: &[u8], at: &mut usize) -> Result<u32, NotSealed> {
    let mut number = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *bytes.get(*at).ok_or(NotSealed::Number)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || shift == 0;
            return u32::try_from(number).ok().filter(|_| shortest).ok_or(NotSealed::Number);
        }
    }
    Err(NotSealed::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn headers_are_written_and_read() {
        each_row(
            [
                (Packing::AsItIs, 1, None, "110001"),
                (Packing::Zstd, 127, None, "11017f"),
                (Packing::Dictionary(300), 128, None, "11028001ac02"),
                (
                    Packing::Dictionary(u32::MAX),
                    u32::MAX,
                    None,
                    "1102ffffffff0fffffffff0f",
                ),
                (Packing::AsItIs, 1, Some([9; 12]), "118001090909090909090909090909"),
                (
                    Packing::Dictionary(3),
                    1,
                    Some([9; 12]),
                    "11820103090909090909090909090909",
                ),
            ],
            |(packing, version, nonce, bytes)| {
                let header = Header {
                    suite: SuiteName::Aes256Gcm,
                    packing,
                    version: KeyVersion::new(version).unwrap(),
                    nonce,
                };
                let mut written = Vec::new();
                header.write(&mut written);
                assert_eq!(hex::encode(&written), bytes);
                assert!(written.len() <= HEADER_BYTES_MAX);
                let length = written.len();
                written.extend([0; TAG_BYTES]);
                assert_eq!(Header::read(&written), Ok((header, length)));
            },
        );
    }

    #[test]
    fn what_is_no_header_is_refused_by_what_is_wrong() {
        each_row(
            [
                ("", NotSealed::Short(16)),
                ("1100", NotSealed::Short(18)),
                ("210001", NotSealed::Form(2)),
                ("130001", NotSealed::Suite(3)),
                ("100001", NotSealed::Suite(0)),
                ("110301", NotSealed::Packing(3)),
                ("118301", NotSealed::Packing(3)),
                // A nonce that is cut.
                ("1180010909090909", NotSealed::Short(24)),
                // The number 0, a longer form of 1, one beyond 32 bits, and one that does not end.
                ("110000", NotSealed::Number),
                ("11008100", NotSealed::Number),
                ("1100ffffffff1f", NotSealed::Number),
                ("1100ffffffffff01", NotSealed::Number),
                ("11020100", NotSealed::Number),
            ],
            |(bytes, expected)| {
                let mut bytes = hex::decode(bytes).unwrap();
                bytes.extend([0; TAG_BYTES]);
                assert_eq!(Header::read(&bytes), Err(expected));
            },
        );
        // A header that takes of the tag what it needs.
        let long = hex::decode("1102ffffffff0fffffffff0f00000000000000").unwrap();
        assert_eq!(Header::read(&long), Err(NotSealed::Short(19)));
    }
}
