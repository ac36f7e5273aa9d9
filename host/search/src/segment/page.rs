//! Pages of a segment: what is sealed as a whole, and asked for one by one.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | version of the form: 1 |
//! | 1 | the stream that the page is a part of |
//! | 2-5 | its number in the segment, from 0, little-endian |
//! | 6-13 | check of all other bytes, little-endian |
//! | 14- | content, at most [`CONTENT_BYTES_MAX`] |

use crate::analysis::ANALYSIS_VERSION;
use std::sync::Arc;

/// A page, in bytes, at most: what is decrypted at once.
pub const PAGE_BYTES_MAX: usize = 32 << 10;
/// Version of the form that is written, and the only one that is read.
pub(crate) const VERSION: u8 = 1;

const HEADER_BYTES: usize = 14;
/// What a page holds, at most.
pub(crate) const CONTENT_BYTES_MAX: usize = PAGE_BYTES_MAX - HEADER_BYTES;

/// What a page is a part of. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Documents of terms.
    Postings = 1,
    /// Terms, in order.
    Dictionary = 2,
    /// Documents: their numbers and times.
    Table = 3,
    /// Where pages of dictionary and table begin.
    Root = 4,
    /// The last page: what there is, and where.
    Head = 5,
}

/// Where the pages of a segment come from: decrypted, and as they were written.
pub trait Pages {
    /// Why a page cannot be had.
    type Error;

    /// How many there are.
    fn count(&self) -> u32;

    /// The page of this number, from 0. Called several times for a page: keep those that were asked for last.
    fn page(&self, number: u32) -> Result<Arc<[u8]>, Self::Error>;
}

/// Pages in memory.
impl Pages for Vec<Arc<[u8]>> {
    type Error = NoPage;

    fn count(&self) -> u32 {
        self.len() as u32
    }

    fn page(&self, number: u32) -> Result<Arc<[u8]>, NoPage> {
        self.get(number as usize).cloned().ok_or(NoPage)
    }
}

/// There is no page of that number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no such page")]
pub struct NoPage;

/// A segment cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SegmentError<E> {
    /// A page cannot be had.
    #[error("page {page} of the segment cannot be had")]
    Page {
        /// Its number.
        page: u32,
        /// Why.
        source: E,
    },
    /// A page is not what was written: the segment is to be built anew from its messages.
    #[error("page {page} of the segment is damaged: {what}; build the segment anew")]
    Damaged {
        /// Its number.
        page: u32,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Its texts were read by another program: it would miss messages.
    #[error("the segment's texts were read as version {found}: expected {ANALYSIS_VERSION}; build the segment anew")]
    Analysis {
        /// The version.
        found: u64,
    },
    /// A form of another program.
    #[error("the segment has form {found}: expected {VERSION}; build the segment anew")]
    Form {
        /// Its version.
        found: u8,
    },
}

/// A page with this content.
pub(crate) fn write(stream: Stream, number: u32, content: &[u8]) -> Vec<u8> {
    debug_assert!(content.len() <= CONTENT_BYTES_MAX, "{} bytes", content.len());
    let mut page = Vec::with_capacity(HEADER_BYTES + content.len());
    page.extend_from_slice(&[VERSION, stream as u8]);
    page.extend_from_slice(&number.to_le_bytes());
    page.extend_from_slice(&check(stream, number, content).to_le_bytes());
    page.extend_from_slice(content);
    page
}

/// A page that was read and is what was written.
#[derive(Clone)]
pub(crate) struct Page {
    bytes: Arc<[u8]>,
}

impl Page {
    /// The content.
    pub(crate) fn content(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..]
    }
}

/// Reads a page of a stream.
pub(crate) fn read<P: Pages>(pages: &P, stream: Stream, number: u32) -> Result<Page, SegmentError<P::Error>> {
    let bytes = pages
        .page(number)
        .map_err(|source| SegmentError::Page { page: number, source })?;
    let damaged = |what| SegmentError::Damaged { page: number, what };
    if bytes.len() < HEADER_BYTES || bytes.len() > PAGE_BYTES_MAX {
        return Err(damaged("it is cut or too long"));
    }
    if bytes[0] != VERSION {
        return Err(SegmentError::Form { found: bytes[0] });
    }
    if bytes[1] != stream as u8 || bytes[2..6] != number.to_le_bytes() {
        return Err(damaged("another page stands in its place"));
    }
    if bytes[6..HEADER_BYTES] != check(stream, number, &bytes[HEADER_BYTES..]).to_le_bytes() {
        return Err(damaged("its bytes are not those that were written"));
    }
    Ok(Page { bytes })
}

/// 64 bits over all of a page. Each step is reversible in what it takes in, so that a change within eight bytes never passes; a larger
/// one does once in 2^64. It is no seal: who can write a page can write its check.
fn check(stream: Stream, number: u32, content: &[u8]) -> u64 {
    let step = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    };
    let first = u64::from(VERSION) | (stream as u64) << 8 | u64::from(number) << 16;
    let mut hash = step(content.len() as u64, first);
    let (words, rest) = content.as_chunks::<8>();
    for word in words {
        hash = step(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    step(hash, u64::from_le_bytes(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_page_is_damaged() {
        let page = write(Stream::Table, 2, b"some content of a page");
        let read = |bytes: &[u8], stream, number| {
            let mut pages: Vec<Arc<[u8]>> = vec![Arc::from([].as_slice()); 4];
            pages[number as usize] = Arc::from(bytes);
            read(&pages, stream, number).map(|page| page.content().to_vec())
        };
        assert_eq!(read(&page, Stream::Table, 2).unwrap(), b"some content of a page");
        for at in 0..page.len() {
            for bit in 0..8 {
                let mut other = page.clone();
                other[at] ^= 1 << bit;
                assert!(read(&other, Stream::Table, 2).is_err(), "bit {bit} of byte {at}");
            }
            assert!(read(&page[..at], Stream::Table, 2).is_err(), "cut at {at}");
        }
        let damaged = |result: Result<_, SegmentError<NoPage>>| matches!(result, Err(SegmentError::Damaged { .. }));
        assert!(damaged(read(&page, Stream::Root, 2)));
        assert!(damaged(read(&page, Stream::Table, 3)));
        let mut longer = page.clone();
        longer.push(0);
        assert!(damaged(read(&longer, Stream::Table, 2)));
        let mut newer = page.clone();
        newer[0] = 2;
        assert_eq!(read(&newer, Stream::Table, 2), Err(SegmentError::Form { found: 2 }));
        let none: Vec<Arc<[u8]>> = Vec::new();
        let error = super::read(&none, Stream::Table, 0).err().unwrap();
        assert_eq!(error.to_string(), "page 0 of the segment cannot be had");
    }
}
