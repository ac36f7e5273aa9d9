//! Reads a query.

use super::error::{QueryError, Wrong};
use super::field::{DIRECTIONS, Field, Flag};
use super::lex::{Lexeme, Value, ascii, lex};
use super::when::When;
use super::{
    Bound, Fields, NEAR_TOKENS_DEFAULT, NEAR_TOKENS_MAX, Named, Open, QUERY_BYTES_MAX, QUERY_DEPTH_MAX,
    QUERY_TESTS_MAX, Query, Side, Test,
};
use crate::character::TokenKind;
use crate::form::Form;
use proviso_model::EntityKind;
use proviso_model::message::{Direction, Kind};
use proviso_model::spelling::nearest;
use proviso_model::verdict::Severity;
use std::ops::Range;

pub(super) fn parse(text: &str, fields: Fields) -> Result<Query, QueryError> {
    let error = |span, wrong| Err(QueryError { span, wrong });
    if text.len() > QUERY_BYTES_MAX {
        let from = text.floor_char_boundary(QUERY_BYTES_MAX);
        return error(from..text.len(), Wrong::TooLong);
    }
    let lexemes = lex(text)?;
    if lexemes.is_empty() {
        return error(0..text.len(), Wrong::Empty);
    }
    let mut parser = Parser {
        lexemes: &lexemes,
        at: 0,
        end: text.len(),
        tests: 0,
        fields,
    };
    let query = parser.any(0)?;
    match parser.peek() {
        None => Ok(query),
        Some((_, span)) => error(span.clone(), Wrong::NoBracket),
    }
}

struct Parser<'l> {
    lexemes: &'l [(Lexeme, Range<usize>)],
    at: usize,
    /// Bytes of the query.
    end: usize,
    tests: usize,
    fields: Fields,
}

type Parsed<T> = Result<T, QueryError>;

impl<'l> Parser<'l> {
    fn peek(&self) -> Option<&'l (Lexeme, Range<usize>)> {
        self.lexemes.get(self.at)
    }

    fn error<T>(&self, span: &Range<usize>, wrong: Wrong) -> Parsed<T> {
        let span = span.clone();
        debug_assert!(span.end <= self.end);
        Err(QueryError { span, wrong })
    }

    fn any(&mut self, depth: usize) -> Parsed<Query> {
        let mut queries = vec![self.all(depth)?];
        while let Some((Lexeme::Or, span)) = self.peek() {
            self.at += 1;
            self.expect_operand(span, "OR")?;
            queries.push(self.all(depth)?);
        }
        Ok(joined(queries, Query::Any))
    }

    fn all(&mut self, depth: usize) -> Parsed<Query> {
        let mut queries = vec![self.unary(depth)?];
        while let Some((lexeme, span)) = self.peek() {
            match lexeme {
                Lexeme::Or | Lexeme::Close => break,
                Lexeme::And => {
                    self.at += 1;
                    self.expect_operand(span, "AND")?;
                }
                _ => {}
            }
            queries.push(self.unary(depth)?);
        }
        Ok(joined(queries, Query::All))
    }

    /// An operator needs something behind it.
    fn expect_operand(&self, operator: &Range<usize>, name: &'static str) -> Parsed<()> {
        match self.peek() {
            None | Some((Lexeme::Close | Lexeme::Or | Lexeme::And | Lexeme::Near(_), _)) => {
                self.error(operator, Wrong::NoOperand(name))
            }
            Some(_) => Ok(()),
        }
    }

    fn unary(&mut self, depth: usize) -> Parsed<Query> {
        let Some((lexeme, span)) = self.peek() else {
            return self.error(&(self.end..self.end), Wrong::Empty);
        };
        if depth >= QUERY_DEPTH_MAX && matches!(lexeme, Lexeme::Not | Lexeme::Open) {
            return self.error(span, Wrong::TooDeep);
        }
        self.at += 1;
        match lexeme {
            Lexeme::Not => {
                self.expect_operand(span, "NOT")?;
                Ok(Query::Not(Box::new(self.unary(depth + 1)?)))
            }
            Lexeme::Open => {
                if let Some((Lexeme::Close, close)) = self.peek() {
                    return self.error(&(span.start..close.end), Wrong::Empty);
                }
                if self.peek().is_none() {
                    return self.error(span, Wrong::OpenBracket);
                }
                let query = self.any(depth + 1)?;
                if !matches!(self.peek(), Some((Lexeme::Close, _))) {
                    return self.error(span, Wrong::OpenBracket);
                }
                self.at += 1;
                if let Some((Lexeme::Near(_), near)) = self.peek() {
                    return self.error(near, Wrong::NearNoWord);
                }
                Ok(query)
            }
            Lexeme::Close => self.error(span, Wrong::NoBracket),
            Lexeme::And => self.error(span, Wrong::NoOperand("AND")),
            Lexeme::Or => self.error(span, Wrong::NoOperand("OR")),
            Lexeme::Near(_) => self.error(span, Wrong::NoOperand("NEAR")),
            Lexeme::Word(_) | Lexeme::Quoted(_) | Lexeme::Field(..) => self.test(lexeme, span),
        }
    }

    fn test(&mut self, lexeme: &Lexeme, span: &Range<usize>) -> Parsed<Query> {
        self.tests += 1;
        if self.tests > QUERY_TESTS_MAX {
            return self.error(span, Wrong::TooMany);
        }
        let test = match lexeme {
            Lexeme::Field(name, value) => self.field(name, value.as_ref(), span)?,
            Lexeme::Word(text) => self.word(text, span)?,
            Lexeme::Quoted(text) => self.words(text, span)?,
            _ => unreachable!("the caller has looked"),
        };
        let Some((Lexeme::Near(figure), near)) = self.peek() else {
            return Ok(Query::Test(test));
        };
        self.at += 1;
        self.expect_operand(near, "NEAR")?;
        let within = match figure {
            None => NEAR_TOKENS_DEFAULT,
            Some(figure) => match figure.parse::<u16>() {
                Ok(within) if within <= NEAR_TOKENS_MAX => within,
                _ => return self.error(near, Wrong::NearFigure(figure.clone())),
            },
        };
        let second = match self.peek() {
            Some((Lexeme::Word(text), span)) => self.word(text, span)?,
            Some((Lexeme::Quoted(text), span)) => self.words(text, span)?,
            _ => return self.error(near, Wrong::NearNoWord),
        };
        self.at += 1;
        match (test, second, self.peek()) {
            (_, _, Some((Lexeme::Near(_), span))) => self.error(span, Wrong::NearNoWord),
            (Test::Words(first), Test::Words(second), _) => Ok(Query::Test(Test::Near { first, second, within })),
            _ => self.error(near, Wrong::NearNoWord),
        }
    }

    fn words(&self, text: &str, span: &Range<usize>) -> Parsed<Test> {
        let mut form = Form::default();
        form.read(text);
        if form.tokens.is_empty() {
            return self.error(span, Wrong::NoToken(text.to_owned()));
        }
        Ok(Test::Words(text.to_owned()))
    }

    /// A word, which may have asterisks at its ends.
    fn word(&self, text: &str, span: &Range<usize>) -> Parsed<Test> {
        let is_asterisk = |c: char| ascii(c) == '*';
        if !text.contains(is_asterisk) {
            return self.words(text, span);
        }
        let part = text.trim_matches(is_asterisk);
        let open = match (text.starts_with(is_asterisk), text.ends_with(is_asterisk)) {
            (true, true) => Open::Both,
            (true, false) => Open::Before,
            _ => Open::Behind,
        };
        let mut form = Form::default();
        form.read(part);
        let is_row = |kind| matches!(kind, TokenKind::Letters | TokenKind::Digits);
        match form.tokens[..] {
            [token] if is_row(token.kind) && token.from == 0 && token.to as usize == form.units.len() => {
                Ok(Test::Part {
                    text: part.to_owned(),
                    open,
                })
            }
            _ => self.error(span, Wrong::Asterisk(text.to_owned())),
        }
    }

    fn field(&self, name: &str, value: Option<&Value>, span: &Range<usize>) -> Parsed<Test> {
        let Some(field) = Field::from_name(name) else {
            let meant = nearest(name, Field::ALL.map(Field::name));
            let name = name.to_owned();
            let colon = span.start..value.map_or(span.end, |value| value.span.start);
            return self.error(&colon, Wrong::NoField { name, meant });
        };
        if self.fields == Fields::Lasting && field.changes_later() {
            return self.error(span, Wrong::ChangesLater(field));
        }
        let Some(value) = value else {
            return self.error(span, Wrong::NoValue(field));
        };
        of_field(field, &value.text).ok_or_else(|| {
            let plain = plain(&value.text);
            let named = plain
                .trim_start_matches(['<', '>', '='])
                .split('=')
                .next()
                .unwrap_or_default();
            QueryError {
                span: value.span.clone(),
                wrong: Wrong::BadValue {
                    field,
                    meant: nearest(named, field.values()),
                    value: value.text.clone(),
                },
            }
        })
    }
}

/// The test of a field for a value.
fn of_field(field: Field, value: &str) -> Option<Test> {
    let party = |side| Test::Party {
        side,
        id: value.to_owned(),
    };
    let named = |what| Test::Named {
        what,
        name: value.to_owned(),
    };
    let sent = |bound| {
        let when = When::parse(&value.chars().map(ascii).collect::<String>())?;
        Some(Test::Sent { bound, when })
    };
    Some(match field {
        Field::From => party(Side::From),
        Field::To => party(Side::To),
        Field::With => party(Side::With),
        Field::Department => named(Named::Department),
        Field::Conversation => named(Named::Conversation),
        Field::Channel => named(Named::Channel),
        Field::Pack => named(Named::Pack),
        Field::Policy => named(Named::Policy),
        Field::Rule => named(Named::Rule),
        Field::Kind => Test::Kind(Kind::from_name(&plain(value))?),
        Field::Direction => Test::Direction(direction(&plain(value))?),
        Field::Since => sent(Bound::AtLeast)?,
        Field::Until => sent(Bound::AtMost)?,
        Field::Sent => sent(Bound::Is)?,
        Field::Severity => severity(&plain(value))?,
        Field::Is => Test::Is(Flag::from_name(&plain(value))?),
        Field::Hold => Test::Hold(number(&plain(value))?),
        Field::Entity => {
            let (kind, value) = match value.split_once(['=', '＝']) {
                Some((kind, value)) => (kind, Some(value.to_owned())),
                None => (value, None),
            };
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                return None;
            }
            Test::Entity {
                kind: EntityKind::from_name(&plain(kind))?,
                value,
            }
        }
    })
}

/// As names are compared: small letters, of the usual width.
fn plain(value: &str) -> String {
    value.chars().map(|c| ascii(c).to_ascii_lowercase()).collect()
}

/// From 1, in digits alone.
fn number(text: &str) -> Option<i64> {
    let is_figure = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_figure && *number > 0)
}

fn direction(name: &str) -> Option<Direction> {
    DIRECTIONS.into_iter().find(|direction| direction.name() == name)
}

fn severity(text: &str) -> Option<Test> {
    let (bound, name) = if let Some(name) = text.strip_prefix(">=") {
        (Bound::AtLeast, name)
    } else if let Some(name) = text.strip_prefix("<=") {
        (Bound::AtMost, name)
    } else {
        (Bound::Is, text)
    };
    let severity = Severity::ALL.into_iter().find(|severity| severity.name() == name)?;
    Some(Test::Severity { bound, severity })
}

/// Several queries as one: those that are joined in the same way are joined with them.
fn joined(mut queries: Vec<Query>, join: fn(Vec<Query>) -> Query) -> Query {
    if queries.len() == 1
        && let Some(only) = queries.pop()
    {
        return only;
    }
    let is_all = matches!(join(Vec::new()), Query::All(_));
    let flat = queries.into_iter().flat_map(|query| match query {
        Query::All(queries) if is_all => queries,
        Query::Any(queries) if !is_all => queries,
        other => vec![other],
    });
    join(flat.collect())
}
