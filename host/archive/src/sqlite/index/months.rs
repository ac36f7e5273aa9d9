//! Months, by which messages are parted into segments. They count from the year 0 on.

use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};
use std::ops::RangeInclusive;

/// The month of a day.
pub(super) fn of_day(day: Day) -> i64 {
    let date = day.to_jiff();
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// The month in which something was sent, by UTC; `None` of a time that no clock shows.
pub(super) fn of_millis(millis: i64) -> Option<i64> {
    let at = Timestamp::from_millis(millis).ok()?;
    Some(of_day(Zone::utc().day(at)))
}

/// The moments of a month, by UTC, in milliseconds since 1970. What has no first day in the calendar is open on that side.
pub(super) fn moments(month: i64) -> RangeInclusive<i64> {
    let start = |month: i64| {
        let (year, of_year) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let day = if year < 0 {
            format!("-{:06}-{of_year:02}-01", -year)
        } else {
            format!("{year:04}-{of_year:02}-01")
        };
        day.parse::<Day>().ok().map(|day| Zone::utc().start_of(day).as_millis())
    };
    let behind = start(month + 1).map_or(i64::MAX, |behind| behind - 1);
    start(month).unwrap_or(i64::MIN)..=behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn the_moments_of_a_month_are_those_that_are_in_it() {
        let table = [
            -62_200_000_000_000,
            -1,
            0,
            951_782_399_999,
            951_782_400_000,
            1_740_000_000_000,
            253_000_000_000_000,
        ];
        each_row(&table, |millis| {
            let month = of_millis(*millis).unwrap();
            let moments = moments(month);
            assert!(moments.contains(millis), "{moments:?}");
            for end in [*moments.start(), *moments.end()] {
                assert_eq!(of_millis(end), Some(month), "{end}");
            }
            assert_eq!(of_millis(moments.end() + 1), Some(month + 1));
        });
    }
}
