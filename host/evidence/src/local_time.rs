//! Moments as a person reads them: with the offset of a zone.

use proviso_model::Timestamp;
use proviso_model::time::Zone;

/// `2026-01-31T09:00:00+08:00`, with milliseconds where there are any.
pub fn local(at: Timestamp, zone: &Zone) -> String {
    let wall = zone.wall_time(at);
    let utc = Zone::utc().wall_time(at);
    let minutes = wall.duration_since(utc).as_secs() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{wall}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A moment of a log in UTC; the number where no clock shows it.
pub fn utc(millis: u64) -> String {
    let at = i64::try_from(millis)
        .ok()
        .and_then(|millis| Timestamp::from_millis(millis).ok());
    at.map_or_else(|| millis.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn a_moment_has_the_offset_of_its_zone() {
        each_row(
            [
                ("UTC", 0, "1970-01-01T00:00:00+00:00"),
                ("Asia/Shanghai", 1_750_000_000_123, "2025-06-15T23:06:40.123+08:00"),
                ("America/New_York", 1_750_000_000_000, "2025-06-15T11:06:40-04:00"),
                ("Asia/Kolkata", 0, "1970-01-01T05:30:00+05:30"),
            ],
            |(zone, millis, expected)| {
                let zone = Zone::named(zone).unwrap();
                assert_eq!(local(Timestamp::from_millis(millis).unwrap(), &zone), expected);
            },
        );
    }
}
