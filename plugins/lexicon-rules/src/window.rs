//! Counting messages within a time window.

use proviso_sdk::Message;
use serde::{Deserialize, Serialize};

use crate::settings::Refire;

/// How many entries the windows of one key may hold together, so that the state stays below the contract's 4,096 bytes:
/// 32 rules of at most 28 bytes and these entries of at most 14.
pub(crate) const ENTRIES_MAX: usize = 192;

/// How many rules of a policy may have a window.
pub(crate) const RULES_MAX: usize = 32;

/// How many entries a totalling rule keeps before the oldest are joined.
pub(crate) const TOTAL_ENTRIES: usize = 64;

/// Amounts are cut here, in smallest units, so that an entry's size has a bound: 43,980,465,111.03 in a currency of two digits.
pub(crate) const AMOUNT_MAX: u64 = (1 << 42) - 1;

/// Compiled from a window's settings.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) milliseconds: i64,
    pub(crate) at_least: Option<usize>,
    pub(crate) total_at_least: Option<u64>,
    pub(crate) currency: String,
    pub(crate) refire: Refire,
}

impl Window {
    /// How many entries it keeps for a key.
    pub(crate) fn capacity(&self) -> usize {
        let total = if self.total_at_least.is_some() {
            TOTAL_ENTRIES
        } else {
            0
        };
        // The newest `at_least` messages decide; one more entry holds those that are older.
        self.at_least.map_or(0, |least| least + 1).max(total)
    }
}

/// How a window stands when it fires.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) count: usize,
    /// Of a totalling window: the total in smallest units, and the currency.
    pub(crate) total: Option<(u64, String)>,
}

/// What a key's windows hold, ordered by the rules' keys.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowState {
    rules: Vec<Counted>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Counted {
    rule: u32,
    /// Time of the newest message, milliseconds.
    newest: i64,
    /// `newest` when it last fired.
    fired_at: Option<i64>,
    /// The newest first.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    /// Milliseconds before `newest`.
    before: u64,
    /// In the window's currency, 0 for others.
    amount: u64,
    /// More than one where entries were joined.
    messages: u16,
}

impl WindowState {
    /// Forgets rules that the settings no longer have.
    pub(crate) fn keep_only(&mut self, is_known: impl Fn(u32) -> bool) {
        self.rules.retain(|counted| is_known(counted.rule));
    }

    /// Counts a message; says how the window stands if it fires at it.
    pub(crate) fn count(&mut self, rule: u32, window: &Window, message: &Message) -> Option<Reached> {
        let at = match self.rules.binary_search_by_key(&rule, |counted| counted.rule) {
            Ok(at) => at,
            Err(at) => {
                self.rules.insert(
                    at,
                    Counted {
                        rule,
                        newest: message.sent_at,
                        ..Counted::default()
                    },
                );
                at
            }
        };
        self.rules[at].count(window, message)
    }
}

impl Counted {
    fn count(&mut self, window: &Window, message: &Message) -> Option<Reached> {
        self.move_to(message.sent_at, window.milliseconds);
        let before = self.newest.saturating_sub(message.sent_at);
        if before > window.milliseconds {
            return None;
        }
        self.insert(before as u64, window.amount_of(message), window.capacity());
        let count: usize = self.entries.iter().map(|entry| usize::from(entry.messages)).sum();
        let total: u64 = self.entries.iter().map(|entry| entry.amount).sum();
        let reached = window.at_least.is_some_and(|least| count >= least)
            || window.total_at_least.is_some_and(|least| total >= least);
        let silent = window.refire == Refire::Window
            && self
                .fired_at
                .is_some_and(|fired_at| message.sent_at.saturating_sub(fired_at) <= window.milliseconds);
        if !reached || silent {
            return None;
        }
        self.fired_at = Some(self.newest);
        Some(Reached {
            count,
            total: window.total_at_least.map(|_| (total, window.currency.clone())),
        })
    }

    /// Makes `time` the newest if it is, and drops what has left the window.
    fn move_to(&mut self, time: i64, width: i64) {
        let step = time.saturating_sub(self.newest);
        if step <= 0 {
            return;
        }
        self.newest = time;
        for entry in &mut self.entries {
            entry.before = entry.before.saturating_add(step as u64);
        }
        self.entries.retain(|entry| entry.before <= width as u64);
    }

    fn insert(&mut self, before: u64, amount: u64, capacity: usize) {
        let at = self.entries.partition_point(|entry| entry.before < before);
        self.entries.insert(
            at,
            Entry {
                before,
                amount,
                messages: 1,
            },
        );
        if self.entries.len() > capacity {
            if let (Some(oldest), Some(joined)) = (self.entries.pop(), self.entries.last_mut()) {
                // At the older one's time: the pair leaves the window early rather than late, so that a total is never too large.
                joined.before = oldest.before;
                joined.amount = joined.amount.saturating_add(oldest.amount).min(AMOUNT_MAX);
                joined.messages = joined.messages.saturating_add(oldest.messages);
            }
        }
    }
}

impl Window {
    fn amount_of(&self, message: &Message) -> u64 {
        match &message.amount {
            Some(money) if self.total_at_least.is_some() && money.currency == self.currency => {
                money.minor_units.min(AMOUNT_MAX)
            }
            _ => 0,
        }
    }
}
