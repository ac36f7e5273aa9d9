//! Families of mutations, and what an author does where one succeeds.

use serde::Serialize;
use std::str::FromStr;

/// Mutations that try the same weakness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The words that matter are written otherwise, and read the same.
    Disguise,
    /// Something stands around them that a rule takes for an excuse.
    Shield,
    /// They come in several messages.
    Splitting,
    /// The clauses come in another order.
    Order,
    /// Figures are written otherwise.
    Numbers,
    /// Much harmless text stands around them.
    Filler,
}

/// What the mutants of a case must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// The case expects a finding, which must stay.
    Found,
    /// The case expects none, and none may appear.
    Silent,
}

/// A text names no family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected disguise, shield, splitting, order, numbers or filler")]
pub struct NoFamily;

impl Family {
    /// Every family, as it is told.
    pub const ALL: [Family; 6] = [
        Family::Disguise,
        Family::Shield,
        Family::Splitting,
        Family::Order,
        Family::Numbers,
        Family::Filler,
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Family::Disguise => "disguise",
            Family::Shield => "shield",
            Family::Splitting => "splitting",
            Family::Order => "order",
            Family::Numbers => "numbers",
            Family::Filler => "filler",
        }
    }

    /// What to look at where mutants do not survive, for the rules of `lexicon-rules`.
    pub const fn hint(self, stance: Stance) -> &'static str {
        match (stance, self) {
            (Stance::Found, Family::Disguise) => {
                "the list folds too little: `fold = { gaps = \"spaces\" }` or \"punctuation\" passes over what stands between the \
                 characters of a short term, `repeats = true` over doubled letters; what stands in rows is left out for all lists"
            }
            (Stance::Found, Family::Shield) => {
                "a context takes a part of another word for a negation, or excuses the whole message: name the word in \
                 `except_words`, and hold the context with `same = \"clause\"`, `within` or `side`; `roles` leaves out what others said"
            }
            (Stance::Found, Family::Splitting) => {
                "the parts must stand in one message: `turns` looks at the last messages of the sender, and needs `preceding` in \
                 the manifest"
            }
            (Stance::Found, Family::Order) => {
                "the rule wants one order or one side: leave out `ordered`, widen `within`, or write `side = \"either\"`"
            }
            (Stance::Found, Family::Numbers) => {
                "a pattern knows one way to write a figure: allow `[０-９\\d]`, separators, 万 and w and k, 百分之 and Chinese numerals"
            }
            (Stance::Found, Family::Filler) => {
                "an excuse is found far away: hold the context with `same` or `within`; conditions that count over the whole message \
                 find more in a long one"
            }
            (Stance::Silent, Family::Disguise) => {
                "the rule sees through the disguise of a term and not through that of its negation: put `words` of a context into \
                 a list that folds as the term's does"
            }
            (Stance::Silent, Family::Numbers) => {
                "the pattern takes a harmless figure for another once it is written otherwise: validate it (`valid`), or ask for a word \
                 near it"
            }
            (Stance::Silent, Family::Filler) => {
                "parts are counted together that have nothing to do with each other: hold them with `same = \"sentence\"` or `within`"
            }
            (Stance::Silent, Family::Shield | Family::Splitting | Family::Order) => {
                "a harmless text becomes a finding by what stands around it: ask for more beside the term (`all`, `within`)"
            }
        }
    }
}

impl FromStr for Family {
    type Err = NoFamily;

    fn from_str(text: &str) -> Result<Self, NoFamily> {
        let mut all = Family::ALL.into_iter();
        all.find(|family| family.name() == text).ok_or(NoFamily)
    }
}

impl Stance {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Stance::Found => "found",
            Stance::Silent => "silent",
        }
    }
}
