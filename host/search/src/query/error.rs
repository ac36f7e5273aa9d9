//! What is wrong with a query, and where.

use super::{NEAR_TOKENS_MAX, QUERY_BYTES_MAX, QUERY_DEPTH_MAX, QUERY_TESTS_MAX};
use crate::query::field::Field;
use std::fmt;
use std::ops::Range;

/// Bytes of a query that an error shows, at most.
const SHOWN_BYTES_MAX: usize = 64;

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {} of the query: {wrong}", span.start + 1)]
pub struct QueryError {
    /// Bytes of the query, on borders of characters; empty at its end, where something is missing.
    pub span: Range<usize>,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong at a place of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It asks for nothing.
    Empty,
    /// It is longer than [`QUERY_BYTES_MAX`].
    TooLong,
    /// Brackets and negations are deeper than [`QUERY_DEPTH_MAX`].
    TooDeep,
    /// It has more tests than [`QUERY_TESTS_MAX`].
    TooMany,
    /// A quotation is not closed.
    OpenQuotation,
    /// A bracket is not closed.
    OpenBracket,
    /// A bracket was not opened.
    NoBracket,
    /// An operator has nothing behind it, or nothing before it.
    NoOperand(&'static str),
    /// No field has this name.
    NoField {
        /// The name.
        name: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// A field has no value.
    NoValue(Field),
    /// A field has not such a value.
    BadValue {
        /// The field.
        field: Field,
        /// The value.
        value: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// A field asks for what may change after the message was sent, where it must not.
    ChangesLater(Field),
    /// `NEAR` stands beside something that is no word.
    NearNoWord,
    /// The figure of `NEAR` is none, or too large.
    NearFigure(String),
    /// An asterisk stands elsewhere than at the ends of letters or of digits.
    Asterisk(String),
    /// There is nothing that could be found: marks alone.
    NoToken(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| format!("{:?}", &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)]);
        let meant = |meant: Option<&str>| meant.map_or_else(String::new, |meant| format!(", did you mean {meant:?}?"));
        match self {
            Self::Empty => f.write_str("it asks for nothing: expected a word or a field"),
            Self::TooLong => write!(f, "it is too long: expected at most {QUERY_BYTES_MAX} bytes"),
            Self::TooDeep => write!(
                f,
                "it is too deep: expected at most {QUERY_DEPTH_MAX} brackets within each other"
            ),
            Self::TooMany => write!(
                f,
                "it asks too much: expected at most {QUERY_TESTS_MAX} words and fields"
            ),
            Self::OpenQuotation => f.write_str("a quotation is not closed: expected a quotation mark"),
            Self::OpenBracket => f.write_str("a bracket is not closed: expected )"),
            Self::NoBracket => f.write_str("no bracket was opened: expected none to close"),
            Self::NoOperand(operator) => {
                write!(
                    f,
                    "{operator} has nothing beside it: expected a word or a field; as a word it is written in quotes"
                )
            }
            Self::NoField { name, meant: near } => write!(
                f,
                "{} is no field{}; a text with a colon is written in quotes; expected {}",
                shown(name),
                meant(*near),
                Field::ALL.map(Field::name).join(", ")
            ),
            Self::NoValue(field) => write!(f, "{}: has no value: expected {}", field.name(), expected(*field)),
            Self::BadValue {
                field,
                value,
                meant: near,
            } => write!(
                f,
                "{} is no value of {}:{} expected {}",
                shown(value),
                field.name(),
                meant(*near),
                expected(*field)
            ),
            Self::ChangesLater(field) => {
                let lasting = Field::ALL.into_iter().filter(|field| !field.changes_later());
                write!(
                    f,
                    "{}: asks for what may change after a message was sent; expected words, or {}",
                    field.name(),
                    lasting.map(Field::name).collect::<Vec<_>>().join(", ")
                )
            }
            Self::NearNoWord => {
                f.write_str("NEAR stands between two words or phrases alone; several are joined by AND")
            }
            Self::NearFigure(figure) => {
                write!(
                    f,
                    "{} is no distance: expected NEAR/0 to NEAR/{NEAR_TOKENS_MAX}",
                    shown(figure)
                )
            }
            Self::Asterisk(text) => write!(
                f,
                "{} has an asterisk in it: expected one at the ends of letters or of digits; other characters are found anywhere without one",
                shown(text)
            ),
            Self::NoToken(text) => {
                write!(
                    f,
                    "{} has marks alone: expected a letter, a digit, an ideograph or a picture",
                    shown(text)
                )
            }
        }
    }
}

/// What a field's value is to be.
fn expected(field: Field) -> String {
    let values = field.values().join(", ");
    match field {
        Field::Since | Field::Until | Field::Sent => "2026-01, 2026-01-31 or 2026-01-31T09:00:00+08:00".to_owned(),
        Field::Hold => "the number of a hold, as `proviso hold list` tells it".to_owned(),
        Field::Severity => format!("{values}, each also behind >= or <="),
        Field::Entity => format!("{values}, each also with = and a value"),
        _ if values.is_empty() => "a name, in quotes if it has blanks or brackets".to_owned(),
        _ => values,
    }
}
