//! Builds a segment in memory, message by message; it is searched as it grows, and written when it is full.

use super::bits::{read_varint, write_varint};
use super::index::Index;
use super::table::Row;
use super::term_table::{Gathered, TermTable};
use super::writer::{WriteError, Writer};
use super::{DOCUMENTS_MAX, RECIPIENTS_MAX, TERMS_PER_DOCUMENT_MAX};
use crate::analysis::{self, Analyser};
use crate::documents::Documents;
use crate::names;
use crate::term::{self, Class};
use proviso_model::Message;
use std::convert::Infallible;
use std::ops::RangeInclusive;

/// Memory of a segment that is being built, in bytes: with more it is full.
pub const BUILDER_BYTES_MAX: usize = 256 << 20;

/// A message was not added.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAdded {
    /// The segment is full: it is to be written, and another begun.
    #[error("the segment is full: write it, and begin another")]
    Full,
    /// The number is not greater than that of the message before.
    #[error("message {number} comes behind message {last}: expected numbers in ascending order")]
    Order {
        /// The number.
        number: u64,
        /// That of the message before.
        last: u64,
    },
}

/// A segment that is being built.
#[derive(Default)]
pub struct Builder {
    rows: Vec<Row>,
    terms: TermTable,
    /// By the number of a term.
    posted: Vec<Posted>,
    /// Of all terms together.
    gaps_bytes: usize,
    analyser: Analyser,
    term: Vec<u8>,
    /// The terms of one message, with repeats.
    gathered: Gathered,
    /// Their numbers.
    numbers: Vec<u32>,
}

/// The documents of a term.
#[derive(Debug, Default)]
struct Posted {
    first: u32,
    last: u32,
    count: u32,
    /// From each document to the next, as varints.
    gaps: Vec<u8>,
}

impl Posted {
    fn each(&self, mut take: impl FnMut(u32)) {
        let mut document = self.first;
        take(document);
        let mut gaps = self.gaps.as_slice();
        while let Some(gap) = read_varint(&mut gaps) {
            document += gap as u32;
            take(document);
        }
    }
}

impl Builder {
    /// Adds a message, which the archive knows by `number`, greater than that of the message before.
    pub fn add(&mut self, number: u64, message: &Message) -> Result<(), NotAdded> {
        if self.is_full() {
            return Err(NotAdded::Full);
        }
        if let Some(last) = self.rows.last().map(|row| row.number).filter(|last| *last >= number) {
            return Err(NotAdded::Order { number, last });
        }
        let document = self.rows.len() as u32;
        self.rows.push(Row {
            number,
            sent_ms: message.sent_at.as_millis(),
        });
        let (gathered, mut is_whole) = (&mut self.gathered, false);
        gathered.clear();
        add_attributes(message, &mut self.term, gathered);
        for (_, text) in analysis::texts(message) {
            self.analyser.terms(text, |term| {
                if gathered.len() < TERMS_PER_DOCUMENT_MAX {
                    gathered.add(term);
                } else {
                    is_whole = true;
                }
            });
        }
        if is_whole {
            gathered.add(&[Class::Whole as u8]);
        }
        self.terms.number_each(&self.gathered, &mut self.numbers);
        self.post(document);
        Ok(())
    }

    /// Notes that a document has the terms that were gathered. In a row of its own: what
    /// terms have so far lies all over the memory, and is fetched ahead.
    fn post(&mut self, document: u32) {
        self.posted.resize_with(self.terms.len(), Posted::default);
        for &number in &self.numbers {
            let posted = &mut self.posted[number as usize];
            if posted.count == 0 {
                posted.first = document;
            } else if posted.last == document {
                continue;
            } else {
                let before = posted.gaps.len();
                write_varint(u64::from(document - posted.last), &mut posted.gaps);
                self.gaps_bytes += posted.gaps.len() - before;
            }
            (posted.last, posted.count) = (document, posted.count + 1);
        }
    }

    /// How many messages it has.
    pub fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    /// True if it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True if no other message is taken.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= DOCUMENTS_MAX as usize || self.memory_bytes() >= BUILDER_BYTES_MAX
    }

    /// Memory that it takes, in bytes, about.
    pub fn memory_bytes(&self) -> usize {
        let posted = self.posted.capacity() * size_of::<Posted>() + self.gaps_bytes * 3 / 2;
        self.terms.memory_bytes() + posted + self.rows.capacity() * size_of::<Row>()
    }

    /// What the archive knows a document by, and when it was sent; none of a document that is not there.
    pub fn row(&self, document: u32) -> Option<Row> {
        self.rows.get(document as usize).copied()
    }

    /// The document that the archive knows by a number.
    pub fn document(&self, number: u64) -> Option<u32> {
        let place = self.rows.binary_search_by_key(&number, |row| row.number);
        place.ok().map(|place| place as u32)
    }

    /// The documents that the archive knows by these numbers; it may have others as well.
    pub fn documents_of(&self, numbers: impl IntoIterator<Item = u64>) -> Documents {
        let mut found = Documents::none(self.len());
        for document in numbers.into_iter().filter_map(|number| self.document(number)) {
            found.add(document);
        }
        found
    }

    /// Gives the sink the pages of the segment, in the order of their numbers, from 0. It is searched as before.
    pub fn write<E>(&self, sink: impl FnMut(Vec<u8>) -> Result<(), E>) -> Result<(), WriteError<E>> {
        let mut writer = Writer::new(self.len(), sink);
        let mut numbers: Vec<u32> = (0..self.terms.len() as u32).collect();
        numbers.sort_unstable_by(|a, b| self.terms.term(*a).cmp(self.terms.term(*b)));
        let mut documents = Vec::new();
        for number in numbers {
            documents.clear();
            self.posted[number as usize].each(|document| documents.push(document));
            writer.add(self.terms.term(number), &documents)?;
        }
        writer.end(self.rows.iter().copied())
    }
}

fn add_attributes(message: &Message, term: &mut Vec<u8>, gathered: &mut Gathered) {
    let mut add = |class, text: &str| {
        if !text.is_empty() {
            term::write(class, names::small(text), term);
            gathered.add(term);
        }
    };
    add(Class::From, &message.sender.id);
    add(Class::Conversation, &message.conversation);
    add(Class::Channel, &message.id.channel);
    add(Class::Kind, message.kind.name());
    add(Class::Direction, message.direction.name());
    if message.recipients.len() <= RECIPIENTS_MAX {
        message.recipients.iter().for_each(|party| add(Class::To, &party.id));
    } else {
        gathered.add(&[Class::Many as u8]);
    }
    // Nobody knows from what stands in these alone what they say.
    if message.raw.is_empty() || !message.notes.is_empty() {
        gathered.add(&[Class::Beside as u8]);
    }
}

impl Index for Builder {
    type Error = Infallible;

    fn count(&self) -> u32 {
        self.len()
    }

    fn add_of_term(&self, term: &[u8], into: &mut Documents) -> Result<(), Infallible> {
        if let Some(number) = self.terms.number(term) {
            self.posted[number as usize].each(|document| _ = into.add(document));
        }
        Ok(())
    }

    fn add_of_terms(
        &self,
        beginning: &[u8],
        is_sought: &dyn Fn(&[u8]) -> bool,
        into: &mut Documents,
    ) -> Result<(), Infallible> {
        for (number, posted) in (0..).zip(&self.posted) {
            let term = self.terms.term(number);
            if term.starts_with(beginning) && is_sought(term) {
                posted.each(|document| _ = into.add(document));
            }
        }
        Ok(())
    }

    fn add_sent(&self, times: RangeInclusive<i64>, into: &mut Documents) -> Result<(), Infallible> {
        let rows = (0..).zip(&self.rows).filter(|(_, row)| times.contains(&row.sent_ms));
        rows.for_each(|(document, _)| _ = into.add(document));
        Ok(())
    }
}
