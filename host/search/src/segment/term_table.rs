//! Terms by number, in the order in which they came.

use std::hash::{BuildHasher, RandomState};

/// Terms that are looked for together, with repeats.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Gathered {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub(crate) fn add(&mut self, term: &[u8]) {
        self.bytes.extend_from_slice(term);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn each(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = 0;
        self.ends.iter().map(move |&to| {
            let term = &self.bytes[from..to];
            from = to;
            term
        })
    }
}

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
    /// Of terms that are looked for together.
    hashes: Vec<u64>,
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
        let (place, _) = self.place(term, self.hasher.hash_one(term));
        self.places[place].number.checked_sub(1)
    }

    /// Puts the numbers of terms into `numbers`: new ones of those that were not there. First all are hashed, then all looked for: where a
    /// term stands lies all over the memory, and what is looked for in a row is fetched ahead.
    pub(crate) fn number_each(&mut self, terms: &Gathered, numbers: &mut Vec<u32>) {
        while self.places.len() < (self.ends.len() + terms.len()) * 2 {
            self.grow();
        }
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        hashes.extend(terms.each().map(|term| self.hasher.hash_one(term)));
        numbers.clear();
        for (term, hash) in terms.each().zip(&hashes) {
            let (place, here) = self.place(term, *hash);
            numbers.push(self.places[place].number.checked_sub(1).unwrap_or_else(|| {
                self.bytes.extend_from_slice(term);
                self.ends.push(self.bytes.len() as u32);
                let number = self.ends.len() as u32;
                self.places[place] = Place { here, number };
                number - 1
            }));
        }
        self.hashes = hashes;
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>() + self.places.capacity() * size_of::<Place>()
    }

    /// Where a term stands, or would, and what stands there of it.
    fn place(&self, term: &[u8], hash: u64) -> (usize, [u8; HERE_BYTES + 1]) {
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
            let term = self.term(number);
            let (place, here) = self.place(term, self.hasher.hash_one(term));
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
        let mut numbers = Vec::new();
        for batch in [0..1, 1..3_000, 0..5_000, 0..5_000] {
            let mut terms = Gathered::default();
            batch.clone().for_each(|number| terms.add(&term(number)));
            table.number_each(&terms, &mut numbers);
            assert_eq!(numbers, batch.collect::<Vec<_>>());
        }
        for number in 0..5_000 {
            assert_eq!(table.number(&term(number)), Some(number));
            assert_eq!(table.term(number), term(number));
        }
        assert_eq!((table.number(b"x"), table.len()), (None, 5_000));
    }
}
