//! Terms by number, in the order in which they came.

use std::hash::{BuildHasher, RandomState};

/// Bytes that stand in a place itself: of all pairs, and of most words.
const HERE_BYTES: usize = 11;

/// Terms, each with a number from 0.
#[derive(Debug, Default)]
pub(crate) struct TermTable {
    bytes: Vec<u8>,
    /// Where each term ends in the bytes.
    ends: Vec<u32>,
    /// By hash. At most half of them are taken.
    places: Vec<Place>,
    hasher: RandomState,
}

/// Where a term may stand. Most terms are known by it alone: looking at their bytes elsewhere would take most of the time that adding a
/// message takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    /// The bytes of a short term behind their number; of a longer one 255 and eight bytes of its hash.
    here: [u8; HERE_BYTES + 1],
    /// Number and one, or 0 of a free place.
    number: u32,
}

impl TermTable {
    /// How many terms there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The term of this number.
    pub(crate) fn term(&self, number: u32) -> &[u8] {
        let before = number.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.bytes[before as usize..self.ends[number as usize] as usize]
    }

    /// The number of a term.
    pub(crate) fn number(&self, term: &[u8]) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        self.places[self.place(term).0].number.checked_sub(1)
    }

    /// The number of a term, which is a new one if it was not there.
    pub(crate) fn number_or_new(&mut self, term: &[u8]) -> u32 {
        if self.places.len() < (self.ends.len() + 1) * 2 {
            self.grow();
        }
        let (place, here) = self.place(term);
        self.places[place].number.checked_sub(1).unwrap_or_else(|| {
            self.bytes.extend_from_slice(term);
            self.ends.push(self.bytes.len() as u32);
            let number = self.ends.len() as u32;
            self.places[place] = Place { here, number };
            number - 1
        })
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>() + self.places.capacity() * size_of::<Place>()
    }

    /// Where a term stands, or would, and what stands there of it.
    fn place(&self, term: &[u8]) -> (usize, [u8; HERE_BYTES + 1]) {
        let hash = self.hasher.hash_one(term);
        let mut here = [0; HERE_BYTES + 1];
        let is_short = term.len() <= HERE_BYTES;
        if is_short {
            here[0] = term.len() as u8;
            here[1..=term.len()].copy_from_slice(term);
        } else {
            here[0] = u8::MAX;
            here[1..9].copy_from_slice(&hash.to_le_bytes());
        }
        let mask = self.places.len() - 1;
        let mut place = hash as usize & mask;
        while let Some(number) = self.places[place].number.checked_sub(1) {
            if self.places[place].here == here && (is_short || self.term(number) == term) {
                break;
            }
            place = (place + 1) & mask;
        }
        (place, here)
    }

    fn grow(&mut self) {
        self.places = vec![Place::default(); (self.places.len() * 2).max(1 << 10)];
        for number in 0..self.ends.len() as u32 {
            let (place, here) = self.place(self.term(number));
            self.places[place] = Place {
                here,
                number: number + 1,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_keep_their_numbers() {
        let mut table = TermTable::default();
        // Short ones and long ones.
        let term = |number: u32| format!("{number}{}", "x".repeat(number as usize % 4 * 5)).into_bytes();
        assert_eq!(table.number(b"0"), None);
        for number in 0..5_000 {
            assert_eq!(table.number_or_new(&term(number)), number);
        }
        for number in 0..5_000 {
            assert_eq!(table.number_or_new(&term(number)), number);
            assert_eq!(table.number(&term(number)), Some(number));
            assert_eq!(table.term(number), term(number));
        }
        assert_eq!((table.number(b"x"), table.len()), (None, 5_000));
    }
}
