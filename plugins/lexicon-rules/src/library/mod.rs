//! Contexts that every pack shares: whether a hit is negated, denied, warned of, disclosed, reported, asked about or quoted, in Chinese and
//! English. Rules name them with the prefix `library.` beside the pack's own.
//!
//! The words stand in `zh.txt`, `en.txt` and `disclosures.txt`. A message is read into tokens once (`crate::reading`), what stands around a hit is cut out
//! of it (`surroundings`), and each context has a file that answers its question. All of it runs only when a hit would count otherwise, and looks
//! at no more than a fixed number of characters around each.

mod denied;
mod disclosed;
mod negated;
mod quoted;
mod reported;
mod surroundings;
mod taken_back;
mod warned;

use std::fmt;
use std::sync::Arc;

use proviso_sdk::Span;

use crate::scene::Scene;
use crate::words::Words;
use disclosed::Form;
use surroundings::Surroundings;

/// What the name of a library context begins with. No name of a pack's own can: it holds a dot.
pub(crate) const PREFIX: &str = "library.";

/// One of the library's contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A negator governs the hit.
    Negated,
    /// A ban governs the hit, and no other negator.
    Forbidden,
    /// What stands behind the hit denies it.
    Denied,
    /// The hit is taught or warned of.
    Warned,
    /// The hit belongs to a risk sentence that the law asks for.
    Disclosed,
    /// The hit is somebody else's word.
    Reported,
    /// A customer asks about the hit.
    Asked,
    /// The hit stands in quotation marks that name it.
    Quoted,
}

/// Every context by its name.
const KINDS: [(&str, Kind); 8] = [
    ("negated", Kind::Negated),
    ("forbidden", Kind::Forbidden),
    ("denied", Kind::Denied),
    ("warned", Kind::Warned),
    ("disclosed", Kind::Disclosed),
    ("reported", Kind::Reported),
    ("asked", Kind::Asked),
    ("quoted", Kind::Quoted),
];

/// The context of a name that stands behind the prefix.
pub(crate) fn kind(name: &str) -> Option<Kind> {
    KINDS.iter().find(|(known, _)| *known == name).map(|&(_, kind)| kind)
}

/// The names of all contexts, prefix and all.
pub fn names() -> impl Iterator<Item = String> {
    KINDS.iter().map(|(name, _)| format!("{PREFIX}{name}"))
}

/// The words and forms, read once for a plugin.
pub(crate) struct Library {
    words: Words,
    forms: Vec<Form>,
}

impl Library {
    /// Reads the tables that the plugin carries.
    pub(crate) fn new() -> Self {
        let (words, _) = Words::read(&TABLES);
        Self {
            words,
            forms: disclosed::read(FORMS),
        }
    }
}

const TABLES: [&str; 2] = [include_str!("zh.txt"), include_str!("en.txt")];
const FORMS: &str = include_str!("disclosures.txt");

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Library")
    }
}

/// Library contexts as a rule uses them: any of them suffices.
#[derive(Debug, Clone)]
pub(crate) struct LibraryContext {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) library: Arc<Library>,
}

impl LibraryContext {
    /// True if one of the contexts holds for a hit at `hit`. What stands around it is cut out once for all of them.
    pub(crate) fn holds(&self, scene: &Scene<'_>, hit: Span) -> bool {
        let around = Surroundings::of(scene, &self.library.words, hit);
        self.kinds.iter().any(|kind| match kind {
            Kind::Negated => negated::holds(&around) && !taken_back::by_the_speaker(&around),
            Kind::Forbidden => negated::is_forbidden(&around) && !taken_back::by_the_speaker(&around),
            Kind::Denied => denied::holds(&around) && !taken_back::by_the_speaker(&around),
            Kind::Warned => warned::holds(&around) && !taken_back::by_the_speaker(&around),
            Kind::Disclosed => disclosed::holds(&self.library.forms, &around) && !taken_back::by_a_wink(&around),
            Kind::Reported => reported::holds(&around) && !taken_back::by_a_wink(&around),
            Kind::Asked => reported::asks(&around),
            Kind::Quoted => quoted::holds(&around) && !taken_back::by_the_speaker(&around),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read_whole() {
        let (_, problems) = Words::read(&TABLES);
        assert!(problems.is_empty(), "{problems:?}");
    }
}
