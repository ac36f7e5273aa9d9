//! Lexicons, patterns and entities of all packs in one matcher.
//!
//! A [`Matcher`] is built once from any number of lists and then shared by all threads; each thread keeps a
//! [`Scratch`]. One pass over a text finds every occurrence of every term of every lexicon, under each lexicon's own
//! [`Folding`], and tells which patterns are worth running. Hits are byte ranges of the text as it came in, whatever
//! was folded or skipped to find them. Terms and patterns are looked for once more in
//! a disguised text as it is read: `&#20445;` is 保. Many texts are best scanned together ([`Matcher::scan_each`]): each pattern then runs
//! over all that may have it, one after the other.
//!
//! This crate is pure and synchronous: no files, no clock, no threads, no randomness. It can be used alone:
//!
//! ```
//! use proviso_scan::{Folding, List, ListContent, MatcherBuilder};
//! use std::path::Path;
//!
//! let lexicon = proviso_scan::lexicon::parse(Path::new("promissory.txt"), "# 承诺收益\n保本\n稳赚不赔\n").unwrap();
//! let mut builder = MatcherBuilder::new();
//! let promissory = builder.add(List {
//!     name: "promissory".to_owned(),
//!     content: ListContent::Lexicon {
//!         terms: lexicon.terms.into_iter().map(|term| term.text).collect(),
//!         folding: Folding::default(),
//!     },
//! });
//! let matcher = builder.build().unwrap();
//!
//! let mut scratch = matcher.scratch();
//! let mut hits = Vec::new();
//! let text = "這個理財穩賺不賠";
//! let _ = matcher.scan(text, &mut scratch, &mut hits);
//! assert_eq!((hits[0].list, hits[0].term), (promissory, 1));
//! assert_eq!(&text[hits[0].start as usize..hits[0].end as usize], "穩賺不賠");
//! ```

mod alphabet;
mod automaton;
pub mod borders;
mod build;
mod byte_set;
pub mod common_words;
mod conditions;
mod doubles;
mod emoticons;
mod expressions;
mod folding;
mod hit;
mod identifiers;
mod joined;
pub mod lexicon;
mod list;
mod machine_text;
mod matcher;
mod needs;
pub mod patterns;
mod plain;
mod plain_units;
mod quadratic;
mod reading;
mod references;
mod rejoin;
mod required;
mod scan;
mod screen;
mod shapes;
mod signs;
mod steps;
mod symbols;
mod term;
mod term_search;
mod trie;
mod unit;
mod verify;
mod words;

pub use build::MatcherBuilder;
pub use folding::{Folding, GAP_CHARS_MAX, Gaps, is_word};
pub use hit::{HITS_PER_SCAN_MAX, Hit, Scanned};
pub use lexicon::Lexicon;
pub use list::{List, ListContent, ListId, ScanProblem};
pub use matcher::{Matcher, Token};
pub use patterns::{Pattern, Patterns};
pub use proviso_entities::{self as entities, Entity, EntityKind, EntityValue};
pub use quadratic::can_be_quadratic;
pub use reading::read_disguised;
pub use scan::{Scratch, TEXT_BYTES_MAX};
pub use signs::has_signs_of_disguise;
pub use steps::Owner;
pub use unit::Unit;
