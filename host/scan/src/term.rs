//! Terms and the keys that lead to them, as tables that point into each other.

use crate::borders;
use crate::folding::{Folding, is_word};
use proviso_chars::{self as chars, Class, Relation};

/// The options of a list, ready for verification.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) folding: Folding,
    pub(crate) relation: &'static Relation,
}

/// A range of another table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// What a key of the trie stands for.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) terms: Slice,
    /// Those of them that lists which are not heavy look for; they come first.
    pub(crate) light: Slice,
    pub(crate) waypoints: Slice,
}

/// A folded term with the options that it is verified under, and all terms of all lists that are this one.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) chars: Slice,
    /// Characters behind the last one of the key: of a less significant class, but significant in this list.
    pub(crate) behind: u16,
    pub(crate) rule: u16,
    /// The trie has compared all there is to compare: the term is all letters, under the coarsest relation.
    pub(crate) compared: bool,
    pub(crate) word_start: bool,
    pub(crate) word_end: WordEnd,
    /// Whether a hit stays is asked of the words around it.
    pub(crate) asks_words: bool,
    pub(crate) uses: Slice,
}

/// What may stand behind a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordEnd {
    /// Anything.
    Anything,
    /// No letter or digit.
    Border,
    /// No letter or digit, save those of an identifier.
    BorderOrIdentifier,
}

impl Slice {
    pub(crate) fn new(from: usize, to: usize) -> Self {
        Self {
            from: from as u32,
            to: to as u32,
        }
    }

    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
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
    /// True if this is a term of letters at its beginning, and matches only with the border of a word before it.
    pub(crate) fn begins_word(&self, chars: &[char]) -> bool {
        let first = self.chars.of(chars).first();
        self.word_start && first.is_some_and(|&c| chars::class(c) == Class::Letter)
    }

    /// True if this is a term of letters at its end, and matches only with the border of a word behind it.
    pub(crate) fn ends_word(&self) -> bool {
        self.word_end == WordEnd::Border && self.behind == 0
    }

    /// The folded term that is the characters from `from` to the end of `chars`.
    pub(crate) fn new(chars: &[char], from: u32, rule: u16, rules: &[Rule], uses: Slice) -> Self {
        let folding = rules[usize::from(rule)].folding;
        let text = &chars[from as usize..];
        let class = text.iter().map(|&c| chars::class(c)).min();
        let behind = text
            .iter()
            .rev()
            .take_while(|&&c| Some(chars::class(c)) != class)
            .count();
        let (word_start, word_end) = word_ends(text, folding);
        let may_be_glued = folding.glued_identifiers && text.last().is_some_and(|&c| is_latin(c));
        let all_letters = !folding.repeats && text.iter().all(|&c| chars::class(c) == Class::Letter);
        Self {
            chars: Slice {
                from,
                to: chars.len() as u32,
            },
            behind: behind as u16,
            rule,
            compared: all_letters && folding.relation_index() == chars::ALL,
            word_start,
            word_end: match (word_end, may_be_glued) {
                (false, _) => WordEnd::Anything,
                (true, false) => WordEnd::Border,
                (true, true) => WordEnd::BorderOrIdentifier,
            },
            asks_words: folding.word_segmentation && borders::concern(text),
            uses,
        }
    }
}

fn is_latin(c: char) -> bool {
    chars::relation(chars::ALL).fold(c).is_ascii_alphabetic()
}

/// True for terms that the matcher may accept at a border: see [`Folding::word_boundaries`].
pub(crate) fn word_ends(text: &[char], folding: Folding) -> (bool, bool) {
    let at = |c: Option<&char>| folding.word_boundaries && c.is_some_and(|&c| is_word(c));
    (at(text.first()), at(text.last()))
}
