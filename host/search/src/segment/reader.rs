//! Reads a segment from its pages. What is held is the root: where each page of the dictionary and of the table begins.

use super::bits::{read_varint, take, unzigzag};
use super::dictionary::{Block, Listed};
use super::index::Index;
use super::page::{self, CONTENT_BYTES_MAX, Page, Pages, SegmentError, Stream};
use super::postings;
use super::table::{BLOCK, Packed, Row};
use super::{DOCUMENTS_MAX, PAGES_MAX};
use crate::analysis::ANALYSIS_VERSION;
use crate::documents::Documents;
use std::ops::{Range, RangeInclusive};

type Result<T, P> = std::result::Result<T, SegmentError<<P as Pages>::Error>>;

/// A segment that was written.
pub struct Segment<P> {
    pages: P,
    documents: u32,
    terms: u64,
    postings_bytes: u64,
    /// Pages.
    dictionary: Range<u32>,
    table_from: u32,
    /// The first term of each page of the dictionary.
    first_terms: Vec<Box<[u8]>>,
    of_table: Vec<OfTable>,
}

/// What is known of a page of the table.
#[derive(Debug, Clone, Copy)]
struct OfTable {
    first_document: u32,
    first_number: u64,
    sent_from: i64,
    sent_to: i64,
}

impl<P: Pages> Segment<P> {
    /// Reads head and root.
    pub fn open(pages: P) -> Result<Self, P> {
        let count = pages.count();
        let last = count.checked_sub(1).filter(|_| count <= PAGES_MAX);
        let damaged = |page, what| SegmentError::Damaged { page, what };
        let last = last.ok_or(damaged(0, "there are no pages, or too many"))?;
        let head = page::read(&pages, Stream::Head, last)?;
        let [
            analysis,
            documents,
            terms,
            postings_bytes,
            dictionary_from,
            table_from,
            root_from,
        ] = head_values(head.content(), last).ok_or(damaged(last, "the head makes no sense"))?;
        if analysis != ANALYSIS_VERSION {
            return Err(SegmentError::Analysis { found: analysis });
        }
        let mut root = Vec::new();
        for number in root_from as u32..last {
            root.extend_from_slice(page::read(&pages, Stream::Root, number)?.content());
        }
        let mut segment = Self {
            pages,
            documents: documents as u32,
            terms,
            postings_bytes,
            dictionary: dictionary_from as u32..table_from as u32,
            table_from: table_from as u32,
            first_terms: Vec::new(),
            of_table: Vec::new(),
        };
        segment
            .read_root(&root, root_from as u32)
            .ok_or(damaged(root_from as u32, "the root makes no sense"))?;
        Ok(segment)
    }

    fn read_root(&mut self, mut root: &[u8], root_from: u32) -> Option<()> {
        for _ in self.dictionary.clone() {
            let length = usize::try_from(read_varint(&mut root)?).ok()?;
            self.first_terms.push(take(&mut root, length)?.into());
        }
        let mut documents = 0;
        for _ in self.table_from..root_from {
            let blocks = read_varint(&mut root)?;
            self.of_table.push(OfTable {
                first_document: documents,
                first_number: read_varint(&mut root)?,
                sent_from: unzigzag(read_varint(&mut root)?),
                sent_to: unzigzag(read_varint(&mut root)?),
            });
            let to = u32::try_from(blocks).ok()?.checked_mul(BLOCK as u32)?;
            if to <= documents {
                return None;
            }
            documents = to;
        }
        let is_table = documents.checked_sub(self.documents)? < BLOCK as u32;
        let is_ascending = self.first_terms.is_sorted() && self.of_table.is_sorted_by_key(|page| page.first_number);
        (root.is_empty() && is_table && is_ascending).then_some(())
    }

    /// How many documents it has.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// How many terms it has.
    pub fn terms(&self) -> u64 {
        self.terms
    }

    /// Where its pages come from.
    pub fn pages(&self) -> &P {
        &self.pages
    }

    /// What the archive knows a document by, and when it was sent; none of a document that is not there.
    pub fn row(&self, document: u32) -> Result<Option<Row>, P> {
        if document >= self.documents {
            return Ok(None);
        }
        let page = self.of_table.partition_point(|page| page.first_document <= document) - 1;
        let mut row = None;
        self.each_block(page, |first, block| {
            let place = document
                .checked_sub(first)
                .filter(|place| (*place as usize) < block.count);
            if let Some(place) = place {
                row = block.rows().nth(place as usize);
            }
        })?;
        row.map(Some).ok_or_else(|| self.damaged_table(page))
    }

    /// The document that the archive knows by a number.
    pub fn document(&self, number: u64) -> Result<Option<u32>, P> {
        let behind = self.of_table.partition_point(|page| page.first_number <= number);
        let Some(page) = behind.checked_sub(1) else {
            return Ok(None);
        };
        let mut last = None;
        self.each_block(page, |first, block| {
            if block.first_number() <= number {
                last = Some((first, block.rows().position(|row| row.number == number)));
            }
        })?;
        Ok(last.and_then(|(first, place)| Some(first + place? as u32)))
    }

    /// How many documents the archive knows by smaller numbers.
    pub fn documents_before(&self, number: u64) -> Result<u32, P> {
        let behind = self.of_table.partition_point(|page| page.first_number < number);
        let Some(page) = behind.checked_sub(1) else {
            return Ok(0);
        };
        let mut before = self.of_table[page].first_document;
        self.each_block(page, |first, block| {
            if block.first_number() < number {
                before = first + block.rows().take_while(|row| row.number < number).count() as u32;
            }
        })?;
        Ok(before)
    }

    /// The documents that the archive knows by these numbers, which ascend; it may have others as well. Reads the table once.
    pub fn documents_of(&self, numbers: impl IntoIterator<Item = u64>) -> Result<Documents, P> {
        let mut found = Documents::none(self.documents);
        let mut numbers = numbers.into_iter().peekable();
        for page in 0..self.of_table.len() {
            let Some(next) = numbers.peek() else { break };
            if self
                .of_table
                .get(page + 1)
                .is_some_and(|behind| behind.first_number <= *next)
            {
                continue;
            }
            self.each_block(page, |first, block| {
                for (document, row) in (first..).zip(block.rows()) {
                    while numbers.next_if(|number| *number < row.number).is_some() {}
                    if numbers.next_if(|number| *number == row.number).is_some() {
                        found.add(document);
                    }
                }
            })?;
        }
        Ok(found)
    }

    /// What is known of all documents, in their order.
    pub fn rows(&self) -> Result<Vec<Row>, P> {
        let mut rows = Vec::with_capacity(self.documents as usize);
        for page in 0..self.of_table.len() {
            self.each_block(page, |_, block| rows.extend(block.rows()))?;
        }
        Ok(rows)
    }

    /// Gives `take` each block of a page of the table, with its first document.
    fn each_block(&self, page: usize, mut take: impl FnMut(u32, Packed<'_>)) -> Result<(), P> {
        let content = page::read(&self.pages, Stream::Table, self.table_from + page as u32)?;
        let mut left = content.content();
        let mut first = self.of_table[page].first_document;
        let end = self
            .of_table
            .get(page + 1)
            .map_or(self.documents, |next| next.first_document);
        while first < end {
            let block = Packed::take(&mut left).filter(|block| block.count == BLOCK.min((end - first) as usize));
            let block = block.ok_or_else(|| self.damaged_table(page))?;
            take(first, block);
            first += block.count as u32;
        }
        if left.is_empty() {
            Ok(())
        } else {
            Err(self.damaged_table(page))
        }
    }

    fn damaged_table(&self, page: usize) -> SegmentError<P::Error> {
        SegmentError::Damaged {
            page: self.table_from + page as u32,
            what: "the table makes no sense",
        }
    }

    /// The terms from the one on that is, or follows, `from`.
    pub(crate) fn terms_from(&self, from: &[u8]) -> Terms<'_, P> {
        let behind = self.first_terms.partition_point(|first| &**first <= from);
        Terms {
            segment: self,
            next: self.dictionary.start + (behind as u32).saturating_sub(1),
            postings: Postings {
                segment: self,
                page: None,
                joined: Vec::new(),
            },
        }
    }
}

fn head_values(mut content: &[u8], last: u32) -> Option<[u64; 7]> {
    let mut values = [0; 7];
    for value in &mut values {
        *value = read_varint(&mut content)?;
    }
    let [_, documents, _, postings_bytes, dictionary_from, table_from, root_from] = values;
    let is_ordered = dictionary_from <= table_from && table_from <= root_from && root_from <= u64::from(last);
    let is_full = postings_bytes.div_ceil(CONTENT_BYTES_MAX as u64) == dictionary_from;
    (content.is_empty() && documents <= u64::from(DOCUMENTS_MAX) && is_ordered && is_full).then_some(values)
}

/// The terms of a segment, page by page.
pub(crate) struct Terms<'s, P> {
    segment: &'s Segment<P>,
    next: u32,
    postings: Postings<'s, P>,
}

/// A page of the dictionary.
pub(crate) struct TermsPage {
    number: u32,
    page: Page,
}

impl TermsPage {
    pub(crate) fn block<E>(&self) -> std::result::Result<Block<'_>, SegmentError<E>> {
        Block::new(self.page.content()).ok_or(self.damaged())
    }

    pub(crate) fn damaged<E>(&self) -> SegmentError<E> {
        SegmentError::Damaged {
            page: self.number,
            what: "the dictionary makes no sense",
        }
    }
}

impl<P: Pages> Terms<'_, P> {
    /// The next page of the dictionary; none behind the last.
    pub(crate) fn page(&mut self) -> Result<Option<TermsPage>, P> {
        let number = self.next;
        if number >= self.segment.dictionary.end {
            return Ok(None);
        }
        self.next += 1;
        let page = page::read(&self.segment.pages, Stream::Dictionary, number)?;
        Ok(Some(TermsPage { number, page }))
    }

    /// Gives `take` the documents of a term.
    pub(crate) fn documents(&mut self, count: u32, listed: &Listed<'_>, take: impl FnMut(u32)) -> Result<(), P> {
        self.postings.each(count, listed, take)
    }
}

/// Documents of terms, most often of one behind the other.
struct Postings<'s, P> {
    segment: &'s Segment<P>,
    /// The page that was asked for last.
    page: Option<(u32, Page)>,
    joined: Vec<u8>,
}

impl<P: Pages> Postings<'_, P> {
    fn each(&mut self, count: u32, listed: &Listed<'_>, mut take: impl FnMut(u32)) -> Result<(), P> {
        let of = self.segment.documents;
        let mut page = self.segment.dictionary.start;
        let unpacked = match listed {
            Listed::One(document) if *document < of => {
                take(*document);
                Some(())
            }
            Listed::One(_) => None,
            Listed::Beside(bytes) => postings::unpack(bytes, count, of, take),
            Listed::There(range) => {
                page = (range.start / CONTENT_BYTES_MAX as u64) as u32;
                postings::unpack(self.bytes(range)?, count, of, take)
            }
        };
        unpacked.ok_or(SegmentError::Damaged {
            page,
            what: "the documents of a term make no sense",
        })
    }

    /// These bytes of the postings.
    fn bytes(&mut self, range: &Range<u64>) -> Result<&[u8], P> {
        let content_max = CONTENT_BYTES_MAX as u64;
        let first = (range.start / content_max) as u32;
        if range.end > self.segment.postings_bytes || range.is_empty() {
            return Err(SegmentError::Damaged {
                page: self.segment.dictionary.start,
                what: "the documents of a term stand nowhere",
            });
        }
        let last = ((range.end - 1) / content_max) as u32;
        let (from, length) = ((range.start % content_max) as usize, (range.end - range.start) as usize);
        self.joined.clear();
        for number in first..=last {
            if self.page.as_ref().is_none_or(|(here, _)| *here != number) {
                self.page = Some((number, page::read(&self.segment.pages, Stream::Postings, number)?));
            }
            if first != last
                && let Some((_, page)) = &self.page
            {
                let content = page.content();
                let content = content
                    .get(if number == first { from } else { 0 }..)
                    .unwrap_or_default();
                self.joined.extend_from_slice(content);
            }
        }
        let bytes = match &self.page {
            Some((_, page)) if first == last => page.content().get(from..from + length),
            _ => self.joined.get(..length),
        };
        bytes.ok_or(SegmentError::Damaged {
            page: last,
            what: "it is shorter than its postings",
        })
    }
}

impl<P: Pages> Index for Segment<P> {
    type Error = SegmentError<P::Error>;

    fn count(&self) -> u32 {
        self.documents
    }

    fn add_of_term(&self, term: &[u8], into: &mut Documents) -> Result<(), P> {
        self.add_of_terms(term, &|other| other == term, into)
    }

    fn add_of_terms(&self, beginning: &[u8], is_sought: &dyn Fn(&[u8]) -> bool, into: &mut Documents) -> Result<(), P> {
        let mut terms = self.terms_from(beginning);
        while let Some(page) = terms.page()? {
            let mut block = page.block()?;
            while let Some((term, count, listed)) = block.next().ok_or(page.damaged())? {
                if term.starts_with(beginning) {
                    if is_sought(term) {
                        terms.documents(count, &listed, |document| _ = into.add(document))?;
                    }
                } else if term > beginning {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn add_sent(&self, times: RangeInclusive<i64>, into: &mut Documents) -> Result<(), P> {
        for (number, page) in self.of_table.iter().enumerate() {
            if *times.start() > page.sent_to || *times.end() < page.sent_from {
                continue;
            }
            if times.contains(&page.sent_from) && times.contains(&page.sent_to) {
                let next = self.of_table.get(number + 1);
                into.add_row(page.first_document..next.map_or(self.documents, |next| next.first_document));
                continue;
            }
            self.each_block(number, |first, block| {
                let rows = (first..)
                    .zip(block.rows())
                    .filter(|(_, row)| times.contains(&row.sent_ms));
                rows.for_each(|(document, _)| _ = into.add(document));
            })?;
        }
        Ok(())
    }
}
