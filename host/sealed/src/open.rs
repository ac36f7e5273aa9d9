//! Opening a part of a record, by whatever cipher and unpacker there are.

use crate::header::{Header, NONCE_BYTES, NotSealed, Packing, TAG_BYTES};
use crate::record::{Part, RecordId, associated_data};
use crate::suite_name::{RECORD_KEY_BYTES, SuiteName};
use zeroize::Zeroizing;

/// The cipher or its key refused: too many bytes, or a tag that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// Why bytes could not be packed or unpacked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// What is unpacked would be longer than allowed.
    #[error("unpacked it would have {declared} bytes: at most {max} are allowed")]
    TooLong {
        /// What the frame declares.
        declared: u64,
        /// The bound.
        max: usize,
    },
    /// The frame declares no length.
    #[error("the packed bytes declare no length")]
    NoLength,
    /// zstd refuses the bytes, or a parameter.
    #[error("zstd: {0}")]
    Zstd(&'static str),
    /// What was unpacked has another length than was declared.
    #[error("unpacked it has {found} bytes, and {declared} were declared")]
    Length {
        /// What the frame declares.
        declared: u64,
        /// What came.
        found: usize,
    },
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

impl OpenError {
    /// The same in words that do not depend on which library unpacks.
    pub fn said(&self) -> String {
        match self {
            OpenError::Pack(PackError::Zstd(_) | PackError::Length { .. }) => "zstd refuses what was packed".to_owned(),
            other => other.to_string(),
        }
    }
}

/// What opens: the ciphers, and what unpacks.
pub trait Opens {
    /// Verifies, then decrypts in place.
    ///
    /// # Errors
    /// If the tag does not fit.
    fn decrypt(
        &mut self,
        suite: SuiteName,
        key: &[u8; RECORD_KEY_BYTES],
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), Refused>;

    /// Appends what a frame of zstd holds, which is stored without its four magic bytes, at most `bytes_max` of it. The dictionary is known by
    /// its number; without one the frame was packed by zstd alone. Nothing is appended where it fails.
    ///
    /// # Errors
    /// [`OpenError::Dictionary`] and [`OpenError::Pack`].
    fn unpack(
        &mut self,
        dictionary: Option<u32>,
        packed: &[u8],
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError>;
}

/// Opens parts, one after the other; one for each thread. It keeps its buffers, so that a part costs no allocation.
pub struct Opener<O> {
    opens: O,
    bytes_max: usize,
    /// What is decrypted, before it is unpacked.
    text: Zeroizing<Vec<u8>>,
    associated: Vec<u8>,
}

impl<O: Opens> Opener<O> {
    /// An opener that answers with at most that many bytes for a part.
    pub fn new(opens: O, bytes_max: usize) -> Self {
        Self {
            opens,
            bytes_max,
            text: Zeroizing::default(),
            associated: Vec::new(),
        }
    }

    /// What it opens by.
    pub fn opens(&mut self) -> &mut O {
        &mut self.opens
    }

    /// Verifies, decrypts and unpacks a part, and appends it to `out`.
    ///
    /// # Errors
    /// [`OpenError`]; `out` is as it was then.
    pub fn open(
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
        let nonce = header.nonce.unwrap_or(part.nonce());
        let opened = self
            .opens
            .decrypt(header.suite, key, &nonce, &self.associated, &mut self.text, tag);
        opened.map_err(|Refused| OpenError::Altered)?;
        let dictionary = match header.packing {
            Packing::AsItIs => {
                if self.text.len() > self.bytes_max {
                    let declared = self.text.len() as u64;
                    let max = self.bytes_max;
                    return Err(PackError::TooLong { declared, max }.into());
                }
                out.extend_from_slice(&self.text);
                return Ok(());
            }
            Packing::Zstd => None,
            Packing::Dictionary(number) => Some(number),
        };
        self.opens.unpack(dictionary, &self.text, self.bytes_max, out)
    }
}
