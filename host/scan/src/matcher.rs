//! The matcher: one pass over a text, candidates verified under each list's own folding.
//!
//! The automaton works on what is left of terms and text when every option of folding is on and every gap is left out.
//! It keeps four positions, one for each class of characters, and a character moves only its own: so the letters of a
//! term follow each other for it whatever stands between them. What it finds is a candidate: where a term would have to
//! end. Verification walks back from there over the original text, under the list's own options, and so finds the start.

use crate::automaton::{Automaton, Ends, Position, Symbol};
use crate::build::{IGNORED, ListId, borders};
use crate::chars::{self, Class, Classes, Pages, Relation};
use crate::expressions::{ExpressionScratch, Expressions, ExpressionsBuilder};
use crate::folding::{Folding, GAP_CHARS_MAX, Gaps, is_word};
use crate::openings::Openings;
use std::sync::Arc;

/// Hits of one scan, at most. What comes behind is not looked for.
pub const HITS_PER_SCAN_MAX: usize = 65_536;
/// Text of one scan, in bytes, at most. What comes behind is not looked at.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// An occurrence of a term or a match of a pattern. Ordered by start, end, list, term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hit {
    /// The list that it belongs to.
    pub list: ListId,
    /// The term, or pattern, of the list, from 0.
    pub term: u32,
    /// First byte in the text as it was given, on a character's border.
    pub start: u32,
    /// Behind the last byte, on a character's border; greater than `start`.
    pub end: u32,
}

/// Whether a scan saw all of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// All hits are there.
    Whole,
    /// [`HITS_PER_SCAN_MAX`] or [`TEXT_BYTES_MAX`] was reached; there may be more hits than are given.
    CutShort,
}

/// All lists of a generation, ready to scan. Never changes; may be shared by any number of threads.
#[derive(Debug)]
pub struct Matcher {
    pub(crate) rules: Vec<Rule>,
    symbols: Pages<Symbol>,
    letters_from: Symbol,
    openings: Openings,
    automaton: Automaton,
    /// By the automaton's numbers of keys.
    pub(crate) keys: Vec<Key>,
    pub(crate) terms: Vec<Term>,
    /// Characters of all terms, folded each by its list's options.
    pub(crate) chars: Vec<char>,
    pub(crate) uses: Vec<(ListId, u32)>,
    /// Steps of expressions that are reached when a key is found.
    pub(crate) steps: Vec<u32>,
    expressions: Expressions,
    classes: &'static Classes,
    count: usize,
    /// Tells this matcher's scratches from those of others.
    identity: Arc<()>,
}

/// Memory that scans reuse; one for each thread.
#[derive(Debug)]
pub struct Scratch {
    identity: Arc<()>,
    expressions: ExpressionScratch,
}

/// The options of a list, ready for verification.
#[derive(Debug)]
pub(crate) struct Rule {
    folding: Folding,
    relation: &'static Relation,
}

/// A range of another table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// What a key of the automaton stands for.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) terms: Slice,
    pub(crate) steps: Slice,
}

/// A folded term with the options that it is verified under, and all terms of all lists that are this one.
#[derive(Debug)]
pub(crate) struct Term {
    chars: Slice,
    /// Characters behind the last one of the key: of a less significant class, but significant in this list.
    behind: u16,
    rule: u8,
    /// The automaton has compared all there is to compare: the term is all letters, under the coarsest relation.
    compared: bool,
    word_start: bool,
    word_end: bool,
    uses: Slice,
}

impl Slice {
    fn of<T>(self, table: &[T]) -> &[T] {
        &table[self.from as usize..self.to as usize]
    }
}

impl Rule {
    pub(crate) fn new(folding: Folding) -> Self {
        Self {
            folding,
            relation: chars::relation(folding.relation_index()),
        }
    }

    pub(crate) fn folding(&self) -> Folding {
        self.folding
    }
}

impl Term {
    /// A folded term. Its characters go to the end of `chars`.
    pub(crate) fn new(chars: &mut Vec<char>, text: &str, rule: u8, rules: &[Rule], uses: Slice) -> Self {
        let folding = rules[usize::from(rule)].folding;
        let from = chars.len() as u32;
        chars.extend(text.chars());
        let class = text.chars().map(chars::class).min();
        let behind = text
            .chars()
            .rev()
            .take_while(|&c| Some(chars::class(c)) != class)
            .count();
        let (word_start, word_end) = borders(text, folding);
        let all_letters = text.chars().all(|c| chars::class(c) == Class::Letter);
        Self {
            chars: Slice {
                from,
                to: chars.len() as u32,
            },
            behind: behind as u16,
            rule,
            compared: all_letters && folding.relation_index() == chars::ALL,
            word_start,
            word_end,
            uses,
        }
    }
}

impl Matcher {
    pub(crate) fn empty(
        rules: Vec<Rule>,
        symbols: Pages<Symbol>,
        letters_from: Symbol,
        openings: Openings,
        automaton: Automaton,
    ) -> Self {
        Self {
            rules,
            symbols,
            letters_from,
            openings,
            automaton,
            keys: Vec::new(),
            terms: Vec::new(),
            chars: Vec::new(),
            uses: Vec::new(),
            steps: Vec::new(),
            expressions: ExpressionsBuilder::default().build(),
            classes: chars::classes(),
            count: 0,
            identity: Arc::new(()),
        }
    }

    pub(crate) fn finish(&mut self, count: usize, expressions: Expressions) {
        self.count = count;
        self.expressions = expressions;
    }

    /// Terms and patterns of all lists together.
    pub fn terms(&self) -> usize {
        self.count
    }

    /// Memory of the automaton and its tables, in bytes, without the programs of patterns and without scratches.
    pub fn memory_bytes(&self) -> usize {
        self.symbols.memory_bytes()
            + self.openings.memory_bytes()
            + self.automaton.memory_bytes()
            + size_of_val(self.keys.as_slice())
            + size_of_val(self.terms.as_slice())
            + size_of_val(self.chars.as_slice())
            + size_of_val(self.uses.as_slice())
            + size_of_val(self.steps.as_slice())
    }

    /// What a text must have before each pattern is run over it, in one line for people; list, number of the pattern in
    /// it, and the line, which is empty for a pattern that is run over every text. In the order of adding.
    pub fn pattern_needs(&self) -> impl Iterator<Item = (ListId, u32, &str)> {
        self.expressions.needs()
    }

    /// The patterns that the last scan with this scratch ran, whether they matched or not: list, and number in it.
    pub fn patterns_run(&self, scratch: &Scratch) -> impl Iterator<Item = (ListId, u32)> {
        self.expressions.last_run(&scratch.expressions)
    }

    /// Memory for scans with this matcher. One that was made by another matcher is replaced by the first scan.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            identity: Arc::clone(&self.identity),
            expressions: self.expressions.scratch(),
        }
    }

    /// Finds all hits in `text` and puts them into `hits`, which is cleared first: sorted by start, end, list and term,
    /// each once. Allocates nothing once `scratch` and `hits` have grown to what texts like this one need.
    pub fn scan(&self, text: &str, scratch: &mut Scratch, hits: &mut Vec<Hit>) -> Scanned {
        hits.clear();
        if !Arc::ptr_eq(&scratch.identity, &self.identity) {
            *scratch = self.scratch();
        }
        let whole = text;
        let text = &whole[..whole.floor_char_boundary(TEXT_BYTES_MAX)];
        scratch.expressions.begin();
        self.scan_terms(text, &mut scratch.expressions, hits);
        if !self.expressions.is_empty() {
            self.expressions
                .run(text, &mut scratch.expressions, |list, term, start, end| {
                    hits.push(Hit {
                        list,
                        term,
                        start: start as u32,
                        end: end as u32,
                    });
                    hits.len() < HITS_PER_SCAN_MAX
                });
        }
        let full = hits.len() >= HITS_PER_SCAN_MAX;
        hits.truncate(HITS_PER_SCAN_MAX);
        hits.sort_unstable_by_key(|hit| (hit.start, hit.end, hit.list, hit.term));
        hits.dedup();
        if full || text.len() < whole.len() {
            Scanned::CutShort
        } else {
            Scanned::Whole
        }
    }

    fn scan_terms(&self, text: &str, marks: &mut ExpressionScratch, hits: &mut Vec<Hit>) {
        let mut letters = Position::START;
        let mut gaps = [Position::START; Class::COUNT];
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let (mut c, mut length) = decode(bytes, at);
            let mut symbol = self.symbols.at(c);
            let ends = if symbol < self.letters_from {
                at += length;
                if symbol == IGNORED {
                    continue;
                }
                let class = char::from_u32(c).map_or(Class::Letter, |c| self.classes.get(c));
                self.automaton.step(&mut gaps[class as usize], symbol)
            } else if letters.may_lead_on(symbol) {
                at += length;
                self.automaton.step_on(&mut letters, symbol)
            } else {
                let next = self.openings.next(bytes, at);
                if next != at {
                    at = next;
                    (c, length) = decode(bytes, at);
                    symbol = self.symbols.at(c);
                }
                at += length;
                self.automaton.begin(&mut letters, symbol)
            };
            if !ends.is_empty() {
                self.candidates(text, at, ends, marks, hits);
                if hits.len() >= HITS_PER_SCAN_MAX {
                    return;
                }
            }
        }
    }

    /// Verifies the terms of the keys that end at byte `at`.
    fn candidates(&self, text: &str, at: usize, ends: Ends, marks: &mut ExpressionScratch, hits: &mut Vec<Hit>) {
        for key in self.automaton.keys(ends) {
            let key = &self.keys[key];
            for term in key.terms.of(&self.terms) {
                if let Some((start, end)) = self.verify(text, at, term) {
                    let uses = term.uses.of(&self.uses);
                    hits.extend(uses.iter().map(|&(list, term)| Hit { list, term, start, end }));
                }
            }
            for &step in key.steps.of(&self.steps) {
                self.expressions.reach(step, at, marks);
            }
        }
    }

    /// The span of a term whose key ends at byte `at`, if it is there.
    fn verify(&self, text: &str, at: usize, term: &Term) -> Option<(u32, u32)> {
        let rule = &self.rules[usize::from(term.rule)];
        let gaps = rule.folding.gaps;
        let chars = term.chars.of(&self.chars);
        let (before, behind) = chars.split_at(chars.len() - usize::from(term.behind));
        let walk = Walk {
            classes: self.classes,
            rule,
            compared: term.compared,
        };
        let before_left = walk.consume(text[..at].chars().rev(), before.iter().rev())?;
        let start = before_left;
        let end = if behind.is_empty() {
            at
        } else {
            at + walk.consume(text[at..].chars(), behind.iter())?
        };
        let start = at - start;
        let starts = !term.word_start || !self.is_word_neighbour(text[..start].chars().rev(), gaps);
        let ends = !term.word_end || !self.is_word_neighbour(text[end..].chars(), gaps);
        (starts && ends).then_some((start as u32, end as u32))
    }

    /// True if the nearest of `chars` that is not invisible makes a word border matter. Invisible characters count
    /// where the list does not skip them.
    fn is_word_neighbour(&self, chars: impl Iterator<Item = char>, gaps: Gaps) -> bool {
        let mut chars = chars.take(GAP_CHARS_MAX + 1);
        chars
            .find(|&c| gaps == Gaps::None || self.classes.get(c) != Class::Invisible)
            .is_some_and(is_word)
    }
}

/// The code point of the character at byte `at` and its length in bytes. The text is valid and `at` is on a border.
#[inline]
fn decode(text: &[u8], at: usize) -> (u32, usize) {
    let byte = |offset: usize| u32::from(text.get(at + offset).copied().unwrap_or_default());
    let tail = |offset: usize| byte(offset) & 0x3f;
    match byte(0) {
        first @ 0..0x80 => (first, 1),
        first @ 0xe0..0xf0 => ((first & 0xf) << 12 | tail(1) << 6 | tail(2), 3),
        first @ 0x80..0xe0 => ((first & 0x1f) << 6 | tail(1), 2),
        first => ((first & 0x7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4),
    }
}

/// How characters of a text are compared with those of a term.
struct Walk<'a> {
    classes: &'a Classes,
    rule: &'a Rule,
    compared: bool,
}

impl Walk<'_> {
    /// The bytes of `text` that the characters of `term` take, gaps between them included.
    fn consume<'t>(&self, mut text: impl Iterator<Item = char>, term: impl Iterator<Item = &'t char>) -> Option<usize> {
        let mut bytes = 0;
        for &wanted in term {
            let mut skipped = 0;
            loop {
                let c = text.next()?;
                bytes += c.len_utf8();
                let class = self.classes.get(c);
                if self.rule.folding.gaps.skips(class) {
                    skipped += 1;
                    if skipped > GAP_CHARS_MAX {
                        return None;
                    }
                } else if self.compared && class == Class::Letter || self.rule.relation.fold(c) == wanted {
                    break;
                } else {
                    return None;
                }
            }
        }
        Some(bytes)
    }
}
