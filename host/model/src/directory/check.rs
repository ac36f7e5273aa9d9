//! Which rows of a directory contradict each other. A directory that has such rows is no directory.

use super::Employment;
use std::collections::HashMap;

/// Two rows that cannot both hold, or a row that names nobody; by place in the list that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// The row ends before it begins, or on the same day.
    Empty {
        /// The row.
        row: usize,
    },
    /// A person has two rows over one time.
    Person {
        /// The later of the two in the list.
        row: usize,
        /// The earlier one.
        other: usize,
    },
    /// Two people have one account over one time.
    Account {
        /// The later of the two in the list.
        row: usize,
        /// The earlier one.
        other: usize,
        /// Place in the later row's accounts.
        account: usize,
    },
    /// The row's manager is no person of the tenant's directory, or the person alone.
    Manager {
        /// The row.
        row: usize,
    },
}

impl Clash {
    /// The row that it is told of.
    pub const fn row(&self) -> usize {
        match self {
            Clash::Empty { row } | Clash::Person { row, .. } | Clash::Account { row, .. } | Clash::Manager { row } => {
                *row
            }
        }
    }
}

/// Every contradiction of a directory, in the order of its rows.
pub fn clashes(rows: &[Employment]) -> Vec<Clash> {
    let mut people: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut accounts: HashMap<(&str, &str, &str), Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    for (row, employment) in rows.iter().enumerate() {
        if let (Some(from), Some(to)) = (employment.from, employment.to)
            && from >= to
        {
            found.push(Clash::Empty { row });
            continue;
        }
        let tenant = employment.tenant.as_str();
        let others = people.entry((tenant, &employment.person)).or_default();
        if let Some(other) = others.iter().find(|other| rows[**other].overlaps(employment)) {
            found.push(Clash::Person { row, other: *other });
        }
        others.push(row);
        for (account, named) in employment.accounts.iter().enumerate() {
            let others = accounts.entry((tenant, &named.channel, &named.id)).or_default();
            // Two rows of one person over one time are told once.
            let taken = others
                .iter()
                .find(|other| rows[**other].person != employment.person && rows[**other].overlaps(employment));
            if let Some(other) = taken {
                found.push(Clash::Account {
                    row,
                    other: *other,
                    account,
                });
            }
            others.push(row);
        }
    }
    for (row, employment) in rows.iter().enumerate() {
        if let Some(manager) = &employment.manager
            && (*manager == employment.person || !people.contains_key(&(employment.tenant.as_str(), manager.as_str())))
        {
            found.push(Clash::Manager { row });
        }
    }
    found.sort_by_key(Clash::row);
    found
}
