//! What each character is to a search: the one that it is folded to, and what that is part of. A table, made once a process: looking at
//! the relations of folding one by one would take most of the time that reading a text takes.

use proviso_chars::{ALL, Class, Pages, class, relation};
use proviso_scan::is_word;
use std::sync::LazyLock;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Letters in a row of a script that parts words: Latin, Greek, Cyrillic, Armenian.
    Letters,
    /// Digits in a row.
    Digits,
    /// One ideograph, or one letter of any other script.
    Ideograph,
    /// One picture or symbol.
    Sign,
}

/// What a character is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Character {
    /// It is not there.
    Unseen,
    /// It parts tokens.
    Between(char),
    /// It is part of a token.
    Part(TokenKind, char),
}

/// What a character is.
#[inline]
pub(crate) fn character(c: char) -> Character {
    let cell = TABLE.get(c);
    // The difference leads from a character to a character, so that the fallback is never taken.
    let folded = char::from_u32(u32::from(c) ^ cell >> 3).unwrap_or(c);
    let kind = match cell & 7 {
        0 => TokenKind::Ideograph,
        1 => TokenKind::Letters,
        2 => TokenKind::Digits,
        3 => TokenKind::Sign,
        4 => return Character::Between(folded),
        _ => return Character::Unseen,
    };
    Character::Part(kind, folded)
}

/// The difference to the folded character, and in the lowest three bits what it is.
static TABLE: LazyLock<Pages<u32>> = LazyLock::new(|| {
    let folding = relation(ALL);
    let mut table = Pages::new(0);
    for c in '\0'..=char::MAX {
        let folded = folding.fold(c);
        let kind = if class(c) == Class::Invisible {
            5
        } else {
            match kind(folded) {
                Some(TokenKind::Ideograph) => 0,
                Some(TokenKind::Letters) => 1,
                Some(TokenKind::Digits) => 2,
                Some(TokenKind::Sign) => 3,
                None => 4,
            }
        };
        let cell = (u32::from(c) ^ u32::from(folded)) << 3 | kind;
        if cell != 0 {
            table.set(c, cell);
        }
    }
    table
});

/// What a folded character is part of; none of what parts tokens.
fn kind(c: char) -> Option<TokenKind> {
    if c.is_ascii() {
        return match c {
            'a'..='z' | 'A'..='Z' => Some(TokenKind::Letters),
            '0'..='9' => Some(TokenKind::Digits),
            _ => None,
        };
    }
    match class(c) {
        Class::Letter if is_word(c) => Some(TokenKind::Letters),
        Class::Letter => Some(TokenKind::Ideograph),
        Class::Mark if is_sign(c) => Some(TokenKind::Sign),
        Class::Mark | Class::Space | Class::Invisible => None,
    }
}

/// Currency signs, arrows, mathematical and other symbols, pictures: marks that people look for. Not what stands for a picture that a
/// reading left out, and not how a picture is shown.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{20a0}'..='\u{20cf}' | '\u{2100}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
        && !matches!(c, '\u{2500}'..='\u{257f}' | '\u{1f3fb}'..='\u{1f3ff}')
}
