//! Sealing a part of a record.

use crate::packing::{Dictionary, Packer};
use crate::record_key::{NotTaken, RecordKey};
use crate::suite::cipher;
use proviso_sealed::{
    HEADER_BYTES_MAX, Header, KeyVersion, NotSealed, PackError, Packing, Part, RecordId, SuiteName, TAG_BYTES,
    associated_data,
};
use std::fmt;
use std::ops::Range;
use zeroize::Zeroizing;

/// Seals parts, one after the other; one for each thread. It keeps its buffers, so that a part costs no allocation.
pub struct Sealer {
    packer: Packer,
    dictionary: Option<u32>,
    associated: Vec<u8>,
}

/// A part that is packed and not sealed yet. Its bytes are zeroed when it is dropped.
pub struct Packed {
    packing: Packing,
    text: Zeroizing<Vec<u8>>,
}

impl Packed {
    /// Its length, which is about that of the sealed part.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Packed(secret)")
    }
}

/// Why a part was not sealed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is new, and sealed this part, or a later one, before.
    #[error("part {} may not be sealed under this key: it sealed that one or a later one", .0.0)]
    Part(Part),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// zstd refused.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The cipher takes at most 64 GiB (NIST SP 800-38D, section 5.2.1.1).
    #[error("the cipher refused {0} bytes")]
    Cipher(usize),
}

impl From<NotTaken> for SealError {
    fn from(why: NotTaken) -> Self {
        match why {
            NotTaken::Before(part) => SealError::Part(part),
            NotTaken::Random(error) => SealError::Random(error),
        }
    }
}

impl Sealer {
    /// A sealer that packs by this dictionary, or by zstd alone.
    ///
    /// # Errors
    /// If zstd has no memory or refuses the dictionary.
    pub fn new(dictionary: Option<&Dictionary>) -> Result<Self, PackError> {
        Ok(Self {
            packer: Packer::new(dictionary)?,
            dictionary: dictionary.map(Dictionary::number),
            associated: Vec::new(),
        })
    }

    /// Packs and seals a part and appends it to `out`; answers where it stands there. Parts of a new key go upwards; a key that
    /// was unwrapped seals whatever part it is given, under a nonce of its own.
    ///
    /// # Errors
    /// [`SealError`]; `out` is as it was then.
    pub fn seal(
        &mut self,
        key: &mut RecordKey,
        record: &RecordId,
        part: Part,
        plain: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Range<usize>, SealError> {
        let packed = self.packer.pack(plain)?;
        let packing = packing(packed.is_some(), self.dictionary);
        seal(
            &mut self.associated,
            key,
            (record, part),
            packing,
            packed.unwrap_or(plain),
            out,
        )
    }

    /// Packs a part, and leaves the sealing for later: that needs the record.
    ///
    /// # Errors
    /// If zstd refuses.
    pub fn pack(&mut self, plain: &[u8]) -> Result<Packed, PackError> {
        let packed = self.packer.pack(plain)?;
        Ok(Packed {
            packing: packing(packed.is_some(), self.dictionary),
            text: Zeroizing::new(packed.unwrap_or(plain).to_vec()),
        })
    }

    /// [`Sealer::seal`] of a part that is packed.
    ///
    /// # Errors
    /// [`SealError`]; `out` is as it was then.
    pub fn seal_packed(
        &mut self,
        key: &mut RecordKey,
        record: &RecordId,
        part: Part,
        packed: &Packed,
        out: &mut Vec<u8>,
    ) -> Result<Range<usize>, SealError> {
        seal(
            &mut self.associated,
            key,
            (record, part),
            packed.packing,
            &packed.text,
            out,
        )
    }
}

fn packing(is_packed: bool, dictionary: Option<u32>) -> Packing {
    match (is_packed, dictionary) {
        (false, _) => Packing::AsItIs,
        (true, None) => Packing::Zstd,
        (true, Some(number)) => Packing::Dictionary(number),
    }
}

fn seal(
    associated: &mut Vec<u8>,
    key: &mut RecordKey,
    (record, part): (&RecordId, Part),
    packing: Packing,
    text: &[u8],
    out: &mut Vec<u8>,
) -> Result<Range<usize>, SealError> {
    let sealing = key.take(part)?;
    let header = Header {
        suite: sealing.suite,
        packing,
        version: sealing.version,
        nonce: sealing.nonce,
    };
    let start = out.len();
    out.reserve(HEADER_BYTES_MAX + text.len() + TAG_BYTES);
    header.write(out);
    let body = out.len();
    associated_data(record, part, &out[start..], associated);
    out.extend_from_slice(text);
    let sealed = cipher(sealing.suite).seal(
        key.bytes(),
        &header.nonce.unwrap_or(part.nonce()),
        associated,
        &mut out[body..],
    );
    let Ok(tag) = sealed else {
        out.truncate(start);
        return Err(SealError::Cipher(text.len()));
    };
    out.extend_from_slice(&tag);
    Ok(start..out.len())
}

/// The suite, and the version of the tenant key, under which bytes were sealed. Read from the header, which nobody has
/// verified before the bytes are opened. A key that was wrapped anew since is under a later version.
///
/// # Errors
/// If the bytes are not of the form of sealed bytes.
pub fn sealed_under(sealed: &[u8]) -> Result<(SuiteName, KeyVersion), NotSealed> {
    let (header, _) = Header::read(sealed)?;
    Ok((header.suite, header.version))
}
