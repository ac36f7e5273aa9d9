//! What a character is for somebody who reads it, as patterns see it: case is kept, CJK punctuation stays.
//!
//! This is not folding, which makes characters equal that a term and a text may differ in. It is one plain character for each
//! disguised one, so that an expression which was written with plain ones matches.

use proviso_chars::Pages;
use proviso_chars::{self as chars, Class, WIDTH};
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use unicode_normalization::char::decompose_canonical;

/// When a character is read as its plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// It is plain.
    Plain,
    /// Always: full-width and mathematical letters, small capitals, traditional characters, spaces.
    Always,
    /// An enclosed number: always, but not where it numbers what begins with a digit.
    Enclosed,
    /// A full-width mark, within numbers and addresses.
    FullMark,
    /// A letter of a script that has letters like Latin ones, in a word that has Latin letters.
    WithLatin,
    /// A letter with an accent, in a word most letters of which have one.
    Accented,
    /// A combining mark: left out if no writing has the letter with it.
    Combining,
    /// Left out: it is not seen.
    Removed,
    /// Part of what is seen as one mark: see `joined`. Elsewhere left out, or read as a letter.
    Joined,
}

/// What stands for each character.
#[derive(Debug)]
pub(crate) struct Plain {
    kinds: Pages<Kind>,
    /// Code point, xor that of the plain character.
    differences: Pages<u32>,
    /// By the first two bytes of a character of three: bit `n` for the last byte with these lower six bits, if it is not plain.
    pub(crate) of_three: Box<[u64; 1 << 10]>,
}

/// The table, made once a process.
pub(crate) fn plain() -> &'static Plain {
    static PLAIN: LazyLock<Plain> = LazyLock::new(Plain::new);
    &PLAIN
}

/// Letters with accents that hardly any language has, which are always read as those without.
pub(crate) const RARE_ACCENTS: RangeInclusive<char> = '\u{1e00}'..='\u{1e9f}';

/// Quotation marks and dashes of a Windows code page that was taken for another one.
const MISREAD: [(char, char); 6] = [
    ('\u{91}', '‘'),
    ('\u{92}', '’'),
    ('\u{93}', '“'),
    ('\u{94}', '”'),
    ('\u{96}', '–'),
    ('\u{97}', '—'),
];

/// Traditional and variant characters that simplified text has too: 著名, 乾坤. They are no signs of disguise, and read as the plain ones where
/// there are others.
const NO_SIGNS: &str = "著乾彷藉徵阪薰吒拚夥渖";

/// Full-width forms of ASCII.
pub(crate) const FULL_FORMS: RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';

/// Letters that look like a Latin one, and whose capital or small letter looks like another: folding, which takes both for one, cannot
/// have them.
const LOOKALIKES_OF_ONE_CASE: [(char, char); 6] =
    [('ν', 'v'), ('Ν', 'N'), ('υ', 'u'), ('Υ', 'Y'), ('ω', 'w'), ('п', 'n')];

/// Full-width marks that numbers and addresses are written with, or other full-width forms beside them.
pub(crate) const FULL_MARKS: [(char, char); 24] = [
    ('％', '%'),
    ('＋', '+'),
    ('．', '.'),
    ('＠', '@'),
    ('－', '-'),
    ('／', '/'),
    ('：', ':'),
    ('＿', '_'),
    ('＂', '"'),
    ('＃', '#'),
    ('＄', '$'),
    ('＆', '&'),
    ('＇', '\''),
    ('＊', '*'),
    ('＜', '<'),
    ('＝', '='),
    ('＞', '>'),
    ('［', '['),
    ('＼', '\\'),
    ('］', ']'),
    ('＾', '^'),
    ('｀', '`'),
    ('｜', '|'),
    ('～', '~'),
];

impl Plain {
    fn new() -> Self {
        let mut plain = Self {
            kinds: Pages::new(Kind::Plain),
            differences: Pages::new(0),
            of_three: Box::new([0; 1 << 10]),
        };
        for &c in chars::classes().gaps() {
            match chars::class(c) {
                Class::Invisible => plain.set(c, Kind::Removed, c),
                Class::Space if matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') => plain.set(c, Kind::Always, '\n'),
                Class::Space if !c.is_ascii() => plain.set(c, Kind::Always, ' '),
                Class::Mark if is_combining(c) => plain.set(c, Kind::Combining, c),
                // Symbols that people put between letters are looked at, though they are plain.
                Class::Mark if matches!(c, '\u{2022}'..='\u{2bff}' | '・' | '･') && c != '…' => {
                    plain.set(c, Kind::Plain, c);
                }
                _ => {}
            }
        }
        for (c, mark) in MISREAD {
            plain.set(c, Kind::Always, mark);
        }
        for (c, mark) in FULL_MARKS {
            plain.set(c, Kind::FullMark, mark);
        }
        let other_scripts = ['\u{370}'..='\u{58f}', '\u{1c80}'..='\u{1c8f}', '\u{1f00}'..='\u{1fff}'];
        let more_scripts = ['\u{2c80}'..='\u{2cff}', '\u{a640}'..='\u{a69f}'];
        for c in other_scripts
            .into_iter()
            .chain(more_scripts)
            .flatten()
            .filter(|c| c.is_alphabetic())
        {
            plain.set(c, Kind::WithLatin, c);
        }
        for c in '\u{c0}'..='\u{24f}' {
            plain.accented(c, Kind::Accented);
        }
        RARE_ACCENTS.for_each(|c| plain.accented(c, Kind::Always));
        // Those of Vietnamese.
        ('\u{1ea0}'..='\u{1eff}').for_each(|c| plain.accented(c, Kind::Accented));
        let variants = chars::plain_variants();
        for (&c, &form) in &variants {
            plain.set(c, Kind::Always, form);
        }
        for c in NO_SIGNS.chars() {
            plain.of_three[c as usize >> 6] &= !(1 << (c as u32 & 0x3f));
        }
        let enclosed = |c: char| {
            let digits = [
                '\u{2460}'..='\u{249b}',
                '\u{24ea}'..='\u{24ff}',
                '\u{2776}'..='\u{2793}',
            ];
            digits.iter().any(|range| range.contains(&c))
        };
        let width = chars::relation(WIDTH);
        for &(c, folded) in width.folded() {
            let form = *variants.get(&folded).unwrap_or(&folded);
            let is_han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
            let is_kana = ('\u{30a1}'..='\u{30fa}').contains(&form);
            if !(form.is_ascii_alphanumeric() || is_han(form) || is_kana) {
                continue;
            }
            match plain.kinds.get(c) {
                Kind::WithLatin => plain.set(c, Kind::WithLatin, form),
                _ if form.is_ascii_digit() && enclosed(c) => plain.set(c, Kind::Enclosed, form),
                _ => plain.set(c, Kind::Always, form),
            }
        }
        for (c, form) in LOOKALIKES_OF_ONE_CASE {
            plain.set(c, Kind::WithLatin, form);
        }
        let flags = '\u{1f1e6}'..='\u{1f1ff}';
        let joiners = [
            '\u{200d}'..='\u{200d}',
            '\u{fe0e}'..='\u{fe0f}',
            '\u{20e3}'..='\u{20e3}',
            '\u{1f3fb}'..='\u{1f3ff}',
        ];
        for c in joiners.into_iter().chain([flags]).flatten() {
            let form = plain.of(c);
            plain.set(c, Kind::Joined, form);
        }
        for c in '\u{e0020}'..='\u{e007e}' {
            let letter = char::from_u32(u32::from(c) - 0xe_0000).unwrap_or(c);
            plain.set(c, Kind::Joined, letter);
        }
        plain
    }

    fn accented(&mut self, c: char, kind: Kind) {
        let mut parts = ['\0'; 4];
        let mut count = 0;
        decompose_canonical(c, |part| {
            if let Some(place) = parts.get_mut(count) {
                *place = part;
            }
            count += 1;
        });
        if count > 1 && parts[0].is_ascii_alphabetic() {
            self.set(c, kind, parts[0]);
        }
    }

    fn set(&mut self, c: char, kind: Kind, form: char) {
        self.kinds.set(c, kind);
        self.differences.set(c, u32::from(c) ^ u32::from(form));
        if let '\u{800}'..='\u{ffff}' = c {
            self.of_three[c as usize >> 6] |= 1 << (c as u32 & 0x3f);
        }
    }

    #[inline]
    pub(crate) fn kind(&self, c: char) -> Kind {
        self.kinds.get(c)
    }

    /// The plain character; `c` itself of what is plain, or is left out.
    #[inline]
    pub(crate) fn of(&self, c: char) -> char {
        // The difference leads from a character to a character, so that the fallback is never taken.
        char::from_u32(u32::from(c) ^ self.differences.get(c)).unwrap_or(c)
    }
}

/// True for marks that are laid over the letter before them.
pub(crate) fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}
