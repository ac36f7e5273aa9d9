//! Failures in a row, by the name that was given and by where it came from: from the fifth on one waits before the next attempt counts.
//!
//! An attempt is counted before it is looked at and forgiven when it succeeds, so that many at once are no way around it.

use proviso_model::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures in a row from which on one waits.
pub(crate) const FREE: u32 = 5;
/// The first wait, which doubles with each failure.
const WAIT_MS: i64 = 10_000;
/// The longest.
const WAIT_MS_MAX: i64 = 15 * 60_000;
/// After so long without a failure a row has ended.
const FORGOTTEN_MS: i64 = 60 * 60_000;
/// Rows that are remembered, at most.
const ROWS_MAX: usize = 20_000;
/// Entries of the log in an hour, at most.
const TOLD_MAX: usize = 60;
const HOUR_MS: i64 = 60 * 60_000;
/// Bytes of a name that are looked at: more is no name of anybody.
const NAME_BYTES_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Row {
    failures: u32,
    last: i64,
}

impl Row {
    /// When the next attempt counts.
    fn waits_until(self) -> i64 {
        let Some(doubled) = self.failures.checked_sub(FREE) else {
            return i64::MIN;
        };
        self.last + (WAIT_MS << doubled.min(20)).min(WAIT_MS_MAX)
    }
}

#[derive(Default)]
struct Rows {
    rows: HashMap<Whose, Row>,
    told: VecDeque<i64>,
}

/// The rows of all who fail.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<Rows>);

/// Somebody tries, and has not succeeded yet.
#[derive(Debug)]
pub(crate) struct Attempt {
    whose: [Whose; 2],
    /// Failures in a row if this is one.
    pub(crate) failures: u32,
}

impl Throttle {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// The seconds for which none counts.
    pub(crate) fn begin(&self, name: &str, address: IpAddr, at: Timestamp) -> Result<Attempt, u64> {
        let at = at.as_millis();
        let name = &name[..name.floor_char_boundary(NAME_BYTES_MAX)];
        let whose = [Whose::Name(name.to_owned()), Whose::Address(network(address))];
        let rows = &mut self.rows().rows;
        rows.retain(|_, row| at - row.last < FORGOTTEN_MS);
        let waits = whose.iter().filter_map(|whose| rows.get(whose));
        let until = waits.map(|row| row.waits_until()).max().unwrap_or(i64::MIN);
        if at < until {
            return Err((until - at).unsigned_abs().div_ceil(1_000));
        }
        if rows.len() + whose.len() > ROWS_MAX {
            // Those of one failure first: a row that waits is what somebody would want to be forgotten.
            rows.retain(|_, row| row.failures >= FREE);
            if rows.len() + whose.len() > ROWS_MAX {
                return Err(WAIT_MS.unsigned_abs() / 1_000);
            }
        }
        let mut failures = 0;
        for whose in &whose {
            let row = rows.entry(whose.clone()).or_insert(Row { failures: 0, last: at });
            row.failures = row.failures.saturating_add(1);
            row.last = at;
            failures = failures.max(row.failures);
        }
        Ok(Attempt { whose, failures })
    }

    /// It succeeded: both rows end.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        let rows = &mut self.rows().rows;
        for whose in &attempt.whose {
            rows.remove(whose);
        }
    }

    /// True if the log is to be told of a failure: of one that makes others wait, and not of too many.
    pub(crate) fn is_to_be_told(&self, attempt: &Attempt, at: Timestamp) -> bool {
        let at = at.as_millis();
        let told = &mut self.rows().told;
        told.retain(|told| at - told < HOUR_MS);
        let is_told = attempt.failures >= FREE && told.len() < TOLD_MAX;
        if is_told {
            told.push_back(at);
        }
        is_told
    }
}

/// Whoever has one address of IPv6 has its whole network.
fn network(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return v4.into();
    }
    let [a, b, c, d, ..] = v6.segments();
    IpAddr::from([a, b, c, d, 0, 0, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        let home = address("10.0.0.1");
        for failures in 1..=FREE {
            assert_eq!(throttle.begin("li", home, at(0)).unwrap().failures, failures);
        }
        let mut now = 0;
        for wait in [10, 20, 40, 80, 160, 320, 640, 900, 900] {
            assert_eq!(throttle.begin("li", home, at(now)).unwrap_err(), wait);
            assert_eq!(throttle.begin("li", home, at(now + wait as i64 - 1)).unwrap_err(), 1);
            now += wait as i64;
            throttle.begin("li", home, at(now)).unwrap();
        }
        // After an hour without one it begins anew.
        assert_eq!(throttle.begin("li", home, at(now + 3_600)).unwrap().failures, 1);
    }

    #[test]
    fn names_and_addresses_wait_by_themselves() {
        let throttle = Throttle::default();
        for n in 0..FREE {
            // One name from many places, and many names from one place.
            throttle.begin("li", address(&format!("10.0.1.{n}")), at(0)).unwrap();
            throttle
                .begin(&format!("user{n}"), address("2001:db8::1"), at(0))
                .unwrap();
        }
        assert!(throttle.begin("li", address("10.0.0.9"), at(0)).is_err());
        assert!(
            throttle.begin("zhao", address("2001:db8::ffff"), at(0)).is_err(),
            "of the same network"
        );
        assert!(throttle.begin("zhao", address("2001:db8:1::1"), at(0)).is_ok());
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }

    #[test]
    fn a_success_ends_the_row_and_a_refusal_is_no_attempt() {
        let throttle = Throttle::default();
        let home = address("10.0.0.1");
        for _ in 1..FREE {
            throttle.begin("li", home, at(0)).unwrap();
        }
        let last = throttle.begin("li", home, at(0)).unwrap();
        assert!(throttle.begin("li", home, at(1)).is_err());
        throttle.succeeded(&last);
        assert_eq!(throttle.begin("li", home, at(1)).unwrap().failures, 1);
    }

    #[test]
    fn what_is_remembered_and_told_has_bounds() {
        let throttle = Throttle::default();
        for n in 0..ROWS_MAX {
            let name = format!("user{n}");
            let from = IpAddr::from([10, (n >> 16) as u8, (n >> 8) as u8, n as u8]);
            throttle.begin(&name, from, at(0)).unwrap();
        }
        assert!(throttle.rows().rows.len() <= ROWS_MAX);
        let home = address("10.9.0.1");
        for _ in 0..FREE {
            throttle.begin("li", home, at(0)).unwrap();
        }
        let mut told = 0;
        for n in 0..200 {
            let failures = FREE;
            let whose = [Whose::Name("li".into()), Whose::Address(home)];
            told += usize::from(throttle.is_to_be_told(&Attempt { whose, failures }, at(n)));
        }
        assert_eq!(told, TOLD_MAX);
        let first = throttle.begin("zhao", address("10.9.0.2"), at(0)).unwrap();
        assert!(
            !throttle.is_to_be_told(&first, at(9_999)),
            "a first failure is everybody's"
        );
    }
}
