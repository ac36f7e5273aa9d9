//! Telling most places of a text at which no key can begin, without a look at the keys.
//!
//! The symbols of the last letters of a text are kept in one word, gaps between them left out. A hash of the last two
//! leads to a word of a table, in which one bit says that they may be a key, and two others that some key may go on from
//! there with a certain letter. In stretches of ASCII letters take less: five bits each, so that two small tables know
//! the short keys by their last three letters and the longer ones by their first four. Neither has a branch that depends
//! on the text, and no step waits for the one before.

use crate::trie::{Keys, Symbol};

/// The symbols of the last letters, the last one lowest.
pub(crate) type Window = u64;

pub(crate) const SYMBOL_BITS: u32 = 16;

#[derive(Debug)]
pub(crate) struct Screen {
    /// A power of two of them.
    words: Vec<u64>,
    pub(crate) ascii: Box<Ascii>,
}

/// Words of the table: two or more for each pair with which a key begins, until the table is as large as it may be.
const WORDS_MIN: usize = 1 << 6;
const WORDS_MAX: usize = 1 << 17;

/// What the table says of two letters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    word: u64,
    hash: u64,
}

/// How far the second bit of a pair or of a letter is from the first one.
const SECOND_BIT: u32 = 23;
const BITS: u64 = 1 | 1 << SECOND_BIT;

impl Pair {
    /// False if the two letters are certainly not a key.
    #[inline]
    pub(crate) fn may_be_key(self) -> bool {
        self.word.rotate_right(pair_bit(self.hash)) & BITS == BITS
    }

    /// False if no key begins with the two letters and this one behind them.
    #[inline]
    pub(crate) fn may_go_on(self, symbol: Symbol) -> bool {
        self.word.rotate_right(u32::from(symbol)) & BITS == BITS
    }
}

/// The upper bits of the hash; its middle ones are the place.
#[inline]
fn pair_bit(hash: u64) -> u32 {
    (hash >> 58) as u32
}

impl Screen {
    /// From all keys, and the borders of each, with the ASCII characters' symbols; the letters among these begin at
    /// `letters_from`.
    pub(crate) fn new(
        keys: &Keys,
        borders: &[Borders],
        ascii: &[Symbol; 128],
        letters_from: Symbol,
        symbols: usize,
    ) -> Self {
        let mut pairs: Vec<&[Symbol]> = keys.iter().filter_map(|key| key.get(..2)).collect();
        pairs.dedup();
        let count = (pairs.len() * 2).next_power_of_two().clamp(WORDS_MIN, WORDS_MAX);
        let mut screen = Self {
            words: vec![0; count],
            ascii: Box::new(Ascii::new(keys, borders, ascii, letters_from, symbols)),
        };
        for key in keys.iter().filter(|key| key.len() > 1) {
            let hash = hash(Window::from(key[0]) << SYMBOL_BITS | Window::from(key[1]));
            let bit = key.get(2).map_or(pair_bit(hash), |&third| u32::from(third));
            let place = screen.place(hash);
            screen.words[place] |= BITS.rotate_left(bit);
        }
        screen
    }

    /// What there is to know of the last two letters of a window.
    #[inline]
    pub(crate) fn pair(&self, window: Window) -> Pair {
        let hash = hash(window);
        // The place is below the number of words, which the compiler cannot know.
        let word = self.words.get(self.place(hash)).copied().unwrap_or_default();
        Pair { word, hash }
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        (hash >> 36) as usize & self.words.len().wrapping_sub(1)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        size_of_val(self.words.as_slice()) + size_of::<Ascii>() + self.ascii.by_symbol.len()
    }
}

/// A hash of the last two letters. Its upper half depends on all of their bits.
#[inline]
fn hash(window: Window) -> u64 {
    (window & 0xffff_ffff).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The screen for stretches of ASCII.
#[derive(Debug)]
pub(crate) struct Ascii {
    /// By byte: what an ASCII character is to the tables, see below.
    kinds: [u8; 256],
    /// By symbol: the ordinal of a letter.
    by_symbol: Vec<u8>,
    /// By the ordinals of three letters: true if the last of them, or the last two, or all may be a key.
    triples: Box<[u64; 1 << 9]>,
    /// As `triples`, without the keys that end with a word.
    triples_within: Box<[u64; 1 << 9]>,
    /// By a hash of the ordinals of four letters: true if they may begin a key.
    quads: Box<[u64; 1 << 11]>,
    /// As `quads`, without the keys that begin with a word.
    quads_within: Box<[u64; 1 << 11]>,
}

/// Where all terms of a key match: only with the border of a word before them, or behind them. No key of which a piece is
/// looked for has either.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Borders {
    pub(crate) before: bool,
    pub(crate) behind: bool,
}

/// The ordinals of four letters, five bits each, the last one lowest.
type Ordinals = u32;

/// The last letters of a stretch of ASCII.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letters {
    ordinals: Ordinals,
    /// Bit 0 is set if there is a gap behind the last of them, bit `n` if there is one before the `n`th from the end.
    gaps: u32,
}

const ORDINAL_BITS: u32 = 5;
const ORDINAL_MASK: u8 = 0x1f;
const ORDINALS_MASK: Ordinals = 0xf_ffff;
/// Every letter that is not ASCII.
const OTHER: u8 = 31;
/// A gap that is in a key.
const GAP_OF_KEY: u8 = 0x40;
/// A byte that is not ASCII.
const NOT_ASCII: u8 = 0x80;

/// Why a stretch of ASCII was left at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is not ASCII, or the end of the text.
    End,
    /// It is the last letter of a short key, or the fourth one of a longer key, or seems to be.
    Letter { short: bool, long: bool },
    /// It is a gap that is in a key.
    Gap,
}

impl Ascii {
    fn new(keys: &Keys, borders: &[Borders], ascii: &[Symbol; 128], letters_from: Symbol, symbols: usize) -> Self {
        let mut kinds = [NOT_ASCII; 256];
        let mut by_symbol = vec![OTHER; symbols];
        for (byte, &symbol) in ascii.iter().enumerate() {
            // Letters, whatever their case, have numbers of their own; digits share some.
            kinds[byte] = match (byte as u8).to_ascii_lowercase() {
                _ if symbol == 0 => 0,
                _ if symbol < letters_from => GAP_OF_KEY,
                letter @ b'a'..=b'z' => letter - b'a' + 1,
                other => 27 + other % 4,
            };
            if symbol >= letters_from {
                by_symbol[usize::from(symbol)] = kinds[byte];
            }
        }
        let mut screen = Self {
            kinds,
            by_symbol,
            triples: Box::new([0; 1 << 9]),
            triples_within: Box::new([0; 1 << 9]),
            quads: Box::new([0; 1 << 11]),
            quads_within: Box::new([0; 1 << 11]),
        };
        for (key, borders) in keys.iter().zip(borders) {
            if key[0] >= letters_from {
                screen.mark(key, *borders);
            }
        }
        screen
    }

    fn mark(&mut self, key: &[Symbol], borders: Borders) {
        let ordinal = |at: usize| self.by_symbol[usize::from(key[at])];
        let (any, one) = (0..=ORDINAL_MASK, |at: usize| ordinal(at)..=ordinal(at));
        let (a, b, c) = match key.len() {
            1 => (any.clone(), any, ordinal(0)),
            2 => (any, one(0), ordinal(1)),
            3 => (one(0), one(1), ordinal(2)),
            _ => {
                let (place, bit) = quad([0, 1, 2, 3].map(ordinal).into_iter().fold(0, push));
                self.quads[place] |= 1_u64.rotate_left(bit);
                self.quads_within[place] |= u64::from(!borders.before).rotate_left(bit);
                return;
            }
        };
        for (a, b) in a.flat_map(|a| b.clone().map(move |b| (a, b))) {
            let (place, bit) = triple([a, b, c].into_iter().fold(0, push));
            self.triples[place] |= 1_u64.rotate_left(bit);
            self.triples_within[place] |= u64::from(!borders.behind).rotate_left(bit);
        }
    }

    /// The letters of a window, behind which a stretch begins.
    pub(crate) fn letters(&self, window: Window) -> Letters {
        let symbols = [3, 2, 1, 0].map(|back| (window >> (back * SYMBOL_BITS)) as Symbol);
        let ordinal = |symbol: Symbol| self.by_symbol.get(usize::from(symbol)).copied().unwrap_or(OTHER);
        Letters {
            ordinals: symbols.map(ordinal).into_iter().fold(0, push),
            // What is before the stretch might be a gap.
            gaps: u32::MAX,
        }
    }

    /// Goes on from byte `at` to the next one that is worth a look, and says why it is.
    #[inline]
    pub(crate) fn next(&self, text: &[u8], at: usize, letters: &mut Letters) -> (usize, Stop) {
        let Letters {
            ordinals: mut seen,
            mut gaps,
        } = *letters;
        let rest = text.get(at..).unwrap_or_default();
        let mut ahead = 0;
        let stop = loop {
            let Some(&byte) = rest.get(ahead) else { break Stop::End };
            let kind = self.kinds[usize::from(byte)];
            if kind == GAP_OF_KEY {
                gaps |= 1;
                break Stop::Gap;
            }
            if kind == NOT_ASCII {
                break Stop::End;
            }
            let longer = push(seen, kind);
            // No key ends at a gap: what is asked for instead is hardly ever set, and looked at again if it is.
            let asked = if kind == 0 { 0 } else { longer };
            seen = if kind == 0 { seen } else { longer };
            gaps = if kind == 0 { gaps | 1 } else { gaps << 1 };
            let (quad, triple) = (quad(asked), triple(asked));
            let of_short = self.triples[triple.0].rotate_right(triple.1);
            let of_long = self.quads[quad.0].rotate_right(quad.1);
            ahead = ahead.wrapping_add(1);
            if (of_short | of_long) & 1 != 0 {
                let has = |word: u64, bit: u32| word.rotate_right(bit) & 1 != 0;
                let word_ends = !rest.get(ahead).is_some_and(|&next| self.is_letter(next));
                let word_begins = gaps >> 4 & 1 != 0;
                let short = of_short & 1 != 0 && (word_ends || has(self.triples_within[triple.0], triple.1));
                let long = of_long & 1 != 0 && (word_begins || has(self.quads_within[quad.0], quad.1));
                if short || long {
                    ahead = ahead.wrapping_sub(1);
                    break Stop::Letter { short, long };
                }
            }
        };
        *letters = Letters { ordinals: seen, gaps };
        (at.wrapping_add(ahead), stop)
    }

    /// True if this byte is an ASCII letter or digit that means something, or may.
    pub(crate) fn is_letter(&self, byte: u8) -> bool {
        let kind = self.kinds[usize::from(byte)];
        kind & (ORDINAL_MASK | NOT_ASCII) != 0 && kind & NOT_ASCII == 0
    }
}

#[inline]
fn push(ordinals: Ordinals, next: u8) -> Ordinals {
    (ordinals << ORDINAL_BITS | Ordinals::from(next)) & ORDINALS_MASK
}

/// Word and bit, of which the lower six count, of the last three letters.
#[inline]
fn triple(ordinals: Ordinals) -> (usize, u32) {
    ((ordinals >> 6 & 0x1ff) as usize, ordinals)
}

/// Word and bit, of which the lower six count, of four letters.
#[inline]
fn quad(ordinals: Ordinals) -> (usize, u32) {
    let hash = ordinals.wrapping_mul(0x9e37_79b1);
    ((hash >> 21) as usize, hash >> 15)
}
