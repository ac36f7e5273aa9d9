//! How a file is known again.

use proviso_model::digest::Digest;
use std::fmt;
use std::str::FromStr;

/// Bytes at the beginning of a file that tell it from another of the same name.
pub(super) const HEAD_BYTES_MAX: usize = 4 << 10;
/// Hexadecimal digits of the digest that are kept.
const DIGITS: usize = 16;

/// A file of the folder: its name, and its first bytes as they were when its first item was read.
///
/// Written `NAME#BYTES-DIGITS`: the number of first bytes, at most 4,096, and the first 16 hexadecimal digits of their
/// SHA-256. A file that grows keeps its key; one that was replaced under the same name gets another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileKey {
    name: String,
    head_bytes: usize,
    head_digits: String,
}

/// A text that is not the key of a file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not the key of a file: expected NAME#BYTES-DIGITS")]
pub struct BadFileKey(String);

impl FileKey {
    /// The key of a file with this name that begins with `head`, as far as it is looked at.
    pub(super) fn of(name: &str, head: &[u8]) -> Self {
        let head = &head[..head.len().min(HEAD_BYTES_MAX)];
        Self {
            name: name.to_owned(),
            head_bytes: head.len(),
            head_digits: Digest::of(head).hex()[..DIGITS].to_owned(),
        }
    }

    /// The file's name within the folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How much of the file's beginning it covers.
    pub(super) fn head_bytes(&self) -> usize {
        self.head_bytes
    }

    /// True if the file that begins with `head` is, or has grown from, the one that this key was made of.
    pub(super) fn is_of(&self, head: &[u8]) -> bool {
        head.get(..self.head_bytes)
            .is_some_and(|head| *self == Self::of(&self.name, head))
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}-{}", self.name, self.head_bytes, self.head_digits)
    }
}

impl FromStr for FileKey {
    type Err = BadFileKey;

    fn from_str(text: &str) -> Result<Self, BadFileKey> {
        let parts = || {
            let (name, head) = text.rsplit_once('#')?;
            let (bytes, digits) = head.split_once('-')?;
            let head_bytes = bytes.parse().ok().filter(|bytes| *bytes <= HEAD_BYTES_MAX)?;
            let hex = digits.len() == DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            (hex && !name.is_empty()).then(|| Self {
                name: name.to_owned(),
                head_bytes,
                head_digits: digits.to_owned(),
            })
        };
        parts().ok_or_else(|| BadFileKey(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grows_keeps_its_key() {
        let key = FileKey::of("a#1.jsonl", b"{\"id\":1}\n");
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        assert!(key.is_of(b"{\"id\":1}\n{\"id\":2}\n"));
        assert!(!key.is_of(b"{\"id\":1}"), "shorter");
        assert!(!key.is_of(b"{\"id\":3}\n{\"id\":2}\n"), "another");
        for bad in [
            "",
            "a",
            "a#1",
            "#1-0123456789abcdef",
            "a#x-0123456789abcdef",
            "a#1-0123",
            "a#5000-0123456789abcdef",
        ] {
            assert_eq!(bad.parse::<FileKey>(), Err(BadFileKey(bad.to_owned())));
        }
    }
}
