//! A version of the directory, made ready to be asked: twice for a message or oftener. What is asked most, a department, takes two
//! looks into memory that is likely cold: the account's place in its table, and its text.

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
    /// Each department once.
    departments: Vec<Box<str>>,
}

/// By identifier.
type Accounts = Table<Box<str>, Times>;

/// The same while rows are gathered.
type Gathered = Table<Box<str>, Vec<Held>>;

/// Over which times an account was whose, not overlapping. Most accounts have one time, which stands in the table itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Times {
    last: Held,
    /// The others, the latest first.
    before: Box<[Held]>,
}

/// Milliseconds since 1970; from the first on, and before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    from: i64,
    to: i64,
    /// Place in [`Directory::people`].
    by: u32,
    /// Place in [`Directory::departments`].
    department: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    number: Box<str>,
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
        let mut departments: Vec<Box<str>> = Vec::new();
        let mut places: Table<&str, u32> = Table::default();
        for row in rows {
            let held = Held {
                from: row.from.map_or(i64::MIN, |day| zone.start_of(day).as_millis()),
                to: row.to.map_or(i64::MAX, |day| zone.start_of(day).as_millis()),
                by: people.len() as u32,
                department: *places.entry(row.department.as_str()).or_insert_with(|| {
                    departments.push(row.department.as_str().into());
                    departments.len() as u32 - 1
                }),
            };
            people.push(Person {
                number: row.person.as_str().into(),
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
            let sorted = accounts.into_iter().filter_map(|(id, mut held)| {
                held.sort_unstable_by_key(|held| held.from);
                let last = held.pop()?;
                held.reverse();
                let before = held.into_boxed_slice();
                Some((id, Times { last, before }))
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
            departments,
        }
    }

    /// The version's number.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// The department of a party of a message at the time of the message; `None` where it knows nobody of that identifier then.
    pub fn department(&self, message: &Message, party: &str) -> Option<&str> {
        let held = self.held(&message.id.tenant, &message.id.channel, party, message.sent_at)?;
        Some(&self.departments[held.department as usize])
    }

    /// What it says of an identifier in a tenant's channel at a moment.
    pub fn standing_at(&self, tenant: &str, channel: &str, id: &str, at: Timestamp) -> Option<Standing<'_>> {
        let held = self.held(tenant, channel, id, at)?;
        let person = &self.people[held.by as usize];
        Some(Standing {
            person: &person.number,
            department: &self.departments[held.department as usize],
            post: person.post,
            manager: person.manager.as_deref(),
        })
    }

    fn held(&self, tenant: &str, channel: &str, id: &str, at: Timestamp) -> Option<&Held> {
        let channels = self.tenants.get(tenant)?;
        let (_, accounts) = channels.iter().find(|(known, _)| **known == *channel)?;
        let Times { last, before } = accounts.get(id)?;
        let at = at.as_millis();
        let held = if last.from <= at {
            last
        } else {
            before.iter().find(|held| held.from <= at)?
        };
        (at < held.to).then_some(held)
    }
}
