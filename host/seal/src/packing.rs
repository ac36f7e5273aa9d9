//! Packing: zstd before sealing, with a dictionary where there is one. Sealed bytes cannot be made smaller afterwards.
//!
//! A frame is stored without its four magic bytes, which are always the same, and without a checksum, since the tag is one.
//! It always declares its length, and no more than that is written.

use std::sync::Arc;
use zeroize::Zeroizing;
use zstd::zstd_safe::{self, CCtx, CParameter, DCtx};

/// Bytes of a dictionary at most: 112 KiB, what zstd makes by default.
pub const DICTIONARY_BYTES_MAX: usize = 112 << 10;
/// The first bytes of every zstd frame (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The level of compression.
const LEVEL: i32 = 3;

/// A dictionary with its number. It holds pieces of what it was trained on, so it is as secret as that: one that was trained
/// on messages is sealed like them, and goes when they go. It is zeroed when its last user drops it, and never printed.
#[derive(Clone)]
pub struct Dictionary {
    number: u32,
    bytes: Arc<Zeroizing<Vec<u8>>>,
}

/// Why no dictionary came of samples, or of bytes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Dictionaries have numbers from 1.
    #[error("0 is no number of a dictionary: they begin with 1")]
    Number,
    /// A size outside the bounds.
    #[error("{0} bytes are no size of a dictionary: expected 256 to 114,688")]
    Size(usize),
    /// zstd made none; it wants about a hundred times the dictionary's size in samples.
    #[error("zstd made no dictionary of {samples} samples: {message}")]
    Samples {
        /// How many there were.
        samples: usize,
        /// What zstd says.
        message: String,
    },
    /// Bytes that are no dictionary of zstd's.
    #[error("the bytes are no zstd dictionary")]
    Form,
}

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

fn of_zstd(code: usize) -> PackError {
    PackError::Zstd(zstd_safe::get_error_name(code))
}

impl Dictionary {
    /// Trains a dictionary of at most that many bytes (256-114,688) from samples of what will be sealed.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn train(number: u32, samples: &[&[u8]], bytes_max: usize) -> Result<Self, TrainError> {
        if !(256..=DICTIONARY_BYTES_MAX).contains(&bytes_max) {
            return Err(TrainError::Size(bytes_max));
        }
        let bytes = zstd::dict::from_samples(samples, bytes_max).map_err(|error| TrainError::Samples {
            samples: samples.len(),
            message: error.to_string(),
        })?;
        Self::from_bytes(number, bytes)
    }

    /// A dictionary that was trained before.
    ///
    /// # Errors
    /// [`TrainError::Number`], [`TrainError::Size`], [`TrainError::Form`].
    pub fn from_bytes(number: u32, bytes: Vec<u8>) -> Result<Self, TrainError> {
        let bytes = Zeroizing::new(bytes);
        if number == 0 {
            return Err(TrainError::Number);
        }
        if !(8..=DICTIONARY_BYTES_MAX).contains(&bytes.len()) {
            return Err(TrainError::Size(bytes.len()));
        }
        // What zstd does not know as one of its own it would take for plain text (RFC 8878, section 5).
        if zstd_safe::get_dict_id_from_dict(&bytes).is_none() {
            return Err(TrainError::Form);
        }
        let dictionary = Self {
            number,
            bytes: Arc::new(bytes),
        };
        Packer::new(Some(&dictionary)).map_err(|_| TrainError::Form)?;
        Ok(dictionary)
    }

    /// The number in the header of what is packed by it, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its bytes, to be kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dictionary({}, {} bytes)", self.number, self.bytes.len())
    }
}

/// Packs; one for each thread.
pub(crate) struct Packer {
    context: CCtx<'static>,
    /// With room for the longest frame so far.
    frame: Zeroizing<Vec<u8>>,
}

impl Packer {
    pub(crate) fn new(dictionary: Option<&Dictionary>) -> Result<Self, PackError> {
        let mut context = CCtx::try_create().ok_or(PackError::Zstd("no memory"))?;
        let parameters = [
            CParameter::CompressionLevel(LEVEL),
            CParameter::ContentSizeFlag(true),
            CParameter::ChecksumFlag(false),
            CParameter::DictIdFlag(false),
        ];
        for parameter in parameters {
            context.set_parameter(parameter).map_err(of_zstd)?;
        }
        if let Some(dictionary) = dictionary {
            context.load_dictionary(&dictionary.bytes).map_err(of_zstd)?;
        }
        let frame = Zeroizing::default();
        Ok(Self { context, frame })
    }

    /// The packed bytes, or `None` where they would not be fewer.
    pub(crate) fn pack(&mut self, plain: &[u8]) -> Result<Option<&[u8]>, PackError> {
        let room = zstd_safe::compress_bound(plain.len());
        if self.frame.len() < room {
            self.frame = Zeroizing::new(vec![0; room]);
        }
        let frame = self.frame.as_mut_slice();
        let length = self.context.compress2(frame, plain).map_err(of_zstd)?;
        let packed = self.frame[..length].strip_prefix(&MAGIC);
        let packed = packed.ok_or(PackError::Zstd("a frame without magic bytes"))?;
        Ok((packed.len() < plain.len()).then_some(packed))
    }
}

/// Unpacks what one dictionary packed, or none; one for each thread.
pub(crate) struct Unpacker {
    context: DCtx<'static>,
    frame: Zeroizing<Vec<u8>>,
}

impl Unpacker {
    pub(crate) fn new(dictionary: Option<&Dictionary>) -> Result<Self, PackError> {
        let mut context = DCtx::try_create().ok_or(PackError::Zstd("no memory"))?;
        if let Some(dictionary) = dictionary {
            context.load_dictionary(&dictionary.bytes).map_err(of_zstd)?;
        }
        let frame = Zeroizing::default();
        Ok(Self { context, frame })
    }

    /// Appends what was packed, at most `bytes_max` of it. Nothing is appended where it fails.
    pub(crate) fn unpack(&mut self, packed: &[u8], bytes_max: usize, out: &mut Vec<u8>) -> Result<(), PackError> {
        self.frame.clear();
        self.frame.extend_from_slice(&MAGIC);
        self.frame.extend_from_slice(packed);
        let Ok(Some(declared)) = zstd_safe::get_frame_content_size(&self.frame) else {
            return Err(PackError::NoLength);
        };
        let length = usize::try_from(declared).ok().filter(|length| *length <= bytes_max);
        let length = length.ok_or(PackError::TooLong {
            declared,
            max: bytes_max,
        })?;
        let before = out.len();
        out.resize(before + length, 0);
        let unpacked = self.context.decompress(&mut out[before..], &self.frame);
        let problem = match unpacked {
            Ok(found) if found == length => return Ok(()),
            Ok(found) => PackError::Length { declared, found },
            Err(code) => of_zstd(code),
        };
        zeroize::Zeroize::zeroize(&mut out[before..]);
        out.truncate(before);
        Err(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut packer = Packer::new(None).unwrap();
        packer.pack(plain).unwrap().unwrap().to_vec()
    }

    #[test]
    fn what_declares_more_than_the_bound_is_refused_before_it_is_unpacked() {
        let packed = packed(&vec![b'a'; 100_000]);
        assert!(packed.len() < 100);
        let mut unpacker = Unpacker::new(None).unwrap();
        let mut out = b"before".to_vec();
        let refused = unpacker.unpack(&packed, 99_999, &mut out);
        let expected = PackError::TooLong {
            declared: 100_000,
            max: 99_999,
        };
        assert_eq!(refused, Err(expected));
        assert_eq!(out, b"before");
        unpacker.unpack(&packed, 100_000, &mut out).unwrap();
        assert_eq!(out.len(), 100_006);
    }

    #[test]
    fn a_frame_that_is_cut_or_has_no_length_is_refused() {
        let mut unpacker = Unpacker::new(None).unwrap();
        let packed = packed(&[b'a'; 1000]);
        let mut out = Vec::new();
        for length in 0..packed.len() {
            assert!(unpacker.unpack(&packed[..length], 1000, &mut out).is_err(), "{length}");
            assert!(out.is_empty());
        }
        let mut context = CCtx::create();
        context.set_parameter(CParameter::ContentSizeFlag(false)).unwrap();
        let mut frame = vec![0; 2000];
        let length = context.compress2(frame.as_mut_slice(), &[b'a'; 1000]).unwrap();
        let refused = unpacker.unpack(&frame[4..length], 1000, &mut out);
        assert_eq!(refused, Err(PackError::NoLength));
    }

    #[test]
    fn what_does_not_become_smaller_is_left_as_it_is() {
        let mut packer = Packer::new(None).unwrap();
        assert_eq!(packer.pack(b"ab").unwrap(), None);
        assert_eq!(packer.pack(b"").unwrap(), None);
    }

    #[test]
    fn bytes_that_are_no_dictionary_are_refused() {
        let refused = |number, bytes: Vec<u8>| Dictionary::from_bytes(number, bytes).unwrap_err();
        assert_eq!(refused(0, vec![0; 300]), TrainError::Number);
        assert_eq!(refused(1, vec![0; 300]), TrainError::Form);
        assert_eq!(refused(1, vec![0; 7]), TrainError::Size(7));
        let long = DICTIONARY_BYTES_MAX + 1;
        assert_eq!(refused(1, vec![0; long]), TrainError::Size(long));
        assert_eq!(Dictionary::train(1, &[], long).unwrap_err(), TrainError::Size(long));
        let few = Dictionary::train(1, &[b"a"], 1024);
        assert!(matches!(few, Err(TrainError::Samples { samples: 1, .. })));
    }
}
