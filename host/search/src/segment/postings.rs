//! The documents of one term, packed.
//!
//! Gaps between documents, each less one, in blocks of 128, by Rice's code: a block has five bits that say how many low bits of each gap
//! stand as they are; the rest of a gap is so many zeros and a one. Without low bits this is a bitmap. Of a term that more than half of
//! all documents have, the others are packed.

use super::bits::{BitReader, BitWriter};

const BLOCK: usize = 128;
const LOW_BITS: u32 = 5;

/// Appends the documents of a term: ascending, each once, below `of`. `others` is memory that calls reuse.
pub(crate) fn pack(documents: &[u32], of: u32, others: &mut Vec<u32>, out: &mut Vec<u8>) {
    if is_packed_by_others(documents.len(), of) {
        others.clear();
        let mut next = 0;
        for &document in documents.iter().chain([&of]) {
            others.extend(next..document);
            next = document + 1;
        }
        pack_gaps(others, out);
    } else {
        pack_gaps(documents, out);
    }
}

/// Gives `take` the documents that were packed, ascending; there are `count`, below `of`. None of bytes that were not packed so.
pub(crate) fn unpack(bytes: &[u8], count: u32, of: u32, mut take: impl FnMut(u32)) -> Option<()> {
    if count > of {
        return None;
    }
    if !is_packed_by_others(count as usize, of) {
        return unpack_gaps(bytes, count, of, take);
    }
    let mut next = 0;
    unpack_gaps(bytes, of - count, of, |other| {
        (next..other).for_each(&mut take);
        next = other + 1;
    })?;
    (next..of).for_each(take);
    Some(())
}

fn is_packed_by_others(count: usize, of: u32) -> bool {
    count > of as usize / 2
}

fn pack_gaps(documents: &[u32], out: &mut Vec<u8>) {
    let mut bits = BitWriter::new(out);
    let mut next = 0;
    let mut gaps = [0_u32; BLOCK];
    for block in documents.chunks(BLOCK) {
        for (gap, &document) in gaps.iter_mut().zip(block) {
            *gap = document - next;
            next = document + 1;
        }
        let gaps = &gaps[..block.len()];
        let low = low_bits(gaps);
        bits.write(u64::from(low), LOW_BITS);
        for &gap in gaps {
            bits.write_unary(u64::from(gap >> low));
            bits.write(u64::from(gap & ((1 << low) - 1)), low);
        }
    }
    bits.end();
}

/// How many low bits make the block shortest.
fn low_bits(gaps: &[u32]) -> u32 {
    let sum: u64 = gaps.iter().map(|gap| u64::from(*gap)).sum();
    let mean = sum / gaps.len() as u64;
    let near = (mean + 1).ilog2();
    let bits = |low: &u32| {
        gaps.iter()
            .map(|gap| u64::from(gap >> low) + u64::from(*low))
            .sum::<u64>()
    };
    (near.saturating_sub(2)..=near + 1).min_by_key(bits).unwrap_or(near)
}

fn unpack_gaps(bytes: &[u8], count: u32, of: u32, mut take: impl FnMut(u32)) -> Option<()> {
    let mut bits = BitReader::new(bytes);
    let (mut next, mut left) = (0, count as usize);
    while left > 0 {
        let low = bits.read(LOW_BITS) as u32;
        for _ in 0..left.min(BLOCK) {
            let high = bits.read_unary()?;
            let document = next + (high << low | bits.read(low));
            if document >= u64::from(of) {
                return None;
            }
            take(document as u32);
            next = document + 1;
        }
        left = left.saturating_sub(BLOCK);
    }
    bits.checked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(documents: &[u32], of: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        pack(documents, of, &mut Vec::new(), &mut bytes);
        bytes
    }

    fn unpacked(bytes: &[u8], count: usize, of: u32) -> Option<Vec<u32>> {
        let mut all = Vec::new();
        unpack(bytes, count as u32, of, |document| all.push(document))?;
        Some(all)
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(of in 1_u32..3_000, one_in in 1_u32..100, seed: u64, noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut state = seed | 1;
            let documents: Vec<u32> = (0..of).filter(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u32 % 100 < one_in
            }).collect();
            let bytes = packed(&documents, of);
            prop_assert_eq!(unpacked(&bytes, documents.len(), of), Some(documents.clone()));
            // Other bytes are other documents or none, and never a panic.
            if let Some(found) = unpacked(&noise, documents.len(), of) {
                prop_assert!(found.len() <= of as usize);
            }
        }
    }

    #[test]
    fn a_term_of_all_documents_takes_no_bytes_and_one_of_every_other_a_bit_each() {
        let all: Vec<u32> = (0..10_000).collect();
        assert_eq!(packed(&all, 10_000).len(), 0);
        let half: Vec<u32> = (0..5_000).map(|number| number * 2).collect();
        assert!(packed(&half, 10_000).len() <= 1_280);
        assert_eq!(packed(&[999_999], 1_000_000).len(), 4);
        assert_eq!(
            unpacked(&packed(&[999_999], 1_000_000), 1, 1_000_000),
            Some(vec![999_999])
        );
    }

    #[test]
    fn cut_bytes_and_wrong_counts_are_none() {
        let documents: Vec<u32> = (0..300).map(|number| number * 37).collect();
        let bytes = packed(&documents, 100_000);
        assert_eq!(unpacked(&bytes[..bytes.len() - 1], 300, 100_000), None);
        assert_eq!(unpacked(&bytes, 400, 100_000), None);
        assert_eq!(unpacked(&bytes, 300, 1_000), None);
        assert_eq!(unpacked(&[], 2_000, 1_000), None);
    }
}
