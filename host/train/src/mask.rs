//! Words of which nothing is learnt: where they stand, a text for learning has a mark, so that no fragment of them or across them is there.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// It parts what stands on its sides, and no piece of it is a fragment.
const MARK: &str = "\u{fffd}";

/// A word in bytes, at most. With it, the work on a text does not grow with the number of words.
const WORD_BYTES_MAX: usize = 64;

/// Words that are looked for together, however many.
#[derive(Debug, Default)]
pub struct Mask {
    words: HashSet<String>,
    /// By the first character of a word: the lengths in bytes of those that begin with it.
    lengths: HashMap<char, BTreeSet<usize>>,
}

impl Mask {
    /// Of these words, whatever their case.
    ///
    /// # Errors
    /// The first word of more than 64 bytes.
    pub fn new(words: &[String]) -> Result<Self, &str> {
        let mut mask = Self::default();
        for word in words {
            if word.len() > WORD_BYTES_MAX {
                return Err(word);
            }
            // Lengths and borders of characters stay what they are where ASCII alone is made small.
            let small = word.to_ascii_lowercase();
            if let Some(first) = small.chars().next() {
                mask.lengths.entry(first).or_default().insert(small.len());
                mask.words.insert(small);
            }
        }
        Ok(mask)
    }

    /// The text with a mark in the place of these words; words that overlap have one mark together.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let small = text.to_ascii_lowercase();
        let mut masked = String::new();
        // Where the mark ends that was set last.
        let mut masked_to = 0;
        for (at, first) in small.char_indices() {
            let Some(end) = self.word_at(&small, at, first).filter(|end| *end > masked_to) else {
                continue;
            };
            if at >= masked_to {
                masked.push_str(&text[masked_to..at]);
                masked.push_str(MARK);
            }
            masked_to = end;
        }
        if masked_to == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[masked_to..]);
        Cow::Owned(masked)
    }

    /// Where the longest word ends that begins there.
    fn word_at(&self, small: &str, at: usize, first: char) -> Option<usize> {
        let ends = self.lengths.get(&first)?.iter().rev().map(|length| at + length);
        ends.filter(|end| small.get(at..*end).is_some_and(|part| self.words.contains(part)))
            .find(|end| !within_word(small, at, *end))
    }
}

/// True where a Latin letter or digit stands beside one of the word's own.
fn within_word(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let joined = |left: Option<&u8>, right: Option<&u8>| {
        left.is_some_and(u8::is_ascii_alphanumeric) && right.is_some_and(u8::is_ascii_alphanumeric)
    };
    joined(start.checked_sub(1).and_then(|at| bytes.get(at)), bytes.get(start))
        || joined(bytes.get(end - 1), bytes.get(end))
}
