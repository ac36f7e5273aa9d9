//! The number that the trie knows each character by.

use crate::trie::Symbol;
use proviso_chars::Pages;
use proviso_chars::{self as chars, Class};
use std::collections::HashSet;

/// Different characters in the terms of all lists together, at most: every symbol of the trie has a number.
const SYMBOLS_MAX: usize = Symbol::MAX as usize;

/// The symbol of each character.
pub(crate) struct Symbols {
    pub(crate) pages: Pages<Symbol>,
    pub(crate) kinds: Kinds,
    /// Symbols in all.
    pub(crate) count: usize,
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
    pub(crate) fn new<'a>(keys: impl Iterator<Item = &'a [char]>) -> Result<Self, String> {
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

    pub(crate) fn of(&self, c: char) -> Symbol {
        self.pages.get(c)
    }
}
