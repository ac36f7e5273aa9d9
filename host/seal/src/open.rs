//! Opening a part of a record.

use crate::disclosed::{DisclosedKey, RECORD_KEY_BYTES};
use crate::header::{Header, NotSealed, Packing, TAG_BYTES};
use crate::packing::{Dictionary, PackError, Unpacker};
use crate::record::{Part, RecordId, associated_data};
use crate::record_key::RecordKey;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use zeroize::Zeroizing;

/// Opens parts, one after the other; one for each thread. It keeps its buffers, so that a part costs no allocation.
pub struct Opener {
    bytes_max: usize,
    unpackers: BTreeMap<u32, Unpacker>,
    /// What is decrypted, before it is unpacked.
    text: Zeroizing<Vec<u8>>,
    associated: Vec<u8>,
}

/// Why sealed bytes did not open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not of the form of sealed bytes.
    #[error(transparent)]
    Form(#[from] NotSealed),
    /// The tag does not fit: the bytes were altered, or sealed for another tenant, record or part, or under another key.
    #[error("altered, or not sealed for this place under this key")]
    Altered,
    /// A dictionary that this opener was not given.
    #[error("packed by dictionary {0}, which is not known")]
    Dictionary(u32),
    /// Opened, and what was in it cannot be unpacked within the bound.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// The place in `unpackers` of the one without a dictionary; dictionaries have numbers from 1.
const WITHOUT: u32 = 0;

impl Opener {
    /// An opener that answers with at most that many bytes for a part, and knows no dictionary.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            unpackers: BTreeMap::new(),
            text: Zeroizing::default(),
            associated: Vec::new(),
        }
    }

    /// Makes a dictionary known. One that has the number of an earlier one takes its place.
    ///
    /// # Errors
    /// If zstd has no memory or refuses it.
    pub fn know(&mut self, dictionary: &Dictionary) -> Result<(), PackError> {
        let unpacker = Unpacker::new(Some(dictionary))?;
        self.unpackers.insert(dictionary.number(), unpacker);
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
        self.open_by(key.bytes(), record, part, sealed, out)
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
        self.open_by(key.as_bytes(), record, part, sealed, out)
    }

    fn open_by(
        &mut self,
        key: &[u8; RECORD_KEY_BYTES],
        record: &RecordId,
        part: Part,
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let (header, body) = Header::read(sealed)?;
        let (text, tag) = sealed[body..]
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(NotSealed::Short(sealed.len()))?;
        associated_data(record, part, &sealed[..body], &mut self.associated);
        self.text.clear();
        self.text.extend_from_slice(text);
        let opened = header.suite.cipher().open(
            key,
            &header.nonce.unwrap_or(part.nonce()),
            &self.associated,
            &mut self.text,
            tag,
        );
        opened.map_err(|_| OpenError::Altered)?;
        let number = match header.packing {
            Packing::AsItIs => {
                if self.text.len() > self.bytes_max {
                    let declared = self.text.len() as u64;
                    let max = self.bytes_max;
                    return Err(PackError::TooLong { declared, max }.into());
                }
                out.extend_from_slice(&self.text);
                return Ok(());
            }
            Packing::Zstd => {
                if let Entry::Vacant(vacant) = self.unpackers.entry(WITHOUT) {
                    vacant.insert(Unpacker::new(None)?);
                }
                WITHOUT
            }
            Packing::Dictionary(number) => number,
        };
        let unpacker = self.unpackers.get_mut(&number).ok_or(OpenError::Dictionary(number))?;
        Ok(unpacker.unpack(&self.text, self.bytes_max, out)?)
    }
}
