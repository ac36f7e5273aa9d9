//! Passing over text in which no term can begin, without looking up its characters one by one.
//!
//! Chinese text is a run of three-byte characters, and a lexicon uses few of the pairs that two of them can form. Every
//! spelling of the first two letters of every key leaves a bit in a table; where the bit of a pair of the text is not
//! set, no key begins with its first character. ASCII words are passed over in the same way, by three letters or digits
//! at a time. What the tables cannot tell (other lengths, the neighbours of gaps, characters among which there are gaps
//! or keys of one letter) is left to the automaton.

use crate::chars::{self, Class};

#[derive(Debug)]
pub(crate) struct Openings {
    chinese: Pairs,
    ascii: Triples,
}

impl Openings {
    /// From the keys, folded as far as folding goes.
    pub(crate) fn new<'a>(keys: impl Iterator<Item = &'a String>) -> Self {
        let of_letters = |key: &&str| key.chars().next().is_some_and(|c| chars::class(c) == Class::Letter);
        let keys: Vec<&str> = keys.map(String::as_str).filter(of_letters).collect();
        Self {
            chinese: Pairs::new(&keys),
            ascii: Triples::new(&keys),
        }
    }

    /// From the letter at byte `at` on, the first one with which a key may begin, or that this cannot tell: a letter of
    /// as many bytes.
    #[inline]
    pub(crate) fn next(&self, text: &[u8], at: usize) -> usize {
        match text.get(at) {
            Some(0..0x80) => self.ascii.next(text, at),
            Some(0xe0..0xf0) => self.chinese.next(text, at),
            _ => at,
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.chinese.memory_bytes() + self.ascii.memory_bytes()
    }
}

/// Triples of ASCII letters and digits with which a key begins.
#[derive(Debug)]
struct Triples {
    /// Bit `c` of place `a << 6 | b` for the triple of ordinals `a b c`.
    bits: Box<[u64; 1 << 12]>,
}

/// Six bits for each ASCII letter, whatever its case, and digit; 0 for every other byte.
const ORDINALS: [u8; 256] = {
    let mut ordinals = [0; 256];
    let mut byte: usize = 0;
    while byte < 128 {
        let c = byte as u8;
        ordinals[byte] = match c.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => letter - b'a' + 1,
            digit @ b'0'..=b'9' => digit - b'0' + 27,
            _ => 0,
        };
        byte += 1;
    }
    ordinals
};
const ORDINAL_MAX: u8 = 36;

impl Triples {
    fn new(keys: &[&str]) -> Self {
        let bits = vec![0; 1 << 12].into_boxed_slice();
        let mut bits: Box<[u64; 1 << 12]> = bits.try_into().expect("the length is the same");
        for key in keys {
            // Only the letters that are ASCII matter: a triple of the text is ASCII throughout.
            let ordinals: Vec<u8> = key.chars().take(3).map(|c| ordinal(u32::from(c))).collect();
            if ordinals.contains(&0) {
                continue;
            }
            let range = |at: usize| ordinals.get(at).map_or(1..=ORDINAL_MAX, |&ordinal| ordinal..=ordinal);
            for (a, b) in range(0).flat_map(|a| range(1).map(move |b| (a, b))) {
                let place: &mut u64 = &mut bits[usize::from(a) << 6 | usize::from(b)];
                range(2).for_each(|c| *place |= 1 << c);
            }
        }
        Self { bits }
    }

    fn next(&self, text: &[u8], mut at: usize) -> usize {
        let byte = |at: usize| text.get(at).map_or(0, |&byte| ORDINALS[usize::from(byte)]);
        let (mut a, mut b) = (byte(at), byte(at.wrapping_add(1)));
        if a == 0 || b == 0 {
            return at;
        }
        loop {
            let c = byte(at.wrapping_add(2));
            let place = usize::from(a & 63) << 6 | usize::from(b & 63);
            if c == 0 || self.bits[place] >> (c & 63) & 1 == 1 {
                return at;
            }
            at = at.wrapping_add(1);
            (a, b) = (b, c);
        }
    }

    fn memory_bytes(&self) -> usize {
        size_of_val(self.bits.as_slice())
    }
}

fn ordinal(code_point: u32) -> u8 {
    ORDINALS.get(code_point as usize).copied().unwrap_or_default()
}

/// Pairs of three-byte characters with which a key begins.
#[derive(Debug)]
struct Pairs {
    /// By the first 10 of the 16 bits of a character: true if none of these 64 characters is a gap or a key.
    plain: Box<[bool; PAGES]>,
    bits: Vec<u64>,
    /// What leaves as many bits of a hash as the table has places.
    shift: u32,
}

const PAGES: usize = 1 << 10;
const PAGE_CHARS: u32 = 64;

/// Two three-byte characters, as eight bytes of UTF-8 in little-endian order.
const PAIR: u64 = 0x0000_8080_e080_80e0;
const PAIR_MASK: u64 = 0x0000_c0c0_f0c0_c0f0;
const PAIR_BYTES: u64 = 0x0000_ffff_ffff_ffff;
const CHAR_BYTES: usize = 3;

/// Bits of the table for each pair, at least; until the table is as large as it may be.
const BITS_PER_PAIR: usize = 16;
const TABLE_BITS_MIN: usize = 1 << 12;
const TABLE_BITS_MAX: usize = 1 << 20;

impl Pairs {
    fn new(keys: &[&str]) -> Self {
        let mut plain = Box::new([false; PAGES]);
        // Code points below U+0800 take fewer than three bytes.
        plain[0x800 / PAGE_CHARS as usize..].fill(true);
        let mut mark = |c: char| {
            if let Some(page) = plain.get_mut((u32::from(c) / PAGE_CHARS) as usize) {
                *page = false;
            }
        };
        chars::classes().gaps().iter().for_each(|&gap| mark(gap));
        let forms_of = |c: char| chars::forms(c).iter().copied().chain([c]);
        let mut pairs: Vec<(char, char)> = Vec::new();
        for key in keys {
            let mut chars = key.chars();
            match (chars.next(), chars.next()) {
                (Some(first), Some(second)) => pairs.push((first, second)),
                (Some(only), None) => forms_of(only).for_each(&mut mark),
                _ => {}
            }
        }
        pairs.sort_unstable();
        pairs.dedup();

        let is_plain = |c: &char| {
            plain
                .get((u32::from(*c) / PAGE_CHARS) as usize)
                .is_some_and(|plain| *plain)
        };
        let spellings = pairs.iter().flat_map(|&(first, second)| {
            let seconds = forms_of(second).filter(is_plain).collect::<Vec<_>>();
            forms_of(first)
                .filter(is_plain)
                .flat_map(move |a| seconds.clone().into_iter().map(move |b| (a, b)))
        });
        let spellings: Vec<u64> = spellings.map(|(a, b)| pair_of(a, b)).collect();
        let places = (spellings.len() * BITS_PER_PAIR)
            .next_power_of_two()
            .clamp(TABLE_BITS_MIN, TABLE_BITS_MAX);
        let mut table = Self {
            plain,
            bits: vec![0; places / u64::BITS as usize],
            shift: u64::BITS - places.trailing_zeros(),
        };
        for pair in spellings {
            let place = table.place(pair);
            table.bits[place / 64] |= 1 << (place % 64);
        }
        table
    }

    fn next(&self, text: &[u8], mut at: usize) -> usize {
        let Some(first) = text.get(at..).and_then(<[u8]>::first_chunk::<2>) else {
            return at;
        };
        if !self.plain[usize::from(first[0] & 0xf) << 6 | usize::from(first[1] & 0x3f)] {
            return at;
        }
        while let Some(window) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let pair = u64::from_le_bytes(*window);
            let second_page = (pair >> 18 & 0x3c0 | pair >> 32 & 0x3f) as usize;
            if pair & PAIR_MASK != PAIR || !self.plain[second_page] {
                break;
            }
            let place = self.place(pair & PAIR_BYTES);
            if self.bits[place / 64] >> (place % 64) & 1 == 1 {
                break;
            }
            at = at.wrapping_add(CHAR_BYTES);
        }
        at
    }

    #[inline]
    fn place(&self, pair: u64) -> usize {
        // Fibonacci hashing: the upper bits of a product depend on all bits of the pair.
        (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    fn memory_bytes(&self) -> usize {
        PAGES + size_of_val(self.bits.as_slice())
    }
}

/// The bytes of two three-byte characters as the text has them.
fn pair_of(first: char, second: char) -> u64 {
    let mut bytes = [0; 8];
    first.encode_utf8(&mut bytes[..CHAR_BYTES]);
    second.encode_utf8(&mut bytes[CHAR_BYTES..2 * CHAR_BYTES]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_openings_is_passed_over() {
        let keys = ["保本".to_owned(), "发财".to_owned(), "稳".to_owned()];
        let openings = Openings::new(keys.iter());
        let next = |text: &str| openings.next(text.as_bytes(), 0) / CHAR_BYTES;
        // Pairs are looked at eight bytes at a time, which the end of a text does not have.
        assert_eq!(next("我們這些天氣很好的時候去玩"), 11);
        assert_eq!(next("我們發財吧哈哈"), 2);
        assert_eq!(next("我們保護發明人"), 5);
        assert_eq!(next("我們發"), 1);
        assert_eq!(next("我們abc"), 1);
        assert_eq!(next("保本保本保本"), 0);
        assert_eq!(next("我們保。本哈哈"), 2);
        assert_eq!(next("我們穩了哈哈"), 1);
        assert_eq!(next("保"), 0);
        assert_eq!(next(""), 0);
    }

    #[test]
    fn words_without_openings_are_passed_over() {
        let keys = ["bonus".to_owned(), "vx".to_owned(), "k线".to_owned(), "q1保".to_owned()];
        let openings = Openings::new(keys.iter());
        let next = |text: &str| openings.next(text.as_bytes(), 0);
        assert_eq!(next("hello"), 3);
        assert_eq!(next("theBONus"), 3);
        assert_eq!(next("theBO Nus"), 3);
        assert_eq!(next("the B onus"), 1);
        assert_eq!(next("B onus"), 0);
        assert_eq!(next("Bxonus"), 4);
        assert_eq!(next("myvxid"), 2);
        assert_eq!(next("myvx"), 2);
        assert_eq!(next("blink线"), 3);
        assert_eq!(next("aq1保"), 1);
        assert_eq!(next("aq1x"), 2);
        assert_eq!(next("a b"), 0);
    }
}
