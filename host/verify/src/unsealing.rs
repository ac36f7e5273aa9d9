//! Opens sealed parts by the keys that an export has.

use proviso_evidence::verify::{PART_BYTES_MAX, SealedPart, Unsealer};
use proviso_record::{dictionaries, part};
use proviso_seal::{Dictionary, DisclosedKey, Opener, PackError, Part, RecordId};
use std::num::NonZeroU32;

/// Opens parts, one after the other.
pub struct Unsealing(Opener);

impl Unsealing {
    /// One that knows every dictionary of records.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub fn new() -> Result<Self, PackError> {
        let mut opener = Opener::new(PART_BYTES_MAX);
        for known in dictionaries::ALL {
            let number = NonZeroU32::new(known.number).expect("dictionaries have numbers from 1");
            opener.know(&Dictionary::new(number, known.bytes))?;
        }
        Ok(Self(opener))
    }
}

impl Unsealer for Unsealing {
    fn salt(&mut self, key: &[u8; 32]) -> [u8; 16] {
        DisclosedKey::from_bytes(*key).salt()
    }

    fn open(&mut self, key: &[u8; 32], part: SealedPart<'_>, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let record = RecordId {
            tenant: part.tenant,
            kind: part::MESSAGE,
            number: part.number,
        };
        let key = DisclosedKey::from_bytes(*key);
        let mut plain = Vec::new();
        let opened = self
            .0
            .open_disclosed(&key, &record, Part(part.part), sealed, &mut plain);
        opened.map(|()| plain).map_err(|error| error.said())
    }
}
