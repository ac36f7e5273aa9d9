//! What may be written at a place of a query.

use super::field::Field;
use super::lex::ascii;
use super::print::value;
use crate::names;
use std::ops::Range;

/// Offers of one completion, at most.
pub const OFFERS_MAX: usize = 50;
/// Bytes of a name that is offered, at most: a longer one is passed over.
pub const OFFER_BYTES_MAX: usize = 256;

/// What may stand at a place of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the query that an offer takes the place of.
    pub replaces: Range<usize>,
    /// In the order in which they are shown, at most [`OFFERS_MAX`].
    pub offers: Vec<Offer>,
    /// There are more.
    pub is_cut: bool,
}

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// A field; a colon and a value follow.
    Field(Field),
    /// A value of the field before it, in quotation marks where it needs them.
    Value(String),
    /// `AND`, `OR`, `NOT`, `NEAR/10`.
    Operator(&'static str),
}

impl Offer {
    /// What is written.
    pub fn text(&self) -> String {
        match self {
            Self::Field(field) => format!("{}:", field.name()),
            Self::Value(value) => value.clone(),
            Self::Operator(operator) => (*operator).to_owned(),
        }
    }
}

/// What may stand at a byte of a query, which need not be one that can be read. Nothing is offered within a quotation, and no word: `names` gives the
/// names that a field may have for values, those of which begin so are offered. It is asked once at most, for a field that has no few values.
pub fn complete<E>(
    query: &str,
    cursor: usize,
    names: impl FnOnce(Field) -> Result<Vec<String>, E>,
) -> Result<Completion, E> {
    let cursor = query.floor_char_boundary(cursor.min(query.len()));
    let none = Completion {
        replaces: cursor..cursor,
        offers: Vec::new(),
        is_cut: false,
    };
    let Some(from) = word_before(&query[..cursor]) else {
        return Ok(none);
    };
    let ends = |c: char| c.is_whitespace() || matches!(ascii(c), '(' | ')' | '"') || "“”「」『』".contains(c);
    let to = cursor + query[cursor..].find(ends).unwrap_or(query.len() - cursor);
    let word = &query[from..cursor];
    let plain = |text: &str| text.chars().map(ascii).collect::<String>();
    if let Some((colon, c)) = word.char_indices().find(|(_, c)| ascii(*c) == ':') {
        let Some(field) = Field::from_name(&plain(&word[..colon]).to_ascii_lowercase()) else {
            return Ok(none);
        };
        let mut value_from = from + colon + c.len_utf8();
        let mut begun = plain(&query[value_from..cursor]).to_ascii_lowercase();
        if field == Field::Severity
            && let Some(bound) = [">=", "<="].into_iter().find(|bound| begun.starts_with(bound))
        {
            begun = begun[bound.len()..].to_owned();
            let signs = query[value_from..].chars().take(2).map(char::len_utf8);
            value_from += signs.sum::<usize>();
        }
        let values = field.values();
        let offers = if values.is_empty() {
            begin_so(names(field)?, &query[value_from..cursor])
        } else {
            let values = values.into_iter().filter(|value| value.starts_with(&begun));
            values.map(str::to_owned).collect()
        };
        return Ok(bounded(value_from..to, offers.into_iter().map(Offer::Value)));
    }
    let word = plain(word);
    let begun = word.to_ascii_lowercase();
    let fields = Field::ALL.into_iter().filter(|field| field.name().starts_with(&begun));
    let is_first = query[..from].trim_start().is_empty();
    let operators = ["AND", "OR", "NOT", "NEAR/10"].into_iter();
    let operators = operators.filter(|operator| operator.starts_with(&word) && (!is_first || *operator == "NOT"));
    let offers = fields.map(Offer::Field).chain(operators.map(Offer::Operator));
    Ok(bounded(from..to, offers))
}

/// Those of some names that begin as a text does, whatever their case, as they are written behind a field's colon; each once, in order.
fn begin_so(mut names: Vec<String>, begun: &str) -> Vec<String> {
    let begun: String = names::small(begun).collect();
    names.retain(|name| {
        let small: String = names::small(name).collect();
        (1..=OFFER_BYTES_MAX).contains(&name.len()) && small.starts_with(&begun) && !name.chars().any(char::is_control)
    });
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| Written(&name).to_string()).collect()
}

/// A value as it is written.
struct Written<'a>(&'a str);

impl std::fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        value(self.0, f)
    }
}

fn bounded(replaces: Range<usize>, offers: impl Iterator<Item = Offer>) -> Completion {
    let mut offers: Vec<Offer> = offers.take(OFFERS_MAX + 1).collect();
    let is_cut = offers.len() > OFFERS_MAX;
    offers.truncate(OFFERS_MAX);
    Completion {
        replaces,
        offers,
        is_cut,
    }
}

/// Where the word begins that a text ends with, without what negates it; none within a quotation.
fn word_before(text: &str) -> Option<usize> {
    let mut from = 0;
    let mut closes: Option<&[char]> = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match closes {
            Some(ends) => {
                if !is_escaped && ends.contains(&c) {
                    closes = None;
                    from = at + c.len_utf8();
                }
                is_escaped = c == '\\' && !is_escaped;
            }
            None => match ascii(c) {
                '"' => closes = Some(&['"', '＂']),
                '“' | '”' => closes = Some(&['“', '”']),
                '「' => closes = Some(&['」']),
                '『' => closes = Some(&['』']),
                '(' | ')' => from = at + c.len_utf8(),
                '-' if from == at => from = at + c.len_utf8(),
                c_plain if c_plain.is_whitespace() => from = at + c.len_utf8(),
                _ => {}
            },
        }
    }
    closes.is_none().then_some(from)
}
