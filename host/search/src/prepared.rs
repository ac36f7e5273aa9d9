//! A query that is ready to be asked: words folded, times as moments, values as entities say them.
//!
//! Examiner and candidates go by it alone, so that both mean the same.

use crate::entity::Said;
use crate::names;
use crate::query::{Bound, Flag, Named, Query, Side, Test};
use crate::words::{Part, Words};
use proviso_model::EntityKind;
use proviso_model::message::{Direction, Kind};
use proviso_model::time::Zone;
use proviso_model::verdict::Severity;
use std::ops::RangeInclusive;

/// A query that is ready to be asked.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) asked: Asked,
    /// Words that stand in a text may not count.
    pub(crate) hides: bool,
}

/// The tree of a query.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    All(Vec<Asked>),
    Any(Vec<Asked>),
    Not(Box<Asked>),
    /// Of the words of a message.
    Said(Utterance),
    /// Of what stands in it beside.
    Attribute(Attribute),
    /// Of what is known beside it.
    Label(Label),
}

/// Something that is asked of the words of a message.
#[derive(Debug, Clone)]
pub(crate) enum Utterance {
    Words(Words),
    Part(Part),
    Near { first: Words, second: Words, within: usize },
    Kind(EntityKind),
    Entity(Said),
}

/// Something that is asked of a message beside its words, and that an index knows. Names in small letters.
#[derive(Debug, Clone)]
pub(crate) enum Attribute {
    Party {
        side: Side,
        id: String,
    },
    Conversation(String),
    Channel(String),
    Kind(Kind),
    Direction(Direction),
    /// Milliseconds since 1970.
    Sent(RangeInclusive<i64>),
}

/// Something that is asked of what is known of a message beside it: what policies said, who belongs to which department, what became of
/// it. It changes after the message was indexed, so that no index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// A party is of this department. Names are compared in small letters.
    Department(String),
    /// This pack found something.
    Pack(String),
    /// This policy found something: its name, or `pack:policy`.
    Policy(String),
    /// This rule found something.
    Rule(String),
    /// There is a finding from the first to the second severity.
    Severity(Severity, Severity),
    /// The flag is set.
    Is(Flag),
    /// It fits the order to keep of this number.
    Hold(i64),
}

impl Prepared {
    /// Days and months are those of the zone.
    pub fn new(query: &Query, zone: &Zone) -> Self {
        Self {
            asked: asked(query, zone),
            hides: false,
        }
    }

    /// The same, to be asked where some places of texts do not count ([`Examiner::examine_hiding`](crate::Examiner::examine_hiding)): an index is
    /// certain of no word then, neither that it is there nor that it is not.
    #[must_use]
    pub fn hiding(self) -> Self {
        Self { hides: true, ..self }
    }

    /// The labels that it asks for.
    pub fn labels(&self) -> Vec<&Label> {
        fn of(asked: &Asked) -> Vec<&Label> {
            match asked {
                Asked::All(all) | Asked::Any(all) => all.iter().flat_map(of).collect(),
                Asked::Not(asked) => of(asked),
                Asked::Label(label) => vec![label],
                Asked::Said(_) | Asked::Attribute(_) => Vec::new(),
            }
        }
        of(&self.asked)
    }

    /// Moments within which all that it finds was sent, in milliseconds since 1970; empty where it can find nothing.
    pub fn sent(&self) -> RangeInclusive<i64> {
        const ALWAYS: RangeInclusive<i64> = i64::MIN..=i64::MAX;
        fn of(asked: &Asked) -> RangeInclusive<i64> {
            match asked {
                Asked::All(all) => all.iter().map(of).fold(ALWAYS, |one, other| {
                    *one.start().max(other.start())..=*one.end().min(other.end())
                }),
                Asked::Any(any) => any
                    .iter()
                    .map(of)
                    .filter(|moments| !moments.is_empty())
                    .reduce(|one, other| *one.start().min(other.start())..=*one.end().max(other.end()))
                    .unwrap_or(RangeInclusive::new(i64::MAX, i64::MIN)),
                Asked::Attribute(Attribute::Sent(moments)) => moments.clone(),
                Asked::Not(_) | Asked::Said(_) | Asked::Attribute(_) | Asked::Label(_) => ALWAYS,
            }
        }
        of(&self.asked)
    }
}

fn asked(query: &Query, zone: &Zone) -> Asked {
    match query {
        Query::All(queries) => Asked::All(queries.iter().map(|query| asked(query, zone)).collect()),
        Query::Any(queries) => Asked::Any(queries.iter().map(|query| asked(query, zone)).collect()),
        Query::Not(query) => Asked::Not(Box::new(asked(query, zone))),
        Query::Test(test) => of_test(test, zone),
    }
}

fn of_test(test: &Test, zone: &Zone) -> Asked {
    // Words without a token find nothing: no query that was read has such.
    let nothing = || Asked::Any(Vec::new());
    let said = |utterance: Option<Utterance>| utterance.map_or_else(nothing, Asked::Said);
    match test {
        Test::Words(text) => said(Words::of(text).map(Utterance::Words)),
        Test::Part { text, open } => said(Part::of(text, *open).map(Utterance::Part)),
        Test::Near { first, second, within } => {
            said(
                Words::of(first)
                    .zip(Words::of(second))
                    .map(|(first, second)| Utterance::Near {
                        first,
                        second,
                        within: usize::from(*within),
                    }),
            )
        }
        Test::Entity { kind, value: None } => said(Some(Utterance::Kind(*kind))),
        Test::Entity {
            kind,
            value: Some(value),
        } => said(Some(Utterance::Entity(Said::sought(*kind, value)))),
        Test::Party { side, id } => Asked::Attribute(Attribute::Party {
            side: *side,
            id: names::small(id).collect(),
        }),
        Test::Named { what, name } => {
            let name = names::small(name).collect();
            match what {
                Named::Conversation => Asked::Attribute(Attribute::Conversation(name)),
                Named::Channel => Asked::Attribute(Attribute::Channel(name)),
                Named::Department => Asked::Label(Label::Department(name)),
                Named::Pack => Asked::Label(Label::Pack(name)),
                Named::Policy => Asked::Label(Label::Policy(name)),
                Named::Rule => Asked::Label(Label::Rule(name)),
            }
        }
        Test::Kind(kind) => Asked::Attribute(Attribute::Kind(*kind)),
        Test::Direction(direction) => Asked::Attribute(Attribute::Direction(*direction)),
        Test::Severity { bound, severity } => Asked::Label(match bound {
            Bound::Is => Label::Severity(*severity, *severity),
            Bound::AtLeast => Label::Severity(*severity, Severity::Critical),
            Bound::AtMost => Label::Severity(Severity::Low, *severity),
        }),
        Test::Is(flag) => Asked::Label(Label::Is(*flag)),
        Test::Hold(number) => Asked::Label(Label::Hold(*number)),
        Test::Sent { bound, when } => {
            let (from, to) = when.millis(zone).into_inner();
            Asked::Attribute(Attribute::Sent(match bound {
                Bound::Is => from..=to,
                Bound::AtLeast => from..=i64::MAX,
                Bound::AtMost => i64::MIN..=to,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn what_a_query_finds_was_sent_within_its_moments() {
        const DAY: i64 = 86_400_000;
        let (first, last) = (1_767_225_600_000, 1_769_904_000_000 - 1);
        let table = [
            ("保本", i64::MIN, i64::MAX),
            ("sent:2026-01", first, last),
            ("保本 since:2026-01 until:2026-01", first, last),
            ("since:2026-01-01 -sent:2026-01-02", first, i64::MAX),
            ("sent:2026-01-01 OR sent:2026-01-03", first, first + 3 * DAY - 1),
            ("sent:2026-01 OR 保本", i64::MIN, i64::MAX),
        ];
        each_row(&table, |(query, start, end)| {
            let prepared = Prepared::new(&Query::parse(query).unwrap(), &Zone::utc());
            assert_eq!(prepared.sent(), *start..=*end, "{query}");
        });
        let never = Query::parse("since:2026-02 until:2026-01").unwrap();
        assert!(Prepared::new(&never, &Zone::utc()).sent().is_empty());
    }
}
