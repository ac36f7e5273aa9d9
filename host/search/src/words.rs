//! Words of a query, ready to be looked for: as tokens that follow each other, as a number, as an entity.

use crate::character::TokenKind;
use crate::entity::Said;
use crate::form::{Form, Token};
use crate::number;
use crate::query::Open;
use std::ops::Range;

/// Tokens of a phrase that is looked for at each place.
const SHORT_TOKENS_MAX: usize = 6;
/// What a hash over tokens is multiplied by for each.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(value: u64) -> u64 {
    let mixed = value.wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ mixed >> 32
}

/// A word or a phrase.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    /// Not none.
    pub(crate) tokens: Vec<Sought>,
    /// Its digits, if it is one number.
    pub(crate) number: Option<String>,
    /// What it says, if it is one entity.
    pub(crate) entity: Option<Said>,
}

/// A token that is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    pub(crate) kind: TokenKind,
    pub(crate) text: Vec<char>,
    /// Nothing stands between the token before and this one.
    pub(crate) is_glued: bool,
}

impl Words {
    /// None of a text without tokens.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut form = Form::default();
        form.read(text);
        let sought = |token: &Token| Sought {
            kind: token.kind,
            text: form.of(*token).collect(),
            is_glued: token.is_glued,
        };
        let tokens: Vec<Sought> = form.tokens.iter().map(sought).collect();
        let mut number = match &tokens[..] {
            [] => return None,
            [only] if only.kind == TokenKind::Digits => Some(only.text.iter().collect()),
            _ => None,
        };
        number::grouped(&form, &mut String::new(), |place, digits| {
            if place == (0..form.tokens.len()) {
                number = Some(digits.to_owned());
            }
        });
        Some(Self {
            tokens,
            number,
            entity: Said::of_whole(text.trim()),
        })
    }

    /// True if its tokens follow each other from this one on.
    fn stands_at(&self, form: &Form, from: usize) -> bool {
        let here = form.tokens[from..].iter().zip(&self.tokens).enumerate();
        here.into_iter().all(|(place, (token, sought))| {
            token.kind == sought.kind
                && (place == 0 || !sought.is_glued || token.is_glued)
                && form.of(*token).eq(sought.text.iter().copied())
        })
    }

    /// Of a long phrase only places are looked at where a hash over as many tokens is that of the phrase (Rabin and Karp, 1987): a text
    /// that nearly repeats it again and again takes no longer than another.
    fn each_long_in(&self, form: &Form, take: &mut impl FnMut(Range<usize>)) {
        let count = self.tokens.len();
        let Some(last_from) = form.tokens.len().checked_sub(count) else {
            return;
        };
        let of_text =
            |text: &mut dyn Iterator<Item = char>| text.fold(1, |hash, c| mixed(hash ^ u64::from(u32::from(c))));
        let hashes: Vec<u64> = form.tokens.iter().map(|token| of_text(&mut form.of(*token))).collect();
        let add = |hash: u64, next: u64| hash.wrapping_mul(BASE).wrapping_add(next);
        let sought = self
            .tokens
            .iter()
            .map(|token| of_text(&mut token.text.iter().copied()))
            .fold(0, add);
        let leaving = (0..count).fold(1_u64, |power, _| power.wrapping_mul(BASE));
        let mut here = hashes[..count].iter().copied().fold(0, add);
        for from in 0..=last_from {
            if here == sought && self.stands_at(form, from) {
                take(from..from + count);
            }
            if let Some(next) = hashes.get(from + count) {
                here = add(here, *next).wrapping_sub(hashes[from].wrapping_mul(leaving));
            }
        }
    }

    /// Gives `take` the tokens of each place of a form where it stands.
    pub(crate) fn each_in(&self, form: &Form, mut take: impl FnMut(Range<usize>)) {
        let count = self.tokens.len();
        if count > SHORT_TOKENS_MAX {
            self.each_long_in(form, &mut take);
        } else {
            for from in 0..(form.tokens.len() + 1).saturating_sub(count) {
                if self.stands_at(form, from) {
                    take(from..from + count);
                }
            }
        }
        if let Some(number) = &self.number {
            number::grouped(form, &mut String::new(), |place, digits| {
                if digits == number && place.len() != count {
                    take(place);
                }
            });
            // A number that the query has in groups, and the text in one.
            if count > 1 {
                for (place, token) in form.tokens.iter().enumerate() {
                    if token.kind == TokenKind::Digits && form.of(*token).eq(number.chars()) {
                        take(place..place + 1);
                    }
                }
            }
        }
    }
}

/// A word or a number that goes on.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) kind: TokenKind,
    pub(crate) text: String,
    pub(crate) open: Open,
}

impl Part {
    /// None of a text that is neither letters nor digits.
    pub(crate) fn of(text: &str, open: Open) -> Option<Self> {
        let mut form = Form::default();
        form.read(text);
        let &[token] = &form.tokens[..] else { return None };
        Some(Self {
            kind: token.kind,
            text: form.of(token).collect(),
            open,
        })
    }

    /// True of a whole word, or a whole number, that goes on from it; it may go on by nothing.
    pub(crate) fn is_of(&self, word: &str) -> bool {
        match self.open {
            Open::Behind => word.starts_with(&self.text),
            Open::Before => word.ends_with(&self.text),
            Open::Both => word.contains(&self.text),
        }
    }

    /// Gives `take` the tokens of each place of a form where such a word stands.
    pub(crate) fn each_in(&self, form: &Form, mut take: impl FnMut(Range<usize>)) {
        let mut word = String::new();
        for (place, token) in form
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.kind == self.kind)
        {
            word.clear();
            word.extend(form.of(*token));
            if self.is_of(&word) {
                take(place..place + 1);
            }
        }
        if self.kind == TokenKind::Digits {
            number::grouped(form, &mut word, |place, digits| {
                if self.is_of(digits) {
                    take(place);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proviso_rows::each_row;

    fn found(words: &str, text: &str) -> Vec<String> {
        let mut form = Form::default();
        form.read(text);
        let mut all = Vec::new();
        let mut take = |tokens| {
            let (from, to) = form.span(tokens);
            all.push(text[from as usize..to as usize].to_owned());
        };
        match words.strip_suffix('*') {
            Some(part) => Part::of(part, Open::Behind).unwrap().each_in(&form, &mut take),
            None => Words::of(words).unwrap().each_in(&form, &mut take),
        }
        all
    }

    #[test]
    fn words_stand_in_texts() {
        each_row(
            [
                ("cat", "a CAT, no category", "CAT"),
                ("本", "保本，成本", "本|本"),
                ("保本", "保本保\u{200b}本保 本", "保本|保\u{200b}本"),
                ("保 本", "保本 保，本", "保本|保，本"),
                ("bank account", "Bank-account, bank the account", "Bank-account"),
                ("U.S.", "the U.S. and US", "U.S"),
                ("covid19", "covid 19 COVID19", "COVID19"),
                ("covid", "covid19", "covid"),
                (
                    "13800138000",
                    "138 0013-8000 or 13800138000",
                    "13800138000|138 0013-8000",
                ),
                (
                    "138-0013-8000",
                    "138 0013 8000, 13800138000",
                    "138 0013 8000|13800138000",
                ),
                ("1,000,000", "1000000, 1,000,000", "1,000,000|1000000"),
                ("85", "8.5 85", "85"),
                ("invest*", "Investing in investment, not vest", "Investing|investment"),
                ("1380*", "138 0013 8000", "138 0013 8000"),
                ("🚀", "to the 🚀moon", "🚀"),
                ("T恤", "T恤 T 恤", "T恤"),
            ],
            |(words, text, expected)| assert_eq!(found(words, text).join("|"), expected, "{words} in {text}"),
        );
        assert!(Words::of("，。").is_none());
    }

    proptest! {
        #[test]
        fn long_phrases_stand_where_short_ones_would(words in "[ab保本 ]{8,24}", texts in prop::collection::vec("[ab保本 ]{0,12}", 1..6)) {
            let Some(sought) = Words::of(&words) else { return Ok(()) };
            // The phrase among what is like it.
            let text = texts.join(&words);
            let mut form = Form::default();
            form.read(&text);
            let mut long = Vec::new();
            sought.each_long_in(&form, &mut |tokens| long.push(tokens.start));
            let froms = 0..(form.tokens.len() + 1).saturating_sub(sought.tokens.len());
            prop_assert_eq!(long, froms.filter(|from| sought.stands_at(&form, *from)).collect::<Vec<_>>());
        }
    }
}
