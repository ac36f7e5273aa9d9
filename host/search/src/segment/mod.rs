//! A segment: an index of at most a million messages, in pages that are sealed one by one.
//!
//! A [`Builder`] takes messages in the order of arrival and is searched as it grows; it writes its pages once, and a [`Segment`] reads them.
//! Several segments are [merged](merge) into one, without the messages that were destroyed. Nothing of an index stands outside its
//! pages: who has no key of them learns no term, and not how many there are.

mod bits;
mod builder;
mod dictionary;
mod index;
mod merge;
mod page;
mod postings;
mod reader;
#[cfg(test)]
mod reader_tests;
mod table;
mod term_table;
mod writer;

pub use builder::{BUILDER_BYTES_MAX, Builder, NotAdded};
pub use merge::{MergeError, merge};
pub use page::{NoPage, PAGE_BYTES_MAX, Pages, SegmentError};
pub use reader::Segment;
pub use table::Row;
pub use writer::WriteError;

pub(crate) use index::Index;

/// Documents of a segment.
pub const DOCUMENTS_MAX: u32 = 1_000_000;
/// Pages of a segment: 2 GiB.
pub const PAGES_MAX: u32 = 1 << 16;
/// Terms of one document that are indexed, repeats included: those of some 400 KiB of text. A document with more is a candidate of every
/// query for words.
pub const TERMS_PER_DOCUMENT_MAX: usize = 1 << 17;
/// Recipients of one document that are indexed. A document with more is a candidate of every query for a recipient.
pub const RECIPIENTS_MAX: usize = 8;
