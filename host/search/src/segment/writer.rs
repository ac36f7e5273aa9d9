//! Writes a segment: terms in order with their documents, then the table, as pages in the order of their numbers.
//!
//! Pages of postings come first, each full; then those of the dictionary, of the table, of the root, and the head. The dictionary is held
//! until all postings are written.

use super::bits::{write_varint, zigzag};
use super::dictionary::{BESIDE_BYTES_MAX, Blocks, Listed};
use super::page::{self, CONTENT_BYTES_MAX, Stream};
use super::postings;
use super::table::{self, BLOCK, BLOCK_BYTES_MAX, Row, TooFar};
use crate::analysis::ANALYSIS_VERSION;

/// A segment was not written.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WriteError<E> {
    /// The sink did not take a page.
    #[error("page {page} of the segment was not taken")]
    Sink {
        /// Its number.
        page: u32,
        /// Why.
        source: E,
    },
    /// Numbers, or times, of neighbours are more than 2^56 apart.
    #[error("documents {first} to {last} of the segment have numbers or times that are more than 2^56 apart")]
    Apart {
        /// The first of them.
        first: u32,
        /// The last.
        last: u32,
    },
}

/// A segment that is being written.
pub(crate) struct Writer<S> {
    sink: S,
    documents: u32,
    pages: u32,
    /// Of the page that is being filled.
    postings: Vec<u8>,
    postings_bytes: u64,
    blocks: Blocks,
    terms: u64,
    packed: Vec<u8>,
    others: Vec<u32>,
}

impl<E, S: FnMut(Vec<u8>) -> Result<(), E>> Writer<S> {
    /// A segment of so many documents.
    pub(crate) fn new(documents: u32, sink: S) -> Self {
        Self {
            sink,
            documents,
            pages: 0,
            postings: Vec::new(),
            postings_bytes: 0,
            blocks: Blocks::default(),
            terms: 0,
            packed: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Writes a term, greater than the one before, with its documents: ascending, each once, and not none.
    pub(crate) fn add(&mut self, term: &[u8], documents: &[u32]) -> Result<(), WriteError<E>> {
        self.terms += 1;
        let (count, from) = (documents.len() as u32, self.postings_bytes);
        if let [one] = documents {
            self.blocks.add(term, count, &Listed::One(*one), from);
            return Ok(());
        }
        self.packed.clear();
        postings::pack(documents, self.documents, &mut self.others, &mut self.packed);
        if self.packed.len() <= BESIDE_BYTES_MAX {
            self.blocks.add(term, count, &Listed::Beside(&self.packed), from);
            return Ok(());
        }
        self.postings_bytes += self.packed.len() as u64;
        self.blocks
            .add(term, count, &Listed::There(from..self.postings_bytes), from);
        let packed = std::mem::take(&mut self.packed);
        let mut left = packed.as_slice();
        while !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(CONTENT_BYTES_MAX - self.postings.len()));
            self.postings.extend_from_slice(now);
            left = later;
            if self.postings.len() == CONTENT_BYTES_MAX {
                self.end_postings()?;
            }
        }
        self.packed = packed;
        Ok(())
    }

    fn end_postings(&mut self) -> Result<(), WriteError<E>> {
        let content = std::mem::take(&mut self.postings);
        self.page(Stream::Postings, &content)
    }

    fn page(&mut self, stream: Stream, content: &[u8]) -> Result<(), WriteError<E>> {
        let page = self.pages;
        self.pages += 1;
        (self.sink)(page::write(stream, page, content)).map_err(|source| WriteError::Sink { page, source })
    }

    /// Writes the rest: the table has a row for each document.
    pub(crate) fn end(mut self, rows: impl Iterator<Item = Row>) -> Result<(), WriteError<E>> {
        if !self.postings.is_empty() {
            self.end_postings()?;
        }
        let mut root = Vec::new();
        let dictionary_from = self.pages;
        for (first, block) in std::mem::take(&mut self.blocks).ended() {
            self.page(Stream::Dictionary, &block)?;
            write_varint(first.len() as u64, &mut root);
            root.extend_from_slice(&first);
        }
        let table_from = self.pages;
        self.table(rows, &mut root)?;
        let root_from = self.pages;
        for part in root.chunks(CONTENT_BYTES_MAX) {
            self.page(Stream::Root, part)?;
        }
        let mut head = Vec::new();
        for value in [
            ANALYSIS_VERSION,
            u64::from(self.documents),
            self.terms,
            self.postings_bytes,
            u64::from(dictionary_from),
            u64::from(table_from),
            u64::from(root_from),
        ] {
            write_varint(value, &mut head);
        }
        self.page(Stream::Head, &head)
    }

    /// Writes the table, and of each of its pages into the root: its first number, and the least and the last time in it.
    fn table(&mut self, rows: impl Iterator<Item = Row>, root: &mut Vec<u8>) -> Result<(), WriteError<E>> {
        let mut rows = rows.peekable();
        let (mut content, mut block) = (Vec::new(), Vec::with_capacity(BLOCK));
        let mut of_page: Option<(u64, i64, i64)> = None;
        let mut documents = 0;
        while rows.peek().is_some() {
            block.clear();
            block.extend(rows.by_ref().take(BLOCK));
            let (first, last) = (documents, documents + block.len() as u32 - 1);
            documents = last + 1;
            table::write(&block, &mut content).map_err(|TooFar| WriteError::Apart { first, last })?;
            let page = of_page.get_or_insert((block[0].number, i64::MAX, i64::MIN));
            for row in &block {
                (page.1, page.2) = (page.1.min(row.sent_ms), page.2.max(row.sent_ms));
            }
            if content.len() + BLOCK_BYTES_MAX > CONTENT_BYTES_MAX || rows.peek().is_none() {
                let (number, least, last) = of_page.take().unwrap_or_default();
                write_varint(u64::from(first / BLOCK as u32 + 1), root);
                write_varint(number, root);
                write_varint(zigzag(least), root);
                write_varint(zigzag(last), root);
                self.page(Stream::Table, &std::mem::take(&mut content))?;
            }
        }
        debug_assert_eq!(documents, self.documents, "each document has a row");
        Ok(())
    }
}
