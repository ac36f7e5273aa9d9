//! How far a file was read, as it is kept over a restart.

use super::key::{BadFileKey, FileKey};
use proviso_model::digest::Digest;
use std::collections::BTreeMap;

/// Bytes before the offset that tell a file from one that was rewritten with the same beginning.
pub(super) const BEFORE_BYTES_MAX: usize = 4 << 10;
/// Ends the name of the record that holds what stands before the offset. No key ends so: its last part is digits.
const BEFORE: &str = "#before";

/// How far a file was read: committed with the items before it, and given back by `set_cursors` after a restart. Opaque to
/// whoever keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which file.
    pub(super) key: FileKey,
    /// Bytes before the place where reading goes on.
    pub(super) offset: u64,
    /// Line feeds before that place.
    pub(super) lines: u64,
    /// What stands before the offset; `None` in records of a version that did not look at it.
    pub(super) before: Option<Before>,
}

/// The last bytes before an offset, at most 4,096: the first 63 bits of their SHA-256, which every store's integers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Before(u64);

/// One record of a cursor, as an archive keeps it: the newest of each `file` counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCursor {
    /// What is recorded; opaque to the archive.
    pub file: String,
    /// Bytes that need not be read again.
    pub offset: u64,
    /// Lines before that offset, or what else the record is for.
    pub line: u64,
}

/// A record that is not one of a cursor.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the record of how far a file was read cannot be understood")]
pub struct BadCursor(#[from] BadFileKey);

impl Before {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let digest = Digest::of(bytes);
        let first = digest.as_bytes().iter().take(8);
        Self(first.fold(0, |number, byte| number << 8 | u64::from(*byte)) >> 1)
    }
}

impl Cursor {
    /// What to keep, all in one transaction. One record is that of earlier versions; another beside it holds what stands
    /// before the offset, with the same offset, so that it counts for no other.
    pub fn to_stored(&self) -> Vec<StoredCursor> {
        let file = self.key.to_string();
        let before = self.before.map(|Before(before)| StoredCursor {
            file: format!("{file}{BEFORE}"),
            offset: self.offset,
            line: before,
        });
        let read = StoredCursor {
            file,
            offset: self.offset,
            line: self.lines,
        };
        std::iter::once(read).chain(before).collect()
    }

    /// The cursors of all records that were kept of a source, in any order.
    ///
    /// # Errors
    /// A record that no version of this crate wrote.
    pub fn from_stored(records: impl IntoIterator<Item = StoredCursor>) -> Result<Vec<Self>, BadCursor> {
        let mut cursors = BTreeMap::new();
        let mut befores = Vec::new();
        for StoredCursor { file, offset, line } in records {
            if let Some(file) = file.strip_suffix(BEFORE) {
                befores.push((file.parse::<FileKey>()?, offset, Before(line)));
                continue;
            }
            let key: FileKey = file.parse()?;
            let cursor = Self {
                key: key.clone(),
                offset,
                lines: line,
                before: None,
            };
            cursors.insert(key, cursor);
        }
        for (key, offset, before) in befores {
            // One of another offset was kept by a version that knows of it, and passed by one that does not.
            if let Some(cursor) = cursors.get_mut(&key).filter(|cursor| cursor.offset == offset) {
                cursor.before = Some(before);
            }
        }
        Ok(cursors.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(file: &str, offset: u64, line: u64) -> StoredCursor {
        StoredCursor {
            file: file.to_owned(),
            offset,
            line,
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_kept_and_old_records_are_read() {
        let cursor = |before| Cursor {
            key: FileKey::of("a#before.jsonl", b"{}\n"),
            offset: 3,
            lines: 1,
            before,
        };
        for before in [None, Some(Before::of(b"{}\n"))] {
            let mut records = cursor(before).to_stored();
            assert_eq!(records.len(), 1 + usize::from(before.is_some()));
            assert!(records.iter().all(|record| i64::try_from(record.line).is_ok()));
            records.reverse();
            assert_eq!(Cursor::from_stored(records), Ok(vec![cursor(before)]));
        }
        let old = stored("a.jsonl#3-0123456789abcdef", 3, 1);
        let found = Cursor::from_stored([old.clone()]).unwrap();
        assert_eq!((found[0].offset, found[0].lines, found[0].before), (3, 1, None));
        let passed = stored("a.jsonl#3-0123456789abcdef#before", 2, 77);
        assert_eq!(
            Cursor::from_stored([passed, old]).unwrap()[0].before,
            None,
            "of another offset"
        );
        for bad in ["", "a", "a#before", "a.jsonl#3-0123456789abcdef#after"] {
            assert!(Cursor::from_stored([stored(bad, 0, 0)]).is_err(), "{bad:?}");
        }
    }
}
