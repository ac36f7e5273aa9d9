//! A message of an archived conversation, whatever channel it came by.

use crate::consent_event::ConsentEvent;
use crate::id::MessageId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use crate::addressed::Addressed;
pub use crate::kind::Kind;

/// One message, or one event of the channel (a recall, a consent, a change of organisation), as a source hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Tenant, channel and native identifier.
    pub id: Arc<MessageId>,
    /// What kind of thing it is, whatever the channel calls it.
    pub kind: Kind,
    /// What the channel calls it (`msgtype` of WeCom); at most 256 bytes, kept for kinds unknown here.
    pub native_kind: String,
    /// Which way it went; derived from the classes of the parties unless the source says.
    pub direction: Direction,
    /// Who wrote it.
    pub sender: Party,
    /// Who received it, without the sender, in the source's order.
    pub recipients: Vec<Party>,
    /// The group, or the two sides of a direct conversation: 1-512 bytes, the same for every message of a conversation.
    pub conversation: String,
    /// When it was sent, as the channel says.
    pub sent_at: Timestamp,
    /// All that a person reads in it (text, titles, names of files, unpacked records), a part a line. Kept whole.
    pub text: String,
    /// Money that it moves.
    pub amount: Option<Money>,
    /// Files that it carries.
    pub attachments: Vec<Attachment>,
    /// Web addresses that it carries beside its text.
    pub links: Vec<String>,
    /// The native identifier of the message that this one withdraws.
    pub recalls: Option<String>,
    /// The consent that this event gives or takes.
    pub consent: Option<ConsentEvent>,
    /// What the source could not take over in full, for people: `nested content beyond 200 parts kept raw`.
    pub notes: Vec<String>,
    /// The source's own bytes for this message, as text. Never passed to a policy. Shared, so that nobody copies it on the
    /// way to the archive. Empty in the message that an [`Addressed`] shows: it keeps them beside.
    pub raw: Arc<str>,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// All parties are employees or robots.
    Internal,
    /// An employee or a robot wrote; at least one recipient is external.
    Outbound,
    /// An external contact wrote.
    Inbound,
    /// The source does not say enough to tell.
    Unknown,
}

impl Direction {
    /// From the classes of the parties. A sender of unknown class, or no recipients, gives `Unknown`.
    pub fn of(sender: PartyClass, recipients: impl IntoIterator<Item = PartyClass>) -> Direction {
        let mut any = false;
        let mut external = false;
        let mut unknown = false;
        for class in recipients {
            any = true;
            external |= class == PartyClass::External;
            unknown |= class == PartyClass::Unknown;
        }
        match sender {
            PartyClass::External => Direction::Inbound,
            PartyClass::Unknown => Direction::Unknown,
            PartyClass::Employee | PartyClass::Robot if external => Direction::Outbound,
            PartyClass::Employee | PartyClass::Robot if unknown || !any => Direction::Unknown,
            PartyClass::Employee | PartyClass::Robot => Direction::Internal,
        }
    }

    /// The name as files and the contract write it.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Internal => "internal",
            Direction::Outbound => "outbound",
            Direction::Inbound => "inbound",
            Direction::Unknown => "unknown",
        }
    }
}

/// What a party is to the archiving organisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyClass {
    /// A member of the organisation.
    Employee,
    /// Anybody else.
    External,
    /// A program that posts messages.
    Robot,
    /// The source does not say.
    #[default]
    Unknown,
}

impl PartyClass {
    /// The name as files and the contract write it.
    pub const fn name(self) -> &'static str {
        match self {
            PartyClass::Employee => "employee",
            PartyClass::External => "external",
            PartyClass::Robot => "robot",
            PartyClass::Unknown => "unknown",
        }
    }
}

/// One side of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Party {
    /// The channel's identifier, at most 256 bytes; empty if the source names none.
    pub id: String,
    /// What the party is to the organisation.
    pub class: PartyClass,
    /// The department as the source names it; empty if it does not. A policy set's own list comes first.
    pub department: String,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Money {
    /// In the currency's smallest unit (fen, cent).
    pub minor_units: u64,
    /// ISO 4217, three upper-case letters.
    pub currency: String,
}

/// A file that a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attachment {
    /// File name with its extension; empty if the source gives none.
    pub name: String,
    /// In bytes; 0 if the source does not say.
    pub size_bytes: u64,
    /// The source's own reference to the content (`sdkfileid`, a content digest); empty if none. Never passed to a policy.
    pub reference: String,
}

impl Message {
    /// Everybody who took part: the sender, then the recipients.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        std::iter::once(&self.sender).chain(&self.recipients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn direction_follows_the_parties() {
        use PartyClass::{Employee, External, Robot, Unknown};
        let table: &[(PartyClass, &[PartyClass], Direction)] = &[
            (Employee, &[Employee], Direction::Internal),
            (Employee, &[Employee, External], Direction::Outbound),
            (Robot, &[External], Direction::Outbound),
            (External, &[Employee], Direction::Inbound),
            (External, &[], Direction::Inbound),
            (Employee, &[], Direction::Unknown),
            (Employee, &[Unknown], Direction::Unknown),
            (Unknown, &[Employee], Direction::Unknown),
        ];
        each_row(table, |(sender, recipients, expected)| {
            assert_eq!(
                Direction::of(*sender, recipients.iter().copied()),
                *expected,
                "{sender:?} {recipients:?}"
            );
        });
    }
}
