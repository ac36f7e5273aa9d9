//! Terms by number, in the order in which they came, in one piece of memory.

use std::hash::{BuildHasher, RandomState};

/// Terms, each with a number from 0.
#[derive(Debug, Default)]
pub(crate) struct TermTable {
    bytes: Vec<u8>,
    /// Where each term ends in the bytes.
    ends: Vec<u32>,
    /// By hash: number and one, or 0 of a free place. Half of them are free.
    places: Vec<u32>,
    hasher: RandomState,
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
        self.places[self.place(term)].checked_sub(1)
    }

    /// The number of a term, which is a new one if it was not there.
    pub(crate) fn number_or_new(&mut self, term: &[u8]) -> u32 {
        if self.places.len() < (self.ends.len() + 1) * 2 {
            self.grow();
        }
        let place = self.place(term);
        self.places[place].checked_sub(1).unwrap_or_else(|| {
            self.bytes.extend_from_slice(term);
            self.ends.push(self.bytes.len() as u32);
            self.places[place] = self.ends.len() as u32;
            self.ends.len() as u32 - 1
        })
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + (self.ends.capacity() + self.places.capacity()) * size_of::<u32>()
    }

    /// Where a term stands, or would.
    fn place(&self, term: &[u8]) -> usize {
        let mask = self.places.len() - 1;
        let mut place = self.hasher.hash_one(term) as usize & mask;
        while let Some(number) = self.places[place].checked_sub(1)
            && self.term(number) != term
        {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        self.places = vec![0; (self.places.len() * 2).max(1 << 10)];
        for number in 0..self.ends.len() as u32 {
            let place = self.place(self.term(number));
            self.places[place] = number + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_keep_their_numbers() {
        let mut table = TermTable::default();
        let term = |number: u32| number.to_string().into_bytes();
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
