//! Whether the words around a hit leave its borders to it: 威信 is written in 权威信号, but those are the words 权威 and 信号.
//!
//! The ideographs around a hit are divided into words twice: as is most probable, and as is most probable if the hit begins and
//! ends where a word does. The hit falls if the first is many times as probable as the second. A term that no dictionary knows
//! (荐股) is a word all the same, for its author wrote it into a list; and words that have the whole hit in them, such as 生命线 for
//! 生命, count for neither side. So a hit falls only where words cross its borders, never because its term is rare.

use crate::words::{Cost, WORD_CHARS_MAX, Words, words};
use std::ops::Range;

/// Characters of terms whose hits are asked about. A single one cannot be crossed, and longer terms do not come by chance: of
/// 10,849 hits of terms of four to nine characters none would fall.
const TERM_CHARS: std::ops::RangeInclusive<usize> = 2..=3;
/// Ideographs that are looked at on each side. With 3 of them one hit in twenty that falls would stay, with 12 none more falls.
const NEIGHBOURS: usize = WORD_CHARS_MAX;
const WINDOW: usize = 2 * NEIGHBOURS + *TERM_CHARS.end();
/// A hit falls if the most probable words are 20 times as probable as those that leave it its borders (e^2.996), where they cross
/// both borders and so share out the whole hit between them: 国家|暴力 for 家暴.
const LEAD_BOTH: Cost = 2_996;
/// And 3,000 times (e^8.006) where they cross one border only. There the hit often means what the longer word means (先付|款,
/// 处理费|用, 转发|给), so that the words must leave no doubt.
const LEAD_ONE: Cost = 8_006;
/// Hits of one text that are asked about, at most: later ones stay.
pub(crate) const BORDER_CHECKS_MAX: u32 = 65_536;

/// True of a term whose hits are asked about.
pub(crate) fn concern(term: &[char]) -> bool {
    let words = words();
    TERM_CHARS.contains(&term.len()) && term.iter().all(|&c| words.ideograph(c).is_some())
}

/// How the ideographs around a hit divide into words.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// The most probable words, as they are written in the text. Those that have the whole hit in them are not among them.
    pub words: Vec<String>,
    /// How many times as probable they are as the words that leave the hit its borders; 1 if they leave them too.
    pub times: f64,
    /// True if a list that has [`Folding::word_segmentation`](crate::Folding::word_segmentation) has the hit.
    pub stays: bool,
}

/// Divides a text around a hit. None if nothing is asked about it: it has other characters than two or three ideographs, or no
/// ideograph beside it.
pub fn divide(text: &str, hit: Range<usize>) -> Option<Division> {
    let window = Window::around(words(), text, hit.clone())?;
    let weighed = window.weigh(words());
    let first = text[..hit.start].chars().rev().take(window.hit.start);
    let mut rest = text[hit.start - first.map(char::len_utf8).sum::<usize>()..].chars();
    let word = |length| rest.by_ref().take(length).collect();
    Some(Division {
        words: weighed.lengths(window.chars().len()).map(word).collect(),
        times: (f64::from(weighed.lead) / 1_000.0).exp(),
        stays: weighed.stays(),
    })
}

/// True if a hit stays.
pub(crate) fn stays(text: &str, hit: Range<usize>) -> bool {
    Window::around(words(), text, hit).is_none_or(|window| window.weigh(words()).stays())
}

/// A hit and the ideographs beside it.
struct Window {
    chars: [u16; WINDOW],
    length: usize,
    hit: Range<usize>,
}

impl Window {
    fn around(words: &Words, text: &str, hit: Range<usize>) -> Option<Self> {
        let mut window = Self {
            chars: [0; WINDOW],
            length: 0,
            hit: 0..0,
        };
        let before = text[..hit.start].chars().rev().map_while(|c| words.ideograph(c));
        before.take(NEIGHBOURS).for_each(|c| window.push(c));
        window.chars[..window.length].reverse();
        let from = window.length;
        for c in text[hit.clone()].chars() {
            // A hit with something in it that was skipped is no word, nor was it written by chance.
            let c = words.ideograph(c)?;
            if window.length - from == *TERM_CHARS.end() {
                return None;
            }
            window.push(c);
        }
        window.hit = from..window.length;
        let behind = text[hit.end..].chars().map_while(|c| words.ideograph(c));
        behind.take(NEIGHBOURS).for_each(|c| window.push(c));
        let is_term = TERM_CHARS.contains(&window.hit.len());
        (is_term && window.hit.len() < window.length).then_some(window)
    }

    fn push(&mut self, c: u16) {
        self.chars[self.length] = c;
        self.length += 1;
    }

    fn chars(&self) -> &[u16] {
        &self.chars[..self.length]
    }

    fn weigh(&self, words: &Words) -> Weighed {
        const FAR: Cost = Cost::MAX / 2;
        let (from, to) = (self.hit.start, self.hit.end);
        // By place: the lowest cost of words up to it, and of those among them that leave the hit its borders.
        let mut lowest = [FAR; WINDOW + 1];
        let mut leaving = [FAR; WINDOW + 1];
        let mut last = [0_u8; WINDOW + 1];
        (lowest[0], leaving[0]) = (0, 0);
        for at in 0..self.length {
            words.each_at(&self.chars()[at..], |length, cost| {
                let end = at + length;
                let has_hit = at <= from && end >= to;
                let is_hit = at == from && end == to;
                if has_hit && !is_hit {
                    return;
                }
                if lowest[at] + cost < lowest[end] {
                    lowest[end] = lowest[at] + cost;
                    last[end] = length as u8;
                }
                let crosses = |border: usize| at < border && border < end;
                if !crosses(from) && !crosses(to) {
                    leaving[end] = leaving[end].min(leaving[at] + cost);
                }
            });
            if at == from {
                leaving[to] = leaving[to].min(leaving[from] + words.listed);
            }
        }
        let mut weighed = Weighed {
            lead: leaving[self.length].saturating_sub(lowest[self.length]),
            crossed: 2,
            last,
        };
        let mut end = 0;
        weighed.crossed -= u8::from(from == 0);
        for length in weighed.lengths(self.length) {
            end += length;
            weighed.crossed -= u8::from(end == from) + u8::from(end == to);
        }
        weighed
    }
}

/// What the most probable words are, and by how much.
struct Weighed {
    /// What the words that leave the hit its borders cost more.
    lead: Cost,
    /// How many of the hit's borders the most probable words cross.
    crossed: u8,
    /// By place: the length of the word that ends there, in the most probable words up to there.
    last: [u8; WINDOW + 1],
}

impl Weighed {
    fn stays(&self) -> bool {
        match self.crossed {
            0 => true,
            1 => self.lead < LEAD_ONE,
            _ => self.lead < LEAD_BOTH,
        }
    }

    /// Lengths of the most probable words of a window of that many ideographs, in their order.
    fn lengths(&self, window: usize) -> impl Iterator<Item = usize> + use<> {
        let mut lengths = [0_u8; WINDOW];
        let (mut end, mut count) = (window, 0);
        while end > 0 {
            lengths[count] = self.last[end];
            end -= usize::from(self.last[end]);
            count += 1;
        }
        (0..count).rev().map(move |at| usize::from(lengths[at]))
    }
}
