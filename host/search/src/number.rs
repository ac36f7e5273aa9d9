//! Numbers of a form: groups of digits that are one number, however it is written.

use crate::character::TokenKind;
use crate::form::{Form, Token};
use std::ops::Range;

/// Digits of a number in groups with blanks or hyphens between them, at least: those of a telephone without its area.
const GROUPED_DIGITS_MIN: usize = 7;
/// Digits of a number in groups, at most: what goes on is another one.
const GROUPED_DIGITS_MAX: usize = 40;

/// Gives `take` each number that is written in groups: its tokens and its digits. `1,000,000` is 1000000, and `138 0013-8000` is 13800138000.
/// `digits` is memory that calls reuse.
pub(crate) fn grouped(form: &Form, digits: &mut String, mut take: impl FnMut(Range<usize>, &str)) {
    let mut at = 0;
    while at < form.tokens.len() {
        let to = [thousands(form, at), long(form, at)].into_iter().max().unwrap_or(at);
        if to > at + 1 {
            digits.clear();
            digits.extend(form.tokens[at..to].iter().flat_map(|token| form.of(*token)));
            take(at..to, digits);
        }
        at = to.max(at + 1);
    }
}

/// The one character between two tokens that are neighbours.
fn between(form: &Form, before: Token, token: Token) -> Option<char> {
    (before.to + 1 == token.from).then(|| form.units[before.to as usize].c)
}

fn length(token: Token) -> usize {
    (token.to - token.from) as usize
}

/// Where a number ends whose thousands are parted.
fn thousands(form: &Form, at: usize) -> usize {
    goes_on(form, at, |first, group, between| {
        length(first) <= 3 && length(group) == 3 && matches!(between, ',' | '\'')
    })
    .0
}

/// Where a long number ends.
fn long(form: &Form, at: usize) -> usize {
    let (to, digits) = goes_on(form, at, |_, _, between| matches!(between, ' ' | '-' | '\u{3000}'));
    if digits < GROUPED_DIGITS_MIN { at + 1 } else { to }
}

/// Where the groups end that begin at a token, and how many digits they have.
fn goes_on(form: &Form, at: usize, is_group: impl Fn(Token, Token, char) -> bool) -> (usize, usize) {
    let first = form.tokens[at];
    let (mut to, mut digits) = (at + 1, length(first));
    if first.kind != TokenKind::Digits {
        return (at, 0);
    }
    while let Some(&token) = form.tokens.get(to)
        && token.kind == TokenKind::Digits
        && digits + length(token) <= GROUPED_DIGITS_MAX
        && between(form, form.tokens[to - 1], token).is_some_and(|between| is_group(first, token, between))
    {
        digits += length(token);
        to += 1;
    }
    (to, digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn groups_of_digits_are_one_number() {
        each_row(
            [
                ("1,000,000 元", "1000000"),
                ("1,000.50", "1000"),
                ("12,34", ""),
                ("138 0013 8000", "13800138000"),
                ("138-0013-8000 或 010-12345678", "13800138000 01012345678"),
                ("2026-01-31", "20260131"),
                ("3 4 5", ""),
                ("6222 0212\u{3000}3456 7890", "6222021234567890"),
                ("192.168.10.20", ""),
                ("a138 0013 8000b", "13800138000"),
                ("13800138000", ""),
            ],
            |(text, expected)| {
                let mut form = Form::default();
                form.read(text);
                let mut all = Vec::new();
                grouped(&form, &mut String::new(), |_, digits| all.push(digits.to_owned()));
                assert_eq!(all.join(" "), expected, "{text}");
            },
        );
    }

    #[test]
    fn a_long_row_of_groups_is_several_numbers() {
        let mut form = Form::default();
        form.read(&"1234 ".repeat(25));
        let mut all = Vec::new();
        grouped(&form, &mut String::new(), |_, digits| all.push(digits.len()));
        assert_eq!(all, [40, 40, 20]);
    }
}
