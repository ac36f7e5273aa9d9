//! Days of the proleptic Gregorian calendar.

/// Days since 1970-01-01.
pub(crate) type Day = i64;

const DAY_MS: i64 = 86_400_000;

/// The day of a time, in a zone so many minutes east of UTC.
pub(crate) fn day_of(milliseconds: i64, utc_offset_minutes: i32) -> Day {
    milliseconds
        .saturating_add(i64::from(utc_offset_minutes) * 60_000)
        .div_euclid(DAY_MS)
}

/// Reads `YYYY-MM-DD`; `None` unless that day exists.
pub(crate) fn parse(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    let digits_and_dashes = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| {
            if at == 4 || at == 7 {
                *byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    if !digits_and_dashes {
        return None;
    }
    let (year, month, day) = (
        text[..4].parse().ok()?,
        text[5..7].parse().ok()?,
        text[8..].parse().ok()?,
    );
    (1..=days_of_month(year, month)?)
        .contains(&day)
        .then(|| days_before_year(year) + days_before_month(year, month) + day - 1)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    Some(match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    })
}

fn days_before_year(year: i64) -> i64 {
    let last = year - 1;
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    last * 365 + last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400) - 719_162
}

fn days_before_month(year: i64, month: i64) -> i64 {
    (1..month).filter_map(|earlier| days_of_month(year, earlier)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn dates_are_days() {
        let table = [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2000-02-29", Some(11_016)),
            ("2024-03-01", Some(19_783)),
            ("1900-02-29", None),
            ("2023-02-29", None),
            ("2024-13-01", None),
            ("2024-00-10", None),
            ("2024-04-31", None),
            ("2024-4-01", None),
            ("20240401", None),
            ("+024-04-01", None),
            ("２０２４", None),
        ];
        each_row(table, |(text, expected)| {
            assert_eq!(parse(text), expected, "{text}");
        });
    }

    #[test]
    fn a_time_has_its_day_in_its_zone() {
        assert_eq!(day_of(0, 0), 0);
        assert_eq!(day_of(-1, 0), -1);
        assert_eq!(day_of(57_600_000, 480), 1);
        assert_eq!(day_of(57_599_999, 480), 0);
        assert_eq!(day_of(0, -1), -1);
    }
}
