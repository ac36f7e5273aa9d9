//! What is left of a message whose disposal was carried out again, beside its number: which disposal that was. What its certificate says is
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
struct Again {
    at_ms: u64,
    certificate: String,
    leaf: u64,
    log: String,
    place: u32,
    record: String,
}

pub(crate) fn write(first: &First) -> String {
    let again = Again {
        at_ms: first.at_ms,
        certificate: first.certificate.to_hex(),
        leaf: first.leaf,
        log: first.log.clone(),
        place: first.place,
        record: first.record.to_hex(),
    };
    serde_json::to_string(&Stored { again }).expect("names and numbers")
}

/// `None` of what a disposal itself leaves.
pub(crate) fn read(said: &str) -> Option<First> {
    let Stored { again } = serde_json::from_str(said).ok()?;
    Some(First {
        at_ms: again.at_ms,
        certificate: Hash::from_hex(&again.certificate).ok()?,
        leaf: again.leaf,
        log: again.log,
        place: again.place,
        record: Hash::from_hex(&again.record).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written first. The file never changes.
    const GOLDEN: &str = include_str!("golden/disposed-again-v1.json");

    #[test]
    fn a_disposal_that_was_carried_out_again_before_is_read_by_every_later_program() {
        let first = read(GOLDEN.trim()).unwrap();
        assert_eq!(write(&first), GOLDEN.trim());
        assert_eq!((first.leaf, first.place), (150, 3));
        assert_eq!(read("{\"tenant\":\"bank\"}"), None);
    }
}
