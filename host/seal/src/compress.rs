//! Compression before sealing: small texts of one kind, against a dictionary that holds what they have in common.
//!
//! The dictionary is part of the program and never made from messages: what is learnt from messages would stand in the clear
//! beside them, and outlive them.

use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CCtx, CParameter, DCtx, DParameter, FrameFormat};

/// Level of compression: above it, twice the time saves a few bytes in a hundred.
const LEVEL: i32 = 6;
/// Shorter pieces are left as they are.
const BYTES_MIN: usize = 24;

/// What the pieces of one kind have in common. Never changes once pieces were written with it.
pub struct Dictionary {
    bytes: &'static [u8],
    contexts: &'static std::thread::LocalKey<RefCell<Contexts>>,
}

/// Contexts of a thread for one dictionary, made at first use.
#[derive(Default)]
pub struct Contexts {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

/// A compressed piece could not be restored.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CompressError {
    /// Longer than whoever reads it allows.
    #[error("a piece says that it has {found} bytes, and at most {max} are allowed")]
    TooLong {
        /// What it says.
        found: usize,
        /// What is allowed.
        max: usize,
    },
    /// Not what the program wrote.
    #[error("a compressed piece is damaged")]
    Damaged,
}

impl Dictionary {
    /// A dictionary whose contexts each thread keeps in that place; see [`dictionary!`](crate::dictionary).
    pub const fn new(bytes: &'static [u8], contexts: &'static std::thread::LocalKey<RefCell<Contexts>>) -> Self {
        Self { bytes, contexts }
    }

    /// Appends a piece to `out`: 1 and its length and compressed bytes, or 0 and its bytes where that is shorter.
    pub fn compress(&self, piece: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        if piece.len() >= BYTES_MIN && self.try_compress(piece, out) && out.len() - start <= piece.len() {
            return;
        }
        out.truncate(start);
        out.push(0);
        out.extend_from_slice(piece);
    }

    fn try_compress(&self, piece: &[u8], out: &mut Vec<u8>) -> bool {
        let Ok(length) = u32::try_from(piece.len()) else {
            return false;
        };
        out.push(1);
        write_length(length, out);
        let start = out.len();
        out.resize(start + zstd::zstd_safe::compress_bound(piece.len()), 0);
        self.contexts.with_borrow_mut(|contexts| {
            let compressor = match &mut contexts.compressor {
                Some(compressor) => compressor,
                None => match self.compressor() {
                    Ok(compressor) => contexts.compressor.insert(compressor),
                    Err(_) => return false,
                },
            };
            match compressor.compress_to_buffer(piece, &mut out[start..]) {
                Ok(written) => {
                    out.truncate(start + written);
                    true
                }
                Err(_) => false,
            }
        })
    }

    /// Restores a piece that [`compress`](Self::compress) wrote, of at most `bytes_max` bytes.
    pub fn restore(&self, compressed: &[u8], bytes_max: usize) -> Result<Vec<u8>, CompressError> {
        let too_long = |found| CompressError::TooLong { found, max: bytes_max };
        match compressed.split_first() {
            Some((0, piece)) if piece.len() > bytes_max => Err(too_long(piece.len())),
            Some((0, piece)) => Ok(piece.to_vec()),
            Some((1, rest)) => {
                let (length, rest) = read_length(rest).ok_or(CompressError::Damaged)?;
                let length = length as usize;
                if length > bytes_max {
                    return Err(too_long(length));
                }
                self.contexts.with_borrow_mut(|contexts| {
                    let decompressor = match &mut contexts.decompressor {
                        Some(decompressor) => decompressor,
                        None => contexts
                            .decompressor
                            .insert(self.decompressor().map_err(|_| CompressError::Damaged)?),
                    };
                    let piece = decompressor
                        .decompress(rest, length)
                        .map_err(|_| CompressError::Damaged)?;
                    if piece.len() == length {
                        Ok(piece)
                    } else {
                        Err(CompressError::Damaged)
                    }
                })
            }
            _ => Err(CompressError::Damaged),
        }
    }

    fn compressor(&self) -> std::io::Result<Compressor<'static>> {
        let mut compressor = Compressor::with_dictionary(LEVEL, self.bytes)?;
        compressor.set_parameter(CParameter::Format(FrameFormat::Magicless))?;
        compressor.set_parameter(CParameter::ContentSizeFlag(false))?;
        compressor.set_parameter(CParameter::ChecksumFlag(false))?;
        compressor.set_parameter(CParameter::DictIdFlag(false))?;
        Ok(compressor)
    }

    fn decompressor(&self) -> std::io::Result<Decompressor<'static>> {
        let mut decompressor = Decompressor::with_dictionary(self.bytes)?;
        decompressor.set_parameter(DParameter::Format(FrameFormat::Magicless))?;
        Ok(decompressor)
    }
}

/// Appends a piece to `out` as what it differs in from another one of its kind; the same bytes as the other cost about ten.
pub fn delta(before: &[u8], piece: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let bound = zstd::zstd_safe::compress_bound(piece.len());
    out.resize(start + bound, 0);
    let mut context = CCtx::create();
    // Small tables: both are a few hundred bytes.
    let parameters = [
        CParameter::Format(FrameFormat::Magicless),
        CParameter::ContentSizeFlag(false),
        CParameter::CompressionLevel(LEVEL),
        CParameter::WindowLog(13),
        CParameter::HashLog(9),
        CParameter::ChainLog(9),
        CParameter::MinMatch(3),
    ];
    let set = parameters
        .into_iter()
        .all(|parameter| context.set_parameter(parameter).is_ok());
    let written = (set && context.ref_prefix(before).is_ok()).then(|| context.compress2(&mut out[start..], piece));
    match written {
        Some(Ok(written)) if written < piece.len() => {
            out.truncate(start + written);
            true
        }
        _ => {
            out.truncate(start);
            false
        }
    }
}

/// Restores what [`delta`] wrote, of at most `bytes_max` bytes.
pub fn restore_delta(before: &[u8], delta: &[u8], bytes_max: usize) -> Result<Vec<u8>, CompressError> {
    let mut context = DCtx::create();
    let mut piece = vec![0; bytes_max];
    let restored = context
        .set_parameter(DParameter::Format(FrameFormat::Magicless))
        .and_then(|_| context.ref_prefix(before))
        .and_then(|_| context.decompress(&mut piece[..], delta));
    piece.truncate(restored.map_err(|_| CompressError::Damaged)?);
    Ok(piece)
}

/// Declares a [`Dictionary`] with contexts of its own.
#[macro_export]
macro_rules! dictionary {
    ($(#[$docs:meta])* $visible:vis static $name:ident = $bytes:expr) => {
        $(#[$docs])*
        $visible static $name: $crate::compress::Dictionary = {
            std::thread_local! {
                static CONTEXTS: std::cell::RefCell<$crate::compress::Contexts> = std::cell::RefCell::default();
            }
            $crate::compress::Dictionary::new($bytes, &CONTEXTS)
        };
    };
}

/// LEB128: seven bits a byte, the least first.
fn write_length(mut length: u32, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn read_length(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut length = 0_u32;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        length |= u32::from(byte & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some((length, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    dictionary!(static COMMON = b"{\"msgid\":\"\",\"action\":\"send\",\"from\":\"\",\"tolist\":[\"\"],\"text\":{\"content\":\"\"}}");

    const BYTES_MAX: usize = 1 << 20;

    #[test]
    fn a_message_costs_what_is_its_own() {
        let piece =
            "{\"msgid\":\"7\",\"action\":\"send\",\"from\":\"li\",\"tolist\":[\"wm\"],\"text\":{\"content\":\"你好\"}}";
        let mut out = Vec::new();
        COMMON.compress(piece.as_bytes(), &mut out);
        assert!(out.len() < piece.len() / 2, "{} of {}", out.len(), piece.len());
        assert_eq!(COMMON.restore(&out, BYTES_MAX).unwrap(), piece.as_bytes());
        assert_eq!(
            COMMON.restore(&out, 10),
            Err(CompressError::TooLong {
                found: piece.len(),
                max: 10
            })
        );
    }

    proptest! {
        #[test]
        fn what_is_restored_is_what_was_compressed(piece in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let mut out = b"before".to_vec();
            COMMON.compress(&piece, &mut out);
            prop_assert!(out.len() <= 6 + 1 + piece.len());
            prop_assert_eq!(COMMON.restore(&out[6..], BYTES_MAX).unwrap(), piece);
        }

        #[test]
        fn a_difference_restores_what_it_was_made_of(
            before in proptest::collection::vec(any::<u8>(), 0..600),
            place in any::<prop::sample::Index>(),
            put in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut piece = before.clone();
            let at = place.index(before.len() + 1);
            piece.splice(at..(at + put.len()).min(before.len()), put);
            let mut out = Vec::new();
            if delta(&before, &piece, &mut out) {
                prop_assert!(out.len() < piece.len());
                prop_assert_eq!(restore_delta(&before, &out, BYTES_MAX).unwrap(), piece);
            } else {
                prop_assert!(out.is_empty() && piece.len() < 80, "{} bytes", piece.len());
            }
        }

        #[test]
        fn other_bytes_are_damage_or_short(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(piece) = COMMON.restore(&bytes, 4_096) {
                prop_assert!(piece.len() <= 4_096);
            }
        }
    }
}
