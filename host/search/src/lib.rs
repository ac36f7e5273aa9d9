//! What finds messages in a sealed archive: the language of queries, one reading of a text for index and examiner, and segments of an
//! index in pages that the archive seals.
//!
//! This crate is pure and synchronous: no files, no clock, no keys. It sees pages through [`segment::Pages`].

mod analysis;
mod candidates;
mod character;
mod documents;
mod entity;
mod examine;
mod form;
mod names;
mod number;
mod prepared;
pub mod query;
pub mod segment;
mod term;
mod words;

pub use analysis::Place;
pub use candidates::{Candidates, Count, Filter, SearchError};
pub use documents::Documents;
pub use examine::{Examiner, Found, Labels, MARKS_MAX, Mark};
pub use prepared::{Label, Prepared};
pub use query::Query;
