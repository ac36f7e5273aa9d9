//! Working hours, as `Mon-Fri 09:00-12:00,13:00-18:00 Asia/Shanghai`.

use crate::time::{Timestamp, Zone};
use std::fmt;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_PER_DAY: u16 = 24 * 60;

/// Working hours: days of the week and ranges of the day, in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Days that count, Monday first.
    pub days: [bool; 7],
    /// Ranges of minutes since midnight, `start < end <= 1440`, in order, not overlapping; the end is outside.
    pub minutes: Vec<(u16, u16)>,
    /// Where the clock hangs.
    pub time_zone: Zone,
}

/// A text that does not state hours: which part of it is wrong.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotHours {
    /// Not two or three parts.
    #[error(
        "{0:?} does not state hours: expected days, times and at most a time zone, as in \"Mon-Fri 09:00-18:00 Asia/Shanghai\""
    )]
    Form(String),
    /// A part that is no day.
    #[error("{0:?} is not a day: expected one of Mon, Tue, Wed, Thu, Fri, Sat, Sun, or two of them as in Mon-Fri")]
    Day(String),
    /// A part that is no range of times.
    #[error("{0:?} is not a range of times: expected the form 09:00-18:00, from 00:00 to 24:00")]
    Range(String),
    /// A range that ends before it begins.
    #[error("{0:?} does not end after its start: write hours across midnight as two ranges, 00:00-06:00,22:00-24:00")]
    Backwards(String),
    /// A range that begins before the end of the one in front of it.
    #[error("{0:?} starts before the range in front of it ends: write ranges in order, without overlap")]
    Order(String),
    /// A part that is no time zone.
    #[error(transparent)]
    Zone(#[from] crate::time::NotAZone),
}

impl Hours {
    /// Reads the text form; `default` is the zone where the text names none.
    pub fn parse(text: &str, default: &Zone) -> Result<Hours, NotHours> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let (days, times, zone) = match parts[..] {
            [days, times] => (days, times, None),
            [days, times, zone] => (days, times, Some(zone)),
            _ => return Err(NotHours::Form(text.to_owned())),
        };
        let time_zone = zone.map_or_else(|| Ok(default.clone()), Zone::named)?;
        Ok(Hours {
            days: days_of(days)?,
            minutes: minutes_of(times)?,
            time_zone,
        })
    }

    /// True if that moment lies within.
    pub fn contains(&self, at: Timestamp) -> bool {
        let wall = self.time_zone.wall_time(at);
        if !self.days[wall.weekday().to_monday_zero_offset() as usize] {
            return false;
        }
        let minute = wall.hour() as u16 * 60 + wall.minute() as u16;
        self.minutes.iter().any(|&(start, end)| (start..end).contains(&minute))
    }
}

fn days_of(text: &str) -> Result<[bool; 7], NotHours> {
    let wrong = |part: &str| NotHours::Day(part.to_owned());
    let index = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let mut day = index(first).ok_or_else(|| wrong(part))?;
        let last = index(last).ok_or_else(|| wrong(part))?;
        days[day] = true;
        // Sat-Mon goes on over the week's end.
        while day != last {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    Ok(days)
}

fn minutes_of(text: &str) -> Result<Vec<(u16, u16)>, NotHours> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for part in text.split(',') {
        let ends = part
            .split_once('-')
            .and_then(|(start, end)| Some((minute_of(start)?, minute_of(end)?)));
        let (start, end) = ends.ok_or_else(|| NotHours::Range(part.to_owned()))?;
        if start >= end {
            return Err(NotHours::Backwards(part.to_owned()));
        }
        if ranges.last().is_some_and(|&(_, before)| start < before) {
            return Err(NotHours::Order(part.to_owned()));
        }
        ranges.push((start, end));
    }
    Ok(ranges)
}

fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number =
        |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u16>().ok());
    let (hour, minute) = (number(hour)??, number(minute)??);
    (minute < 60)
        .then_some(hour * 60 + minute)
        .filter(|&minutes| minutes <= MINUTES_PER_DAY)
}

impl fmt::Display for Hours {
    /// The text form, with every day that counts by name or as a range, and the zone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut day = 0;
        while day < 7 {
            let run = self.days[day..].iter().take_while(|counts| **counts).count();
            match run {
                0 => {}
                1 | 2 => {
                    for name in &DAYS[day..day + run] {
                        write!(f, "{separator}{name}")?;
                        separator = ",";
                    }
                }
                _ => write!(f, "{separator}{}-{}", DAYS[day], DAYS[day + run - 1])?,
            }
            if run > 0 {
                separator = ",";
            }
            day += run.max(1);
        }
        separator = " ";
        for (start, end) in &self.minutes {
            write!(
                f,
                "{separator}{:02}:{:02}-{:02}:{:02}",
                start / 60,
                start % 60,
                end / 60,
                end % 60
            )?;
            separator = ",";
        }
        write!(f, " {}", self.time_zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proviso_rows::each_row;

    fn parse(text: &str) -> Result<Hours, NotHours> {
        Hours::parse(text, &Zone::utc())
    }

    #[test]
    fn hours_contain_their_start_and_not_their_end() {
        let table = [
            ("Mon-Fri 09:00-18:00 Asia/Shanghai", "2026-01-30T09:00:00+08:00", true), // a Friday
            ("Mon-Fri 09:00-18:00 Asia/Shanghai", "2026-01-30T08:59:59+08:00", false),
            ("Mon-Fri 09:00-18:00 Asia/Shanghai", "2026-01-30T18:00:00+08:00", false),
            ("Mon-Fri 09:00-18:00 Asia/Shanghai", "2026-01-31T10:00:00+08:00", false),
            ("Mon-Fri 09:00-18:00 Asia/Shanghai", "2026-01-30T01:30:00Z", true),
            ("Mon-Fri 09:00-18:00", "2026-01-30T01:30:00Z", false),
            ("mon-wed,fri 09:00-12:00,13:00-18:00", "2026-01-30T12:30:00Z", false),
            ("Mon-Wed,Fri 09:00-12:00,13:00-18:00", "2026-01-30T13:00:00Z", true),
            ("Mon-Wed,Fri 09:00-12:00,13:00-18:00", "2026-01-29T13:00:00Z", false),
            ("Sat-Mon 00:00-24:00", "2026-02-01T23:59:59Z", true),
            ("Sat-Mon 00:00-24:00", "2026-02-03T00:00:00Z", false),
            // 02:30 does not exist on this day in Berlin: 01:30Z is 03:30 there.
            ("Sun 03:00-04:00 Europe/Berlin", "2026-03-29T01:30:00Z", true),
        ];
        each_row(table, |(text, at, expected)| {
            let at = Timestamp::from_rfc3339(at).unwrap();
            assert_eq!(parse(text).unwrap().contains(at), expected, "{text} {at}");
        });
    }

    #[test]
    fn errors_name_the_part() {
        let table = [
            ("", NotHours::Form(String::new())),
            ("Mon-Fri", NotHours::Form("Mon-Fri".into())),
            (
                "Mon 09:00-18:00 Asia/Shanghai x",
                NotHours::Form("Mon 09:00-18:00 Asia/Shanghai x".into()),
            ),
            ("Mon-Fry 09:00-18:00", NotHours::Day("Mon-Fry".into())),
            ("Mon, 09:00-18:00", NotHours::Day(String::new())),
            ("Mon 9:00-18:00", NotHours::Range("9:00-18:00".into())),
            ("Mon 09:00-12:00,13:00", NotHours::Range("13:00".into())),
            ("Mon 09:00-24:01", NotHours::Range("09:00-24:01".into())),
            ("Mon 09:60-10:00", NotHours::Range("09:60-10:00".into())),
            ("Mon +9:00-10:00", NotHours::Range("+9:00-10:00".into())),
            ("Mon 22:00-06:00", NotHours::Backwards("22:00-06:00".into())),
            ("Mon 09:00-12:00,11:00-13:00", NotHours::Order("11:00-13:00".into())),
        ];
        each_row(table, |(text, expected)| {
            assert_eq!(parse(text), Err(expected), "{text}");
        });
        assert!(
            parse("Mon 09:00-18:00 Asia/Nowhere")
                .unwrap_err()
                .to_string()
                .contains("\"Asia/Nowhere\"")
        );
    }

    proptest! {
        #[test]
        fn printing_and_parsing_agree(days in any::<[bool; 7]>(), mut cuts in prop::collection::btree_set(0u16..=1440, 2..9), zone in 0usize..3) {
            prop_assume!(days.contains(&true));
            if cuts.len() % 2 == 1 {
                cuts.pop_first();
            }
            let cuts: Vec<u16> = cuts.into_iter().collect();
            let minutes = cuts.chunks(2).map(|pair| (pair[0], pair[1])).collect();
            let time_zone = Zone::named(["UTC", "Asia/Shanghai", "America/New_York"][zone]).unwrap();
            let hours = Hours { days, minutes, time_zone };
            prop_assert_eq!(Hours::parse(&hours.to_string(), &Zone::utc()), Ok(hours));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*", parts in "(Mon|Fri|-|,| |[0-9]{2}:[0-9]{2}|UTC){0,9}") {
            let _ = parse(&text);
            let _ = parse(&parts);
        }
    }
}
