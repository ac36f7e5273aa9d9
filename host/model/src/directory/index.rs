//! A version of the directory, made ready to be asked: twice for a message or oftener, hence by a few looks into tables.

use super::{Employment, PostClass};
use crate::message::Message;
use crate::time::{Timestamp, Zone};
use foldhash::fast::RandomState;
use std::collections::HashMap;

type Table<K, V> = HashMap<K, V, RandomState>;

/// One version, ready to be asked. Days begin and end in the time zone that it was made with.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    version: i64,
    /// By tenant: its channels, which are few.
    tenants: Table<Box<str>, Vec<(Box<str>, Accounts)>>,
    people: Vec<Person>,
}

/// By identifier: over which times it was whose, the earliest first. Not overlapping.
type Accounts = Table<Box<str>, Box<[Held]>>;

/// The same while rows are gathered.
type Gathered = Table<Box<str>, Vec<Held>>;

/// Milliseconds since 1970; from the first on, and before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    from: i64,
    to: i64,
    /// Place in [`Directory::people`].
    by: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    number: Box<str>,
    department: Box<str>,
    post: PostClass,
    manager: Option<Box<str>>,
}

/// What a directory says of somebody at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Who it is.
    pub person: &'a str,
    /// The department.
    pub department: &'a str,
    /// The class of the post.
    pub post: PostClass,
    /// To whom the person answers.
    pub manager: Option<&'a str>,
}

impl Directory {
    /// A version of these rows, none of which contradicts another ([`clashes`](super::clashes)).
    pub fn new(version: i64, rows: &[Employment], zone: &Zone) -> Self {
        let mut tenants: Table<Box<str>, Table<&str, Gathered>> = Table::default();
        let mut people = Vec::with_capacity(rows.len());
        for row in rows {
            let held = Held {
                from: row.from.map_or(i64::MIN, |day| zone.start_of(day).as_millis()),
                to: row.to.map_or(i64::MAX, |day| zone.start_of(day).as_millis()),
                by: people.len() as u32,
            };
            people.push(Person {
                number: row.person.as_str().into(),
                department: row.department.as_str().into(),
                post: row.post,
                manager: row.manager.as_deref().map(Box::from),
            });
            let channels = tenants.entry(row.tenant.as_str().into()).or_default();
            for account in &row.accounts {
                let accounts = channels.entry(account.channel.as_str()).or_default();
                accounts.entry(account.id.as_str().into()).or_default().push(held);
            }
        }
        let accounts = |accounts: Gathered| -> Accounts {
            let sorted = accounts.into_iter().map(|(id, mut held)| {
                held.sort_unstable_by_key(|held| held.from);
                (id, held.into_boxed_slice())
            });
            sorted.collect()
        };
        let tenants = tenants.into_iter().map(|(tenant, channels)| {
            let channels = channels.into_iter().map(|(channel, of)| (channel.into(), accounts(of)));
            (tenant, channels.collect())
        });
        Self {
            version,
            tenants: tenants.collect(),
            people,
        }
    }

    /// The version's number.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// What it says of a party of a message at the time of the message; `None` where it knows nobody of that identifier then.
    pub fn standing(&self, message: &Message, party: &str) -> Option<Standing<'_>> {
        self.standing_at(&message.id.tenant, &message.id.channel, party, message.sent_at)
    }

    /// What it says of an identifier in a tenant's channel at a moment.
    pub fn standing_at(&self, tenant: &str, channel: &str, id: &str, at: Timestamp) -> Option<Standing<'_>> {
        let channels = self.tenants.get(tenant)?;
        let (_, accounts) = channels.iter().find(|(known, _)| **known == *channel)?;
        let at = at.as_millis();
        let held = accounts.get(id)?.iter().rev().find(|held| held.from <= at)?;
        (at < held.to).then(|| {
            let person = &self.people[held.by as usize];
            Standing {
                person: &person.number,
                department: &person.department,
                post: person.post,
                manager: person.manager.as_deref(),
            }
        })
    }
}
