//! Identifiers of people that are glued to the name of what they identify: `vx13800138000`, `wxlicai2026`.

use crate::folding::GAP_CHARS_MAX;
use proviso_chars::{self as chars, Class};

/// Characters of an identifier: those of messengers and payment services have 5-20, a telephone number with its country 14.
const CHARS: std::ops::RangeInclusive<usize> = 5..=24;
const DIGITS_MIN: usize = 2;
/// One more than an identifier has, and what may hide among them.
const LOOKED_AT_MAX: usize = *CHARS.end() + 1 + GAP_CHARS_MAX;

/// True if a text begins with an identifier: letters, digits, `_` and `-`, in any form that folds to one, with two digits or an
/// underscore among them. Invisible characters are passed over. Looks at 33 characters at most.
#[inline(never)]
pub(crate) fn begins(text: &str) -> bool {
    let folding = chars::relation(chars::ALL);
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let seen = text
        .chars()
        .take(LOOKED_AT_MAX)
        .filter(|&c| chars::class(c) != Class::Invisible);
    let run = seen.map(|c| folding.fold(c)).take_while(is_part);
    let (mut chars, mut digits, mut underscores) = (0, 0, 0);
    for c in run {
        chars += 1;
        digits += usize::from(c.is_ascii_digit());
        underscores += usize::from(c == '_');
    }
    CHARS.contains(&chars) && (digits >= DIGITS_MIN || underscores > 0)
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[test]
    fn an_identifier_has_a_length_and_digits_or_an_underscore() {
        for text in [
            "13800138000",
            "licai2026，谢谢",
            "zhang_888",
            "id_abcdefghijkl22",
            "１３８００１３８０００",
            "-lily-77",
            "88888",
            "\u{200b}138\u{200b}00138000",
        ] {
            assert!(begins(text), "{text:?}");
        }
        for text in [
            "",
            "works",
            "python",
            "2ray教程",
            "a1",
            "1234",
            "licai",
            "，13800138000",
            " 13800138000",
            "0123456789012345678901234",
        ] {
            assert!(!begins(text), "{text:?}");
        }
    }
}
