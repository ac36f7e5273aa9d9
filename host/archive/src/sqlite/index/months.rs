//! Months, by which messages are parted into segments. They count from the year 0 on.

use proviso_model::Timestamp;
use proviso_model::time::{Day, Zone};

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
