//! A text into fragments: stretches of two to four characters, whole words, and pairs of words.
//!
//! A *run* is what stands between spaces and marks. Every two, three and four neighbouring characters of a run are a fragment; a word of
//! letters counts its beginning as a character, so that `win` at the head of a word differs from `win` within one. A word of letters
//! is a fragment as a whole, and so are two that follow each other with a space between them. What is long is cut into *passages*, since
//! three sentences within a long mail would otherwise be lost in it.

use crate::fold::{Class, fold};
use std::ops::Range;

/// A passage ends at the first sentence that ends behind so many characters …
const PASSAGE_CHARS: u32 = 400;
/// … at the first space behind so many …
const PASSAGE_CHARS_LONG: u32 = 480;
/// … and here in any case.
const PASSAGE_CHARS_MAX: u32 = 600;
/// So many bytes at a text's end stay with the passage before them.
const REST_BYTES: usize = 256;

/// Parts the hash of a stretch from that of a word.
const STRETCH: u64 = 0x9e37_79b9_7f4a_7c15;
const WORD: u64 = 0xd1b5_4a32_d192_ed03;
const PAIR: u64 = 0x8cb9_2ba7_2f3d_8dd7;
/// What stands for the beginning of a word.
const WORD_BEGINS: u32 = 0x20;

/// What takes the fragments of a text.
pub trait Sink {
    /// A fragment, if there is one: its hash, of which the upper bits are the best, and its bytes in the text. Whether there is one is told
    /// instead of left out, since at the beginning of every word a processor would guess wrong: adding nothing takes less time.
    fn fragment(&mut self, there: bool, hash: u64, start: usize, end: usize);

    /// A passage ended: its bytes in the text, and how many characters of its runs it has. Its fragments came before.
    fn passage(&mut self, bytes: Range<usize>, chars: u32);
}

/// Cuts a text. Every byte is looked at once; a character makes at most five fragments.
pub fn cut(text: &str, sink: &mut impl Sink) {
    let mut walk = Walk::default();
    let mut began = 0;
    let mut chars = 0;
    for (at, c) in text.char_indices() {
        let (code, class) = fold(c);
        let end = at + c.len_utf8();
        match class {
            Class::Skip => continue,
            Class::Letter => {
                walk.letter(code, at, end, sink);
                chars += 1;
            }
            Class::Sign => {
                walk.end_word(sink);
                walk.sign(code, at, end, sink);
                chars += 1;
            }
            Class::Break | Class::Stop => walk.part(code == WORD_BEGINS, sink),
        }
        let over = match class {
            Class::Stop => chars >= PASSAGE_CHARS,
            Class::Break => chars >= PASSAGE_CHARS_LONG,
            _ => chars >= PASSAGE_CHARS_MAX,
        };
        if over && text.len() - end > REST_BYTES {
            walk.part(false, sink);
            sink.passage(began..end, chars);
            (began, chars) = (end, 0);
        }
    }
    walk.part(false, sink);
    sink.passage(began..text.len(), chars);
}

#[derive(Default)]
struct Walk {
    /// Hashes of the last one, two and three characters of the run, 0 where it is shorter, and where they begin.
    last: [u64; 3],
    starts: [usize; 3],
    /// The word that is being read: its hash, 0 outside of one.
    word: u64,
    word_bytes: (usize, usize),
    /// The word before it, if nothing but a space is between them.
    before: u64,
    before_start: usize,
}

#[expect(
    clippy::inline_always,
    reason = "they run for every character: what is kept in registers takes a quarter less fuel"
)]
impl Walk {
    #[inline(always)]
    fn letter(&mut self, code: u32, at: usize, end: usize, sink: &mut impl Sink) {
        if self.word == 0 {
            if self.last[0] == 0 {
                self.last[0] = step(STRETCH, WORD_BEGINS);
                self.starts[0] = at;
            }
            self.word = WORD;
            self.word_bytes.0 = at;
        }
        self.word = step(self.word, code);
        self.word_bytes.1 = end;
        self.stretch(code, at, end, sink);
    }

    #[inline(always)]
    fn sign(&mut self, code: u32, at: usize, end: usize, sink: &mut impl Sink) {
        self.before = 0;
        self.stretch(code, at, end, sink);
    }

    /// The stretches that end with this character.
    #[inline(always)]
    fn stretch(&mut self, code: u32, at: usize, end: usize, sink: &mut impl Sink) {
        let [one, two, three] = self.last;
        let (pair, triple) = (step(one, code), step(two, code));
        sink.fragment(one != 0, pair, self.starts[0], end);
        sink.fragment(two != 0, triple, self.starts[1], end);
        sink.fragment(three != 0, step(three, code), self.starts[2], end);
        self.last = [
            step(STRETCH, code),
            if one == 0 { 0 } else { pair },
            if two == 0 { 0 } else { triple },
        ];
        self.starts = [at, self.starts[0], self.starts[1]];
    }

    /// Ends the word that is being read, if one is.
    #[inline]
    fn end_word(&mut self, sink: &mut impl Sink) {
        if self.word == 0 {
            return;
        }
        let (start, end) = self.word_bytes;
        sink.fragment(true, self.word, start, end);
        let pair = mix(self.before ^ PAIR, self.word);
        sink.fragment(self.before != 0, pair, self.before_start, end);
        (self.before, self.before_start) = (self.word, start);
        self.word = 0;
    }

    #[inline]
    fn part(&mut self, by_space: bool, sink: &mut impl Sink) {
        self.end_word(sink);
        self.last = [0; 3];
        if !by_space {
            self.before = 0;
        }
    }
}

#[inline]
fn step(hash: u64, code: u32) -> u64 {
    mix(hash, u64::from(code))
}

/// Never 0, which stands for none.
#[inline]
fn mix(hash: u64, more: u64) -> u64 {
    let product = (hash ^ more).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (product ^ product >> 29) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen {
        fragments: Vec<(u64, Range<usize>)>,
        passages: Vec<(Range<usize>, u32)>,
    }

    impl Sink for Seen {
        fn fragment(&mut self, there: bool, hash: u64, start: usize, end: usize) {
            if there {
                self.fragments.push((hash, start..end));
            }
        }

        fn passage(&mut self, bytes: Range<usize>, chars: u32) {
            self.passages.push((bytes, chars));
        }
    }

    fn seen(text: &str) -> Seen {
        let mut seen = Seen::default();
        cut(text, &mut seen);
        seen
    }

    fn texts(text: &str) -> Vec<&str> {
        let mut texts: Vec<&str> = seen(text)
            .fragments
            .into_iter()
            .map(|(_, bytes)| &text[bytes])
            .collect();
        texts.sort_unstable();
        texts
    }

    fn hashes(text: &str) -> Vec<u64> {
        seen(text).fragments.into_iter().map(|(hash, _)| hash).collect()
    }

    #[test]
    fn fragments_are_stretches_words_and_pairs_of_words() {
        assert_eq!(
            texts("安全账户"),
            ["全账", "全账户", "安全", "安全账", "安全账户", "账户"]
        );
        assert_eq!(texts("安,全"), Vec::<&str>::new());
        // `w` is the beginning of a word and its first letter.
        assert_eq!(texts("win"), ["in", "w", "wi", "wi", "win", "win", "win"]);
        assert!(texts("free cash").contains(&"free cash"));
        assert!(!texts("free, cash").contains(&"free, cash"));
        assert!(texts("加vx号").contains(&"加vx号"), "a run may mix scripts");
    }

    #[test]
    fn what_folds_alike_is_cut_alike() {
        for (one, other) in [
            ("ＦＲＥＥ　ｃａｓｈ", "free　cash"),
            ("转账5万", "转账７万"),
            ("安\u{200b}全账户", "安全账户"),
            ("WIN 500", "win 731"),
        ] {
            assert_eq!(hashes(one), hashes(other), "{one} {other}");
        }
        assert_ne!(hashes("安全账户"), hashes("安全帐户"));
    }

    #[test]
    fn a_word_s_beginning_differs_from_its_middle() {
        let middle = hashes("swing");
        let heads = seen("wing").fragments.into_iter().filter(|(_, bytes)| bytes.start == 0);
        let shared = heads.filter(|(hash, _)| middle.contains(hash)).count();
        assert_eq!(
            shared, 3,
            "`wi`, `win` and `wing` stand in `swing`, the same with a beginning do not"
        );
    }

    #[test]
    fn passages_cover_the_text_without_a_gap_and_are_bounded() {
        for text in [
            String::new(),
            "好".repeat(5_000),
            "短句。".repeat(1_000),
            "word ".repeat(2_000),
            " ".repeat(9_000),
        ] {
            let passages = seen(&text).passages;
            let mut expected = 0;
            for (bytes, chars) in &passages {
                assert_eq!(bytes.start, expected);
                assert!(text.is_char_boundary(bytes.end));
                assert!(*chars <= PASSAGE_CHARS_MAX + REST_BYTES as u32);
                expected = bytes.end;
            }
            assert_eq!(expected, text.len());
        }
        assert!(seen(&"短句。".repeat(1_000)).passages.len() > 3);
    }

    #[test]
    fn a_character_makes_at_most_five_fragments() {
        for text in ["a ".repeat(1_000), "好".repeat(1_000), "ab好 ".repeat(500)] {
            assert!(seen(&text).fragments.len() <= 5 * text.chars().count());
        }
    }

    #[test]
    fn hashes_are_pinned() {
        // Weights are found by these numbers: a change of one is another `FEATURES_VERSION`.
        let upper: Vec<u64> = hashes("安全账 win 1").iter().map(|hash| hash >> 44).collect();
        assert_eq!(
            upper,
            [
                677_938, 416_765, 601_692, 996_250, 1_016_541, 600_118, 876_189, 151_251, 386_389, 183_249, 798_230,
                58_670, 730_718
            ]
        );
    }
}
