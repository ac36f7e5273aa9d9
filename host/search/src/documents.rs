//! Sets of documents of one segment.

use std::ops::Range;

/// Some of a segment's documents, which have the numbers from 0 in the order of arrival. A bit each: at most 125,000 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    of: u32,
    /// Bits behind the last document are 0.
    words: Vec<u64>,
}

impl Documents {
    /// None of so many documents.
    pub fn none(of: u32) -> Self {
        Self {
            of,
            words: vec![0; of.div_ceil(64) as usize],
        }
    }

    /// All of so many documents.
    pub fn all(of: u32) -> Self {
        let mut all = Self::none(of);
        all.invert();
        all
    }

    /// Of how many documents it is a set.
    pub fn of(&self) -> u32 {
        self.of
    }

    /// Adds a document; false if the segment has none of that number.
    pub fn add(&mut self, document: u32) -> bool {
        let is_there = document < self.of;
        if is_there {
            self.words[document as usize / 64] |= 1 << (document % 64);
        }
        is_there
    }

    /// Adds the documents from the first to the one before `to`.
    pub(crate) fn add_row(&mut self, documents: Range<u32>) {
        for place in documents.start / 64..documents.end.min(self.of).div_ceil(64) {
            let from = documents.start.saturating_sub(place * 64);
            let to = (documents.end.min(self.of) - place * 64).min(64);
            if from < to {
                self.words[place as usize] |= u64::MAX << from & u64::MAX >> (64 - to);
            }
        }
    }

    /// True if the document is in it.
    pub fn has(&self, document: u32) -> bool {
        document < self.of && self.words[document as usize / 64] >> (document % 64) & 1 == 1
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// How many there are of numbers below `behind`.
    pub fn count_before(&self, behind: u32) -> u32 {
        let behind = behind.min(self.of);
        let place = (behind / 64) as usize;
        let within = self
            .words
            .get(place)
            .map_or(0, |word| word & ((1 << (behind % 64)) - 1));
        let before = self.words[..place].iter().map(|word| word.count_ones());
        before.sum::<u32>() + within.count_ones()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds those of another set of the same segment.
    pub fn add_all(&mut self, other: &Self) {
        self.each_word(other, |word, other| word | other);
    }

    /// Keeps those that are in another set of the same segment as well.
    pub fn keep(&mut self, other: &Self) {
        self.each_word(other, |word, other| word & other);
    }

    /// Takes those out that are in another set of the same segment.
    pub fn remove(&mut self, other: &Self) {
        self.each_word(other, |word, other| word & !other);
    }

    /// Takes all others instead.
    pub fn invert(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        if !self.of.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.of % 64)) - 1;
        }
    }

    /// The newest one of a number below `behind`.
    pub fn newest_before(&self, behind: u32) -> Option<u32> {
        let behind = behind.min(self.of);
        let place = (behind / 64) as usize;
        let within = self
            .words
            .get(place)
            .map_or(0, |word| word & ((1 << (behind % 64)) - 1));
        if within != 0 {
            return Some(place as u32 * 64 + within.ilog2());
        }
        let earlier = self.words[..place].iter().rposition(|word| *word != 0)?;
        Some(earlier as u32 * 64 + self.words[earlier].ilog2())
    }

    /// The oldest first.
    pub fn oldest_first(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.words).flat_map(|(place, word): (u32, _)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then(|| place * 64 + bit)
            })
        })
    }

    /// The newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.words.len()).rev().flat_map(|place| {
            let mut left = self.words[place];
            std::iter::from_fn(move || {
                let bit = 63_u32.checked_sub(left.leading_zeros())?;
                left &= !(1 << bit);
                Some(place as u32 * 64 + bit)
            })
        })
    }

    fn each_word(&mut self, other: &Self, join: impl Fn(u64, u64) -> u64) {
        assert_eq!(self.of, other.of, "the sets are of one segment");
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word = join(*word, *other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(of in 0_u32..300, some in prop::collection::vec(0_u32..310, 0..80), others in prop::collection::vec(0_u32..300, 0..80)) {
            let set = |numbers: &[u32]| numbers.iter().copied().filter(|number| *number < of).collect::<BTreeSet<_>>();
            let documents = |numbers: &[u32]| {
                let mut documents = Documents::none(of);
                for number in numbers {
                    prop_assert_eq!(documents.add(*number), *number < of);
                }
                Ok(documents)
            };
            let (a, b) = (documents(&some)?, documents(&others)?);
            let (sa, sb) = (set(&some), set(&others));
            let is = |documents: &Documents, set: BTreeSet<u32>| {
                prop_assert_eq!(documents.oldest_first().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(documents.newest_first().collect::<Vec<_>>(), set.iter().rev().copied().collect::<Vec<_>>());
                prop_assert_eq!(documents.count() as usize, set.len());
                prop_assert_eq!(documents.is_empty(), set.is_empty());
                prop_assert!((0..310).all(|number| documents.has(number) == set.contains(&number)));
                prop_assert!((0..310).all(|number| documents.count_before(number) as usize == set.range(..number).count()));
                prop_assert!((0..310).all(|number| documents.newest_before(number) == set.range(..number).next_back().copied()));
                Ok(())
            };
            let with = |join: &dyn Fn(&mut Documents, &Documents)| { let mut a = a.clone(); join(&mut a, &b); a };
            is(&with(&Documents::add_all), sa.union(&sb).copied().collect())?;
            is(&with(&Documents::keep), sa.intersection(&sb).copied().collect())?;
            is(&with(&Documents::remove), sa.difference(&sb).copied().collect())?;
            is(&with(&|a, _| a.invert()), (0..of).filter(|number| !sa.contains(number)).collect())?;
            is(&Documents::all(of), (0..of).collect())?;
            let (from, to) = (others.first().copied().unwrap_or(7), some.first().copied().unwrap_or(270));
            is(&with(&|a, _| a.add_row(from..to)), sa.iter().copied().chain(from..to.min(of)).collect())?;
        }
    }
}
