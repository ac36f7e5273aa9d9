//! Words of prose in ASCII letters, most of which nothing begins with: three letters tell it, and the reader passes over them.

use super::messenger;
use super::tape::Tape;
use super::words::WORDS;
use std::sync::LazyLock;

/// With which letters a word may begin that begins something: by the first two, the third ones, a bit each, and [`NO_LETTER`]; and
/// by a mix of the first four, a bit.
struct Telling {
    thirds: [u32; 32 * 32],
    fourths: [u64; FOURTHS / 64],
}

/// A power of two, so many that most of them are clear.
const FOURTHS: usize = 1 << 13;

static TELLING: LazyLock<Telling> = LazyLock::new(|| {
    let mut telling = Telling {
        thirds: [0; 32 * 32],
        fourths: [0; FOURTHS / 64],
    };
    let named = WORDS.iter().flat_map(|(_, words)| words.split('|'));
    // A word may have the s of a plural; what a messenger is called may have anything behind it.
    named.for_each(|word| telling.add(word, |c| c == NO_LETTER || c == PLURAL));
    let messengers = messenger::NAMES.iter().map(|(name, _)| *name);
    messengers.for_each(|name| telling.add(name, |_| true));
    telling
});

impl Telling {
    /// Adds a word that begins with a letter, with what may stand behind it.
    fn add(&mut self, word: &str, may_follow: impl Fn(usize) -> bool) {
        let letters: Vec<Option<usize>> = word.chars().map(number).collect();
        if letters[0].is_none() {
            return;
        }
        // Of its first four characters those beyond the word's end may be any that may follow, and any behind that.
        let fits = |at: usize, c: usize| match letters.get(at) {
            Some(letter) => c == letter.unwrap_or(NO_LETTER),
            None => at > letters.len() || may_follow(c),
        };
        let of = |at: usize| (0..32).filter(move |&c| fits(at, c));
        for first in of(0) {
            for second in of(1) {
                for third in of(2) {
                    self.thirds[first * 32 + second] |= 1 << third;
                    for fourth in of(3) {
                        let bit = mixed([first, second, third, fourth]);
                        self.fourths[bit / 64] |= 1 << (bit % 64);
                    }
                }
            }
        }
    }

    /// Whether something may begin with letters, or what is none, at the beginning of a word.
    #[inline]
    fn has(&self, [first, second, third]: [usize; 3], fourth: impl FnOnce() -> usize) -> bool {
        if self.thirds[first * 32 + second] >> third & 1 == 0 {
            return false;
        }
        let bit = mixed([first, second, third, fourth()]);
        self.fourths[bit / 64] >> (bit % 64) & 1 != 0
    }
}

/// The place of four letters among [`Telling::fourths`].
fn mixed(letters: [usize; 4]) -> usize {
    let all = letters.iter().fold(0, |all, letter| all << 5 | letter) as u32;
    (all.wrapping_mul(0x9e37_79b1) >> 19) as usize
}

/// What is no letter.
const NO_LETTER: usize = 0;
/// The letter of a plural.
const PLURAL: usize = 19;

/// The number of an ASCII letter in the alphabet, from 1, in any case.
fn number(c: char) -> Option<usize> {
    c.is_ascii_alphabetic().then_some((c as usize) & 0x1f)
}

/// Lengths of a bank's code: ISO 9362.
const CODE_CHARS: [usize; 2] = [8, 11];

/// Behind the word that begins at a place, if no entity and no word that names one begins with it. None where a digit belongs to
/// it, or stands behind it: it may be a month or a currency.
pub(super) fn word(tape: &Tape, at: usize) -> Option<usize> {
    let char_at = |at| tape.at(at);
    let first = char_at(at);
    let first_letter = number(first)?;
    if char_at(at.wrapping_sub(1)).is_ascii_alphanumeric() {
        return None;
    }
    let letter = |at| number(char_at(at)).unwrap_or(NO_LETTER);
    if TELLING.has([first_letter, letter(at + 1), letter(at + 2)], || letter(at + 3)) {
        return None;
    }
    let mut to = at + 1;
    while char_at(to).is_ascii_alphabetic() {
        to += 1;
    }
    let next = char_at(to);
    let behind = to + usize::from(matches!(next, '.' | '$'));
    let behind = behind + usize::from(char_at(behind) == ' ');
    let may_be_code = first.is_ascii_uppercase() && CODE_CHARS.contains(&(to - at));
    let is_plain = next != ':' && !next.is_ascii_digit() && !char_at(behind).is_ascii_digit() && !may_be_code;
    is_plain.then_some(to)
}
