//! Several segments as one, without the documents that were deleted: no term of them stays that no other document has.

use super::DOCUMENTS_MAX;
use super::dictionary::Listed;
use super::page::{Pages, SegmentError};
use super::reader::{Segment, Terms};
use super::table::Row;
use super::writer::{WriteError, Writer};
use crate::documents::Documents;
use std::ops::Range;

/// Segments were not merged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MergeError<P, S> {
    /// One cannot be read.
    #[error("part {part} cannot be read")]
    Read {
        /// Which, from 0.
        part: usize,
        /// Why.
        source: SegmentError<P>,
    },
    /// The new one was not written.
    #[error("the merged segment cannot be written")]
    Write(WriteError<S>),
    /// Two parts have the same message.
    #[error("message {number} is in two parts")]
    Twice {
        /// What the archive knows it by.
        number: u64,
    },
    /// There are more documents than a segment may have.
    #[error("the parts have {found} documents: expected at most {DOCUMENTS_MAX}")]
    TooMany {
        /// How many.
        found: u64,
    },
}

/// Gives the sink the pages of a segment with the documents of the parts, in the order of arrival, each part with those of its documents
/// that are left out. What arrived in one part may lie between what arrived in another. Takes memory for the numbers of the documents,
/// not for their terms.
pub fn merge<P: Pages, S>(
    parts: &[(&Segment<P>, &Documents)],
    sink: impl FnMut(Vec<u8>) -> Result<(), S>,
) -> Result<(), MergeError<P::Error, S>> {
    let mut places: Vec<(Row, usize, u32)> = Vec::new();
    for (part, (segment, deleted)) in parts.iter().enumerate() {
        let rows = segment.rows().map_err(|source| MergeError::Read { part, source })?;
        let rows = (0..).zip(rows).filter(|(document, _)| !deleted.has(*document));
        places.extend(rows.map(|(document, row)| (row, part, document)));
    }
    if places.len() > DOCUMENTS_MAX as usize {
        let found = places.len() as u64;
        return Err(MergeError::TooMany { found });
    }
    let is_in_order = places.is_sorted_by_key(|(row, ..)| row.number);
    if !is_in_order {
        places.sort_unstable_by_key(|(row, ..)| row.number);
    }
    if let Some([(row, ..), _]) = places
        .array_windows()
        .find(|[(one, ..), (next, ..)]| one.number == next.number)
    {
        return Err(MergeError::Twice { number: row.number });
    }
    let mut kept: Vec<Vec<Option<u32>>> = parts
        .iter()
        .map(|(segment, _)| vec![None; segment.documents() as usize])
        .collect();
    for (merged, (_, part, document)) in (0..).zip(&places) {
        kept[*part][*document as usize] = Some(merged);
    }
    let mut cursors = Vec::new();
    for ((part, (segment, _)), kept) in parts.iter().enumerate().zip(kept) {
        let mut cursor = Cursor::new(segment, kept);
        cursor.next().map_err(|source| MergeError::Read { part, source })?;
        cursors.push(cursor);
    }
    let mut writer = Writer::new(places.len() as u32, sink);
    let (mut term, mut documents) = (Vec::new(), Vec::new());
    while let Some(least) = cursors.iter().filter_map(Cursor::term).min() {
        term.clear();
        term.extend_from_slice(least);
        documents.clear();
        for (part, cursor) in cursors.iter_mut().enumerate() {
            if cursor.term() == Some(&term) {
                let read = |source| MergeError::Read { part, source };
                cursor.add_documents(&mut documents).map_err(read)?;
                cursor.next().map_err(read)?;
            }
        }
        if !is_in_order {
            documents.sort_unstable();
        }
        if !documents.is_empty() {
            writer.add(&term, &documents).map_err(MergeError::Write)?;
        }
    }
    let rows = places.into_iter().map(|(row, ..)| row);
    writer.end(rows).map_err(MergeError::Write)
}

/// The terms of one part, one by one.
struct Cursor<'s, P> {
    terms: Terms<'s, P>,
    /// By document of the part: its number in the merged segment.
    kept: Vec<Option<u32>>,
    /// Terms of one page, and documents that stand beside them.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    at: usize,
}

struct Entry {
    term: Range<usize>,
    count: u32,
    listed: At,
}

/// Where the documents of a term are.
enum At {
    One(u32),
    Beside(Range<usize>),
    There(Range<u64>),
}

impl<'s, P: Pages> Cursor<'s, P> {
    /// Stands before the first term.
    fn new(segment: &'s Segment<P>, kept: Vec<Option<u32>>) -> Self {
        Self {
            terms: segment.terms_from(&[]),
            kept,
            bytes: Vec::new(),
            entries: Vec::new(),
            at: 0,
        }
    }

    /// The term that it stands at; none behind the last.
    fn term(&self) -> Option<&[u8]> {
        let entry = self.entries.get(self.at.checked_sub(1)?)?;
        Some(&self.bytes[entry.term.clone()])
    }

    fn next(&mut self) -> Result<(), SegmentError<P::Error>> {
        self.at += 1;
        if self.at <= self.entries.len() {
            return Ok(());
        }
        self.bytes.clear();
        self.entries.clear();
        let Some(page) = self.terms.page()? else { return Ok(()) };
        self.at = 1;
        let mut block = page.block()?;
        while let Some((term, count, listed)) = block.next().ok_or(page.damaged())? {
            let mut keep = |bytes: &[u8]| {
                let from = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                from..self.bytes.len()
            };
            let term = keep(term);
            let listed = match listed {
                Listed::One(document) => At::One(document),
                Listed::Beside(packed) => At::Beside(keep(packed)),
                Listed::There(range) => At::There(range),
            };
            self.entries.push(Entry { term, count, listed });
        }
        Ok(())
    }

    /// Adds the documents of the term that it stands at, as the merged segment numbers them.
    fn add_documents(&mut self, documents: &mut Vec<u32>) -> Result<(), SegmentError<P::Error>> {
        let Some(entry) = self.at.checked_sub(1).and_then(|at| self.entries.get(at)) else {
            return Ok(());
        };
        let listed = match &entry.listed {
            At::One(document) => Listed::One(*document),
            At::Beside(range) => Listed::Beside(&self.bytes[range.clone()]),
            At::There(range) => Listed::There(range.clone()),
        };
        let kept = &self.kept;
        self.terms.documents(entry.count, &listed, |document| {
            documents.extend(kept.get(document as usize).copied().flatten());
        })
    }
}
