//! What finds messages in a sealed archive: the language of queries, one reading of a text for index and examiner, and segments of an
//! index in pages that the archive seals.
//!
//! This crate is pure and synchronous: no files, no clock, no keys. It sees pages through [`segment::Pages`].
//!
//! ```
//! use proviso_model::time::Zone;
//! use proviso_search::segment::{Builder, Segment};
//! use proviso_search::{Examiner, Labels, Prepared, Query};
//! use std::convert::Infallible;
//! use std::sync::Arc;
//!
//! # let line = r#"{"id": "m1", "tenant": "bank", "channel": "wecom", "kind": "text", "sent_at": "2026-01-31T09:00:00+08:00",
//! #     "conversation": "wei|li", "from": {"id": "wei"}, "to": [{"id": "li"}], "text": "這個理財穩賺不賠"}"#;
//! # let message = proviso_model::canonical::from_json(line, &Default::default()).unwrap();
//! let mut builder = Builder::default();
//! builder.add(1, &message).unwrap();
//! let mut pages: Vec<Arc<[u8]>> = Vec::new();
//! builder.write(|page| Ok::<(), Infallible>(pages.push(page.into()))).unwrap();
//!
//! let query = Prepared::new(&Query::parse("稳赚 from:wei -is:held").unwrap(), &Zone::utc());
//! let segment = Segment::open(pages).unwrap();
//! // A filter that knows of labels is the archive's; without one each candidate is examined for them.
//! let found = segment.candidates(&query, None, &mut ()).unwrap();
//! let (document, is_certain) = found.newest_first().next().unwrap();
//! assert_eq!((segment.row(document).unwrap().unwrap().number, is_certain), (1, false));
//! let marks = Examiner::default().examine(&query, &message, &Labels::default()).unwrap();
//! assert_eq!(marks[0].span.of(&message.text), Some("穩賺"));
//! ```

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

pub use analysis::{ANALYSIS_VERSION, Place};
pub use candidates::{Candidates, Count, Filter, SearchError};
pub use documents::Documents;
pub use examine::{Examiner, Extent, Found, Labels, MARKS_MAX, Mark};
pub use prepared::{Label, Prepared};
pub use query::Query;
