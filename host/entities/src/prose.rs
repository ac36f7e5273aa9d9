//! Words of prose in ASCII letters, most of which nothing begins with: three letters tell it, and the reader passes over them.

use super::messenger;
use super::tape::Tape;
use super::words::WORDS;
use std::sync::LazyLock;

/// By the first two letters of a word: the third letters with which something may begin, a bit each, and [`NO_LETTER`].
static TELLING: LazyLock<[u32; 32 * 32]> = LazyLock::new(|| {
    let mut telling = [0; 32 * 32];
    let named = WORDS.iter().flat_map(|(_, words)| words.split('|'));
    for word in named.chain(messenger::NAMES.iter().map(|(name, _)| *name)) {
        let mut letters = word.chars().map_while(number);
        let Some(first) = letters.next() else { continue };
        match (letters.next(), letters.next()) {
            (Some(second), Some(third)) => telling[first * 32 + second] |= 1 << third,
            // A short name takes anything behind it.
            (Some(second), None) => telling[first * 32 + second] = u32::MAX,
            (None, _) => telling[first * 32..][..32].fill(u32::MAX),
        }
    }
    telling
});

/// What is no letter.
const NO_LETTER: usize = 0;

/// The number of an ASCII letter in the alphabet, from 1, in any case.
fn number(c: char) -> Option<usize> {
    c.is_ascii_alphabetic().then_some((c as usize) & 0x1f)
}

/// Lengths of a bank's code: ISO 9362.
const CODE_CHARS: [usize; 2] = [8, 11];

/// Behind the word that begins at a place, if no entity and no word that names one begins with it. None where a digit belongs to
/// it, or stands behind it: it may be a month or a currency.
pub(super) fn word(tape: &Tape, at: usize) -> Option<usize> {
    let first = tape.at(at);
    let place = number(first)? * 32;
    if tape.before(at).is_ascii_alphanumeric() {
        return None;
    }
    let second = number(tape.at(at + 1)).unwrap_or(NO_LETTER);
    let third = number(tape.at(at + 2)).unwrap_or(NO_LETTER);
    if TELLING[place + second] >> third & 1 != 0 {
        return None;
    }
    let mut to = at + 1;
    while tape.at(to).is_ascii_alphabetic() {
        to += 1;
    }
    let next = tape.at(to);
    let behind = tape.skip_spaces(to + usize::from(matches!(next, '.' | '$')), 1);
    let may_be_code = first.is_ascii_uppercase() && CODE_CHARS.contains(&(to - at));
    let is_plain = next != ':' && !next.is_ascii_digit() && !tape.at(behind).is_ascii_digit() && !may_be_code;
    is_plain.then_some(to)
}
