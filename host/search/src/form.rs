//! A text as it is searched: its folded characters, each with the bytes that it stands for, and the tokens that they make.
//!
//! Index and examiner know a text by this form alone, so that they cannot differ.

use crate::character::{Character, TokenKind, character};
use proviso_scan::Unit;
use unicode_normalization::char::compose;

/// Characters of a form that are looked for together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Its first character.
    pub(crate) from: u32,
    /// Behind its last character.
    pub(crate) to: u32,
    /// Nothing stands between the token before and this one.
    pub(crate) is_glued: bool,
}

/// A text that is searched.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// Folded, without what is not seen.
    pub(crate) units: Vec<Unit>,
    pub(crate) tokens: Vec<Token>,
}

impl Form {
    /// Reads a text as it stands.
    pub(crate) fn read(&mut self, text: &str) {
        self.read_units(text.char_indices().map(|(at, c)| Unit {
            c,
            from: at as u32,
            to: (at + c.len_utf8()) as u32,
        }));
    }

    /// Reads the characters of a text.
    pub(crate) fn read_units(&mut self, units: impl Iterator<Item = Unit>) {
        self.units.clear();
        self.tokens.clear();
        // The last character that is seen, as it stands, and whether a token ends with it.
        let (mut last, mut is_behind_token) = (None, false);
        for unit in units {
            let (kind, c) = match character(unit.c) {
                Character::Unseen => continue,
                Character::Between(_) if composed(last, unit.c).is_some() => {
                    last = composed(last, unit.c);
                    self.lay_over(last, unit.to);
                    continue;
                }
                Character::Between(c) => (None, c),
                Character::Part(kind, c) => (Some(kind), c),
            };
            last = Some(unit.c);
            self.units.push(Unit { c, ..unit });
            if let Some(kind) = kind {
                self.add(kind, is_behind_token);
            }
            is_behind_token = kind.is_some();
        }
    }

    /// The last character has a mark over it, which ends at a byte.
    fn lay_over(&mut self, composed: Option<char>, to: u32) {
        if let (Some(under), Some(composed)) = (self.units.last_mut(), composed)
            && let Character::Part(_, c) | Character::Between(c) = character(composed)
        {
            (under.c, under.to) = (c, to);
        }
    }

    /// The last character is part of a token.
    fn add(&mut self, kind: TokenKind, is_behind_token: bool) {
        let to = self.units.len() as u32;
        let is_row = matches!(kind, TokenKind::Letters | TokenKind::Digits);
        match self.tokens.last_mut() {
            Some(token) if is_behind_token && is_row && token.kind == kind => token.to = to,
            _ => self.tokens.push(Token {
                kind,
                from: to - 1,
                to,
                is_glued: is_behind_token,
            }),
        }
    }

    /// The characters of a token.
    pub(crate) fn of(&self, token: Token) -> impl Iterator<Item = char> + Clone + '_ {
        self.units[token.from as usize..token.to as usize]
            .iter()
            .map(|unit| unit.c)
    }

    /// The bytes of the text from the first to the last of some tokens, which are not none.
    pub(crate) fn span(&self, tokens: std::ops::Range<usize>) -> (u32, u32) {
        let (first, last) = (self.tokens[tokens.start], self.tokens[tokens.end - 1]);
        (
            self.units[first.from as usize].from,
            self.units[last.to as usize - 1].to,
        )
    }
}

/// The letter that a letter and a mark over it are together.
fn composed(under: Option<char>, mark: char) -> Option<char> {
    if !matches!(mark, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}') {
        return None;
    }
    compose(under?, mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_chars::{ALL, relation};
    use proviso_rows::each_row;

    fn tokens(text: &str) -> String {
        let mut form = Form::default();
        form.read(text);
        let mut all = String::new();
        for token in &form.tokens {
            all.push_str(if token.is_glued { "+" } else { " " });
            all.extend(form.of(*token));
        }
        all
    }

    #[test]
    fn a_text_is_parted_into_tokens() {
        each_row(
            [
                ("", ""),
                ("Hello, World", " hello world"),
                ("保本保息", " 保+本+保+息"),
                ("這個理財", " 这+个+理+财"),
                ("保\u{200b}本，年化8.5%", " 保+本 年+化+8 5"),
                ("iPhone15手机", " iphone+15+手+机"),
                ("ＡＢＣ１２３", " abc+123"),
                ("don't", " don t"),
                ("cafe\u{301} CAFÉ", " café café"),
                ("加\n微 信", " 加 微 信"),
                ("to the 🚀🚀", " to the 🚀+🚀"),
                ("Привет ΩΜΕΓΑ", " пpивet ωμεγa"),
                ("ёж e\u{335}x", " ёж e x"),
                ("，。！--", ""),
            ],
            |(text, expected)| {
                let found = tokens(text);
                // Letters that look like Latin ones are these.
                let latin = |text: &str| text.chars().map(|c| relation(ALL).fold(c)).collect::<String>();
                assert_eq!(latin(&found), latin(expected), "{text}");
            },
        );
    }

    #[test]
    fn a_token_knows_its_bytes() {
        let mut form = Form::default();
        let text = "x 保\u{200b}本 cafe\u{301}.";
        form.read(text);
        let at = |tokens| {
            let (from, to) = form.span(tokens);
            &text[from as usize..to as usize]
        };
        assert_eq!((at(0..1), at(1..3), at(3..4)), ("x", "保\u{200b}本", "cafe\u{301}"));
    }
}
