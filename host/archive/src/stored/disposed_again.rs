//! What is left of a message whose disposal was carried out again, or that was never here: which disposal that was. What its certificate says is
//! not known here; the log that told of it first proves it.

use proviso_proof::Hash;
use serde::{Deserialize, Serialize};

/// The first disposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct First {
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    pub(crate) certificate: Hash,
    pub(crate) leaf: u64,
    /// The name of the log.
    pub(crate) log: String,
    pub(crate) place: u32,
    pub(crate) record: Hash,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    again: Again,
}

#[derive(Serialize, Deserialize)]
struct StoredElsewhere {
    elsewhere: Again,
}

#[derive(Serialize, Deserialize)]
struct Again {
    at_ms: u64,
    certificate: String,
    leaf: u64,
    log: String,
    place: u32,
    record: String,
}

/// Of a message that was here.
pub(crate) fn write(first: &First) -> String {
    serde_json::to_string(&Stored { again: first.into() }).expect("names and numbers")
}

/// Of a message that was never here.
pub(crate) fn write_elsewhere(first: &First) -> String {
    let stored = StoredElsewhere {
        elsewhere: first.into(),
    };
    serde_json::to_string(&stored).expect("names and numbers")
}

/// Of a message that was here; `None` of what a disposal itself leaves.
pub(crate) fn read(said: &str) -> Option<First> {
    serde_json::from_str::<Stored>(said).ok()?.again.into_first()
}

/// Of a message that was never here.
pub(crate) fn read_elsewhere(said: &str) -> Option<First> {
    serde_json::from_str::<StoredElsewhere>(said)
        .ok()?
        .elsewhere
        .into_first()
}

impl From<&First> for Again {
    fn from(first: &First) -> Self {
        Self {
            at_ms: first.at_ms,
            certificate: first.certificate.to_hex(),
            leaf: first.leaf,
            log: first.log.clone(),
            place: first.place,
            record: first.record.to_hex(),
        }
    }
}

impl Again {
    fn into_first(self) -> Option<First> {
        Some(First {
            at_ms: self.at_ms,
            certificate: Hash::from_hex(&self.certificate).ok()?,
            leaf: self.leaf,
            log: self.log,
            place: self.place,
            record: Hash::from_hex(&self.record).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written first. The file never changes.
    const GOLDEN: &str = include_str!("golden/disposed-again-v1.json");

    const GOLDEN_ELSEWHERE: &str = include_str!("golden/disposed-elsewhere-v1.json");

    #[test]
    fn a_tombstone_of_a_message_that_was_never_here_is_read_by_every_later_program() {
        let first = read_elsewhere(GOLDEN_ELSEWHERE.trim()).unwrap();
        assert_eq!(write_elsewhere(&first), GOLDEN_ELSEWHERE.trim());
        assert_eq!(first, read(GOLDEN.trim()).unwrap());
        assert_eq!((read(GOLDEN_ELSEWHERE), read_elsewhere(GOLDEN)), (None, None));
    }

    #[test]
    fn a_disposal_that_was_carried_out_again_before_is_read_by_every_later_program() {
        let first = read(GOLDEN.trim()).unwrap();
        assert_eq!(write(&first), GOLDEN.trim());
        assert_eq!((first.leaf, first.place), (150, 3));
        assert_eq!(read("{\"tenant\":\"bank\"}"), None);
    }
}
