//! Opens sealed parts by RustCrypto's ciphers and an unpacker in Rust: AWS-LC and zstd's own library are not in a browser.

use aes::Aes256;
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use hkdf::Hkdf;
use proviso_evidence::verify::{PART_BYTES_MAX, SealedPart, Unsealer};
use proviso_record::{dictionaries, part};
use proviso_sealed::{
    LOG_SALT, NONCE_BYTES, OpenError, Opener, Opens, PackError, Part, RECORD_KEY_BYTES, RecordId, Refused, SuiteName,
    TAG_BYTES,
};
use ruzstd::decoding::{BlockDecodingStrategy, Dictionary, FrameDecoder};
use sha2::Sha256;
use sm4::Sm4;
use std::collections::BTreeMap;
use std::io::Read as _;
use zeroize::Zeroizing;

/// Opens parts, one after the other.
pub struct Unsealing(Opener<InRust>);

impl Unsealing {
    /// One that knows every dictionary of records.
    ///
    /// # Errors
    /// If a dictionary is none.
    pub fn new() -> Result<Self, PackError> {
        Self::with_bound(PART_BYTES_MAX)
    }

    fn with_bound(bytes_max: usize) -> Result<Self, PackError> {
        let mut unpackers = BTreeMap::from([(None, Unpacker::new(None)?)]);
        for known in dictionaries::ALL {
            unpackers.insert(Some(known.number), Unpacker::new(Some(&known))?);
        }
        Ok(Self(Opener::new(InRust { unpackers }, bytes_max)))
    }
}

impl Unsealer for Unsealing {
    fn salt(&mut self, key: &[u8; 32]) -> [u8; 16] {
        let mut salt = [0; 16];
        Hkdf::<Sha256>::from_prk(key)
            .ok()
            .and_then(|prk| prk.expand(LOG_SALT.as_bytes(), &mut salt).ok())
            .expect("a key has the bytes of SHA-256, and a salt is shorter than HKDF's 8,160 bytes");
        salt
    }

    fn open(&mut self, key: &[u8; 32], part: SealedPart<'_>, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let record = RecordId {
            tenant: part.tenant,
            kind: part::MESSAGE,
            number: part.number,
        };
        let mut plain = Vec::new();
        let opened = self.0.open(key, &record, Part(part.part), sealed, &mut plain);
        opened.map(|()| plain).map_err(|error| error.said())
    }
}

/// The libraries.
struct InRust {
    /// By the number of their dictionary.
    unpackers: BTreeMap<Option<u32>, Unpacker>,
}

impl Opens for InRust {
    fn decrypt(
        &mut self,
        suite: SuiteName,
        key: &[u8; RECORD_KEY_BYTES],
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), Refused> {
        let key = suite.cipher_key(key);
        let opened = match suite {
            SuiteName::Aes256Gcm => AesGcm::<Aes256, U12>::new_from_slice(key)
                .map(|cipher| cipher.decrypt_inout_detached(nonce.into(), associated, text.into(), tag.into())),
            SuiteName::Sm4Gcm => AesGcm::<Sm4, U12>::new_from_slice(key)
                .map(|cipher| cipher.decrypt_inout_detached(nonce.into(), associated, text.into(), tag.into())),
        };
        opened.map_err(|_| Refused)?.map_err(|_| Refused)
    }

    fn unpack(
        &mut self,
        dictionary: Option<u32>,
        packed: &[u8],
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let number = dictionary.unwrap_or_default();
        let unpacker = self
            .unpackers
            .get_mut(&dictionary)
            .ok_or(OpenError::Dictionary(number))?;
        Ok(unpacker.unpack(packed, bytes_max, out)?)
    }
}

/// The first bytes of every zstd frame (RFC 8878, section 3.1.1), which are not stored.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Unpacks what one dictionary packed, or none.
struct Unpacker {
    decoder: FrameDecoder,
    dictionary: Option<u32>,
    frame: Zeroizing<Vec<u8>>,
}

impl Unpacker {
    fn new(dictionary: Option<&dictionaries::Dictionary>) -> Result<Self, PackError> {
        let mut decoder = FrameDecoder::new();
        if let Some(known) = dictionary {
            let known = dictionary_of(known).ok_or(PackError::Zstd("a dictionary is none"))?;
            decoder
                .add_dict(known)
                .map_err(|_| PackError::Zstd("a dictionary is refused"))?;
        }
        Ok(Self {
            decoder,
            dictionary: dictionary.map(|known| known.number),
            frame: Zeroizing::default(),
        })
    }

    /// Appends what was packed, at most `bytes_max` of it. Nothing is appended where it fails.
    fn unpack(&mut self, packed: &[u8], bytes_max: usize, out: &mut Vec<u8>) -> Result<(), PackError> {
        self.frame.clear();
        self.frame.extend_from_slice(&MAGIC);
        self.frame.extend_from_slice(packed);
        let declared = declared(packed).ok_or(PackError::NoLength)?;
        let length = usize::try_from(declared).ok().filter(|length| *length <= bytes_max);
        let length = length.ok_or(PackError::TooLong {
            declared,
            max: bytes_max,
        })?;
        let before = out.len();
        out.resize(before + length, 0);
        let unpacked = self.decoded(bytes_max, &mut out[before..]);
        let problem = match unpacked {
            Some(found) if found == length => return Ok(()),
            Some(found) => PackError::Length { declared, found },
            None => PackError::Zstd("the frame is damaged"),
        };
        zeroize::Zeroize::zeroize(&mut out[before..]);
        out.truncate(before);
        Err(problem)
    }

    /// Bytes that the one frame gave; `None` if it is damaged, gives more, or something stands behind it.
    fn decoded(&mut self, bytes_max: usize, into: &mut [u8]) -> Option<usize> {
        let mut frame = self.frame.as_slice();
        self.decoder.set_max_window_size(bytes_max.max(WINDOW_BYTES_MIN) as u64);
        self.decoder.init(&mut frame).ok()?;
        if let Some(number) = self.dictionary {
            self.decoder.force_dict(number).ok()?;
        }
        let mut found = 0;
        while !self.decoder.is_finished() {
            let piece = BlockDecodingStrategy::UptoBytes(PIECE_BYTES);
            self.decoder.decode_blocks(&mut frame, piece).ok()?;
            found += self.decoder.read(&mut into[found..]).ok()?;
            if self.decoder.can_collect() > 0 {
                return None;
            }
        }
        frame.is_empty().then_some(found)
    }
}

/// A dictionary for the decoder, under our number. One without zstd's own first bytes is content alone (RFC 8878, section 5): it has no
/// tables, and the first three offsets of every frame.
fn dictionary_of(known: &dictionaries::Dictionary) -> Option<Dictionary> {
    let is_content_alone = !known.bytes.starts_with(&DICTIONARY_MAGIC);
    // The decoder makes dictionaries of those with tables alone: they are taken out of one.
    let formatted = if is_content_alone {
        dictionaries::CONTENT.bytes
    } else {
        known.bytes
    };
    let mut dictionary = Dictionary::decode_dict(formatted).ok()?;
    dictionary.id = known.number;
    if is_content_alone {
        std::mem::take(&mut dictionary.fse);
        std::mem::take(&mut dictionary.huf);
        dictionary.offset_hist = [1, 4, 8];
        dictionary.dict_content = known.bytes.to_vec();
    }
    Some(dictionary)
}

/// The first bytes of a dictionary with tables (RFC 8878, section 5).
const DICTIONARY_MAGIC: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];
/// Bytes that are unpacked before they are handed on.
const PIECE_BYTES: usize = 1024 * 1024;
/// The window that a frame may always ask for: zstd's at level 3, whatever its content.
const WINDOW_BYTES_MIN: usize = 8 * 1024 * 1024;

/// The length that a frame without magic bytes declares (RFC 8878, section 3.1.1.1); `None` if it declares none.
fn declared(packed: &[u8]) -> Option<u64> {
    let descriptor = *packed.first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    let dictionary_bytes = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let bytes = match descriptor >> 6 {
        0 if is_single_segment => 1,
        0 => return None,
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let at = 1 + usize::from(!is_single_segment) + dictionary_bytes;
    let mut number = [0; 8];
    number[..bytes].copy_from_slice(packed.get(at..at + bytes)?);
    let number = u64::from_le_bytes(number);
    // Two bytes count from 256.
    Some(if bytes == 2 { number + 256 } else { number })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use proviso_rows::each_row;
    use proviso_seal::{FileRing, KeyRing as _, Sealer, issue};
    use std::num::NonZeroU32;

    /// A part sealed by the archive's libraries, with the key of its record.
    fn sealed(suite: SuiteName, dictionary: Option<u32>, plain: &[u8]) -> ([u8; 32], Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let now = proviso_model::Timestamp::from_millis(0).unwrap();
        let ring = FileRing::make(&folder.path().join("bank.keys"), suite, now).unwrap();
        let (mut keys, mut wrapped) = (Vec::new(), Vec::new());
        issue(&ring, 1, &mut keys, &mut wrapped).unwrap();
        assert!(ring.unwrap(&wrapped, &mut Vec::new()).is_ok());
        let dictionary = dictionary.map(|number| {
            let known = dictionaries::ALL
                .into_iter()
                .find(|known| known.number == number)
                .unwrap();
            proviso_seal::Dictionary::new(NonZeroU32::new(number).unwrap(), known.bytes)
        });
        let record = RecordId {
            tenant: "bank",
            kind: part::MESSAGE,
            number: 7,
        };
        let mut out = Vec::new();
        let mut sealer = Sealer::new(dictionary.as_ref()).unwrap();
        sealer.seal(&mut keys[0], &record, Part(1), plain, &mut out).unwrap();
        (*proviso_seal::DisclosedKey::of(&keys[0]).as_bytes(), out)
    }

    const PLACE: SealedPart<'_> = SealedPart {
        tenant: "bank",
        number: 7,
        part: 1,
    };

    fn text(bytes: usize) -> Vec<u8> {
        let line = "{\"msgid\":\"m-1\",\"from\":\"zhang.wei\",\"text\":\"这个产品保本，您放心。\"}\n";
        line.bytes().cycle().take(bytes).collect()
    }

    /// Bytes that zstd makes little of.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Six bits: they are packed by Huffman alone.
            (state >> 58) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[test]
    fn what_the_archive_seals_opens_here() {
        let mut unsealing = Unsealing::new().unwrap();
        for suite in SuiteName::ALL {
            each_row([None, Some(1), Some(2), Some(3)], |dictionary| {
                for plain in [
                    Vec::new(),
                    b"short".to_vec(),
                    text(300),
                    text(70_000),
                    noise(200),
                    noise(300_000),
                    // Longer than a window of the level.
                    [text(3_000_000), noise(3_000_000)].concat(),
                ] {
                    let (key, sealed) = sealed(suite, dictionary, &plain);
                    let opened = unsealing.open(&key, PLACE, &sealed);
                    assert!(opened == Ok(plain), "{suite} {dictionary:?}");
                }
            });
        }
    }

    #[test]
    fn a_salt_is_the_one_that_the_archive_makes() {
        let key = [9; 32];
        let native = proviso_seal::DisclosedKey::from_bytes(key).salt();
        assert_eq!(Unsealing::new().unwrap().salt(&key), native);
    }

    /// The same words as those of the archive's libraries, bit by bit.
    #[test]
    fn what_was_altered_is_refused_as_the_program_refuses_it() {
        let mut here = Unsealing::new().unwrap();
        let mut there = proviso_verify::Unsealing::new().unwrap();
        for suite in SuiteName::ALL {
            let (key, whole) = sealed(suite, Some(3), &text(300));
            for bit in 0..whole.len() * 8 {
                let mut altered = whole.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                let refused = here.open(&key, PLACE, &altered);
                assert!(refused.is_err(), "bit {bit}");
                assert_eq!(refused, there.open(&key, PLACE, &altered), "bit {bit}");
            }
            for length in 0..whole.len() {
                let refused = here.open(&key, PLACE, &whole[..length]);
                assert!(refused.is_err(), "{length}");
                assert_eq!(refused, there.open(&key, PLACE, &whole[..length]), "{length}");
            }
            let elsewhere = SealedPart { part: 3, ..PLACE };
            assert_eq!(here.open(&key, elsewhere, &whole), there.open(&key, elsewhere, &whole));
        }
    }

    #[test]
    fn what_declares_more_than_the_bound_is_refused_before_it_is_unpacked() {
        let (key, sealed) = sealed(SuiteName::Aes256Gcm, None, &vec![b'a'; 100_000]);
        assert!(sealed.len() < 200);
        let mut bounded = Unsealing::with_bound(99_999).unwrap();
        let refused = bounded.open(&key, PLACE, &sealed).unwrap_err();
        assert_eq!(
            refused,
            "unpacked it would have 100000 bytes: at most 99999 are allowed"
        );
        let mut enough = Unsealing::with_bound(100_000).unwrap();
        assert_eq!(enough.open(&key, PLACE, &sealed).map(|plain| plain.len()), Ok(100_000));
    }

    /// Frames as a forger would make them who has a key: each is refused, whatever it declares.
    #[test]
    fn a_frame_that_is_cut_altered_or_followed_is_refused_within_its_bound() {
        let mut unpacker = Unpacker::new(None).unwrap();
        // One block of 5 bytes as they are; a declared length of 5.
        let frame = [&[0x20, 5, 0x29, 0, 0][..], b"abcde"].concat();
        let mut out = b"before".to_vec();
        unpacker.unpack(&frame, 5, &mut out).unwrap();
        assert_eq!(out, b"beforeabcde");
        out.truncate(6);
        for length in 0..frame.len() {
            assert!(unpacker.unpack(&frame[..length], 5, &mut out).is_err(), "{length}");
        }
        // It declares fewer, more, and none; and something stands behind it.
        for (descriptor, declared, behind) in [(0x20, 4, &b""[..]), (0x20, 6, b""), (0x00, 5, b""), (0x20, 5, b"x")] {
            let mut other = [&frame[..], behind].concat();
            (other[0], other[1]) = (descriptor, declared);
            assert!(
                unpacker.unpack(&other, 100, &mut out).is_err(),
                "{descriptor} {declared}"
            );
        }
        // A block that repeats a byte 100,000 times, where five are declared.
        let longer = [0x20, 5, 0x03, 0x35, 0x0c, b'a'];
        assert!(unpacker.unpack(&longer, 1 << 20, &mut out).is_err());
        assert_eq!(out, b"before");
    }
}
