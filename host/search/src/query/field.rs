//! Fields of queries: their names, and the values of those that have few.

use proviso_model::EntityKind;
use proviso_model::message::{Direction, Kind};
use proviso_model::verdict::Severity;

/// What is known of a message beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Who wrote it: the channel's identifier.
    From,
    /// Who received it.
    To,
    /// Who wrote or received it.
    With,
    /// The department of one of its parties.
    Department,
    /// Its conversation.
    Conversation,
    /// Its channel: `wecom`.
    Channel,
    /// Its kind: `file`.
    Kind,
    /// Which way it went: `outbound`.
    Direction,
    /// Sent then or later: a day, a month, or a moment of RFC 3339.
    Since,
    /// Sent then or earlier; all of a day or a month counts.
    Until,
    /// Sent on that day, in that month, or at that moment.
    Sent,
    /// The pack that found something in it.
    Pack,
    /// The policy that did.
    Policy,
    /// The rule that did.
    Rule,
    /// How severe a finding is: `high`, `>=high`, `<=low`. Findings that different fields ask for may be different ones.
    Severity,
    /// A flag: `held`.
    Is,
    /// An order to keep that it fits, by its number, whether it is open or has ended.
    Hold,
    /// An entity in its words: a kind, `bank-card`, or a kind and a value, `cn-mobile=13800138000`.
    Entity,
}

impl Field {
    /// Every field, in the order in which they are offered.
    pub const ALL: [Self; 18] = [
        Self::From,
        Self::To,
        Self::With,
        Self::Department,
        Self::Conversation,
        Self::Channel,
        Self::Kind,
        Self::Direction,
        Self::Since,
        Self::Until,
        Self::Sent,
        Self::Pack,
        Self::Policy,
        Self::Rule,
        Self::Severity,
        Self::Is,
        Self::Hold,
        Self::Entity,
    ];

    /// The name as queries write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::With => "with",
            Self::Department => "department",
            Self::Conversation => "conversation",
            Self::Channel => "channel",
            Self::Kind => "kind",
            Self::Direction => "direction",
            Self::Since => "since",
            Self::Until => "until",
            Self::Sent => "sent",
            Self::Pack => "pack",
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::Severity => "severity",
            Self::Is => "is",
            Self::Hold => "hold",
            Self::Entity => "entity",
        }
    }

    /// The field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// True of what may become true or untrue of a message after it was sent: what was found in it, what became of it, who belongs to
    /// which department.
    pub const fn changes_later(self) -> bool {
        match self {
            Self::Department | Self::Pack | Self::Policy | Self::Rule | Self::Severity | Self::Is | Self::Hold => true,
            Self::From
            | Self::To
            | Self::With
            | Self::Conversation
            | Self::Channel
            | Self::Kind
            | Self::Direction
            | Self::Since
            | Self::Until
            | Self::Sent
            | Self::Entity => false,
        }
    }

    /// Its values, of a field that has few.
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Kind => Kind::ALL.map(Kind::name).to_vec(),
            Self::Direction => DIRECTIONS.map(Direction::name).to_vec(),
            Self::Severity => Severity::ALL.map(Severity::name).to_vec(),
            Self::Is => Flag::ALL.map(Flag::name).to_vec(),
            Self::Entity => EntityKind::ALL.iter().map(|kind| kind.name()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Every direction.
pub(crate) const DIRECTIONS: [Direction; 4] = [
    Direction::Internal,
    Direction::Outbound,
    Direction::Inbound,
    Direction::Unknown,
];

/// What is true of a message or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// It waits for a person, because a policy failed on it.
    Held,
    /// No policy saw it, for want of a lawful basis.
    Withheld,
    /// A later message withdrew it.
    Recalled,
    /// A person has reviewed it.
    Reviewed,
    /// A policy found something in it.
    Found,
    /// A policy failed on it.
    Faulty,
    /// A legal hold keeps it.
    Kept,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Withheld,
        Self::Recalled,
        Self::Reviewed,
        Self::Found,
        Self::Faulty,
        Self::Kept,
    ];

    /// The name as queries write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Withheld => "withheld",
            Self::Recalled => "recalled",
            Self::Reviewed => "reviewed",
            Self::Found => "found",
            Self::Faulty => "faulty",
            Self::Kept => "kept",
        }
    }

    /// The flag of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }
}
