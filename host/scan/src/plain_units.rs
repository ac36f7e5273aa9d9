//! The units of a text as patterns see them: each character as its plain one, and what is not seen left out.
//!
//! Whether some letters are disguised shows in their word alone: a Cyrillic а among Latin letters is, in a Russian word it is
//! not; a word most letters of which have accents is, `élevé` is not.

use crate::plain::{FULL_FORMS, Kind, Plain, RARE_ACCENTS, is_combining, plain};
use crate::unit::Unit;
use unicode_normalization::char::compose;

/// Letters of a word that most of its letters may have accents in by chance, at most.
const ACCENTED_BY_CHANCE_MAX: usize = 3;

/// Reads each unit as plain.
pub(crate) fn read(units: &mut Vec<Unit>) {
    let plain = plain();
    let are_mixed = are_mixed(plain, units);
    let (mut at, mut kept) = (0, 0);
    // The character before, as it stood.
    let mut stood_before = None;
    while at < units.len() {
        if is_of_word(plain, units[at].c) {
            let word = Word::at(plain, &units[at..], are_mixed);
            stood_before = Some(units[at + word.length - 1].c);
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
            // Over what is no letter no writing has a mark.
            Kind::Removed | Kind::Combining => None,
            Kind::FullMark => {
                let stands_next = units.get(at).map(|unit| unit.c);
                let is_full = |c: Option<char>| c.is_some_and(|c| FULL_FORMS.contains(&c));
                let next = stands_next.map(|c| plain.of(c));
                let is_plain = is_full(stood_before) || is_full(stands_next) || is_within_number(unit.c, before, next);
                Some(if is_plain { plain.of(unit.c) } else { unit.c })
            }
            Kind::Enclosed => {
                let next = units.get(at).map(|unit| plain.of(unit.c));
                let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                let next_is_enclosed = units.get(at).is_some_and(|unit| plain.kind(unit.c) == Kind::Enclosed);
                let numbers_what_follows = is_digit(next) && !next_is_enclosed && !is_digit(before);
                Some(if numbers_what_follows { unit.c } else { plain.of(unit.c) })
            }
            Kind::Joined if plain.of(unit.c) == unit.c => None,
            Kind::Always | Kind::WithLatin | Kind::Accented | Kind::Joined => Some(plain.of(unit.c)),
        };
        stood_before = Some(unit.c);
        if let Some(c) = c {
            units[kept] = Unit { c, ..unit };
            kept += 1;
        }
    }
    units.truncate(kept);
}

/// Reads letters that look like Latin ones as these, in words that have Latin ones.
pub(crate) fn read_mixed_words(units: &mut [Unit]) {
    let plain = plain();
    if !are_mixed(plain, units) {
        return;
    }
    let mut at = 0;
    while at < units.len() {
        if !is_of_word(plain, units[at].c) {
            at += 1;
            continue;
        }
        let word = Word::at(plain, &units[at..], true);
        let (letters, to) = (&mut units[at..at + word.length], at + word.length);
        let others = letters.iter_mut().filter(|unit| plain.kind(unit.c) == Kind::WithLatin);
        if word.is_latin {
            others.for_each(|unit| unit.c = plain.of(unit.c));
        }
        at = to;
    }
}

/// True if a word has Latin letters and others that look like Latin ones.
fn are_mixed(plain: &Plain, units: &[Unit]) -> bool {
    if !units.iter().any(|unit| plain.kind(unit.c) == Kind::WithLatin) {
        return false;
    }
    let mut at = 0;
    while at < units.len() {
        let length = if is_of_word(plain, units[at].c) {
            let word = Word::at(plain, &units[at..], false);
            if word.is_latin && word.has_others {
                return true;
            }
            word.length
        } else {
            1
        };
        at += length;
    }
    false
}

/// Leaves out marks that are laid over what no writing lays them over.
pub(crate) fn leave_out_strokes(units: &mut Vec<Unit>) {
    let plain = plain();
    let mut under = None;
    units.retain(|unit| {
        if plain.kind(unit.c) == Kind::Combining {
            under = under.and_then(|letter| compose(letter, unit.c));
            return under.is_some();
        }
        under = Some(unit.c);
        true
    });
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
    /// It has Latin letters; or all of its letters look like them, in a text that has words of both.
    is_latin: bool,
    /// It has letters of a script that has letters like Latin ones.
    has_others: bool,
    is_accented: bool,
}

impl Word {
    /// The word that the units begin with.
    fn at(plain: &Plain, units: &[Unit], are_mixed: bool) -> Self {
        let (mut length, mut letters, mut accented, mut latin, mut alike) = (0, 0, 0, 0, 0);
        for unit in units {
            match plain.kind(unit.c) {
                Kind::Removed => {}
                Kind::Combining => accented += usize::from(length > 0 && !is_combining(units[length - 1].c)),
                _ if is_of_word(plain, unit.c) => {
                    letters += 1;
                    let is_other = plain.kind(unit.c) == Kind::WithLatin;
                    latin += usize::from(!is_other);
                    alike += usize::from(is_other && plain.of(unit.c).is_ascii());
                    let is_accented = plain.kind(unit.c) == Kind::Accented || RARE_ACCENTS.contains(&unit.c);
                    accented += usize::from(is_accented);
                }
                _ => break,
            }
            length += 1;
        }
        Self {
            length,
            is_latin: latin > 0 || are_mixed && alike == letters,
            has_others: latin < letters,
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
            Kind::WithLatin => self.is_latin,
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
