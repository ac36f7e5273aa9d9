//! Queries: which messages are looked for, as a tree.
//!
//! | written | finds messages |
//! |---|---|
//! | `word` | in which it stands: see below |
//! | `"some words"` | in which they follow each other; also “…”, 「…」 and 『…』 |
//! | `invest*`, `*7890`, `*vest*` | with a word, or a number, that begins, ends or goes on so |
//! | `a NEAR/5 b` | with at most five tokens between them, in either order; `NEAR` alone is `NEAR/10` |
//! | `a b`, `a AND b`, `a 与 b` | that both find |
//! | `a OR b`, `a 或 b` | that one finds |
//! | `NOT a`, `-a`, `非 a` | that it does not find |
//! | `(…)`, （…） | groups; `NOT` binds first, then `AND`, then `OR` |
//! | `field:value`, `field:"a value"` | by what is known of them: see [`Field`] |
//!
//! Operators are written in capitals, or as 与, 或, 非 between blanks; in quotes they are words. Full-width forms of letters, brackets, colons and
//! quotation marks count as the usual ones. Names of fields are those of [`Field`]; a text with a colon behind letters is written in
//! quotes.
//!
//! **What a word finds.** A text is folded as the scan folds it, also as it reads without its disguise, and parted into tokens: letters in a row (Latin,
//! Greek, Cyrillic, Armenian), digits in a row, each ideograph or letter of another script, each picture. What is not seen is not there; all
//! else parts tokens. A word, or phrase, of a query is parted in the same way, and stands in a text if its tokens follow each other there,
//! each whole: `cat` is not in `category`. So 保本 is in 保本保息, and 本 too: ideographs are found wherever they stand. Between two tokens that the
//! query has side by side nothing may stand; where the query has a blank or a mark, the text may have any, or none.
//!
//! **A number** also finds the same digits in groups: `13800138000` finds `138 0013-8000`, `1000000` finds `1,000,000`. **What is an entity as a whole** finds what says the
//! same: `13800138000` finds `+86 138-0013-8000`, `8.5%` finds 百分之八点五, `2026-01-31` finds 2026年1月31日. With a field, `entity:amount=100万元`, it finds that alone.
//!
//! Words are looked for in the text of a message, the names of its attachments and its links; tokens of one word, of one phrase and around one
//! `NEAR` in one of these.

mod complete;
mod error;
mod field;
mod lex;
mod parse;
mod print;
mod when;

pub use complete::{Completion, Offer, complete};
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

impl Query {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text)
    }

    /// Its tests, in the order in which they are written.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::All(queries) | Self::Any(queries) => queries.iter().flat_map(Self::tests).collect(),
            Self::Not(query) => query.tests(),
            Self::Test(test) => vec![test],
        }
    }
}
