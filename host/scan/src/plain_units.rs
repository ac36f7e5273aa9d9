//! The units of a text as patterns see them: each character as its plain one, and what is not seen left out.
//!
//! Whether some letters are disguised shows in their word alone: a Cyrillic а among Latin letters is, in a Russian word it is
//! not; a word most letters of which have accents is, `élevé` is not.

use crate::plain::{Kind, Plain, RARE_ACCENTS, is_combining, plain};
use crate::unit::Unit;
use unicode_normalization::char::compose;

/// Letters of a word that most of its letters may have accents in by chance, at most.
const ACCENTED_BY_CHANCE_MAX: usize = 3;

/// Reads each unit as plain.
pub(crate) fn read(units: &mut Vec<Unit>) {
    let plain = plain();
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        if is_of_word(plain, units[at].c) {
            let word = Word::at(plain, &units[at..]);
            let to = at + word.length;
            // The character that the marks behind it have been laid over so far.
            let mut under = None;
            while at < to {
                let unit = units[at];
                at += 1;
                if let Some(c) = word.read(plain, unit.c, &mut under) {
                    units[kept] = Unit { c, ..unit };
                    kept += 1;
                }
            }
            continue;
        }
        let unit = units[at];
        at += 1;
        let before = units[..kept].last().map(|unit| unit.c);
        let c = match plain.kind(unit.c) {
            Kind::Plain => Some(unit.c),
            Kind::Removed => None,
            Kind::FullMark => {
                let next = units.get(at).map(|unit| plain.of(unit.c));
                Some(if is_within_number(unit.c, before, next) {
                    plain.of(unit.c)
                } else {
                    unit.c
                })
            }
            Kind::Enclosed => {
                let next = units.get(at).map(|unit| plain.of(unit.c));
                let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                let next_is_enclosed = units.get(at).is_some_and(|unit| plain.kind(unit.c) == Kind::Enclosed);
                let numbers_what_follows = is_digit(next) && !next_is_enclosed && !is_digit(before);
                Some(if numbers_what_follows { unit.c } else { plain.of(unit.c) })
            }
            // Over an ideograph or a digit no writing has one.
            Kind::Combining => before.is_none_or(|c| !c.is_alphanumeric()).then_some(unit.c),
            Kind::Joined if plain.of(unit.c) == unit.c => None,
            Kind::Always | Kind::WithLatin | Kind::Accented | Kind::Joined => Some(plain.of(unit.c)),
        };
        if let Some(c) = c {
            units[kept] = Unit { c, ..unit };
            kept += 1;
        }
    }
    units.truncate(kept);
}

/// True of full-width marks that stand where a number or an address has such a mark.
pub(crate) fn is_within_number(mark: char, before: Option<char>, next: Option<char>) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    match mark {
        '％' => digit(before),
        '＋' => digit(next),
        '：' => digit(before) && digit(next),
        _ => letter(before) && letter(next),
    }
}

/// A word with letters that might be disguised, or beside such.
struct Word {
    /// Units.
    length: usize,
    has_latin: bool,
    is_accented: bool,
}

impl Word {
    /// The word that the units begin with.
    fn at(plain: &Plain, units: &[Unit]) -> Self {
        let (mut length, mut letters, mut accented, mut has_latin) = (0, 0, 0, false);
        for unit in units {
            match plain.kind(unit.c) {
                Kind::Removed => {}
                Kind::Combining => accented += usize::from(length > 0 && !is_combining(units[length - 1].c)),
                _ if is_of_word(plain, unit.c) => {
                    letters += 1;
                    has_latin |= plain.kind(unit.c) != Kind::WithLatin;
                    let is_accented = plain.kind(unit.c) == Kind::Accented || RARE_ACCENTS.contains(&unit.c);
                    accented += usize::from(is_accented);
                }
                _ => break,
            }
            length += 1;
        }
        Self {
            length,
            has_latin,
            is_accented: letters > ACCENTED_BY_CHANCE_MAX && accented * 2 > letters,
        }
    }

    /// What a character of the word is read as; none if it is left out.
    fn read(&self, plain: &Plain, c: char, under: &mut Option<char>) -> Option<char> {
        let kind = plain.kind(c);
        if kind == Kind::Combining {
            // A letter with this mark that some language writes.
            *under = under.and_then(|letter| compose(letter, c));
            return (under.is_some() && !self.is_accented).then_some(c);
        }
        if kind == Kind::Removed {
            return None;
        }
        *under = Some(c);
        let is_read = match kind {
            Kind::WithLatin => self.has_latin,
            Kind::Accented => self.is_accented,
            _ => true,
        };
        Some(if is_read { plain.of(c) } else { c })
    }
}

/// True of letters that words are made of which are looked at as a whole.
fn is_of_word(plain: &Plain, c: char) -> bool {
    match plain.kind(c) {
        Kind::WithLatin | Kind::Accented => true,
        Kind::Plain => c.is_ascii_alphabetic(),
        Kind::Always => plain.of(c).is_ascii_alphabetic(),
        _ => false,
    }
}
