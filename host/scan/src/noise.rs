//! Leaves out noise: what is put between the characters of a text so that its words are not found.
//!
//! Noise shows by its regularity: the same stands between letters that each stand alone, `W.h.a.t.s`, 加 我 微 信. Where a text has
//! such a row, the same is left out at all places where it stands so. A picture or a mark that nobody writes between two
//! ideographs is noise even once: 保💰本, 保*本.

use crate::chars::{self, Class};
use crate::unit::{MARK, Unit};

/// Characters of noise between two others, at most.
pub(crate) const NOISE_CHARS_MAX: usize = 3;
/// Letters in a row that stand alone with the same between them, at least, for it to be noise.
pub(crate) const ROW_MIN: usize = 4;
/// Ideographs of such a row: the first and the last may belong to other words, so that one stands alone.
pub(crate) const IDEOGRAPHS_MIN: usize = 3;
/// Digits of such a row that has nothing else: an address of the internet has four groups.
pub(crate) const DIGITS_MIN: usize = 6;
/// Kinds of noise of one text, at most.
const KINDS_MAX: usize = 4;

/// What stands between two characters: one to three characters of which the rest are `\0`.
type Noise = [char; NOISE_CHARS_MAX];

/// Leaves out the noise.
pub(crate) fn leave_out(units: &mut Vec<Unit>) {
    let (regular, count) = regular(units);
    let regular = &regular[..count];
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let unit = units[at];
        let space = around_space(units, at, regular);
        let length = behind(units, at, regular);
        units[kept] = unit;
        kept += 1;
        at += 1 + length;
        if let Some((place, length)) = space {
            units[kept] = units[place];
            kept += 1;
            at = place + 1 + length;
        }
    }
    units.truncate(kept);
}

/// Where the noise behind a place stands on both sides of a space: the place of this space, and how long the noise behind it is.
fn around_space(units: &[Unit], at: usize, regular: &[Noise]) -> Option<(usize, usize)> {
    let is_part_at = |at: usize| units.get(at).is_some_and(|unit| is_part(unit.c));
    regular.iter().find_map(|noise| {
        let length = length(*noise);
        let space = at + 1 + length;
        let is_space = units.get(space).is_some_and(|unit| unit.c.is_whitespace());
        let is_around = has(units, at + 1, *noise) && is_space && has(units, space + 1, *noise);
        (is_around && is_part_at(at) && is_part_at(space + 1 + length)).then_some((space, length))
    })
}

/// The kinds of noise that rows of letters have between them, and how many these are.
fn regular(units: &[Unit]) -> ([Noise; KINDS_MAX], usize) {
    let (mut kinds, mut count) = ([['\0'; NOISE_CHARS_MAX]; KINDS_MAX], 0);
    let mut at = 0;
    while at < units.len() {
        let noise = between(units, at).filter(|_| stands_alone_before(units, at));
        let Some(noise) = noise else {
            at += 1;
            continue;
        };
        let row = row(units, at, noise);
        if row.is_noise() && count < KINDS_MAX && !kinds[..count].contains(&noise) {
            kinds[count] = noise;
            count += 1;
        }
        // The last of a row may be the first of another.
        at = row.last.max(at + 1);
    }
    (kinds, count)
}

/// How many characters behind a place are noise.
fn behind(units: &[Unit], at: usize, regular: &[Noise]) -> usize {
    let c = units[at].c;
    if !is_part(c) {
        return 0;
    }
    let next = |length: usize| units.get(at + 1 + length).map(|unit| unit.c).filter(|&c| is_part(c));
    for noise in regular {
        let length = length(*noise);
        if has(units, at + 1, *noise)
            && next(length).is_some()
            && stands_alone_before(units, at)
            && stands_alone_behind(units, at + 1 + length)
        {
            return length;
        }
    }
    let single = between(units, at).filter(|noise| next(length(*noise)).is_some_and(|next| is_odd(*noise, c, next)));
    single.map_or(0, length)
}

/// A row of characters with the same between them.
struct Row {
    /// Place of the last one.
    last: usize,
    letters: usize,
    ideographs: usize,
    digits: usize,
    /// They are not the same letter again and again, as kisses are.
    differ: bool,
}

impl Row {
    fn is_noise(&self) -> bool {
        let least = if self.digits == self.letters {
            DIGITS_MIN
        } else {
            ROW_MIN
        };
        self.differ && (self.ideographs >= IDEOGRAPHS_MIN || self.letters >= least)
    }
}

/// The row that begins at a place, which stands alone.
fn row(units: &[Unit], at: usize, noise: Noise) -> Row {
    let mut row = Row {
        last: at,
        letters: 0,
        ideographs: 0,
        digits: 0,
        differ: false,
    };
    let length = length(noise);
    let mut here = at;
    loop {
        let c = units[here].c;
        let is_inside = here > at && !stands_alone_behind(units, here);
        if is_inside {
            return row;
        }
        row.last = here;
        row.letters += usize::from(is_letter(c));
        row.ideographs += usize::from(is_ideograph(c));
        row.digits += usize::from(c.is_ascii_digit());
        row.differ |= is_letter(c) && c != units[at].c;
        let next = here + 1 + length;
        if !has(units, here + 1, noise) || !units.get(next).is_some_and(|unit| is_part(unit.c)) {
            return row;
        }
        here = next;
    }
}

/// What stands between the letter at a place and the next one, if it may be noise.
fn between(units: &[Unit], at: usize) -> Option<Noise> {
    if !is_letter(units[at].c) {
        return None;
    }
    let mut noise = ['\0'; NOISE_CHARS_MAX];
    let mut length = 0;
    loop {
        let c = units.get(at + 1 + length)?.c;
        if is_letter(c) {
            break;
        }
        if length == NOISE_CHARS_MAX || !may_be_noise(c) {
            return None;
        }
        noise[length] = c;
        length += 1;
    }
    // Of two different ones, one ends something: U. S. A.
    let is_one =
        length != 2 || noise[0] == noise[1] || noise[..2] == ['\r', '\n'] || noise[..2].iter().all(|c| is_picture(*c));
    (length > 0 && is_one).then_some(noise)
}

fn length(noise: Noise) -> usize {
    noise.iter().take_while(|&&c| c != '\0').count()
}

fn has(units: &[Unit], at: usize, noise: Noise) -> bool {
    let here = units.get(at..at + length(noise)).unwrap_or_default();
    !here.is_empty()
        && here
            .iter()
            .map(|unit| unit.c)
            .eq(noise.into_iter().take_while(|&c| c != '\0'))
}

/// True if no letter of the same word stands before a character. An ideograph is a word.
fn stands_alone_before(units: &[Unit], at: usize) -> bool {
    at == 0 || !are_of_word(units[at - 1].c, units[at].c)
}

/// True if no letter of the same word stands behind a character.
fn stands_alone_behind(units: &[Unit], at: usize) -> bool {
    units.get(at + 1).is_none_or(|next| !are_of_word(units[at].c, next.c))
}

/// True of neighbours that nobody takes for two words.
pub(crate) fn are_of_word(one: char, other: char) -> bool {
    let is_of_word = |c: char| is_letter(c) && !is_ideograph(c);
    is_of_word(one) && is_of_word(other)
}

/// True of what nobody writes between two such characters, for once: a picture beside an ideograph, a mark between two.
pub(crate) fn is_odd(noise: Noise, before: char, next: char) -> bool {
    let all = |is: fn(char) -> bool| noise.iter().take_while(|&&c| c != '\0').all(|&c| is(c));
    let (before, next) = (is_ideograph(before), is_ideograph(next));
    all(is_picture) && (before || next) || all(is_mark) && before && next
}

/// What noise stands between, and what may be the one or the other: all that is seen and is no space.
fn is_part(c: char) -> bool {
    chars::class(c) <= Class::Mark && !ENDS.contains(&c)
}

/// Ends of clauses and sentences, and what lists things.
const ENDS: [char; 7] = ['，', '。', '、', '！', '？', '；', '：'];

/// True of what people put between letters.
pub(crate) fn may_be_noise(c: char) -> bool {
    !is_letter(c) && !ENDS.contains(&c)
}

/// Letters, ideographs and digits.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_digit() || chars::is_letter(c)
}

pub(crate) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Emoji and other pictures.
fn is_picture(c: char) -> bool {
    c == MARK || matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}') && chars::class(c) == Class::Mark
}

/// Marks that are written between ideographs to part them. A middle dot is none: it stands in foreign names.
fn is_mark(c: char) -> bool {
    matches!(c, '*' | '_' | '~' | '|' | '/' | '-' | '.' | '`' | '^')
}
