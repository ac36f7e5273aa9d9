//! What finds messages in a sealed archive: the language of queries, one reading of a text for index and matcher, and segments of an
//! index in pages that the archive seals.
//!
//! This crate is pure and synchronous: no files, no clock, no keys. It sees pages through [`segment::Pages`].

mod analysis;
mod documents;
mod entity;
mod form;
mod number;
pub mod segment;
mod term;

pub use analysis::Place;
pub use documents::Documents;
