//! Packing: zstd before sealing, with a dictionary where there is one. Sealed bytes cannot be made smaller afterwards.
//!
//! A frame is stored without its four magic bytes, which are always the same, and without a checksum, since the tag is one.
//! It always declares its length, and no more than that is written.

use proviso_sealed::PackError;
use std::num::NonZeroU32;
use zeroize::Zeroizing;
use zstd::zstd_safe::{self, CCtx, CParameter, DCtx};

/// The first bytes of every zstd frame (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The level of compression.
///
/// Above it, twice the time saves a few bytes in a hundred.
const LEVEL: i32 = 3;

/// What texts of one kind have in common, with its number. Part of the program, and never made from messages: what is learnt
/// from them would stand in the clear beside them, and outlive them.
#[derive(Debug, Clone, Copy)]
pub struct Dictionary {
    number: NonZeroU32,
    bytes: &'static [u8],
}

fn of_zstd(code: usize) -> PackError {
    PackError::Zstd(zstd_safe::get_error_name(code))
}

impl Dictionary {
    /// A dictionary with its number in the header of what is packed by it. Neither changes once something was.
    pub const fn new(number: NonZeroU32, bytes: &'static [u8]) -> Self {
        Self { number, bytes }
    }

    /// The number in the header of what is packed by it.
    pub fn number(&self) -> u32 {
        self.number.get()
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
            context.load_dictionary(dictionary.bytes).map_err(of_zstd)?;
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
            context.load_dictionary(dictionary.bytes).map_err(of_zstd)?;
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
}
