//! Moments as messages state them, time zones, and days as the law counts them.

mod of_day;

pub use of_day::{NotATimeOfDay, TimeOfDay};

use crate::foreign::Foreign;
use jiff::SignedDuration;
use jiff::civil;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Milliseconds since 1970-01-01T00:00:00Z, from -377705116800000 to 253402300799999: the years -9999 to 9999 of UTC, the
/// first and the last day included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A moment outside the years -9999 to 9999, or a text that is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is not a time: expected RFC 3339 with an offset (2026-01-31T09:00:00+08:00) or milliseconds since 1970")]
pub struct NotATime(String);

/// -9999-01-01T00:00:00Z.
const FIRST_MILLIS: i64 = -377_705_116_800_000;
/// 9999-12-31T23:59:59.999Z.
const LAST_MILLIS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From milliseconds since 1970.
    pub fn from_millis(millis: i64) -> Result<Self, NotATime> {
        if (FIRST_MILLIS..=LAST_MILLIS).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(NotATime(millis.to_string()))
        }
    }

    /// From a native value that may be in seconds or milliseconds: a magnitude below 1e11 is seconds.
    ///
    /// 1e11 seconds is the year 5138, and 1e11 milliseconds is March 1973, before any channel existed.
    pub fn from_seconds_or_millis(value: i64) -> Result<Self, NotATime> {
        let millis = if value.unsigned_abs() < 100_000_000_000 {
            value * 1_000
        } else {
            value
        };
        Self::from_millis(millis)
    }

    /// From RFC 3339 with an offset.
    pub fn from_rfc3339(text: &str) -> Result<Self, NotATime> {
        let millis = match text.parse::<jiff::Timestamp>() {
            Ok(time) => Some(time.as_millisecond()),
            Err(_) => millis_at_the_ends(text),
        };
        millis
            .and_then(|millis| Self::from_millis(millis).ok())
            .ok_or_else(|| NotATime(Foreign(text).quoted().to_string()))
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// What a calendar and a clock show in UTC.
    fn in_utc(self) -> civil::DateTime {
        civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0).saturating_add(SignedDuration::from_millis(self.0))
    }
}

/// The library's own moments end 26 hours within its calendar, so that every zone's clock can show them. The first and the
/// last day of the calendar are read as a day, a time and an offset.
fn millis_at_the_ends(text: &str) -> Option<i64> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let shown = pieces.date().to_datetime(pieces.time()?);
    let since_1970 = shown.duration_since(civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    let millis = since_1970.as_millis() - i128::from(offset.seconds()) * 1_000;
    i64::try_from(millis).ok()
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many decimals as are needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.in_utc())
    }
}

/// A time zone of the IANA database that is compiled in; the machine's own is never asked, so that every machine agrees.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// A name that the time zone database does not know.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a time zone: expected an IANA name such as \"Asia/Shanghai\" or \"UTC\"")]
pub struct NotAZone(String);

impl Zone {
    /// UTC.
    pub const fn utc() -> Self {
        Self {
            name: String::new(),
            rules: TimeZone::UTC,
        }
    }

    /// The zone of that IANA name, whatever its case.
    pub fn named(name: &str) -> Result<Self, NotAZone> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        let rules = TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| NotAZone(name.to_owned()))?;
        let name = rules.iana_name().ok_or_else(|| NotAZone(name.to_owned()))?.to_owned();
        Ok(Self { name, rules })
    }

    /// The IANA name in its usual case: `Asia/Shanghai`, `UTC`.
    pub fn name(&self) -> &str {
        if self.name.is_empty() { "UTC" } else { &self.name }
    }

    /// What a calendar and a clock on the wall show there at that moment.
    ///
    /// On the calendar's first and last day the zone's offset of the nearest moment that the library knows is taken, and the
    /// calendar's end where the sum is behind it.
    pub fn wall_time(&self, at: Timestamp) -> civil::DateTime {
        let nearest = match jiff::Timestamp::from_millisecond(at.0) {
            // All moments but those of two days: asked for every message.
            Ok(moment) => return self.rules.to_offset(moment).to_datetime(moment),
            Err(_) if at.0 < 0 => jiff::Timestamp::MIN,
            Err(_) => jiff::Timestamp::MAX,
        };
        let offset = self.rules.to_offset(nearest);
        at.in_utc()
            .saturating_add(SignedDuration::from_secs(i64::from(offset.seconds())))
    }

    /// The moment at which a day begins there: midnight, or the first moment behind it where the clock skips midnight. On the
    /// calendar's first and last day, the nearest moment there is.
    pub fn start_of(&self, day: Day) -> Timestamp {
        let midnight = day.0.to_datetime(civil::Time::midnight());
        let millis = match self.rules.to_zoned(midnight) {
            Ok(zoned) => zoned.timestamp().as_millisecond(),
            Err(_) if day.0.year() < 0 => FIRST_MILLIS,
            Err(_) => LAST_MILLIS,
        };
        Timestamp(millis.clamp(FIRST_MILLIS, LAST_MILLIS))
    }

    /// The day there at that moment.
    pub fn day(&self, at: Timestamp) -> Day {
        Day(self.wall_time(at).date())
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

/// A day of the calendar, from the year -9999 to 9999, without time zone. Written `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(civil::Date);

const EPOCH_DAY: civil::Date = civil::date(1970, 1, 1);

/// A text that is not a day.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a day: expected the form 2026-01-31")]
pub struct NotADay(String);

impl Day {
    /// The day that has begun in every time zone of the Earth at a moment: that of UTC-12, the westernmost.
    pub fn begun_everywhere(at: Timestamp) -> Self {
        let behind = Timestamp::from_millis(at.as_millis().saturating_sub(12 * 3_600_000));
        Zone::utc().day(behind.unwrap_or(at))
    }

    /// The last day of the calendar; sums beyond it end here.
    pub const MAX: Day = Day(civil::Date::MAX);

    /// The day so much later: first the months, then the days. A month that has no such day ends at its last
    /// (31 January and one month is 28 or 29 February); a sum behind the calendar's end is [`Day::MAX`].
    #[must_use]
    pub fn plus(self, months: u32, days: u32) -> Day {
        // A span of jiff holds 239,976 months and 7,304,484 days at most: more than the calendar either way.
        let months = jiff::Span::new().months(i64::from(months.min(239_976)));
        let days = jiff::Span::new().days(i64::from(days.min(7_304_484)));
        Day(self.0.saturating_add(months).saturating_add(days))
    }

    /// Days since 1970-01-01; negative before it.
    pub fn number(self) -> i32 {
        self.0.duration_since(EPOCH_DAY).as_hours() as i32 / 24
    }

    /// The day so many days after 1970-01-01; `None` outside the calendar.
    pub fn from_number(number: i32) -> Option<Self> {
        let days = jiff::Span::new().try_days(i64::from(number)).ok()?;
        EPOCH_DAY.checked_add(days).ok().map(Self)
    }

    /// Its number within the month, from 1.
    pub fn of_month(self) -> i8 {
        self.0.day()
    }

    /// The same day for other calendar arithmetic.
    pub const fn to_jiff(self) -> civil::Date {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let day = text.parse().map(Self).map_err(|_| NotADay(text.to_owned()))?;
        // The library also takes times of day and zones; a day is a day alone.
        if day.to_string() == text {
            Ok(day)
        } else {
            Err(NotADay(text.to_owned()))
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn days_have_numbers() {
        let table = [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2024-02-29", 19_782),
            ("9999-12-31", 2_932_896),
            ("-009999-01-01", -4_371_587),
        ];
        each_row(table, |(text, number)| {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.number(), Day::from_number(number)), (number, Some(day)));
        });
        assert_eq!(Day::from_number(2_932_897), None);
        assert_eq!(Day::from_number(i32::MIN), None);
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        let table = [
            (1_603_875_610, "2020-10-28T09:00:10Z"),
            (1_603_875_610_000, "2020-10-28T09:00:10Z"),
            (1_547_087_894_783, "2019-01-10T02:38:14.783Z"),
            (0, "1970-01-01T00:00:00Z"),
        ];
        each_row(table, |(value, expected)| {
            assert_eq!(Timestamp::from_seconds_or_millis(value).unwrap().to_string(), expected);
        });
        assert!(Timestamp::from_millis(i64::MAX).is_err());
        assert!(Timestamp::from_millis(FIRST_MILLIS - 1).is_err());
        assert!(Timestamp::from_millis(LAST_MILLIS + 1).is_err());
        assert!(Timestamp::from_seconds_or_millis(i64::MIN).is_err());
    }

    #[test]
    fn the_first_and_the_last_day_of_the_calendar_are_moments() {
        // A time; as it is written in UTC; the day and hour in Shanghai and in New York.
        let table = [
            (
                "9999-12-31T23:59:59.999Z",
                "9999-12-31T23:59:59.999Z",
                "9999-12-31T23",
                "9999-12-31T18",
            ),
            (
                "9999-12-31T00:00:00Z",
                "9999-12-31T00:00:00Z",
                "9999-12-31T08",
                "9999-12-30T19",
            ),
            (
                "9999-12-31T07:00:00+08:00",
                "9999-12-30T23:00:00Z",
                "9999-12-31T07",
                "9999-12-30T18",
            ),
            (
                "9999-12-30T21:00:00Z",
                "9999-12-30T21:00:00Z",
                "9999-12-31T05",
                "9999-12-30T16",
            ),
            (
                "-009999-01-01T00:00:00Z",
                "-009999-01-01T00:00:00Z",
                "-009999-01-01T08",
                "-009999-01-01T00",
            ),
        ];
        let (shanghai, new_york) = (
            Zone::named("Asia/Shanghai").unwrap(),
            Zone::named("America/New_York").unwrap(),
        );
        for (text, in_utc, in_shanghai, in_new_york) in table {
            let time = Timestamp::from_rfc3339(text).expect(text);
            assert_eq!(time.to_string(), in_utc, "{text}");
            assert_eq!(Timestamp::from_rfc3339(in_utc), Ok(time), "{text}");
            assert_eq!(Timestamp::from_millis(time.as_millis()), Ok(time), "{text}");
            let hour_of = |zone: &Zone| zone.wall_time(time).to_string().rsplit_once(':').unwrap().0.to_owned();
            assert!(
                hour_of(&shanghai).starts_with(in_shanghai),
                "{text}: {}",
                hour_of(&shanghai)
            );
            if !text.starts_with('-') {
                assert!(
                    hour_of(&new_york).starts_with(in_new_york),
                    "{text}: {}",
                    hour_of(&new_york)
                );
            }
        }
        for bad in [
            "9999-12-31",
            "9999-12-31T00:00:00",
            "10000-01-01T00:00:00Z",
            "9999-12-31T23:00:00-08:00",
        ] {
            assert!(Timestamp::from_rfc3339(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn times_are_written_as_the_library_writes_them(millis in -377_705_023_201_000_i64..=253_402_207_200_000) {
            let theirs = jiff::Timestamp::from_millisecond(millis).unwrap();
            let ours = Timestamp::from_millis(millis).unwrap();
            proptest::prop_assert_eq!(ours.to_string(), theirs.to_string());
            let zone = Zone::named("Europe/Berlin").unwrap();
            let clock = theirs.in_tz("Europe/Berlin").unwrap().datetime();
            proptest::prop_assert_eq!(zone.wall_time(ours), clock);
        }
    }

    #[test]
    fn zones_come_from_the_compiled_database_in_their_usual_case() {
        for (name, expected) in [
            ("asia/shanghai", "Asia/Shanghai"),
            ("utc", "UTC"),
            ("Europe/Berlin", "Europe/Berlin"),
        ] {
            assert_eq!(Zone::named(name).unwrap().name(), expected);
        }
        assert_eq!(Zone::default(), Zone::named("UTC").unwrap());
        for bad in ["", "Asia/Peking2", "+08:00", "../etc/passwd", "\0"] {
            assert!(Zone::named(bad).is_err(), "{bad}");
        }
        let late = Timestamp::from_rfc3339("2026-01-31T16:00:00Z").unwrap();
        assert_eq!(Zone::utc().day(late).to_string(), "2026-01-31");
        assert_eq!(
            Zone::named("Asia/Shanghai").unwrap().day(late).to_string(),
            "2026-02-01"
        );
    }

    #[test]
    fn days_clamp_to_the_month_and_to_the_calendar() {
        let table = [
            ("2026-01-31", 1, 0, "2026-02-28"),
            ("2028-01-31", 1, 0, "2028-02-29"),
            ("2028-02-29", 12, 0, "2029-02-28"),
            ("2026-01-31", 1, 1, "2026-03-01"),
            ("2026-12-31", 0, 1, "2027-01-01"),
            ("2026-01-01", u32::MAX, 0, "9999-12-31"),
            ("2026-01-01", 0, u32::MAX, "9999-12-31"),
        ];
        each_row(table, |(start, months, days, expected)| {
            assert_eq!(
                start.parse::<Day>().unwrap().plus(months, days).to_string(),
                expected,
                "{start} {months} {days}"
            );
        });
        for bad in ["", "2026-02-30", "20260131", "2026-01-31T09:00:00", "2026-1-1"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }
}
