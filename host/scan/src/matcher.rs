//! All lists of a generation as one thing that scans a text once: its tables. `scan` runs it over texts.

use crate::expressions::{Expressions, ExpressionsBuilder};
use crate::list::ListId;
use crate::screen::Screen;
use crate::symbols::{IGNORED, Kinds};
use crate::term::{Key, Rule, Term};
use crate::trie::{Keys, Symbol, Trie};
use proviso_chars::Pages;
use proviso_chars::{self as chars, Classes};
use proviso_entities::EntityKind;
use std::sync::Arc;

/// All lists of a generation, ready to scan. Never changes; may be shared by any number of threads.
#[derive(Debug)]
pub struct Matcher {
    pub(crate) rules: Vec<Rule>,
    pub(crate) kinds: Kinds,
    pub(crate) symbols: Pages<Symbol>,
    pub(crate) screen: Screen,
    pub(crate) trie: Trie,
    /// By the trie's numbers of keys.
    pub(crate) keys: Vec<Key>,
    pub(crate) terms: Vec<Term>,
    /// Characters of all terms, folded each by its list's options.
    pub(crate) chars: Vec<char>,
    pub(crate) uses: Vec<(ListId, u32)>,
    /// Waypoints of expressions that are reached when a key is found.
    pub(crate) waypoints: Vec<u32>,
    pub(crate) expressions: Expressions,
    /// Kinds of entities with the lists that look for them, in order.
    pub(crate) entities: Vec<(EntityKind, ListId, u32)>,
    pub(crate) classes: &'static Classes,
    pub(crate) count: usize,
    /// Lists with terms that can make a scan slow: see [`crate::term_search`]. In order.
    pub(crate) heavy: Vec<ListId>,
    /// A list overlooks repeated characters.
    pub(crate) has_repeats: bool,
    /// Tells this matcher's scratches from those of others.
    pub(crate) identity: Arc<()>,
}

/// Stands for one matcher: hits that were found by it are what it would find again.
#[derive(Debug, Clone)]
pub struct Token(Arc<()>);

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Token {}

impl Matcher {
    /// A matcher without anything to look for.
    pub(crate) fn new(rules: Vec<Rule>, kinds: Kinds) -> Self {
        let (nothing, symbols) = (Keys::default(), usize::from(kinds.others_from) + 1);
        Self {
            rules,
            kinds,
            symbols: Pages::new(kinds.others_from),
            screen: Screen::new(&nothing, &[], &[IGNORED; 128], kinds.letters_from, symbols),
            trie: Trie::new(&nothing, symbols),
            keys: Vec::new(),
            terms: Vec::new(),
            chars: Vec::new(),
            uses: Vec::new(),
            waypoints: Vec::new(),
            expressions: ExpressionsBuilder::default().build(Vec::new()),
            entities: Vec::new(),
            classes: chars::classes(),
            count: 0,
            heavy: Vec::new(),
            has_repeats: false,
            identity: Arc::new(()),
        }
    }

    /// What tells this matcher's hits from those of any other.
    pub fn token(&self) -> Token {
        Token(Arc::clone(&self.identity))
    }

    /// Terms, patterns and kinds of entities of all lists together.
    pub fn terms(&self) -> usize {
        self.count
    }

    /// Memory of the trie and the tables around it, in bytes, without the programs of patterns and without scratches.
    pub fn memory_bytes(&self) -> usize {
        self.symbols.memory_bytes()
            + self.screen.memory_bytes()
            + self.trie.memory_bytes()
            + size_of_val(self.keys.as_slice())
            + size_of_val(self.terms.as_slice())
            + size_of_val(self.chars.as_slice())
            + size_of_val(self.uses.as_slice())
            + size_of_val(self.waypoints.as_slice())
    }

    /// What a text must have before each pattern is run over it, in one line for people; list, number of the pattern in
    /// it, and the line, which is empty for a pattern that is run over every text. In the order of adding.
    pub fn pattern_needs(&self) -> impl Iterator<Item = (ListId, u32, &str)> {
        self.expressions.needs()
    }
}
