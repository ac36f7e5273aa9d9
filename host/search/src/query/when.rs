//! Times of queries: a month, a day, a moment.

use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};
use std::fmt;
use std::ops::RangeInclusive;

/// A time that a query names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The month that begins with this day.
    Month(Day),
    /// A day.
    Day(Day),
    /// A moment.
    At(Timestamp),
}

impl When {
    /// Reads `2026-01`, `2026-01-31`, or a moment of RFC 3339 with its offset.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(first) = format!("{text}-01").parse::<Day>() {
            return Some(Self::Month(first));
        }
        if let Ok(day) = text.parse::<Day>() {
            return Some(Self::Day(day));
        }
        Timestamp::from_rfc3339(text).ok().map(Self::At)
    }

    /// Its moments, in milliseconds since 1970, by the clocks of a zone.
    pub(crate) fn millis(self, zone: &Zone) -> RangeInclusive<i64> {
        let days = |first: Day, next: Day| {
            let from = zone.start_of(first).as_millis();
            // Behind the calendar's last day there is none.
            let to = if next > first {
                zone.start_of(next).as_millis() - 1
            } else {
                i64::MAX
            };
            from..=to
        };
        match self {
            Self::Month(first) => days(first, first.plus(1, 0)),
            Self::Day(day) => days(day, day.plus(0, 1)),
            Self::At(at) => at.as_millis()..=at.as_millis(),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => {
                let day = first.to_string();
                f.write_str(day.strip_suffix("-01").unwrap_or(&day))
            }
            Self::Day(day) => day.fmt(f),
            Self::At(at) => at.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn times_have_their_moments() {
        let at = |text: &str| Timestamp::from_rfc3339(text).unwrap().as_millis();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        each_row(
            [
                ("2026-02", "2026-01-31T16:00:00Z", "2026-02-28T15:59:59.999Z"),
                ("2026-12-31", "2026-12-30T16:00:00Z", "2026-12-31T15:59:59.999Z"),
                (
                    "2026-01-31T09:00:00+08:00",
                    "2026-01-31T01:00:00Z",
                    "2026-01-31T01:00:00Z",
                ),
            ],
            |(text, from, to)| assert_eq!(When::parse(text).unwrap().millis(&zone), at(from)..=at(to)),
        );
        for text in ["2026", "2026-13", "2026-02-30", "yesterday", "2026-01-31T09:00:00", ""] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }
}
