//! Frequent Chinese words that a short term stands in, within one or across the border of two: what a lexicon will find by
//! chance. For those who look at lexicons; a scan does not need it.

use crate::borders;
use crate::words::{self, Words};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Longer words that are told of one term, at most, and as many pairs of words.
const TOLD_MAX: usize = 8;
/// Words that are tried before and behind a border, at most: the most frequent ones.
const PAIRED_MAX: usize = 4;
/// Pairs of words that meet by chance more rarely than this, in a million words, are not told.
const PAIR_PER_MILLION_MIN: f64 = 0.001;

/// The words that Proviso brings, for looking up which of them have something in them. Takes some 25 megabytes; made once for many
/// terms.
#[derive(Debug)]
pub struct CommonWords {
    words: &'static Words,
    /// The most frequent ones first.
    counted: Vec<Counted>,
    /// By each two ideographs that follow each other in a word: the words, by number.
    having: HashMap<Piece, Vec<u32>>,
    /// By the last ideograph of a word, or the last two: the most frequent ones.
    ending: HashMap<Piece, Vec<u32>>,
    /// By the first one or two.
    beginning: HashMap<Piece, Vec<u32>>,
}

/// One ideograph and a zero, or two ideographs.
type Piece = [u16; 2];

#[derive(Debug)]
struct Counted {
    written: &'static str,
    chars: Vec<u16>,
    per_million: f64,
}

/// A word, or two words beside each other, that a term stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Around {
    /// One word that is longer than the term, or two that have a part of it each.
    pub words: Vec<&'static str>,
    /// How often they come in a million words of running text. Of two words: how often they would meet if chance alone put words
    /// beside each other.
    pub per_million: f64,
    /// True if a list that has [`Folding::word_segmentation`](crate::Folding::word_segmentation) does not find the term there.
    pub is_dropped: bool,
}

impl CommonWords {
    /// Reads the words, in about a tenth of a second.
    pub fn load() -> Self {
        let words = words::words();
        let mut common = Self {
            words,
            counted: Vec::new(),
            having: HashMap::new(),
            ending: HashMap::new(),
            beginning: HashMap::new(),
        };
        for (number, (written, count)) in (0..).zip(words::counted()) {
            let chars: Vec<u16> = written.chars().filter_map(|c| words.ideograph(c)).collect();
            common.index(number, &chars);
            common.counted.push(Counted {
                written,
                chars,
                per_million: words.per_million(count),
            });
        }
        common
    }

    fn index(&mut self, number: u32, chars: &[u16]) {
        for &two in chars.array_windows::<2>() {
            let having = self.having.entry(two).or_default();
            if having.last() != Some(&number) {
                having.push(number);
            }
        }
        for length in 1..=chars.len().min(2) {
            for (index, piece) in [
                (&mut self.ending, &chars[chars.len() - length..]),
                (&mut self.beginning, &chars[..length]),
            ] {
                let most_frequent = index.entry(key(piece)).or_default();
                if most_frequent.len() < PAIRED_MAX {
                    most_frequent.push(number);
                }
            }
        }
    }

    /// The words that a term of two or three ideographs stands in, in either script, the most frequent first: at most
    /// eight longer words and eight pairs. Nothing of a longer or shorter term, or of one with other characters.
    pub fn common_words_containing(&self, term: &str) -> Vec<Around> {
        let Some(chars) = self.ideographs(term).filter(|chars| (2..=3).contains(&chars.len())) else {
            return Vec::new();
        };
        let mut found = most_frequent(self.longer(&chars));
        found.extend(most_frequent(self.pairs(&chars)));
        found.sort_by(by_frequency);
        found
    }

    fn ideographs(&self, text: &str) -> Option<Vec<u16>> {
        text.chars().map(|c| self.words.ideograph(c)).collect()
    }

    fn longer(&self, term: &[u16]) -> impl Iterator<Item = Around> {
        let having = term.first_chunk::<2>().and_then(|two| self.having.get(two));
        let numbers = having.map_or(&[][..], Vec::as_slice).iter();
        numbers.filter_map(move |&number| {
            let word = &self.counted[number as usize];
            let at = word.chars.windows(term.len()).position(|piece| piece == term)?;
            (word.chars.len() > term.len()).then(|| around(&[word], at, term.len(), word.per_million))
        })
    }

    fn pairs(&self, term: &[u16]) -> impl Iterator<Item = Around> {
        let of = |index: &HashMap<Piece, Vec<u32>>, piece: &[u16]| index.get(&key(piece)).cloned().unwrap_or_default();
        (1..term.len()).flat_map(move |cut| {
            let (end, begin) = term.split_at(cut);
            let behind = of(&self.beginning, begin);
            of(&self.ending, end).into_iter().flat_map(move |first| {
                let second = behind.clone().into_iter();
                second.filter_map(move |second| {
                    let [first, second] = [first, second].map(|number| &self.counted[number as usize]);
                    let per_million = first.per_million * second.per_million / 1e6;
                    let at = first.chars.len() - cut;
                    let is_term = first.chars.len() + second.chars.len() == term.len();
                    (per_million >= PAIR_PER_MILLION_MIN && !is_term)
                        .then(|| around(&[first, second], at, term.len(), per_million))
                })
            })
        })
    }
}

fn key(piece: &[u16]) -> Piece {
    [0, 1].map(|at| piece.get(at).copied().unwrap_or_default())
}

fn most_frequent(found: impl Iterator<Item = Around>) -> Vec<Around> {
    let mut found: Vec<Around> = found.collect();
    found.sort_by(by_frequency);
    found.truncate(TOLD_MAX);
    found
}

fn by_frequency(a: &Around, b: &Around) -> Ordering {
    b.per_million
        .total_cmp(&a.per_million)
        .then_with(|| a.words.cmp(&b.words))
}

fn around(words: &[&Counted], at: usize, length: usize, per_million: f64) -> Around {
    let text: String = words.iter().map(|word| word.written).collect();
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    let hit = byte(at)..byte(at + length);
    Around {
        words: words.iter().map(|word| word.written).collect(),
        per_million,
        is_dropped: borders::divide(&text, hit).is_some_and(|division| !division.stays),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(term: &str) -> Vec<(String, bool)> {
        let found = CommonWords::load().common_words_containing(term);
        let told = found.iter().map(|around| (around.words.join("|"), around.is_dropped));
        told.collect()
    }

    #[test]
    fn words_that_have_a_term_in_them_are_told_with_what_the_option_does() {
        let has = |term: &str, words: &str, is_dropped: bool| {
            let told = told(term);
            assert!(told.contains(&(words.to_owned(), is_dropped)), "{term}: {told:?}");
        };
        has("家暴", "国家|暴力", true);
        has("海投", "上海|投资", true);
        has("理财", "管理|财政", true);
        has("国宾", "钓鱼台国宾馆", false);
        has("生命", "生命力", false);
        has("国人", "外国人", false);
        has("国人", "全国人大", true);
        has("國賓", "钓鱼台国宾馆", false);
        has("高收益", "提高|收益", false);
        has("空包", "空|包括", true);
        has("放单", "放|单位", false);
    }

    #[test]
    fn the_most_frequent_come_first_and_not_too_many() {
        let common = CommonWords::load();
        let found = common.common_words_containing("不是");
        assert!((TOLD_MAX + 1..=2 * TOLD_MAX).contains(&found.len()), "{found:?}");
        assert!(found.is_sorted_by(|a, b| a.per_million >= b.per_million), "{found:?}");
    }

    #[test]
    fn of_other_terms_nothing_is_told() {
        for term in ["", "生", "生命线上", "加v", "vx", "保 本", "龘龘"] {
            assert_eq!(told(term), [], "{term}");
        }
    }
}
