//! Whether a text has signs of disguise: one look at its bytes, before anything else is done for the sake of disguise.
//!
//! The look may err to the side of seeing some: then a reading is made in vain. Most texts have none, and pay for nothing but
//! this look, so that it goes by tables: of eight bytes of ASCII at a time, and of the first two and the last byte of a
//! character of three, which most Chinese ones are.

use crate::doubles;
use crate::emoticons;
use crate::folding::GAP_CHARS_MAX;
use crate::plain::{Kind, plain};
use crate::plain_units::is_within_number;
use crate::references;
use crate::rejoin::{self, is_markup};
use proviso_chars as chars;
use proviso_noise::{self as noise, DIGITS_MIN, IDEOGRAPHS_MIN, NOISE_CHARS_MAX, ROW_MIN};
use std::sync::LazyLock;
use unicode_normalization::char::compose;

/// What a text has signs of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Characters, or several, that stand for another one: everybody sees another text.
    pub(crate) structure: bool,
    /// Characters that are not plain: patterns see another text.
    pub(crate) letters: bool,
}

impl Signs {
    /// Those of a text.
    pub(crate) fn of(text: &str) -> Self {
        Look::at(text).signs::<{ ALL }>()
    }

    /// Those of a text in which no pattern can tell a traditional character from a simplified one.
    pub(crate) fn but_for_variants(text: &str) -> Self {
        Look::at(text).signs::<{ BUT_FOR_VARIANTS }>()
    }

    /// Those of a text that no pattern is looked for in. More may be told.
    pub(crate) fn for_terms(text: &str) -> Self {
        Look::at(text).signs::<{ OF_TERMS }>()
    }

    /// True if there is one.
    pub(crate) fn any(self) -> bool {
        self.structure || self.letters
    }

    fn add(&mut self, other: Self) {
        self.structure |= other.structure;
        self.letters |= other.letters;
    }

    fn are_all(self) -> bool {
        self.structure && self.letters
    }
}

/// True if a text has signs of disguise: it is looked at as it stands, and once more as it is read. May be true of a text whose
/// reading is the text itself.
pub fn has_signs_of_disguise(text: &str) -> bool {
    Signs::of(text).any()
}

const NONE: Signs = Signs {
    structure: false,
    letters: false,
};
const LETTERS: Signs = Signs {
    structure: false,
    letters: true,
};
const STRUCTURE: Signs = Signs {
    structure: true,
    letters: true,
};

/// By byte: 1 of ASCII characters that a sign may begin with, else 0.
static TELLING: LazyLock<[u8; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let byte = byte as u8;
        let tells = matches!(byte, b'&' | b'[' | b'/' | b'*' | b'_' | b'~' | b'`' | b'\n')
            || byte.is_ascii_control() && plain().kind(char::from(byte)) == Kind::Removed;
        u8::from(tells)
    })
});

/// Which signs are asked for.
const OF_TERMS: u8 = 0;
const BUT_FOR_VARIANTS: u8 = 1;
const ALL: u8 = 2;

struct Look<'t> {
    text: &'t str,
    bytes: &'t [u8],
}

impl<'t> Look<'t> {
    fn at(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        Self { text, bytes }
    }

    fn signs<const ASKED: u8>(&self) -> Signs {
        let (plain, telling, bytes) = (plain(), &*TELLING, self.bytes);
        // The lowest bit is set if the character of three bytes, which are the lowest ones, is not plain.
        let row = |three: u64| {
            let place = (three & 0xf) << 6 | three >> 8 & 0x3f;
            plain.of_three[place as usize].wrapping_shr((three >> 16) as u32)
        };
        let mut signs = Signs::default();
        let mut at = 0;
        // The last character takes three bytes.
        let mut behind_three = false;
        while at < bytes.len() && !signs.are_all() {
            let sixteen = self.sixteen(at);
            let (low, high) = words(&sixteen);
            if low & HIGH_BITS == 0 {
                let tells = sixteen[..8]
                    .iter()
                    .fold(0, |tells, &byte| tells | telling[usize::from(byte)]);
                behind_three = false;
                let repeats = may_repeat(low, high);
                if tells == 0 && !repeats {
                    at = at.wrapping_add(8);
                    continue;
                }
                let to = at.wrapping_add(8).min(bytes.len());
                while at < to {
                    if repeats || telling[usize::from(bytes[at])] != 0 {
                        signs.add(self.of_ascii(at));
                    }
                    at += 1;
                }
                continue;
            }
            // Of four characters of three bytes at a time.
            if behind_three && low & LEADS_LOW == THREE_LOW && high & LEADS_HIGH == THREE_HIGH {
                if do_repeat(low, high) {
                    signs.add(self.of_repeated(at));
                }
                let told = || row(low) | row(low >> 24) | row(low >> 48 | high << 16) | row(high >> 8);
                if ASKED != ALL && are_ideographs(low, high) || told() & 1 == 0 {
                    at = at.wrapping_add(12);
                    continue;
                }
            }
            let first = bytes[at];
            if first.is_ascii() {
                behind_three = false;
                signs.add(self.of_ascii(at));
                at += 1;
            } else if first & 0xf0 == 0xe0 {
                if row(low) & 1 != 0 && (ASKED == ALL || !(0xe4..0xea).contains(&first)) {
                    signs.add(self.of_char(at));
                }
                if !behind_three && self.is_noise(at) {
                    signs.add(STRUCTURE);
                }
                if (low ^ low >> 24) << 40 == 0 && doubles::begins_row(&self.text[at..]) {
                    signs.add(STRUCTURE);
                }
                behind_three = true;
                at += 3;
            } else {
                behind_three = false;
                signs.add(self.of_char(at));
                at += self.text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        signs
    }

    /// Whether a row of doubled characters begins with one of the four of three bytes from there on.
    #[cold]
    fn of_repeated(&self, at: usize) -> Signs {
        let begins = |ahead: usize| self.text.get(at + ahead..).is_some_and(doubles::begins_row);
        if [0, 3, 6, 9].into_iter().any(begins) {
            STRUCTURE
        } else {
            NONE
        }
    }

    /// The next sixteen bytes; behind the end of the text letters that nothing can be told from.
    #[inline]
    fn sixteen(&self, at: usize) -> [u8; 16] {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.first_chunk::<16>().copied().unwrap_or_else(|| {
            let mut sixteen = *b"qwertyuiopasdfgh";
            sixteen[..rest.len()].copy_from_slice(rest);
            sixteen
        })
    }

    fn of_ascii(&self, at: usize) -> Signs {
        let byte = self.bytes[at];
        let (before, next) = (
            at.checked_sub(1).map(|at| self.bytes[at]),
            self.bytes.get(at + 1).copied(),
        );
        match byte {
            b'&' if references::reference(&self.text[at..]).is_some() => STRUCTURE,
            b'[' | b'/' if emoticons::code(&self.text[at..]).is_some_and(|length| self.goes_on(at + length)) => {
                STRUCTURE
            }
            b'\n' if self.is_broken_word(at) => STRUCTURE,
            b'*' | b'_' | b'~' | b'`' if before != Some(byte) => {
                let count = self.bytes[at..]
                    .iter()
                    .take(5)
                    .take_while(|&&here| here == byte)
                    .count();
                let before = self.text[..at].chars().next_back();
                let next = self.text[at + count..].chars().next();
                if self.is_noise(at) || is_markup(char::from(byte), count, before, next) {
                    STRUCTURE
                } else {
                    NONE
                }
            }
            _ if byte.is_ascii_alphabetic() => {
                if next == Some(byte) && before != Some(byte) && doubles::begins_row(&self.text[at..]) {
                    STRUCTURE
                } else {
                    NONE
                }
            }
            _ if byte.is_ascii_digit() => NONE,
            _ if TELLING[usize::from(byte)] != 0 && byte.is_ascii_control() && byte != b'\n' => LETTERS,
            _ if self.may_be_noise(before, at) && self.is_noise(at) => STRUCTURE,
            _ => NONE,
        }
    }

    /// False of most characters of ASCII: noise begins behind a letter that stands alone.
    #[inline]
    fn may_be_noise(&self, before: Option<u8>, at: usize) -> bool {
        let is_inside = |byte: &u8| byte.is_ascii_alphanumeric();
        before.is_some_and(|byte| {
            !byte.is_ascii() || is_inside(&byte) && !at.checked_sub(2).is_some_and(|at| is_inside(&self.bytes[at]))
        })
    }

    /// True if the line that ends at byte `at` ends within a word, behind a hyphen: what [`rejoin::lines`] puts together. A row of
    /// hyphens, as stands over what a mail quotes, ends no word.
    fn is_broken_word(&self, at: usize) -> bool {
        let line = self.text[..at].strip_suffix('\r').unwrap_or(&self.text[..at]);
        let next = self.text[at + 1..].trim_start_matches([' ', '\t']).chars().next();
        let mut before = line.chars().rev();
        before.next().is_some_and(rejoin::is_hyphen)
            && [before.next(), next]
                .into_iter()
                .all(|c| c.is_some_and(rejoin::is_word_letter))
    }

    /// False if no letter follows soon: what ends a sentence or a message hides nothing.
    fn goes_on(&self, at: usize) -> bool {
        let mut near = self.text[at..].chars().take(GAP_CHARS_MAX + 1);
        near.any(|c| c.is_ascii_digit() || chars::is_letter(c) || plain().kind(c) == Kind::Joined)
    }

    fn of_char(&self, at: usize) -> Signs {
        let (plain, rest) = (plain(), &self.text[at..]);
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { return NONE };
        let before = self.text[..at].chars().next_back();
        let (next, after) = (chars.next(), chars.next());
        let kind = |c: Option<char>| c.map_or(Kind::Plain, |c| plain.kind(c));
        let is_accent = |c: Option<char>| matches!(kind(c), Kind::Accented | Kind::Combining);
        if self.is_noise(at) {
            return STRUCTURE;
        }
        let letters = match plain.kind(c) {
            Kind::Always | Kind::Enclosed | Kind::Removed => true,
            Kind::FullMark => is_within_number(c, before.map(|c| plain.of(c)), next.map(|c| plain.of(c))),
            Kind::WithLatin if [before, next].into_iter().flatten().any(|c| c.is_ascii_alphabetic()) => {
                return STRUCTURE;
            }
            Kind::Plain | Kind::WithLatin => false,
            Kind::Accented => is_accent(next) || is_accent(after),
            Kind::Combining => {
                let is_stroke = |letter: char| letter.is_alphanumeric() && compose(letter, c).is_none();
                if before.is_some_and(is_stroke) {
                    return STRUCTURE;
                }
                before.is_some_and(char::is_alphanumeric) && is_accent(after) || is_accent(before)
            }
            Kind::Joined => {
                return if self.goes_on(at + c.len_utf8()) {
                    STRUCTURE
                } else {
                    NONE
                };
            }
        };
        Signs { letters, ..NONE }
    }

    /// True if what begins at byte `at`, behind a letter, is noise between it and the next one, or seems to be.
    fn is_noise(&self, at: usize) -> bool {
        let mut before = self.text[..at].chars().rev();
        let Some(first) = before.next().filter(|&c| noise::is_letter(c)) else {
            return false;
        };
        let mut between = ['\0'; NOISE_CHARS_MAX];
        let mut rest = self.text[at..].chars();
        let (mut length, mut bytes) = (0, 0);
        let second = loop {
            let Some(c) = rest.next() else { return false };
            if noise::is_letter(c) {
                break c;
            }
            if length == NOISE_CHARS_MAX || !noise::may_be_noise(c) {
                return false;
            }
            between[length] = c;
            length += 1;
            bytes += c.len_utf8();
        };
        if length == 0 {
            return false;
        }
        if noise::is_odd(between, first, second) {
            return true;
        }
        if before.next().is_some_and(|c| noise::are_of_word(c, first)) {
            return false;
        }
        let separator = &self.text[at..at + bytes];
        let mut ideographs = [first, second].into_iter().filter(|&c| noise::is_ideograph(c)).count();
        let mut all_digits = first.is_ascii_digit() && second.is_ascii_digit();
        let (mut letters, mut differ) = (2, first != second);
        let last = loop {
            let Some(next) = rest.as_str().strip_prefix(separator) else {
                return false;
            };
            rest = next.chars();
            let Some(c) = rest.next().filter(|&c| noise::is_letter(c)) else {
                return false;
            };
            letters += 1;
            differ |= c != first;
            ideographs += usize::from(noise::is_ideograph(c));
            all_digits &= c.is_ascii_digit();
            let least = if all_digits { DIGITS_MIN } else { ROW_MIN };
            if ideographs >= IDEOGRAPHS_MIN || letters >= least {
                break c;
            }
        };
        differ && !rest.next().is_some_and(|c| noise::are_of_word(last, c))
    }
}

/// True if of five characters of three bytes two neighbours are the same.
#[inline]
fn do_repeat(low: u64, high: u64) -> bool {
    let first_two = low ^ (low >> 24 | high << 40);
    let third = (low >> 48 | high << 16) ^ high >> 8;
    let fourth = high >> 8 ^ high >> 32;
    let is_zero = |bytes: u64| u32::from(bytes << 40 == 0);
    is_zero(first_two) | is_zero(first_two >> 24) | is_zero(third) | is_zero(fourth) != 0
}

#[inline]
fn words(sixteen: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*sixteen);
    (both as u64, (both >> 64) as u64)
}

/// False if in the first eight bytes, which are ASCII, no letters alone with the same between them go on, and no two doubled letters
/// follow each other.
#[inline]
fn may_repeat(low: u64, high: u64) -> bool {
    // The high bit of each byte that is zero, and now and then of one behind such a byte.
    let same = |by: u32| {
        let differs = (low ^ (low >> (8 * by) | high << (64 - 8 * by))) & !HIGH_BITS;
        differs.wrapping_sub(ONES) & HIGH_BITS
    };
    let doubled = same(1);
    let (alternate, fourth) = (same(2), same(4));
    let within = doubled & doubled >> 16 | alternate & alternate >> 16 | fourth & fourth >> 8 & fourth >> 16;
    // What is between two letters may be the last of these eight bytes, or the one before.
    let at_end = alternate & 0x8080_0000_0000_0000;
    within != 0
        || at_end != 0 && {
            let [.., last_but_one, last] = low.to_le_bytes();
            !(last_but_one.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        }
}

/// True if four characters of three bytes are all ideographs of the first plane, or few others: of U+4000 to U+9FFF.
#[inline]
fn are_ideographs(low: u64, high: u64) -> bool {
    // The lower halves of their first bytes, each in a byte: 4 to 9.
    let leads = low & 0x000f_0000_0f00_000f | high & 0x0f00;
    let carries = 0x0010_0000_1000_1010;
    let from_four = leads.wrapping_add(0x000c_0000_0c00_0c0c) & carries;
    let from_ten = leads.wrapping_add(0x0006_0000_0600_0606) & carries;
    from_four == carries && from_ten == 0
}

/// The upper half of the first bytes of four characters of three bytes, and what it is.
const LEADS_LOW: u64 = 0x00f0_0000_f000_00f0;
const LEADS_HIGH: u64 = 0xf000;
const THREE_LOW: u64 = 0x00e0_0000_e000_00e0;
const THREE_HIGH: u64 = 0xe000;

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_texts_have_no_signs() {
        for text in [
            "",
            "这款产品稳赚不赔，年化收益 8.5%，请看附件[合同]。",
            "您好！我们在 10:30 开会（三楼），电话 010-12345678；谢谢，高高兴兴回家。",
            "The U.S. and the E.U. agreed, e.g. on a well-known bookkeeper's 5/10 rule: see [1], http://a.b/c?d=1&e=2.",
            "Où est l'hôtel ? Über die Straße. Việt Nam không có gì. Привет, мир! Ελληνικά.",
            "a - b - c\n- item\n- other item\n\nx = y * 2 + snake_case_name",
            "哈哈哈哈哈哈 好好学习",
            "ok...... 2000000 112233445566",
            "好的[微笑]！",
            "谢谢👍🏽",
            "ok\n-----Original Message-----\nFrom: x\r\n----------\r\nSent -\nby me\n2000-\n",
        ] {
            let words = text.split(' ').filter(|word| Signs::of(word) != NONE);
            assert_eq!(Signs::of(text), NONE, "{text}: {:?}", words.collect::<Vec<_>>());
        }
    }

    /// Wherever in the text a sign stands, it is seen.
    #[test]
    fn signs_are_seen_at_every_place() {
        let table = [
            ("&#20445;", STRUCTURE),
            ("&nbsp;", STRUCTURE),
            ("[玫瑰]", STRUCTURE),
            ("/:rose", STRUCTURE),
            ("👨\u{200d}👩", STRUCTURE),
            ("🇨🇳", STRUCTURE),
            ("1\u{fe0f}\u{20e3}", STRUCTURE),
            ("❤\u{fe0f}", STRUCTURE),
            ("保保本本息息", STRUCTURE),
            ("ggaaiinnss", STRUCTURE),
            ("what-\nsapp", STRUCTURE),
            ("what-\r\n\t sapp", STRUCTURE),
            ("帳", LETTERS),
            ("Ａ", LETTERS),
            ("8％", LETTERS),
            ("\u{a0}", LETTERS),
            ("\u{3000}", LETTERS),
            ("\u{200b}", LETTERS),
            ("\u{8}", LETTERS),
            ("whаt", STRUCTURE),
            ("ẁ", LETTERS),
            ("e\u{335}", STRUCTURE),
            ("éèêé", LETTERS),
            ("**bold**", STRUCTURE),
            ("`x", STRUCTURE),
            ("𝐖", LETTERS),
            (".W.h.a.t.", STRUCTURE),
            (" W h a t ", STRUCTURE),
            (" W-h-a-t ", STRUCTURE),
            (" W - h - a - t ", STRUCTURE),
            (" W·h·a·t ", STRUCTURE),
            (" W★h★a★t ", STRUCTURE),
            ("。加.我.微.信。", STRUCTURE),
            ("。加★我★微★信。", STRUCTURE),
        ];
        for (sign, expected) in table {
            for before in 0..20 {
                for filler in ["x", "好", " ", "é"] {
                    let text = format!("{} {sign} x{}", filler.repeat(before), filler.repeat(20 - before));
                    assert_eq!(Signs::of(&text), expected, "{text}");
                    let text = format!("{} {sign} x", filler.repeat(before));
                    assert_eq!(Signs::of(&text), expected, "{text}");
                }
            }
        }
    }
}
