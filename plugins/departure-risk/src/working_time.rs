//! Working days and hours in a fixed offset from UTC.

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// When the organisation works.
#[derive(Debug, Clone)]
pub(crate) struct WorkingTime {
    pub(crate) utc_offset_minutes: i32,
    /// Monday first.
    pub(crate) days: [bool; 7],
    /// Minutes since midnight.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl WorkingTime {
    /// The working day that a time belongs to, as days since 1970-01-01: days off belong to the working day before them.
    pub(crate) fn day(&self, time_ms: i64) -> i64 {
        let mut day = self.local(time_ms).div_euclid(DAY_MS);
        for _ in 0..6 {
            if self.is_working_day(day) {
                break;
            }
            day -= 1;
        }
        day
    }

    /// True outside of the working hours of a working day.
    pub(crate) fn is_off(&self, time_ms: i64) -> bool {
        let local = self.local(time_ms);
        let minute = local.rem_euclid(DAY_MS) / MINUTE_MS;
        !self.is_working_day(local.div_euclid(DAY_MS)) || !(self.from..self.to).contains(&minute)
    }

    fn local(&self, time_ms: i64) -> i64 {
        time_ms.saturating_add(i64::from(self.utc_offset_minutes) * MINUTE_MS)
    }

    fn is_working_day(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday.
        self.days[(day + 3).rem_euclid(7) as usize]
    }
}

/// Reads `HH:MM`, 00:00 to 24:00, as minutes.
pub(crate) fn minutes_of(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let is_pair = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_pair(hours) || !is_pair(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn times_belong_to_working_days_and_hours() {
        let china = WorkingTime {
            utc_offset_minutes: 480,
            days: [true, true, true, true, true, false, false],
            from: 540,
            to: 1080,
        };
        // 2024-01-05 was a Friday, day 19,727.
        let friday = 19_727 * DAY_MS - 8 * 60 * MINUTE_MS;
        let table = [
            (friday + 540 * MINUTE_MS, 19_727, false),
            (friday + 539 * MINUTE_MS, 19_727, true),
            (friday + 1080 * MINUTE_MS, 19_727, true),
            (friday + DAY_MS + 600 * MINUTE_MS, 19_727, true),
            (friday + 2 * DAY_MS + 600 * MINUTE_MS, 19_727, true),
            (friday + 3 * DAY_MS + 600 * MINUTE_MS, 19_730, false),
        ];
        each_row(table, |(time, day, off)| {
            assert_eq!((china.day(time), china.is_off(time)), (day, off), "{time}");
        });
    }

    #[test]
    fn clock_times_are_read() {
        let table = [
            ("09:00", Some(540)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("9:00", None),
            ("09:60", None),
            ("ab:cd", None),
            ("", None),
        ];
        each_row(table, |(text, expected)| {
            assert_eq!(minutes_of(text), expected, "{text}");
        });
    }
}
