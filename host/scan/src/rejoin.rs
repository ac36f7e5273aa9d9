//! Puts together what was taken apart: words over the end of a line, and words with marks for their looks in them.

use crate::folding::is_word;
use crate::unit::Unit;
use proviso_chars as chars;

/// Marks in a row that say how a text looks: `**`, `***`.
const MARKUP_MARKS_MAX: usize = 3;

/// Leaves out a hyphen at the end of a line, and the end of the line, between two letters.
pub(crate) fn lines(units: &mut Vec<Unit>) {
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let before = units[..kept].last().is_some_and(|unit| is_word_letter(unit.c));
        if is_hyphen(units[at].c) && before {
            let rest = &units[at + 1..];
            let ends: usize = rest.iter().take_while(|unit| unit.c == '\r').take(1).count();
            if rest.get(ends).is_some_and(|unit| unit.c == '\n') {
                let spaces = rest[ends + 1..]
                    .iter()
                    .take_while(|unit| matches!(unit.c, ' ' | '\t'))
                    .count();
                let next = ends + 1 + spaces;
                if rest.get(next).is_some_and(|unit| is_word_letter(unit.c)) {
                    at += 1 + next;
                    continue;
                }
            }
        }
        units[kept] = units[at];
        kept += 1;
        at += 1;
    }
    units.truncate(kept);
}

/// What parts a word at the end of a line.
pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{ad}' | '\u{2010}')
}

/// What a word that goes on is made of.
pub(crate) fn is_word_letter(c: char) -> bool {
    chars::is_letter(c) && is_word(c)
}

/// Leaves out marks that say how a text looks: two or three of `*`, `_` or `~`, or a backquote, beside a letter.
pub(crate) fn markup(units: &mut Vec<Unit>) {
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let c = units[at].c;
        let mut length = 1;
        if matches!(c, '*' | '_' | '~' | '`') {
            length = units[at..].iter().take_while(|unit| unit.c == c).count();
            let (before, next) = (units[..kept].last(), units.get(at + length));
            if is_markup(c, length, before.map(|unit| unit.c), next.map(|unit| unit.c)) {
                at += length;
                continue;
            }
        }
        units.copy_within(at..at + length, kept);
        kept += length;
        at += length;
    }
    units.truncate(kept);
}

/// True if so many of these marks, between these characters, say how a text looks.
pub(crate) fn is_markup(mark: char, count: usize, before: Option<char>, next: Option<char>) -> bool {
    let counts = if mark == '`' { 1..=1 } else { 2..=MARKUP_MARKS_MAX };
    let letter = |c: Option<char>| c.is_some_and(chars::is_letter);
    let digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    counts.contains(&count) && (letter(before) || letter(next)) && !digit(before) && !digit(next)
}
