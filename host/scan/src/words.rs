//! Chinese words and how often they come in running text: what the borders of hits are judged by. Read once a process, when the
//! first matcher is built that has a list which asks for it.

use proviso_chars::Pages;
use proviso_chars::{self as chars, Relation};
use std::sync::LazyLock;

/// Characters of a word, at most.
pub(crate) const WORD_CHARS_MAX: usize = 6;
/// As often as this, it is taken, an ideograph comes as a word of its own that is not known as one. The rarest word that is
/// known comes twice as often.
const UNKNOWN_COUNT: f64 = 10.0;

/// As often as this, at least, comes what an author wrote into a list, in a dictionary or not: once in two million words.
const LISTED_COUNT: f64 = 30.0;

/// The improbability of a word or of a row of words: the thousandth part of a natural logarithm. Whole numbers, so that sums
/// are the same on every machine.
pub(crate) type Cost = u32;

/// The words, folded as far as folding goes.
#[derive(Debug)]
pub(crate) struct Words {
    /// In ascending order, each once.
    sorted: Vec<Word>,
    /// By their first character: the first one of them, and the first one behind them.
    beginning: Pages<(u32, u32)>,
    /// Words of running text that were counted.
    total: f64,
    /// Of an ideograph that is not known as a word.
    unknown: Cost,
    /// Of what an author wrote into a list, at most.
    pub(crate) listed: Cost,
    folding: &'static Relation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Word {
    /// Filled up with zeros.
    chars: [u16; WORD_CHARS_MAX],
    cost: u16,
}

/// The words, read at the first call.
pub(crate) fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| Words::of(counted()));
    &WORDS
}

/// Every word with how often it was counted, the most frequent ones first.
pub(crate) fn counted() -> impl Iterator<Item = (&'static str, u32)> {
    include_str!("../data/words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let (count, words) = line.split_once(' ').unwrap_or_default();
            let count = count.parse().expect("the file's tests read every line");
            words.split(' ').map(move |word| (word, count))
        })
}

impl Words {
    fn of(counted: impl Iterator<Item = (&'static str, u32)>) -> Self {
        let folding = chars::relation(chars::ALL);
        let mut counts: Vec<([u16; WORD_CHARS_MAX], u32)> = Vec::with_capacity(1 << 17);
        counts.extend(counted.filter_map(|(word, count)| {
            let mut chars = [0; WORD_CHARS_MAX];
            for (place, c) in chars.iter_mut().zip(word.chars()) {
                *place = ideograph(folding, c)?;
            }
            Some((chars, count))
        }));
        counts.sort_unstable();
        // What folding makes one is one word.
        counts.dedup_by(|(chars, count), (kept, sum)| {
            let same = chars == kept;
            *sum += if same { *count } else { 0 };
            same
        });
        let total: f64 = counts.iter().map(|(_, count)| f64::from(*count)).sum();
        let cost = |count: f64| ((total / count).ln() * 1_000.0).round() as Cost;
        let words: Vec<Word> = counts
            .iter()
            .map(|&(chars, count)| Word {
                chars,
                cost: cost(f64::from(count)) as u16,
            })
            .collect();
        let mut beginning = Pages::new((0, 0));
        let mut from = 0;
        for of_char in words.chunk_by(|a, b| a.chars[0] == b.chars[0]) {
            let to = from + of_char.len() as u32;
            let first = char::from_u32(of_char[0].chars[0].into()).unwrap_or_default();
            beginning.set(first, (from, to));
            from = to;
        }
        Self {
            sorted: words,
            beginning,
            total,
            unknown: cost(UNKNOWN_COUNT),
            listed: cost(LISTED_COUNT),
            folding,
        }
    }

    /// The ideograph that stands for this one among the words; none for any other character.
    pub(crate) fn ideograph(&self, c: char) -> Option<u16> {
        ideograph(self.folding, c)
    }

    /// How often a word comes in a million words that was counted so often.
    pub(crate) fn per_million(&self, count: u32) -> f64 {
        f64::from(count) / self.total * 1e6
    }

    /// Gives `take` the length and cost of every word that these ideographs begin with. Of one, there always is one.
    #[inline]
    pub(crate) fn each_at(&self, chars: &[u16], mut take: impl FnMut(usize, Cost)) {
        let Some(&first) = chars.first() else { return };
        let (from, to) = self.beginning.at(first.into());
        let mut rest = &self.sorted[from as usize..to as usize];
        let is_whole = |word: &&Word, length: usize| word.chars.get(length).is_none_or(|&c| c == 0);
        let alone = rest.first().filter(|word| is_whole(word, 1));
        take(1, alone.map_or(self.unknown, |word| word.cost.into()));
        for (at, &c) in chars.iter().enumerate().take(WORD_CHARS_MAX).skip(1) {
            let from = rest.partition_point(|word| word.chars[at] < c);
            rest = &rest[from..];
            let to = rest.partition_point(|word| word.chars[at] == c);
            rest = &rest[..to];
            match rest.first() {
                Some(word) if is_whole(&word, at + 1) => take(at + 1, word.cost.into()),
                Some(_) => {}
                None => return,
            }
        }
    }
}

fn ideograph(folding: &Relation, c: char) -> Option<u16> {
    let folded = u32::from(folding.fold(c));
    (0x4e00..0xa000).contains(&folded).then_some(folded as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, Cost)> {
        let words = words();
        let chars: Vec<u16> = text.chars().filter_map(|c| words.ideograph(c)).collect();
        let mut found = Vec::new();
        words.each_at(&chars, |length, cost| found.push((length, cost)));
        found
    }

    #[test]
    fn every_line_of_the_file_is_a_count_and_words_of_ideographs() {
        let lines = include_str!("../data/words.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        for line in lines {
            let (count, of_count) = line.split_once(' ').unwrap();
            assert!(count.parse::<u32>().unwrap() >= 20, "{line}");
            for word in of_count.split(' ') {
                let length = word.chars().count();
                assert!((1..=WORD_CHARS_MAX).contains(&length), "{word:?}");
                assert!(word.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{word:?}");
            }
        }
        let (counted, known) = (counted().count(), words().sorted.len());
        assert!(
            counted > 79_000 && (counted - 500..=counted).contains(&known),
            "{known} of {counted}"
        );
    }

    #[test]
    fn a_word_is_found_in_either_script_and_an_ideograph_always() {
        let lengths = |text: &str| found(text).iter().map(|(length, _)| *length).collect::<Vec<_>>();
        assert_eq!(lengths("权威信号"), [1, 2]);
        assert_eq!(lengths("權威信號"), lengths("权威信号"));
        assert_eq!(lengths("工作人员"), [1, 2, 4]);
        assert_eq!(lengths("龘"), [1]);
        assert_eq!(lengths(""), [] as [usize; 0]);
        assert_eq!(found("研究生命"), found("研究生起"));
    }

    #[test]
    fn a_frequent_word_costs_less_than_a_rare_one_and_an_unknown_ideograph_most() {
        let cost = |text: &str| found(text).last().unwrap().1;
        assert!(cost("的") < cost("工作") && cost("工作") < cost("回扣") && cost("回扣") < cost("龘"));
        assert_eq!(cost("龘"), words().unknown);
    }
}
