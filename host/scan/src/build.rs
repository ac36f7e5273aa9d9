//! From lists to a matcher.

use crate::chars::{self, Class};
use crate::expressions::ExpressionsBuilder;
use crate::folding::{Folding, Gaps, is_word};
use crate::matcher::{Key, Matcher, Rule, Slice, Term};
use crate::pages::Pages;
use crate::patterns::Patterns;
use crate::screen::{Borders, Screen};
use crate::trie::{Keys, Symbol, Trie};
use proviso_model::limits::TERM_BYTES_MAX;
use std::collections::HashSet;
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
    /// The leftmost-first matches of each pattern that do not overlap, in the text as it stands: no folding.
    Patterns(Patterns),
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

/// Collects lists.
#[derive(Debug, Default)]
pub struct MatcherBuilder {
    lists: Vec<List>,
}

/// Different characters in the terms of all lists together, at most: every symbol of the trie has a number.
const SYMBOLS_MAX: usize = Symbol::MAX as usize;

impl MatcherBuilder {
    /// No lists yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a list. The same list may be added again, for another pack: what is equal is searched for once.
    pub fn add(&mut self, list: List) -> ListId {
        self.lists.push(list);
        ListId(self.lists.len() as u32 - 1)
    }

    /// The matcher of all lists, or everything that is wrong with them: terms that are empty or too long, or more than
    /// 65,535 different characters in all terms together.
    pub fn build(self) -> Result<Matcher, Vec<ScanProblem>> {
        let mut parts = Parts::default();
        for (number, list) in self.lists.iter().enumerate() {
            let id = ListId(number as u32);
            match &list.content {
                ListContent::Lexicon { terms, folding } => {
                    for (item, term) in terms.iter().enumerate() {
                        parts.add_term(&list.name, id, item as u32, term, *folding);
                    }
                }
                ListContent::Patterns(patterns) => parts.add_patterns(id, patterns),
            }
        }
        parts.assemble()
    }
}

/// Something to look for, before what is equal is put together.
#[derive(Debug, Clone, Copy)]
struct Sought {
    /// Its key, in the characters of all keys.
    key: Slice,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// A term, folded by a rule: its characters, among those of all terms. Equal ones are verified once, whatever lists
    /// they come from.
    Term {
        rule: u8,
        chars: Slice,
        list: ListId,
        item: u32,
    },
    /// A piece of an expression's waypoint.
    Piece { waypoint: u32 },
}

#[derive(Default)]
struct Parts {
    rules: Vec<Rule>,
    sought: Vec<Sought>,
    /// Characters of all keys, one behind the other.
    keys: Vec<char>,
    /// Characters of all terms.
    chars: Vec<char>,
    expressions: ExpressionsBuilder,
    problems: Vec<ScanProblem>,
    count: usize,
}

impl Parts {
    fn add_term(&mut self, list_name: &str, list: ListId, item: u32, term: &str, folding: Folding) {
        self.count += 1;
        if term.is_empty() || term.len() > TERM_BYTES_MAX {
            let message = format!(
                "list {list_name:?}: a term has {} bytes, it must have 1-{TERM_BYTES_MAX}: {:?}",
                term.len(),
                term.chars().take(20).collect::<String>()
            );
            self.problems.push(ScanProblem { list, item, message });
            return;
        }
        let relation = chars::relation(folding.relation_index());
        let from = self.chars.len();
        let significant = term.chars().filter(|&c| !folding.skips(c));
        self.chars.extend(significant.map(|c| relation.fold(c)));
        let folding = if self.chars.len() > from {
            folding
        } else {
            // Nothing but what the list skips: meant literally, or it would mean nothing.
            self.chars.extend(term.chars().map(|c| relation.fold(c)));
            let gaps = Gaps::None;
            Folding { gaps, ..folding }
        };
        let all = chars::relation(chars::ALL);
        let key = push_key(&mut self.keys, self.chars[from..].iter().map(|&c| all.fold(c)));
        let what = What::Term {
            rule: self.rule(folding),
            chars: Slice::new(from, self.chars.len()),
            list,
            item,
        };
        self.sought.push(Sought { key, what });
    }

    fn add_patterns(&mut self, list: ListId, patterns: &Patterns) {
        for (item, pattern) in patterns.patterns.iter().enumerate() {
            self.count += 1;
            self.expressions.add(list, item as u32, pattern);
        }
    }

    fn rule(&mut self, folding: Folding) -> u8 {
        let number = self
            .rules
            .iter()
            .position(|rule| rule.folding() == folding)
            .unwrap_or_else(|| {
                self.rules.push(Rule::new(folding));
                self.rules.len() - 1
            });
        // There are 64 different foldings.
        number as u8
    }

    fn assemble(mut self) -> Result<Matcher, Vec<ScanProblem>> {
        for (piece, waypoint) in std::mem::take(&mut self.expressions.pieces) {
            let key = push_key(&mut self.keys, piece.chars());
            let what = What::Piece { waypoint };
            self.sought.push(Sought { key, what });
        }
        let symbols = match Symbols::new(self.sought.iter().map(|sought| sought.key.of(&self.keys))) {
            Ok(symbols) => symbols,
            Err(message) => {
                let problem = ScanProblem {
                    list: ListId(0),
                    item: 0,
                    message,
                };
                self.problems.push(problem);
                return Err(self.problems);
            }
        };
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let paths: Vec<Symbol> = self.keys.iter().map(|&c| symbols.of(c)).collect();
        let sought = self.sorted(&paths);
        let mut keys = Keys::default();
        let same_key = |a: &Sought, b: &Sought| a.key.of(&paths) == b.key.of(&paths);
        for of_key in sought.chunk_by(same_key) {
            keys.push(of_key[0].key.of(&paths));
        }
        let mut borders = Vec::with_capacity(keys.len());
        let mut matcher = Matcher::new(self.rules, symbols.kinds);
        for of_key in sought.chunk_by(same_key) {
            let (terms_from, waypoints_from) = (matcher.terms.len(), matcher.waypoints.len());
            let same_term = |a: &Sought, b: &Sought| a.what.term(&self.chars) == b.what.term(&self.chars);
            for equal in of_key.chunk_by(same_term) {
                let uses_from = matcher.uses.len();
                for sought in equal {
                    match sought.what {
                        What::Term { list, item, .. } => matcher.uses.push((list, item)),
                        What::Piece { waypoint } => matcher.waypoints.push(waypoint),
                    }
                }
                if let Some((rule, chars)) = equal[0].what.term(&self.chars) {
                    let from = matcher.chars.len() as u32;
                    matcher.chars.extend(chars);
                    let uses = Slice::new(uses_from, matcher.uses.len());
                    let term = Term::new(&matcher.chars, from, rule, &matcher.rules, uses);
                    matcher.terms.push(term);
                }
            }
            let no_pieces = matcher.waypoints.len() == waypoints_from;
            let terms = &matcher.terms[terms_from..];
            borders.push(Borders {
                before: no_pieces && terms.iter().all(|term| term.begins_word(&matcher.chars)),
                behind: no_pieces && terms.iter().all(Term::ends_word),
            });
            matcher.keys.push(Key {
                terms: Slice::new(terms_from, matcher.terms.len()),
                waypoints: Slice::new(waypoints_from, matcher.waypoints.len()),
            });
        }
        let ascii = std::array::from_fn(|byte| symbols.of(char::from(byte as u8)));
        matcher.trie = Trie::new(&keys, symbols.count);
        matcher.screen = Screen::new(&keys, &borders, &ascii, symbols.kinds.letters_from, symbols.count);
        matcher.symbols = symbols.pages;
        matcher.expressions = self.expressions.build();
        matcher.count = self.count;
        Ok(matcher)
    }

    /// All that is sought, what is equal side by side: by key, then by rule and folded characters, then by list and term.
    fn sorted(&self, paths: &[Symbol]) -> Vec<Sought> {
        // Most are told apart by the first four symbols, which fit into a word. No key has symbol 0.
        let first_four = |key: &[Symbol]| {
            let symbol = |at: usize| u64::from(key.get(at).copied().unwrap_or_default());
            symbol(0) << 48 | symbol(1) << 32 | symbol(2) << 16 | symbol(3)
        };
        let mut order: Vec<(u64, Sought)> = self
            .sought
            .iter()
            .map(|sought| (first_four(sought.key.of(paths)), *sought))
            .collect();
        order.sort_unstable_by(|(first_a, a), (first_b, b)| {
            let by_key = || a.key.of(paths).cmp(b.key.of(paths));
            let by_term = || a.what.term(&self.chars).cmp(&b.what.term(&self.chars));
            first_a
                .cmp(first_b)
                .then_with(by_key)
                .then_with(by_term)
                .then_with(|| a.what.place().cmp(&b.what.place()))
        });
        order.into_iter().map(|(_, sought)| sought).collect()
    }
}

impl What {
    /// What makes terms equal; none for a piece.
    fn term(self, chars: &[char]) -> Option<(u8, &[char])> {
        match self {
            Self::Term { rule, chars: slice, .. } => Some((rule, slice.of(chars))),
            Self::Piece { .. } => None,
        }
    }

    fn place(self) -> (u32, u32) {
        match self {
            Self::Term { list, item, .. } => (list.0, item),
            Self::Piece { waypoint } => (0, waypoint),
        }
    }
}

/// What the trie looks for to find a term: its most significant characters, all of one class. They follow each other in
/// the text if those of the less significant classes are left out.
fn push_key(keys: &mut Vec<char>, folded: impl Iterator<Item = char> + Clone) -> Slice {
    let from = keys.len();
    let class = folded.clone().map(chars::class).min();
    keys.extend(folded.filter(|&c| Some(chars::class(c)) == class));
    Slice::new(from, keys.len())
}

/// The symbol of each character.
struct Symbols {
    pages: Pages<Symbol>,
    kinds: Kinds,
    count: usize,
}

/// What symbols stand for: 0 is that of all gaps that are in no key, which are passed over; then come other gaps, then
/// letters that are a key by themselves, then the letter that is in no key, then all other letters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kinds {
    /// The first letter.
    pub(crate) letters_from: Symbol,
    /// The letter that is in no key; from here on, a symbol alone means nothing.
    pub(crate) others_from: Symbol,
}

/// The symbol of gaps that are in no key: they are passed over.
pub(crate) const IGNORED: Symbol = 0;

impl Symbols {
    fn new<'a>(keys: impl Iterator<Item = &'a [char]>) -> Result<Self, String> {
        let mut frequencies = vec![0_u32; char::MAX as usize + 1];
        let mut used: Vec<char> = Vec::new();
        let mut alone: HashSet<char> = HashSet::new();
        for key in keys {
            for &c in key {
                if frequencies[c as usize] == 0 {
                    used.push(c);
                }
                frequencies[c as usize] += 1;
            }
            if let [only] = key {
                alone.insert(*only);
            }
        }
        if used.len() + 2 > SYMBOLS_MAX {
            return Err(format!(
                "the lists use {} different characters, at most {SYMBOLS_MAX}",
                used.len() + 2
            ));
        }
        let kind = |c: char| match (chars::class(c), alone.contains(&c)) {
            (Class::Letter, true) => 1,
            (Class::Letter, false) => 2,
            _ => 0,
        };
        // Of each kind the most frequent first, so that what is looked up often lies together.
        used.sort_unstable_by_key(|&c| (kind(c), u32::MAX - frequencies[c as usize], c));
        let before = |limit: u8| used.partition_point(|&c| kind(c) < limit) as Symbol + 1;
        let kinds = Kinds {
            letters_from: before(1),
            others_from: before(2),
        };

        let mut pages = Pages::new(kinds.others_from);
        for &gap in chars::classes().gaps() {
            pages.set(gap, IGNORED);
        }
        for (rank, &c) in used.iter().enumerate() {
            let symbol = rank as Symbol + 1;
            pages.set(c, symbol + Symbol::from(symbol >= kinds.others_from));
        }
        for &c in &used {
            let symbol = pages.get(c);
            for &form in chars::forms(c) {
                pages.set(form, symbol);
            }
        }
        Ok(Self {
            pages,
            kinds,
            count: used.len() + 2,
        })
    }

    fn of(&self, c: char) -> Symbol {
        self.pages.get(c)
    }
}

/// True for terms that the matcher may accept at a border: see [`Folding::word_boundaries`].
pub(crate) fn borders(text: &[char], folding: Folding) -> (bool, bool) {
    let at = |c: Option<&char>| folding.word_boundaries && c.is_some_and(|&c| is_word(c));
    (at(text.first()), at(text.last()))
}
