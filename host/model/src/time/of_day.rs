//! A time of day, and the next moment at which clocks of a zone show it.

use super::{Day, Timestamp, Zone};
use crate::foreign::Foreign;
use jiff::civil;
use std::fmt;
use std::str::FromStr;

/// A time of day of a wall clock, to the second: `03:00`, `03:00:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(civil::Time);

/// A text that is no time of day.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is not a time of day: expected the form \"03:00\" or \"03:00:30\"")]
pub struct NotATimeOfDay(String);

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, NotATimeOfDay> {
        let wrong = || NotATimeOfDay(Foreign(text).quoted().to_string());
        let mut parts = [0_i8; 3];
        let given: Vec<&str> = text.split(':').collect();
        if !(2..=3).contains(&given.len()) {
            return Err(wrong());
        }
        for (part, digits) in parts.iter_mut().zip(given) {
            if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong());
            }
            *part = digits.parse().map_err(|_| wrong())?;
        }
        let [hour, minute, second] = parts;
        civil::Time::new(hour, minute, second, 0).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Zone {
    /// The first moment behind another at which clocks there show a time of day: once a day. Where clocks skip it, as much later as they
    /// skip; where they show it twice, the first time. The last moment of the calendar where there is none.
    pub fn next(&self, after: Timestamp, at: TimeOfDay) -> Timestamp {
        let mut day = self.day(after);
        // Tomorrow's is behind it in any zone; one that skips a day has the one behind.
        for _ in 0..3 {
            if let Ok(zoned) = self.rules.to_zoned(day.0.to_datetime(at.0))
                && let Ok(next) = Timestamp::from_millis(zoned.timestamp().as_millisecond())
                && next > after
            {
                return next;
            }
            day = day.plus(0, 1);
        }
        self.start_of(Day::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).unwrap()
    }

    #[test]
    fn a_time_of_day_has_two_forms() {
        for (text, told) in [
            ("03:00", "03:00:00"),
            ("00:00:00", "00:00:00"),
            ("23:59:59", "23:59:59"),
        ] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), told);
        }
        for text in [
            "",
            "3:00",
            "03",
            "24:00",
            "23:60",
            "23:59:60",
            "03:00:00:00",
            "03:00Z",
            "+3:00",
            "٠٣:00",
        ] {
            let error = text.parse::<TimeOfDay>().unwrap_err().to_string();
            assert!(error.contains("is not a time of day"), "{text}: {error}");
        }
    }

    #[test]
    fn the_next_moment_is_behind_the_last_and_once_a_day() {
        for (zone, time, after, next) in [
            ("UTC", "03:00", "2026-03-01T02:59:59Z", "2026-03-01T03:00:00Z"),
            ("UTC", "03:00", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"),
            ("UTC", "00:00", "2026-12-31T00:00:01Z", "2027-01-01T00:00:00Z"),
            ("Asia/Shanghai", "03:00", "2026-03-01T18:59:59Z", "2026-03-01T19:00:00Z"),
            ("Asia/Shanghai", "03:00", "2026-03-01T19:00:00Z", "2026-03-02T19:00:00Z"),
            // Clocks skip an hour at two, and show an hour twice at two.
            (
                "America/New_York",
                "02:30",
                "2026-03-08T05:00:00Z",
                "2026-03-08T07:30:00Z",
            ),
            (
                "America/New_York",
                "02:30",
                "2026-03-08T07:30:00Z",
                "2026-03-09T06:30:00Z",
            ),
            (
                "America/New_York",
                "01:30",
                "2026-11-01T05:00:00Z",
                "2026-11-01T05:30:00Z",
            ),
            (
                "America/New_York",
                "01:30",
                "2026-11-01T05:30:00Z",
                "2026-11-02T06:30:00Z",
            ),
            // Samoa had no 30 December 2011.
            ("Pacific/Apia", "12:00", "2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let found = zone.next(at(after), time.parse().unwrap());
            assert_eq!(found, at(next), "{time} {zone:?} behind {after}: {found}");
        }
    }
}
