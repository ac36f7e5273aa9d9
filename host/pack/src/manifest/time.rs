//! How much a policy is told of the time: as little as its rules need.

use std::fmt;

/// How exactly a policy is told when a message was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimePrecision {
    /// To the millisecond.
    #[default]
    Exact,
    /// The last full quarter of an hour. The day is right in every time zone, since all that are in use are whole quarters
    /// away from UTC (IANA time zone database; the last that was not ended in 1972).
    QuarterHour,
    /// The last full hour. The day is right in every time zone that is whole hours away from UTC.
    Hour,
    /// The moment at which the day began so many minutes east of UTC, -720 to 840. The day is right there.
    Day {
        /// East of UTC; west of it below 0.
        utc_offset_minutes: i16,
    },
}

const MINUTE_MILLIS: i64 = 60 * 1_000;

/// Minutes east of UTC that a day may begin at: from UTC-12 to UTC+14, the zones of the Earth.
const UTC_OFFSETS: std::ops::RangeInclusive<i16> = -720..=840;

impl TimePrecision {
    /// The precision that a manifest writes so: `exact`, `quarter-hour`, `hour`, `day+08:00`, `day-05:00`.
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "exact" => return Some(TimePrecision::Exact),
            "quarter-hour" => return Some(TimePrecision::QuarterHour),
            "hour" => return Some(TimePrecision::Hour),
            _ => {}
        }
        let (sign, (hours, minutes)) = match text.strip_prefix("day")?.split_at_checked(1)? {
            ("+", offset) => (1, offset.split_once(':')?),
            ("-", offset) => (-1, offset.split_once(':')?),
            _ => return None,
        };
        let two_digits = |digits: &str| {
            let is_one = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_one.then(|| digits.parse::<i16>().ok()).flatten()
        };
        let minutes = two_digits(minutes).filter(|minutes| *minutes < 60)?;
        let utc_offset_minutes = sign * (two_digits(hours)? * 60 + minutes);
        UTC_OFFSETS
            .contains(&utc_offset_minutes)
            .then_some(TimePrecision::Day { utc_offset_minutes })
    }

    /// Milliseconds between two moments that it tells apart, from 1.
    pub const fn millis(self) -> i64 {
        match self {
            TimePrecision::Exact => 1,
            TimePrecision::QuarterHour => 15 * MINUTE_MILLIS,
            TimePrecision::Hour => 60 * MINUTE_MILLIS,
            TimePrecision::Day { .. } => 24 * 60 * MINUTE_MILLIS,
        }
    }

    /// What a policy is told of a moment; both in milliseconds since 1970.
    pub const fn told(self, millis: i64) -> i64 {
        let east = match self {
            TimePrecision::Day { utc_offset_minutes } => utc_offset_minutes as i64 * MINUTE_MILLIS,
            _ => 0,
        };
        millis - (millis + east).rem_euclid(self.millis())
    }
}

impl fmt::Display for TimePrecision {
    /// As the manifest writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimePrecision::Exact => f.write_str("exact"),
            TimePrecision::QuarterHour => f.write_str("quarter-hour"),
            TimePrecision::Hour => f.write_str("hour"),
            TimePrecision::Day { utc_offset_minutes } => {
                let sign = if *utc_offset_minutes < 0 { '-' } else { '+' };
                let minutes = utc_offset_minutes.unsigned_abs();
                write!(f, "day{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_manifest_writes_is_read_and_written_alike() {
        let day = |utc_offset_minutes| Some(TimePrecision::Day { utc_offset_minutes });
        for (text, time) in [
            ("exact", Some(TimePrecision::Exact)),
            ("quarter-hour", Some(TimePrecision::QuarterHour)),
            ("hour", Some(TimePrecision::Hour)),
            ("day+00:00", day(0)),
            ("day+08:00", day(480)),
            ("day-05:00", day(-300)),
            ("day-00:30", day(-30)),
            ("day+05:45", day(345)),
            ("day+14:00", day(840)),
            ("day-12:00", day(-720)),
        ] {
            assert_eq!(TimePrecision::named(text), time, "{text}");
            assert_eq!(time.unwrap().to_string(), text);
        }
        for bad in [
            "",
            "day",
            "Day+08:00",
            "day+8:00",
            "day+08",
            "day+0800",
            "day08:00",
            "day+08:60",
            "day+14:01",
            "day-12:01",
            "day++8:00",
            "day+-8:00",
            "day＋08:00",
            "day+08:00 ",
            "minute",
        ] {
            assert_eq!(TimePrecision::named(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_policy_is_told_the_last_moment_that_its_precision_has() {
        // 2026-03-01T00:20:30.400+08:00, and a moment before 1970.
        let late = 1_772_295_630_400;
        for (time, moment, told) in [
            ("exact", late, late),
            ("quarter-hour", late, late - 330_400),
            ("hour", late, late - 1_230_400),
            ("day+08:00", late, late - 1_230_400),
            ("day+00:00", late, late - (16 * 3_600_000 + 1_230_400)),
            ("day-05:00", late, late - (11 * 3_600_000 + 1_230_400)),
            ("day+08:00", -1, -8 * 3_600_000),
            ("hour", -1, -3_600_000),
        ] {
            assert_eq!(
                TimePrecision::named(time).unwrap().told(moment),
                told,
                "{time} {moment}"
            );
        }
    }
}
