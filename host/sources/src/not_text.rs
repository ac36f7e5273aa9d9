//! Sources that are not UTF-8 text: refused by name, with what to do.
//!
//! Nothing is guessed. Bytes of another encoding can look like text of a third one, and a text that was read wrong would be
//! judged clean.

use std::fmt;

/// What a source is, going by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotText {
    Gzip,
    Zip,
    Zstandard,
    Xz,
    Bzip2,
    Utf16,
    Utf32,
}

/// First bytes that decide on it.
pub(crate) const HEAD_BYTES: usize = 6;

/// What each begins with. UTF-32 stands before UTF-16, whose mark is a part of its mark.
const BEGINNINGS: &[(&[u8], NotText)] = &[
    (b"\x1f\x8b", NotText::Gzip),
    (b"PK\x03\x04", NotText::Zip),
    (b"\x28\xb5\x2f\xfd", NotText::Zstandard),
    (b"\xfd7zXZ\0", NotText::Xz),
    (b"BZh", NotText::Bzip2),
    (b"\xff\xfe\0\0", NotText::Utf32),
    (b"\0\0\xfe\xff", NotText::Utf32),
    (b"{\0\0\0", NotText::Utf32),
    (b"[\0\0\0", NotText::Utf32),
    (b"\0\0\0{", NotText::Utf32),
    (b"\0\0\0[", NotText::Utf32),
    (b"\xff\xfe", NotText::Utf16),
    (b"\xfe\xff", NotText::Utf16),
    (b"{\0", NotText::Utf16),
    (b"[\0", NotText::Utf16),
    (b"\0{", NotText::Utf16),
    (b"\0[", NotText::Utf16),
];

/// Endings of the names of compressed files, without the dot.
const COMPRESSED: &[&str] = &["gz", "gzip", "zip", "zst", "xz", "bz2"];

impl NotText {
    /// What begins so; `None` for what may be text in UTF-8.
    pub(crate) fn of_head(head: &[u8]) -> Option<Self> {
        BEGINNINGS
            .iter()
            .find(|(beginning, _)| head.starts_with(beginning))
            .map(|(_, not_text)| *not_text)
    }
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotText::Gzip => "it is compressed with gzip: unpack it first (gunzip)",
            NotText::Zip => "it is a zip archive: unpack it first (unzip)",
            NotText::Zstandard => "it is compressed with zstd: unpack it first (unzstd)",
            NotText::Xz => "it is compressed with xz: unpack it first (unxz)",
            NotText::Bzip2 => "it is compressed with bzip2: unpack it first (bunzip2)",
            NotText::Utf16 => "it is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)",
            NotText::Utf32 => "it is UTF-32: convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)",
        })
    }
}

/// True if the name says that its file is compressed.
pub(crate) fn is_compressed(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| COMPRESSED.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Why bytes that are not UTF-8 are refused; `valid` is how many of them are.
pub(crate) fn not_utf8(bytes: &[u8], valid: usize) -> String {
    let place = format!("byte {} of the value is not UTF-8", valid + 1);
    if is_gb18030(bytes) {
        format!("{place}; it may be GB18030 (GBK): convert the file first (iconv -f GB18030 -t UTF-8)")
    } else {
        place
    }
}

/// True if bytes above 0x7f stand in pairs, or in fours, as GB18030 has them. Other encodings of East Asia may look the same:
/// good enough for a hint, not for reading.
fn is_gb18030(mut bytes: &[u8]) -> bool {
    loop {
        bytes = match bytes {
            [] => return true,
            [..=0x7f, rest @ ..]
            | [0x81..=0xfe, 0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, rest @ ..]
            | [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, rest @ ..] => rest,
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_known_by_its_first_bytes() {
        let table: [(&[u8], Option<NotText>); 12] = [
            (b"\x1f\x8b\x08\0", Some(NotText::Gzip)),
            (b"PK\x03\x04\x14", Some(NotText::Zip)),
            (b"\xff\xfe{\0", Some(NotText::Utf16)),
            (b"\xfe\xff\0{", Some(NotText::Utf16)),
            (b"{\0\"\0", Some(NotText::Utf16)),
            (b"\0{\0\"", Some(NotText::Utf16)),
            (b"\xff\xfe\0\0{\0", Some(NotText::Utf32)),
            (b"{\0\0\0\"\0", Some(NotText::Utf32)),
            (b"{\"id\"", None),
            (b"\xef\xbb\xbf{", None),
            (b"[", None),
            (b"", None),
        ];
        for (head, expected) in table {
            assert_eq!(NotText::of_head(head), expected, "{head:?}");
        }
        for (name, expected) in [
            ("a.jsonl.gz", true),
            ("a.GZ", true),
            ("gz", false),
            ("a.gz.jsonl", false),
        ] {
            assert_eq!(is_compressed(name), expected, "{name}");
        }
    }

    #[test]
    fn bytes_that_may_be_gb18030_are_told_with_what_to_do() {
        // 保本 in GBK, and in GB18030 a character of four bytes; then UTF-8, Latin-1 with a lone byte, and a cut pair.
        for may_be in [&b"\"\xb1\xa3\xb1\xbe\""[..], b"\x95\x32\x82\x36"] {
            assert!(is_gb18030(may_be), "{may_be:?}");
        }
        for is_not in [&b"caf\xe9 "[..], b"\xb1", b"\xff\xff"] {
            assert!(!is_gb18030(is_not), "{is_not:?}");
        }
        assert_eq!(
            not_utf8(b"\"\xb1\xa3\"", 1),
            "byte 2 of the value is not UTF-8; it may be GB18030 (GBK): convert the file first (iconv -f GB18030 -t UTF-8)"
        );
    }
}
