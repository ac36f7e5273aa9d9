//! Opening a part of a record, by AWS-LC, RustCrypto's SM4 and zstd's own library.

use crate::disclosed::DisclosedKey;
use crate::packing::{Dictionary, Unpacker};
use crate::record_key::RecordKey;
use crate::suite::cipher;
use proviso_sealed::{
    NONCE_BYTES, OpenError, Opens, PackError, Part, RECORD_KEY_BYTES, RecordId, Refused, SuiteName, TAG_BYTES,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Opens parts, one after the other; one for each thread. It keeps its buffers, so that a part costs no allocation.
pub struct Opener(proviso_sealed::Opener<Native>);

/// The libraries.
struct Native {
    unpackers: BTreeMap<u32, Unpacker>,
}

/// The place in `unpackers` of the one without a dictionary; dictionaries have numbers from 1.
const WITHOUT: u32 = 0;

impl Opens for Native {
    fn decrypt(
        &mut self,
        suite: SuiteName,
        key: &[u8; RECORD_KEY_BYTES],
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), Refused> {
        cipher(suite).open(key, nonce, associated, text, tag)
    }

    fn unpack(
        &mut self,
        dictionary: Option<u32>,
        packed: &[u8],
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let unpacker = match (dictionary, self.unpackers.entry(dictionary.unwrap_or(WITHOUT))) {
            (_, Entry::Occupied(known)) => known.into_mut(),
            (None, Entry::Vacant(vacant)) => vacant.insert(Unpacker::new(None)?),
            (Some(number), Entry::Vacant(_)) => return Err(OpenError::Dictionary(number)),
        };
        Ok(unpacker.unpack(packed, bytes_max, out)?)
    }
}

impl Opener {
    /// An opener that answers with at most that many bytes for a part, and knows no dictionary.
    pub fn new(bytes_max: usize) -> Self {
        let unpackers = BTreeMap::new();
        Self(proviso_sealed::Opener::new(Native { unpackers }, bytes_max))
    }

    /// Makes a dictionary known. One that has the number of an earlier one takes its place.
    ///
    /// # Errors
    /// If zstd has no memory or refuses it.
    pub fn know(&mut self, dictionary: &Dictionary) -> Result<(), PackError> {
        let unpacker = Unpacker::new(Some(dictionary))?;
        self.0.opens().unpackers.insert(dictionary.number(), unpacker);
        Ok(())
    }

    /// Verifies, decrypts and unpacks a part, and appends it to `out`.
    ///
    /// # Errors
    /// [`OpenError`]; `out` is as it was then.
    pub fn open(
        &mut self,
        key: &RecordKey,
        record: &RecordId,
        part: Part,
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        self.0.open(key.bytes(), record, part, sealed, out)
    }

    /// The same, by a key that was given away with the record.
    ///
    /// # Errors
    /// [`OpenError`]; `out` is as it was then.
    pub fn open_disclosed(
        &mut self,
        key: &DisclosedKey,
        record: &RecordId,
        part: Part,
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        self.0.open(key.as_bytes(), record, part, sealed, out)
    }
}
