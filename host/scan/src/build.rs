//! From lists to a matcher.

use crate::automaton::{Automaton, Symbol};
use crate::chars::{self, Class, Pages};
use crate::expressions::ExpressionsBuilder;
use crate::folding::{Folding, Gaps, is_word};
use crate::matcher::{Key, Matcher, Rule, Slice, Term};
use crate::openings::Openings;
use crate::patterns::Patterns;
use proviso_model::limits::TERM_BYTES_MAX;
use std::collections::HashMap;
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

/// Different characters in the terms of all lists together, at most: every symbol of the automaton has a number.
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

/// A term as it is verified: equal ones are verified once, whatever lists they come from.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Folded {
    rule: u8,
    text: String,
}

#[derive(Default)]
struct Parts {
    rules: Vec<Rule>,
    terms: HashMap<Folded, Vec<(ListId, u32)>>,
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
        let significant: String = term
            .chars()
            .filter(|&c| !folding.skips(c))
            .map(|c| relation.fold(c))
            .collect();
        let folded = if significant.is_empty() {
            // Nothing but what the list skips: meant literally, or it would mean nothing.
            let text = term.chars().map(|c| relation.fold(c)).collect();
            Folded {
                rule: self.rule(Folding {
                    gaps: Gaps::None,
                    ..folding
                }),
                text,
            }
        } else {
            Folded {
                rule: self.rule(folding),
                text: significant,
            }
        };
        self.terms.entry(folded).or_default().push((list, item));
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
        let all = chars::relation(chars::ALL);
        let mut keys: HashMap<String, KeyParts> = HashMap::new();
        for (folded, uses) in self.terms {
            let key = key_of(folded.text.chars().map(|c| all.fold(c)));
            keys.entry(key).or_default().terms.push((folded, uses));
        }
        for (piece, step) in std::mem::take(&mut self.expressions.pieces) {
            keys.entry(key_of(piece.chars())).or_default().steps.push(step);
        }
        let symbols = match Symbols::new(keys.keys()) {
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
        let openings = Openings::new(keys.keys());
        let mut keys: Vec<(Box<[Symbol]>, KeyParts)> = keys
            .into_iter()
            .map(|(key, parts)| (key.chars().map(|c| symbols.of(c)).collect(), parts))
            .collect();
        keys.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let (paths, parts): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        let automaton = Automaton::new(&paths, symbols.count);

        let mut matcher = Matcher::empty(self.rules, symbols.pages, symbols.letters_from, openings, automaton);
        for mut key in parts {
            // The order of a hash table must not be seen, not even in the order of work.
            key.terms.sort_unstable_by(|(_, a), (_, b)| a.cmp(b));
            let terms_from = matcher.terms.len() as u32;
            for (folded, uses) in key.terms {
                let from = matcher.uses.len() as u32;
                matcher.uses.extend(uses);
                let uses = Slice {
                    from,
                    to: matcher.uses.len() as u32,
                };
                matcher.terms.push(Term::new(
                    &mut matcher.chars,
                    &folded.text,
                    folded.rule,
                    &matcher.rules,
                    uses,
                ));
            }
            let steps_from = matcher.steps.len() as u32;
            key.steps.dedup();
            // A match takes a piece of each group in turn, so that one piece does not do for two groups.
            key.steps.reverse();
            matcher.steps.extend(key.steps);
            matcher.keys.push(Key {
                terms: Slice {
                    from: terms_from,
                    to: matcher.terms.len() as u32,
                },
                steps: Slice {
                    from: steps_from,
                    to: matcher.steps.len() as u32,
                },
            });
        }
        matcher.finish(self.count, self.expressions.build());
        Ok(matcher)
    }
}

#[derive(Default)]
struct KeyParts {
    terms: Vec<(Folded, Vec<(ListId, u32)>)>,
    steps: Vec<u32>,
}

/// What the automaton looks for to find a term: its most significant characters, all of one class. They follow each
/// other in the text if those of the less significant classes are left out.
fn key_of(folded: impl Iterator<Item = char> + Clone) -> String {
    let class = folded.clone().map(chars::class).min();
    folded.filter(|&c| Some(chars::class(c)) == class).collect()
}

/// The symbol of each character.
struct Symbols {
    pages: Pages<Symbol>,
    /// Symbols from this one on are letters; those before it are gaps.
    letters_from: Symbol,
    count: usize,
}

/// The symbol of gaps that are in no key: they are passed over.
pub(crate) const IGNORED: Symbol = 0;

impl Symbols {
    fn new<'a>(keys: impl Iterator<Item = &'a String>) -> Result<Self, String> {
        let mut frequencies: HashMap<char, u32> = HashMap::new();
        for c in keys.flat_map(|key| key.chars()) {
            *frequencies.entry(c).or_default() += 1;
        }
        if frequencies.len() + 2 > SYMBOLS_MAX {
            return Err(format!(
                "the lists use {} different characters, at most {SYMBOLS_MAX}",
                frequencies.len() + 2
            ));
        }
        // Gaps first; then the letter that is in no key; then letters, the most frequent first, so that what is
        // looked up often lies together.
        let mut used: Vec<(char, u32)> = frequencies.into_iter().collect();
        used.sort_unstable_by_key(|&(c, frequency)| (chars::class(c) == Class::Letter, u32::MAX - frequency, c));
        let gaps = used.partition_point(|&(c, _)| chars::class(c) != Class::Letter);
        let letters_from = gaps as Symbol + 1;

        let mut pages = Pages::new(letters_from);
        for &gap in chars::classes().gaps() {
            pages.set(gap, IGNORED);
        }
        for (rank, &(c, _)) in used.iter().enumerate() {
            let symbol = rank as Symbol + if rank < gaps { 1 } else { 2 };
            pages.set(c, symbol);
        }
        for &(c, _) in &used {
            let symbol = pages.get(c);
            for &form in chars::forms(c) {
                pages.set(form, symbol);
            }
        }
        Ok(Self {
            pages,
            letters_from,
            count: used.len() + 2,
        })
    }

    fn of(&self, c: char) -> Symbol {
        self.pages.get(c)
    }
}

/// True for terms that the matcher may accept at a border: see [`Folding::word_boundaries`].
pub(crate) fn borders(text: &str, folding: Folding) -> (bool, bool) {
    let at = |c: Option<char>| folding.word_boundaries && c.is_some_and(is_word);
    (at(text.chars().next()), at(text.chars().next_back()))
}
