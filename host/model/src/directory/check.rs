//! Which rows of a directory contradict each other. A directory that has such rows is no directory.

use super::{Account, Employment};
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
        /// The one that begins later; of two that begin together, the later in the list.
        row: usize,
        /// Of those that begin before it, the one that ends last.
        other: usize,
    },
    /// Two people have one account over one time.
    Account {
        /// The one that begins later; of two that begin together, the later in the list.
        row: usize,
        /// Of those of others that begin before it, the one that ends last.
        other: usize,
        /// Place in the row's accounts.
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

    /// Where it stands among those of its row.
    const fn place(&self) -> (u8, usize) {
        match self {
            Clash::Empty { .. } => (0, 0),
            Clash::Person { .. } => (1, 0),
            Clash::Account { account, .. } => (2, *account),
            Clash::Manager { .. } => (3, 0),
        }
    }
}

/// Every contradiction of a directory, in the order of its rows.
pub fn clashes(rows: &[Employment]) -> Vec<Clash> {
    let mut found = Vec::new();
    let mut people: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut accounts: HashMap<(&str, &Account), Vec<(usize, usize)>> = HashMap::new();
    for (row, employment) in rows.iter().enumerate() {
        if let (Some(from), Some(to)) = (employment.from, employment.to)
            && from >= to
        {
            found.push(Clash::Empty { row });
            continue;
        }
        let tenant = employment.tenant.as_str();
        people.entry((tenant, &employment.person)).or_default().push(row);
        for (account, named) in employment.accounts.iter().enumerate() {
            let of = accounts.entry((tenant, named)).or_default();
            of.push((row, account));
        }
    }
    for of in people.values_mut() {
        of.sort_by_key(|row| rows[*row].from);
        let mut ends = Ends::default();
        for row in of.iter().copied() {
            if let Some(other) = ends.over(rows, row, row) {
                found.push(Clash::Person { row, other });
            }
            ends.add(rows, row, row);
        }
    }
    for of in accounts.values_mut() {
        of.sort_by_key(|(row, _)| rows[*row].from);
        let mut ends = Ends::default();
        for (row, account) in of.iter().copied() {
            // Two rows of one person over one time are told once.
            let person = rows[row].person.as_str();
            if let Some(other) = ends.over(rows, row, person) {
                found.push(Clash::Account { row, other, account });
            }
            ends.add(rows, row, person);
        }
    }
    for (row, employment) in rows.iter().enumerate() {
        if let Some(manager) = &employment.manager
            && (*manager == employment.person || !people.contains_key(&(employment.tenant.as_str(), manager.as_str())))
        {
            found.push(Clash::Manager { row });
        }
    }
    found.sort_unstable_by_key(|clash| (clash.row(), clash.place()));
    found
}

/// The rows that reach furthest of those that were added so far, each with whom it belongs to: the one that reaches furthest of
/// all, and of those of others than its owner.
struct Ends<K>([Option<(K, usize)>; 2]);

impl<K> Default for Ends<K> {
    fn default() -> Self {
        Self([None, None])
    }
}

impl<K: Copy + PartialEq> Ends<K> {
    /// A row of somebody else that holds on a day of this one, which begins no earlier than any that was added.
    fn over(&self, rows: &[Employment], row: usize, owner: K) -> Option<usize> {
        let others = self.0.iter().flatten().find(|(other, _)| *other != owner);
        others
            .map(|(_, other)| *other)
            .filter(|other| rows[*other].overlaps(&rows[row]))
    }

    fn add(&mut self, rows: &[Employment], row: usize, owner: K) {
        let reaches = |than: &(K, usize)| match (rows[row].to, rows[than.1].to) {
            (to, Some(than)) => to.is_none_or(|to| to > than),
            (_, None) => false,
        };
        let [furthest, second] = &mut self.0;
        match furthest {
            Some(known) if known.0 == owner => {
                if reaches(known) {
                    known.1 = row;
                }
            }
            Some(known) if !reaches(known) => {
                if second.as_ref().is_none_or(reaches) {
                    *second = Some((owner, row));
                }
            }
            _ => *second = furthest.replace((owner, row)),
        }
    }
}
