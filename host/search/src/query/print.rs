//! Writes a query, so that it is read as the same one.

use super::field::Field;
use super::lex::{Lexeme, is_bare, of_word};
use super::{Bound, Named, Open, Query, Side, Test};
use std::fmt::{self, Display, Formatter};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(test) => test.fmt(f),
            Self::Not(query) => {
                f.write_str("NOT ")?;
                bracketed(query, matches!(**query, Self::All(_) | Self::Any(_)), f)
            }
            Self::All(queries) => joined(queries, " ", |query| matches!(query, Self::Any(_)), f),
            Self::Any(queries) => joined(queries, " OR ", |_| false, f),
        }
    }
}

fn joined(queries: &[Query], between: &str, needs: fn(&Query) -> bool, f: &mut Formatter<'_>) -> fmt::Result {
    for (place, query) in queries.iter().enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        bracketed(query, needs(query), f)?;
    }
    Ok(())
}

fn bracketed(query: &Query, needs: bool, f: &mut Formatter<'_>) -> fmt::Result {
    if needs { write!(f, "({query})") } else { query.fmt(f) }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(text) => words(text, f),
            Self::Part { text, open } => {
                let (before, behind) = match open {
                    Open::Before => ("*", ""),
                    Open::Behind => ("", "*"),
                    Open::Both => ("*", "*"),
                };
                write!(f, "{before}{text}{behind}")
            }
            Self::Near { first, second, within } => {
                words(first, f)?;
                write!(f, " NEAR/{within} ")?;
                words(second, f)
            }
            Self::Entity { kind, value: None } => write!(f, "entity:{}", kind.name()),
            Self::Entity {
                kind,
                value: Some(text),
            } => {
                write!(f, "entity:{}=", kind.name())?;
                value(text, f)
            }
            Self::Party { side, id } => {
                let field = match side {
                    Side::From => Field::From,
                    Side::To => Field::To,
                    Side::With => Field::With,
                };
                named(field, id, f)
            }
            Self::Named { what, name } => {
                let field = match what {
                    Named::Department => Field::Department,
                    Named::Conversation => Field::Conversation,
                    Named::Channel => Field::Channel,
                    Named::Pack => Field::Pack,
                    Named::Policy => Field::Policy,
                    Named::Rule => Field::Rule,
                };
                named(field, name, f)
            }
            Self::Kind(kind) => named(Field::Kind, kind.name(), f),
            Self::Direction(direction) => named(Field::Direction, direction.name(), f),
            Self::Severity { bound, severity } => {
                let bound = match bound {
                    Bound::Is => "",
                    Bound::AtLeast => ">=",
                    Bound::AtMost => "<=",
                };
                write!(f, "severity:{bound}{severity}")
            }
            Self::Is(flag) => named(Field::Is, flag.name(), f),
            Self::Hold(number) => write!(f, "{}:{number}", Field::Hold.name()),
            Self::Sent { bound, when } => {
                let field = match bound {
                    Bound::Is => Field::Sent,
                    Bound::AtLeast => Field::Since,
                    Bound::AtMost => Field::Until,
                };
                write!(f, "{}:{when}", field.name())
            }
        }
    }
}

fn named(field: Field, text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{}:", field.name())?;
    value(text, f)
}

pub(super) fn value(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    // What ends so might be followed by a quotation.
    if is_bare(text) && !text.ends_with('=') {
        f.write_str(text)
    } else {
        quoted(text, f)
    }
}

fn words(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let mut chars = text.chars();
    let is_plain =
        chars.next().is_some_and(char::is_alphanumeric) && chars.all(|c| c.is_alphanumeric() || "._@%".contains(c));
    if is_plain && matches!(of_word(text), Lexeme::Word(_)) {
        f.write_str(text)
    } else {
        quoted(text, f)
    }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '＂' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}
