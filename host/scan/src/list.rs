//! What a matcher is made of: named lists of terms and patterns.

use crate::folding::Folding;
use crate::patterns::Patterns;
use proviso_entities::EntityKind;
use std::fmt;

/// Number of a list within a matcher, in the order of adding, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub u32);

/// A named list and what is in it.
#[derive(Debug, Clone)]
pub struct List {
    /// For the reader of problems; the matcher itself uses numbers.
    pub name: String,
    /// What to look for.
    pub content: ListContent,
}

/// What a list looks for.
#[derive(Debug, Clone)]
pub enum ListContent {
    /// Every occurrence of every term, overlapping ones included.
    Lexicon {
        /// 1-1,024 bytes each. A term that is equal to another one is found beside it.
        terms: Vec<String>,
        /// What a term and a text may differ in.
        folding: Folding,
    },
    /// The leftmost-first matches of each pattern that do not overlap, in the text as it stands, and where it is disguised as it is read.
    Patterns(Patterns),
    /// Every entity of these kinds: the term of a hit is the place of its kind here. Entities are the same for all lists and
    /// found once a text; of a kind that stands here twice, both have the hit.
    Entities(Vec<EntityKind>),
}

/// One thing that keeps lists from becoming a matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ScanProblem {
    /// Which list.
    pub list: ListId,
    /// Which of its terms or patterns, from 0.
    pub item: u32,
    /// What is wrong, with the value quoted.
    pub message: String,
}

impl fmt::Display for ScanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}
