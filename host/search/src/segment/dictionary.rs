//! Terms in ascending order, in blocks of a page each: how often each is there, and where its documents are.
//!
//! A block begins with the place, in the stream of postings, of the first documents that it leads to. An entry has what it shares with the
//! term before and what follows (four bits each, or 15 and a varint), how many documents have the term (a varint), and then, of one
//! document, its number (a varint); of several, how many bytes they are packed into (a varint) and, of few bytes, these. Those of more
//! bytes stand in the postings, in the order of the terms.

use super::bits::{read_varint, take, write_varint};
use super::page::CONTENT_BYTES_MAX;
use crate::term::TERM_BYTES_MAX;
use std::ops::Range;

/// Packed documents that stand beside their term, in bytes, at most.
pub(crate) const BESIDE_BYTES_MAX: usize = 24;
/// An entry, in bytes, at most: nibbles, two varints of lengths, the term, three varints, packed documents.
const ENTRY_BYTES_MAX: usize = 1 + 2 + 1 + TERM_BYTES_MAX + 5 + 5 + 5 + BESIDE_BYTES_MAX;
const LONG: usize = 15;

/// Where the documents of a term are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listed<'b> {
    /// This one alone.
    One(u32),
    /// Packed, beside the term.
    Beside(&'b [u8]),
    /// Packed, in these bytes of the postings.
    There(Range<u64>),
}

/// Blocks that are written one behind the other.
#[derive(Default)]
pub(crate) struct Blocks {
    block: Vec<u8>,
    last: Vec<u8>,
    /// Ended ones, with their first terms.
    ended: Vec<(Vec<u8>, Vec<u8>)>,
    first: Vec<u8>,
}

impl Blocks {
    /// Appends a term, greater than the one before, with how many documents it has. The postings so far end at `postings_to`, without
    /// those of this term.
    pub(crate) fn add(&mut self, term: &[u8], count: u32, listed: &Listed<'_>, postings_to: u64) {
        debug_assert!(self.last.as_slice() < term, "terms are in order");
        if self.block.len() + ENTRY_BYTES_MAX > CONTENT_BYTES_MAX {
            self.end();
        }
        if self.block.is_empty() {
            write_varint(postings_to, &mut self.block);
            self.first.clear();
            self.first.extend_from_slice(term);
            self.last.clear();
        }
        let shared = self.last.iter().zip(term).take_while(|(a, b)| a == b).count();
        let rest = &term[shared..];
        self.block.push((shared.min(LONG) << 4 | rest.len().min(LONG)) as u8);
        for length in [shared, rest.len()].into_iter().filter(|length| *length >= LONG) {
            write_varint((length - LONG) as u64, &mut self.block);
        }
        self.block.extend_from_slice(rest);
        write_varint(u64::from(count), &mut self.block);
        match listed {
            Listed::One(document) => write_varint(u64::from(*document), &mut self.block),
            Listed::Beside(packed) => {
                write_varint(packed.len() as u64, &mut self.block);
                self.block.extend_from_slice(packed);
            }
            Listed::There(range) => write_varint(range.end - range.start, &mut self.block),
        }
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
    }

    fn end(&mut self) {
        if !self.block.is_empty() {
            let (first, block) = (std::mem::take(&mut self.first), std::mem::take(&mut self.block));
            self.ended.push((first, block));
        }
    }

    /// All blocks, each behind its first term.
    pub(crate) fn ended(mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.end();
        self.ended
    }
}

/// The entries of a block, read one by one.
pub(crate) struct Block<'b> {
    bytes: &'b [u8],
    postings_to: u64,
    term: Vec<u8>,
    has_begun: bool,
}

impl<'b> Block<'b> {
    /// None of bytes that are no block.
    pub(crate) fn new(mut bytes: &'b [u8]) -> Option<Self> {
        let postings_to = read_varint(&mut bytes)?;
        Some(Self {
            bytes,
            postings_to,
            term: Vec::new(),
            has_begun: false,
        })
    }

    /// The next term, with how many documents have it and where they are; `Some(None)` at the end of the block. None of bytes that are
    /// no entry.
    #[expect(clippy::option_option, reason = "no entry is left, and no entry can be read")]
    pub(crate) fn next(&mut self) -> Option<Option<(&[u8], u32, Listed<'b>)>> {
        if self.bytes.is_empty() {
            return Some(None);
        }
        let bytes = &mut self.bytes;
        let lengths = take(bytes, 1)?[0];
        let mut length = |nibble: u8| match usize::from(nibble) {
            LONG => read_varint(bytes).map(|more| (more as usize).saturating_add(LONG)),
            short => Some(short),
        };
        let (shared, rest) = (length(lengths >> 4)?, length(lengths & 15)?);
        let rest = take(bytes, rest)?;
        if shared > self.term.len() || shared + rest.len() > TERM_BYTES_MAX + 1 {
            return None;
        }
        // What the term shares with the one before is all that they share, and it is the greater one.
        if self.has_begun && self.term.get(shared) >= rest.first() {
            return None;
        }
        self.has_begun = true;
        self.term.truncate(shared);
        self.term.extend_from_slice(rest);
        let count = u32::try_from(read_varint(bytes)?).ok()?;
        let place = read_varint(bytes)?;
        let listed = match usize::try_from(place).ok()? {
            _ if count == 1 => Listed::One(u32::try_from(place).ok()?),
            length if length <= BESIDE_BYTES_MAX => Listed::Beside(take(bytes, length)?),
            _ => {
                let from = self.postings_to;
                self.postings_to = from.checked_add(place)?;
                Listed::There(from..self.postings_to)
            }
        };
        Some(Some((&self.term, count, listed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn what_is_written_is_read(terms in prop::collection::btree_map(prop::collection::vec(0_u8..4, 1..65), 1_u32..100, 1..200)) {
            let mut blocks = Blocks::default();
            let mut to = 0;
            let listed = |count: u32, from: u64| match count {
                1 => Listed::One(7),
                2..=9 => Listed::Beside(&b"packed documents"[..count as usize]),
                _ => Listed::There(from..from + 25 + u64::from(count)),
            };
            for (term, count) in &terms {
                let listed = listed(*count, to);
                blocks.add(term, *count, &listed, to);
                if let Listed::There(range) = listed {
                    to = range.end;
                }
            }
            let (mut found, mut to) = (BTreeMap::new(), 0);
            for (first, bytes) in blocks.ended() {
                let mut block = Block::new(&bytes).unwrap();
                let mut is_first = true;
                while let Some((term, count, at)) = block.next().unwrap() {
                    prop_assert!(!is_first || term == first);
                    is_first = false;
                    prop_assert_eq!(&at, &listed(count, to));
                    if let Listed::There(range) = at {
                        to = range.end;
                    }
                    found.insert(term.to_vec(), count);
                }
            }
            prop_assert_eq!(found, terms);
        }

        #[test]
        fn other_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(mut block) = Block::new(&bytes) {
                while let Some(Some(_)) = block.next() {}
            }
        }
    }

    #[test]
    fn a_block_fits_a_page() {
        let mut blocks = Blocks::default();
        for number in 0..20_000_u32 {
            let mut term = vec![2];
            term.extend_from_slice(&number.to_be_bytes());
            term.resize(TERM_BYTES_MAX + 1, b'x');
            blocks.add(&term, 3, &Listed::Beside(&[0; BESIDE_BYTES_MAX]), 0);
        }
        let ended = blocks.ended();
        assert!(ended.len() > 10 && ended.iter().all(|(_, block)| block.len() <= CONTENT_BYTES_MAX));
    }
}
