//! Moments, as messages state them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z, from -377705023201000 to 253402207200000 (the years -9999 to 9999).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A moment outside the years -9999 to 9999, or a text that is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is not a time: expected RFC 3339 with an offset (2026-01-31T09:00:00+08:00) or milliseconds since 1970")]
pub struct NotATime(String);

impl Timestamp {
    /// From milliseconds since 1970.
    pub fn from_millis(millis: i64) -> Result<Self, NotATime> {
        jiff::Timestamp::from_millisecond(millis).map(|_| Self(millis)).map_err(|_| NotATime(millis.to_string()))
    }

    /// From a native value that may be in seconds or milliseconds: a magnitude below 1e11 is seconds.
    ///
    /// 1e11 seconds is the year 5138, and 1e11 milliseconds is March 1973, before any channel existed.
    pub fn from_seconds_or_millis(value: i64) -> Result<Self, NotATime> {
        let millis = if value.unsigned_abs() < 100_000_000_000 { value * 1_000 } else { value };
        Self::from_millis(millis)
    }

    /// From RFC 3339 with an offset.
    pub fn from_rfc3339(text: &str) -> Result<Self, NotATime> {
        text.parse::<jiff::Timestamp>().map(|t| Self(t.as_millisecond())).map_err(|_| NotATime(format!("{text:?}")))
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The same moment for calendar arithmetic.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).expect("every Timestamp was checked when it was made")
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many decimals as are needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        let table = [
            (1_603_875_610, "2020-10-28T09:00:10Z"),
            (1_603_875_610_000, "2020-10-28T09:00:10Z"),
            (1_547_087_894_783, "2019-01-10T02:38:14.783Z"),
            (0, "1970-01-01T00:00:00Z"),
        ];
        for (value, expected) in table {
            assert_eq!(Timestamp::from_seconds_or_millis(value).unwrap().to_string(), expected);
        }
        assert!(Timestamp::from_millis(i64::MAX).is_err());
        assert!(Timestamp::from_seconds_or_millis(i64::MIN).is_err());
    }
}
