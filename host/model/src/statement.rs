//! What somebody hands in of how people stand to being archived: notices that employees were given, agreements of contacts.

use crate::consent_event::{ConsentEvent, ConsentState};
use crate::directory::Account;
use crate::time::Timestamp;
use std::fmt;

/// Of whom something is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// Of an account, as a channel's messages have it.
    Account(Account),
    /// Of an employee, by the number that the directory has.
    Person(String),
}

impl Whose {
    /// From a channel and an identifier in it; of a person where the channel is empty.
    pub fn of(channel: &str, id: &str) -> Self {
        if channel.is_empty() {
            return Self::Person(id.to_owned());
        }
        Self::Account(Account {
            channel: channel.to_owned(),
            id: id.to_owned(),
        })
    }

    /// The channel; empty of a person.
    pub fn channel(&self) -> &str {
        match self {
            Whose::Account(account) => &account.channel,
            Whose::Person(_) => PEOPLE,
        }
    }

    /// The identifier in the channel, or the person's number.
    pub fn id(&self) -> &str {
        match self {
            Whose::Account(account) => &account.id,
            Whose::Person(person) => person,
        }
    }
}

/// What stands in the place of a channel where people are meant by their numbers. No channel is called so.
pub const PEOPLE: &str = "";

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whose::Account(account) => account.fmt(f),
            Whose::Person(person) => f.write_str(person),
        }
    }
}

/// One line of what is handed in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// The tenant.
    pub tenant: String,
    /// Of whom.
    pub whose: Whose,
    /// How they stand from then on.
    pub state: ConsentState,
    /// From when on.
    pub at: Timestamp,
    /// Where it comes from: a system, a form, a paper; may be empty.
    pub source: String,
    /// The version of the notice, or of what was agreed to; may be empty.
    pub version: String,
}

impl Statement {
    /// What a ledger takes in of it.
    pub fn event(&self) -> ConsentEvent {
        ConsentEvent {
            party: self.whose.id().to_owned(),
            state: self.state,
            at: self.at,
        }
    }
}
