//! Puts together what was taken apart: words over the end of a line, words with marks for their looks in them, and words that
//! are written letter by letter.

use crate::chars::{self, Class};
use crate::folding::is_word;
use crate::unit::Unit;

/// Letters that stand alone with the same between them, at least, for them to be one word.
pub(crate) const SINGLE_LETTERS_MIN: usize = 4;
/// Characters between two of them, at most.
pub(crate) const SEPARATOR_CHARS_MAX: usize = 3;
/// Marks in a row that say how a text looks: `**`, `***`.
const MARKUP_MARKS_MAX: usize = 3;

/// Leaves out a hyphen at the end of a line, and the end of the line, between two letters.
pub(crate) fn lines(units: &mut Vec<Unit>) {
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let before = units[..kept].last().is_some_and(|unit| is_word_letter(unit.c));
        if matches!(units[at].c, '-' | '\u{ad}' | '\u{2010}') && before {
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

fn is_word_letter(c: char) -> bool {
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

/// Leaves out what stands between letters that each stand alone.
pub(crate) fn single_letters(units: &mut Vec<Unit>) {
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let alone = kept == 0 || !is_letter(units[kept - 1].c);
        let (letters, separator) = if alone { row(&units[at..]) } else { (0, 0) };
        let length = (letters.max(1) - 1) * (1 + separator) + 1;
        // x x x x are kisses, and no word.
        let mut others = units[at..at + length].iter().step_by(1 + separator).skip(1);
        if letters < SINGLE_LETTERS_MIN || others.all(|unit| unit.c == units[at].c) {
            let copied = if letters < SINGLE_LETTERS_MIN { 1 } else { length };
            units.copy_within(at..at + copied, kept);
            kept += copied;
            at += copied;
            continue;
        }
        for letter in 0..letters {
            units[kept] = units[at + letter * (1 + separator)];
            kept += 1;
        }
        at += length;
    }
    units.truncate(kept);
}

/// How many letters at the beginning stand alone with the same between them, and how many characters that is.
fn row(units: &[Unit]) -> (usize, usize) {
    let Some((first, rest)) = units.split_first() else {
        return (0, 0);
    };
    if !chars::is_letter(first.c) {
        return (0, 0);
    }
    let between = rest
        .iter()
        .take(SEPARATOR_CHARS_MAX + 1)
        .take_while(|unit| is_separator(unit.c))
        .count();
    // Of two, one ends something: U. S. A.
    if !matches!(between, 1 | SEPARATOR_CHARS_MAX) {
        return (0, 0);
    }
    let separator = &rest[..between];
    let mut letters = 1;
    let mut at = 1;
    loop {
        let same = units
            .get(at..at + between)
            .is_some_and(|here| here.iter().map(|unit| unit.c).eq(separator.iter().map(|unit| unit.c)));
        let letter = units.get(at + between).filter(|unit| chars::is_letter(unit.c));
        let alone = !units.get(at + between + 1).is_some_and(|unit| is_letter(unit.c));
        if !(same && letter.is_some() && alone) {
            return (letters, between);
        }
        letters += 1;
        at += between + 1;
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_digit() || chars::is_letter(c)
}

/// What people put between letters. What ends a sentence or lists things is none.
pub(crate) fn is_separator(c: char) -> bool {
    !is_letter(c)
        && chars::class(c) != Class::Letter
        && !matches!(c, '，' | '。' | '、' | '！' | '？' | '；' | '：' | '\u{fffc}')
}
