//! The words, marks and fields of a query, with their places.

use super::error::{QueryError, Wrong};
use std::ops::Range;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lexeme {
    Open,
    Close,
    And,
    Or,
    Not,
    /// With what stands behind its slash.
    Near(Option<String>),
    /// What stands together.
    Word(String),
    /// What stands in quotation marks.
    Quoted(String),
    /// Letters before a colon, in small ones, and what follows it at once.
    Field(String, Option<Value>),
}

/// What stands behind a field's colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

/// Parts a query.
pub(crate) fn lex(text: &str) -> Result<Vec<(Lexeme, Range<usize>)>, QueryError> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let from = at;
        at += c.len_utf8();
        let lexeme = match ascii(c) {
            c if c.is_whitespace() => continue,
            '(' => Lexeme::Open,
            ')' => Lexeme::Close,
            '-' if starts_operand(&text[at..]) => Lexeme::Not,
            _ if quotation_end(c).is_some() => Lexeme::Quoted(quoted(text, from, &mut at)?),
            _ => {
                at = from + bare(&text[from..]);
                let word = &text[from..at];
                match word.char_indices().find(|(_, c)| ascii(*c) == ':') {
                    Some((colon, c)) if is_field_name(&word[..colon]) => {
                        let name = word[..colon].chars().map(|c| ascii(c).to_ascii_lowercase()).collect();
                        let value_from = from + colon + c.len_utf8();
                        let value = value(text, value_from, &mut at)?;
                        Lexeme::Field(name, value)
                    }
                    _ => of_word(word),
                }
            }
        };
        all.push((lexeme, from..at));
    }
    Ok(all)
}

/// Of a full-width form of ASCII, the usual one.
pub(crate) fn ascii(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// An operator, or a word.
pub(crate) fn of_word(word: &str) -> Lexeme {
    let plain: String = word.chars().map(ascii).collect();
    match plain.as_str() {
        "AND" | "与" => Lexeme::And,
        "OR" | "或" => Lexeme::Or,
        "NOT" | "非" => Lexeme::Not,
        "NEAR" => Lexeme::Near(None),
        _ => match plain.strip_prefix("NEAR/") {
            Some(figure) => Lexeme::Near(Some(figure.to_owned())),
            None => Lexeme::Word(word.to_owned()),
        },
    }
}

/// True of letters alone.
fn is_field_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| ascii(c).is_ascii_alphabetic())
}

/// True if what follows a hyphen can be negated.
fn starts_operand(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|c| !c.is_whitespace() && ascii(c) != ')' && ascii(c) != '-')
}

/// How long what stands together at the beginning of a text is.
fn bare(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(ascii(c), '(' | ')') || quotation_end(c).is_some();
    text.find(ends).unwrap_or(text.len())
}

/// True if a text can stand without quotation marks behind a field's colon.
pub(crate) fn is_bare(text: &str) -> bool {
    !text.is_empty() && bare(text) == text.len()
}

/// What closes a quotation that a character opens.
fn quotation_end(c: char) -> Option<&'static [char]> {
    match c {
        '"' | '＂' => Some(&['"', '＂']),
        '“' | '”' => Some(&['“', '”']),
        '「' => Some(&['」']),
        '『' => Some(&['』']),
        _ => None,
    }
}

/// The text of a quotation that opens at `from`; `at` is behind its mark, and then behind the one that closes it.
fn quoted(text: &str, from: usize, at: &mut usize) -> Result<String, QueryError> {
    let ends = text[from..].chars().next().and_then(quotation_end).unwrap_or_default();
    let mut found = String::new();
    let mut chars = text[*at..].char_indices();
    while let Some((place, c)) = chars.next() {
        if ends.contains(&c) {
            *at += place + c.len_utf8();
            return Ok(found);
        }
        let escaped = (c == '\\').then(|| chars.clone().next()).flatten();
        match escaped.filter(|(_, c)| *c == '\\' || ends.contains(c)) {
            Some((_, c)) => {
                found.push(c);
                chars.next();
            }
            None => found.push(c),
        }
    }
    let wrong = Wrong::OpenQuotation;
    Err(QueryError {
        span: from..text.len(),
        wrong,
    })
}

/// The value that begins at a place, if one does; `at` is then behind it.
fn value(text: &str, from: usize, at: &mut usize) -> Result<Option<Value>, QueryError> {
    *at = from;
    let Some(first) = text[from..].chars().next() else {
        return Ok(None);
    };
    let found = if quotation_end(first).is_some() {
        *at += first.len_utf8();
        quoted(text, from, at)?
    } else {
        *at += bare(&text[from..]);
        // A kind of entity with a value in quotation marks.
        if text[from..*at].ends_with('=')
            && let Some(mark) = text[*at..].chars().next().filter(|c| quotation_end(*c).is_some())
        {
            let (begin, open) = (&text[from..*at], *at);
            *at += mark.len_utf8();
            begin.to_owned() + &quoted(text, open, at)?
        } else {
            text[from..*at].to_owned()
        }
    };
    let span = from..*at;
    Ok((!found.is_empty()).then_some(Value { text: found, span }))
}
