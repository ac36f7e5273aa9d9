//! Queries: which messages are looked for, as a tree.
#![doc = include_str!("../../../../docs/search.md")]

mod complete;
mod error;
mod field;
mod lex;
mod parse;
mod print;
mod when;

pub use complete::{Completion, OFFER_BYTES_MAX, OFFERS_MAX, Offer, complete};
pub use error::{QueryError, Wrong};
pub use field::{Field, Flag};
pub use when::When;

use proviso_model::EntityKind;
use proviso_model::message::{Direction, Kind};
use proviso_model::verdict::Severity;

/// A query, in bytes, at most.
pub const QUERY_BYTES_MAX: usize = 4 << 10;
/// Brackets and negations within each other, at most.
pub const QUERY_DEPTH_MAX: usize = 32;
/// Tests of one query, at most.
pub const QUERY_TESTS_MAX: usize = 128;
/// What [`Test::Near`] may let stand between, in tokens, at most.
pub const NEAR_TOKENS_MAX: u16 = 100;
/// What `NEAR` alone lets stand between.
pub const NEAR_TOKENS_DEFAULT: u16 = 10;

/// Which messages are looked for. [`Query::parse`] gives trees in which no `All` stands in an `All`, no `Any` in an `Any`, and each has
/// two or more; what it prints is read as the same tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Those that all find.
    All(Vec<Query>),
    /// Those that any finds.
    Any(Vec<Query>),
    /// Those that it does not find.
    Not(Box<Query>),
    /// Those that it is true of.
    Test(Test),
}

/// One thing that is asked of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// These tokens follow each other in it.
    Words(String),
    /// A word or a number that goes on from this one.
    Part {
        /// Letters, or digits.
        text: String,
        /// Where it goes on.
        open: Open,
    },
    /// Two words or phrases near each other.
    Near {
        /// One.
        first: String,
        /// The other.
        second: String,
        /// Tokens between them, at most: 0-100.
        within: u16,
    },
    /// It has an entity of that kind, with that value if one is given.
    Entity {
        /// The kind.
        kind: EntityKind,
        /// As somebody wrote it.
        value: Option<String>,
    },
    /// A party's identifier, whatever its case.
    Party {
        /// On which side.
        side: Side,
        /// The channel's identifier.
        id: String,
    },
    /// Something that has this name, whatever its case.
    Named {
        /// What.
        what: Named,
        /// The name.
        name: String,
    },
    /// It is of that kind.
    Kind(Kind),
    /// It went that way.
    Direction(Direction),
    /// It has a finding of that severity.
    Severity {
        /// Which ones count.
        bound: Bound,
        /// The severity.
        severity: Severity,
    },
    /// The flag is set.
    Is(Flag),
    /// It fits the order to keep of this number, which is from 1.
    Hold(i64),
    /// It was sent then.
    Sent {
        /// Which times count.
        bound: Bound,
        /// The time.
        when: When,
    },
}

/// Where a word goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Before it.
    Before,
    /// Behind it.
    Behind,
    /// On both sides.
    Both,
}

/// Where a party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It wrote the message.
    From,
    /// It received it.
    To,
    /// Either.
    With,
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The department of a party.
    Department,
    /// The conversation.
    Conversation,
    /// The channel.
    Channel,
    /// The pack of a finding.
    Pack,
    /// The policy of a finding: its name, or `pack:policy`.
    Policy,
    /// The rule of a finding.
    Rule,
}

/// Which of ordered values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The value itself: of a day or a month, all moments of it.
    Is,
    /// It and greater ones.
    AtLeast,
    /// It and smaller ones.
    AtMost,
}

/// Which fields a query may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fields {
    /// Every one.
    All,
    /// Those of which nothing [changes later](Field::changes_later).
    Lasting,
}

impl Query {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text, Fields::All)
    }

    /// Reads a query whose answer on a message never changes: it asks for what stands in it alone.
    pub fn parse_lasting(text: &str) -> Result<Self, QueryError> {
        parse::parse(text, Fields::Lasting)
    }

    /// Its tests, in the order in which they are written.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::All(queries) | Self::Any(queries) => queries.iter().flat_map(Self::tests).collect(),
            Self::Not(query) => query.tests(),
            Self::Test(test) => vec![test],
        }
    }

    /// The orders to keep that it asks for, by their numbers.
    pub fn holds(&self) -> impl Iterator<Item = i64> {
        self.tests().into_iter().filter_map(|test| match test {
            Test::Hold(number) => Some(*number),
            _ => None,
        })
    }
}
