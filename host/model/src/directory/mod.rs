//! The directory: who works where, in which post and under whom, and from when to when.
//!
//! A directory has versions. A version is never changed: an import makes the next one. What holds of a message is what its
//! version says of the message's own time, whenever the message is judged; a verdict names the version, so that a replay asks
//! the same one.

mod check;
mod index;
#[cfg(test)]
mod tests;

pub use check::{Clash, clashes};
pub use index::{Directory, Standing};

use crate::digest::{Digest, DigestBuilder};
use crate::time::Day;
use std::fmt;
use std::str::FromStr;

/// The class of a post, for rules that differ by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PostClass {
    /// A post like most.
    #[default]
    Ordinary,
    /// A post that the organisation watches more closely: sales, trading, approval of credit.
    Sensitive,
}

impl PostClass {
    /// Every class.
    pub const ALL: [PostClass; 2] = [PostClass::Ordinary, PostClass::Sensitive];

    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            PostClass::Ordinary => "ordinary",
            PostClass::Sensitive => "sensitive",
        }
    }

    /// The class of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// A person's identifier in a channel. Written `channel:identifier`; the identifier may hold colons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The channel.
    pub channel: String,
    /// The identifier, as the channel's messages have it.
    pub id: String,
}

/// A text that names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected channel:identifier, as in wecom:zhang.wei")]
pub struct NotAnAccount;

impl FromStr for Account {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        match text.split_once(':') {
            Some((channel, id)) if !channel.is_empty() && !id.is_empty() => Ok(Self {
                channel: channel.to_owned(),
                id: id.to_owned(),
            }),
            _ => Err(NotAnAccount),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.id)
    }
}

/// What holds of an employee over a time: one row of a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Employment {
    /// The tenant.
    pub tenant: String,
    /// Who it is, as the organisation numbers its people: the same over all rows of a person.
    pub person: String,
    /// The first day; absent where it always held.
    pub from: Option<Day>,
    /// The first day on which it holds no more; absent where no end is known.
    pub to: Option<Day>,
    /// The person's identifiers in channels.
    pub accounts: Vec<Account>,
    /// The department, as a policy set's scopes name it.
    pub department: String,
    /// The class of the post.
    pub post: PostClass,
    /// The person to whom this one answers; absent at the top.
    pub manager: Option<String>,
}

impl Employment {
    /// True if it holds on that day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }

    /// True if there is a day on which both hold.
    pub fn overlaps(&self, other: &Employment) -> bool {
        let before = |end: Option<Day>, start: Option<Day>| match (end, start) {
            (Some(end), Some(start)) => end <= start,
            _ => false,
        };
        !before(self.to, other.from) && !before(other.to, self.from)
    }
}

/// A version as it is kept: its number and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryVersion {
    /// From 1, rising; 0 for one that no archive has.
    pub version: i64,
    /// The rows, none of which contradicts another ([`clashes`]).
    pub rows: Vec<Employment>,
}

/// The digest of what a directory says: the same for the same rows, in whatever order they came.
pub fn digest(employments: &[Employment]) -> Digest {
    let mut sorted: Vec<&Employment> = employments.iter().collect();
    sorted.sort_unstable();
    let mut digest = DigestBuilder::new("proviso directory 1");
    for row in sorted {
        let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
        let mut accounts: Vec<String> = row.accounts.iter().map(Account::to_string).collect();
        accounts.sort_unstable();
        digest
            .part(row.tenant.as_bytes())
            .part(row.person.as_bytes())
            .part(day(row.from).as_bytes())
            .part(day(row.to).as_bytes())
            .part(&(accounts.len() as u64).to_le_bytes());
        for account in accounts {
            digest.part(account.as_bytes());
        }
        digest
            .part(row.department.as_bytes())
            .part(row.post.name().as_bytes())
            .part(row.manager.as_deref().unwrap_or_default().as_bytes());
    }
    digest.finish()
}
