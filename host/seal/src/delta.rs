//! Pieces of a few hundred bytes as what they differ in from one before them, of which they keep the most.

use zstd::zstd_safe::{self, CCtx, CParameter, DCtx};

/// The first bytes of every zstd frame (RFC 8878, section 3.1.1), which are not stored.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A difference does not restore what it was made of.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a difference is damaged")]
pub struct DamagedDelta;

/// Writes differences, one after the other. To make one costs as much as a few differences.
pub struct Differ<'a> {
    context: CCtx<'a>,
    /// False where zstd took no parameters: then nothing is ever shorter.
    is_set: bool,
    frame: Vec<u8>,
}

impl Default for Differ<'_> {
    fn default() -> Self {
        let mut context = CCtx::create();
        // Small tables: both are a few hundred bytes.
        let parameters = [
            CParameter::ContentSizeFlag(false),
            CParameter::CompressionLevel(6),
            CParameter::WindowLog(13),
            CParameter::HashLog(9),
            CParameter::ChainLog(9),
            CParameter::MinMatch(3),
        ];
        let is_set = parameters
            .into_iter()
            .all(|parameter| context.set_parameter(parameter).is_ok());
        Self {
            context,
            is_set,
            frame: Vec::new(),
        }
    }
}

impl<'a> Differ<'a> {
    /// Appends a piece to `out` as what it differs in from another one of its kind; the same bytes as the other cost about ten.
    /// False, and nothing is appended, where it would not be shorter.
    pub fn write(&mut self, before: &'a [u8], piece: &[u8], out: &mut Vec<u8>) -> bool {
        let room = zstd_safe::compress_bound(piece.len());
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
        // A prefix counts for one frame.
        let begun = self.is_set && self.context.ref_prefix(before).is_ok();
        let written = begun.then(|| self.context.compress2(&mut self.frame[..], piece));
        if let Some(Ok(written)) = written {
            let delta = self.frame[..written].strip_prefix(&MAGIC);
            let delta = delta.filter(|delta| delta.len() < piece.len());
            out.extend_from_slice(delta.unwrap_or_default());
            delta.is_some()
        } else {
            // What a frame that failed left behind is not gone into.
            *self = Self::default();
            false
        }
    }
}

/// Restores what [`Differ::write`] wrote, of at most `bytes_max` bytes.
///
/// # Errors
/// If it is not that, or longer.
pub fn restore(before: &[u8], delta: &[u8], bytes_max: usize) -> Result<Vec<u8>, DamagedDelta> {
    let mut context = DCtx::create();
    let mut piece = vec![0; bytes_max];
    let frame = [&MAGIC, delta].concat();
    let restored = context
        .ref_prefix(before)
        .and_then(|_| context.decompress(&mut piece[..], &frame));
    piece.truncate(restored.map_err(|_| DamagedDelta)?);
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_difference_restores_what_it_was_made_of(
            before in proptest::collection::vec(any::<u8>(), 0..600),
            place in any::<prop::sample::Index>(),
            put in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut piece = before.clone();
            let at = place.index(before.len() + 1);
            piece.splice(at..(at + put.len()).min(before.len()), put);
            let mut differ = Differ::default();
            // Twice by one differ, and back: nothing stays of the frame before.
            for (before, piece) in [(&before, &piece), (&before, &piece), (&piece, &before)] {
                let mut out = Vec::new();
                if differ.write(before, piece, &mut out) {
                    prop_assert!(out.len() < piece.len());
                    prop_assert_eq!(&restore(before, &out, 1 << 20).unwrap(), piece);
                } else {
                    prop_assert!(out.is_empty() && piece.len() < 80, "{} bytes", piece.len());
                }
            }
        }

        #[test]
        fn other_bytes_are_damage_or_short(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(piece) = restore(b"a piece of before", &bytes, 4_096) {
                prop_assert!(piece.len() <= 4_096);
            }
        }
    }
}
