//! Words that say what the number beside them is. They are noted while the text is read, so that each number asks what was
//! noted and nothing is searched backwards.

use super::tape::{Tape, is_han};
pub(super) use super::words::Name;
use super::words::{NAMES, WORDS};
use proviso_chars::Pages;
use std::sync::LazyLock;

/// What may stand between a word and its number.
const FILLER_WORDS: &[&str] = &[
    "numbers", "number", "num", "nos", "no", "ids", "id", "is", "are", "was", "code", "below", "s",
];
const FILLER_CHARS: &str = " :#=-()[]<>\"'|*.\n是为号码编序列的了如下分别清单列表以下有:“”‘’【】「」";
const FILLER_MAX: usize = 24;

/// A word, its second character, and what it says.
#[derive(Debug, Clone, Copy)]
struct Word {
    second: char,
    text: &'static str,
    name: Name,
}

/// Words by their first character: number of the bucket, 0 for none.
#[derive(Debug)]
struct Words {
    buckets: Vec<Bucket>,
    by_first: Pages<u8>,
}

/// Words with the same first character, of which the longest comes first.
#[derive(Debug, Default)]
struct Bucket {
    words: Vec<Word>,
    /// Letters of the alphabet that are the second character of a word, a bit each; all of them if a word has one character.
    letters: u32,
}

impl Bucket {
    fn has_second(&self, next: char) -> bool {
        !next.is_ascii_alphabetic() || self.letters & letter_bit(next) != 0
    }
}

/// Of a letter of the alphabet in any case; of other characters, any.
fn letter_bit(c: char) -> u32 {
    1 << (u32::from(c) & 0x1f)
}

static BY_FIRST: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words {
        buckets: vec![Bucket::default()],
        by_first: Pages::new(0),
    };
    let all = WORDS
        .iter()
        .flat_map(|(name, words)| words.split('|').map(|word| (word, *name)));
    for (word, name) in all {
        let first = word.chars().next().unwrap_or('\0');
        let mut bucket = usize::from(words.by_first.get(first));
        if bucket == 0 {
            bucket = words.buckets.len();
            words.buckets.push(Bucket::default());
            words.by_first.set(first, bucket as u8);
            words.by_first.set(first.to_ascii_uppercase(), bucket as u8);
        }
        let second = word.chars().nth(1).unwrap_or('\0');
        let bucket = &mut words.buckets[bucket];
        bucket.letters |= match second {
            '\0' => u32::MAX,
            _ if second.is_ascii_alphabetic() => letter_bit(second),
            _ => 0,
        };
        bucket.words.push(Word {
            second,
            text: word,
            name,
        });
    }
    // Of words that begin alike the longest counts.
    for bucket in &mut words.buckets {
        bucket
            .words
            .sort_by_key(|word| std::cmp::Reverse(word.text.chars().count()));
    }
    words
});

/// The word that begins at a place, with the place behind it.
#[inline]
fn word_at(words: &Words, tape: &Tape, at: usize) -> Option<(Name, usize)> {
    let first = tape.at(at);
    let bucket = words.by_first.get(first);
    if bucket == 0 || (first.is_ascii() && tape.before(at).is_ascii_alphabetic()) {
        return None;
    }
    let bucket = &words.buckets[usize::from(bucket)];
    let next = tape.at(at + 1);
    if !bucket.has_second(next) {
        return None;
    }
    longest_of(bucket, next, tape, at)
}

fn longest_of(bucket: &Bucket, next: char, tape: &Tape, at: usize) -> Option<(Name, usize)> {
    let next = next.to_ascii_lowercase();
    bucket.words.iter().find_map(|&Word { second, text, name }| {
        if (second != next && second != '\0') || !tape.has(at, text) {
            return None;
        }
        let mut to = at + text.chars().count();
        if tape.before(to).is_ascii_alphabetic() {
            to += usize::from(tape.at(to).eq_ignore_ascii_case(&'s'));
            if tape.at(to).is_ascii_alphabetic() {
                return None;
            }
        }
        Some((name, to))
    })
}

/// What was noted so far.
#[derive(Debug)]
pub(super) struct Names {
    /// Behind the last word of each name; 0 for none.
    last: [usize; NAMES],
    /// Behind the last word of any name.
    word_to: usize,
    /// What the number that begins at a place is named.
    named: (usize, Option<Name>),
    /// What the last named number was, and where it ended.
    list: (usize, Option<Name>),
    /// A name at the end of a line, and the last line that had a number of it.
    heading: (usize, Option<Name>),
    /// Where the sentence begins.
    sentence: usize,
    line: usize,
    words: &'static Words,
}

impl Names {
    /// Nothing noted.
    pub(super) fn new() -> Self {
        Self {
            last: [0; NAMES],
            word_to: 0,
            named: (0, None),
            list: (0, None),
            heading: (0, None),
            sentence: 0,
            line: 0,
            words: &BY_FIRST,
        }
    }

    /// Notes what begins at a place. Called for each place in order, save those within an entity.
    pub(super) fn note(&mut self, tape: &Tape, at: usize) {
        match tape.at(at) {
            '。' | '!' | '?' | ';' => self.sentence = at,
            '\n' => {
                self.line += 1;
                if tape.at(at + 1) == '\n' {
                    self.sentence = at;
                    self.heading.1 = None;
                }
            }
            _ => {}
        }
        let Some((name, to)) = word_at(self.words, tape, at) else {
            return;
        };
        self.last[name as usize] = to;
        if to <= self.word_to {
            return;
        }
        self.word_to = to;
        // Money and interest go with any number; they do not name one.
        if matches!(name, Name::Money | Name::Interest | Name::Counted) {
            return;
        }
        let filled = filler_end(tape, to);
        self.named = (filled, Some(name));
        if (to..=filled).any(|at| tape.at(at) == '\n') || heads_column(tape, to) {
            self.heading = (self.line, Some(name));
        } else {
            self.heading.1 = None;
        }
    }

    /// What the number that begins at a place is named: by the word directly before it, by the number before it in a list, or
    /// by a heading.
    pub(super) fn of(&self, tape: &Tape, at: usize) -> Option<Name> {
        if self.named.0 == at && self.named.1.is_some() {
            return self.named.1;
        }
        if self.list.1.is_some() && list_end(tape, self.list.0) == at {
            return self.list.1;
        }
        let is_under = self.line <= self.heading.0 + 1 && self.named.1 == self.heading.1;
        self.heading.1.filter(|_| is_under)
    }

    /// Where the last word that names a number has its number.
    pub(super) fn place(&self) -> usize {
        self.named.0
    }

    /// A number ended that was named so.
    pub(super) fn claimed(&mut self, tape: &Tape, from: usize, to: usize, name: Option<Name>) {
        self.line += (from..to).filter(|&at| tape.at(at) == '\n').count();
        if name.is_some() {
            self.list = (to, name);
            if self.heading.1.is_some() {
                self.heading.0 = self.line;
            }
        }
    }

    /// Whether a word of that name stands before a place, in its sentence, with at most `max` characters between.
    pub(super) fn near(&self, name: Name, at: usize, max: usize) -> bool {
        let to = self.last[name as usize];
        to > 0 && to <= at && at - to <= max && to > self.sentence
    }
}

/// The first word that stands behind a place, with at most `max` characters between, none of which is a digit or ends a
/// sentence or line.
pub(super) fn after(tape: &Tape, at: usize, max: usize) -> Option<Name> {
    let words = &*BY_FIRST;
    for place in at..=at + max {
        let c = tape.at(place);
        if matches!(c, '。' | '!' | '?' | ';' | '\n' | ',' | '、' | '\0') || c.is_ascii_digit() {
            return None;
        }
        if let Some((name, _)) = word_at(words, tape, place) {
            return Some(name);
        }
    }
    None
}

/// Whether ideographs stand within a few characters of a run.
pub(super) fn is_chinese(tape: &Tape, from: usize, to: usize) -> bool {
    (from.saturating_sub(16)..from)
        .chain(to..to + 12)
        .any(|at| is_han(tape.at(at)))
}

/// Whether a word heads a column: other headings stand behind it in the line, and no number.
fn heads_column(tape: &Tape, to: usize) -> bool {
    let rest = || (to..to + FILLER_MAX).map(|at| tape.at(at));
    let end = rest().find(|c| *c == '\n' || *c == '\0' || c.is_ascii_digit());
    matches!(tape.at(to), ' ' | ',' | '|') && end == Some('\n')
}

fn filler_end(tape: &Tape, from: usize) -> usize {
    let mut at = from;
    while at - from < FILLER_MAX {
        let c = tape.at(at);
        if c.is_ascii_alphabetic() {
            let end = tape.word_end(at);
            let Some((_, to)) = tape.one_of(at, FILLER_WORDS) else {
                break;
            };
            if to != end || tape.before(at).is_ascii_alphanumeric() {
                break;
            }
            at = to;
        } else if c != '\0' && FILLER_CHARS.contains(c) {
            at += 1;
        } else {
            break;
        }
    }
    at
}

/// Behind what separates the numbers of a list, with the number of an item.
fn list_end(tape: &Tape, from: usize) -> usize {
    let mut at = from;
    while at - from < FILLER_MAX && " \n,、;/|和及与•-*".contains(tape.at(at)) {
        at += 1;
    }
    let digits = (at..at + 3).take_while(|&at| tape.at(at).is_ascii_digit()).count();
    let is_item = (1..=2).contains(&digits) && ".、):".contains(tape.at(at + digits)) && at > from;
    if is_item && !tape.at(at + digits + 1).is_ascii_digit() {
        return tape.skip_spaces(at + digits + 1, 2);
    }
    if is_item {
        return at + digits + 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_chars::{self as chars, relation};

    #[test]
    fn words_are_written_as_texts_are_folded() {
        for (_, words) in WORDS {
            for word in words.split('|') {
                let folded: String = word.chars().map(|c| relation(chars::ALL).fold(c)).collect();
                assert_eq!(folded, word);
            }
        }
        assert!(BY_FIRST.buckets.len() < 256);
    }
}
