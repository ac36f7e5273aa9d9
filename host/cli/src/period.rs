//! `--since` and `--until`: the time in which messages were sent.

use crate::exit::Usage;
use crate::show::table::clip;
use proviso_archive::Sent;
use proviso_model::Timestamp;
use proviso_model::time::Day;

/// Reads a day, from 00:00 UTC, or a time with its zone; else what is expected.
pub(crate) fn moment(text: &str) -> Result<Timestamp, &'static str> {
    let day: Result<Day, _> = text.parse();
    let day = day.map(|day| format!("{day}T00:00:00Z"));
    let time = Timestamp::from_rfc3339(day.as_deref().unwrap_or(text));
    time.map_err(|_| "expected a day such as 2026-01-31, or a time with its zone")
}

/// The time in which a message must have been sent; from the first on, before the second.
pub(crate) struct Period {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Period {
    /// Reads the flags: each is a day, from 00:00 UTC, or a time with its zone.
    pub(crate) fn read(since: Option<&str>, until: Option<&str>) -> Result<Self, Usage> {
        let read = |flag: &str, text: Option<&str>| {
            let Some(text) = text else { return Ok(None) };
            let time = moment(text).map(Some);
            time.map_err(|expected| Usage(format!("{flag} is {:?}: {expected}", clip(text, 64))))
        };
        Ok(Self {
            since: read("--since", since)?,
            until: read("--until", until)?,
        })
    }

    /// True if the time is within it.
    pub(crate) fn has(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }

    /// The same for the archive.
    pub(crate) fn sent(&self) -> Sent {
        Sent {
            from: self.since,
            before: self.until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_a_time_keeps_its_hours() {
        let from = |text: &str| Period::read(Some(text), None).unwrap().sent().from.unwrap().to_string();
        assert_eq!(from("2026-10-12"), from("2026-10-12T00:00:00Z"));
        assert_eq!(from("2026-10-12T10:30:00+08:00"), from("2026-10-12T02:30:00Z"));
        assert_ne!(from("2026-10-12T10:30:00Z"), from("2026-10-12"));
        let long = "9".repeat(100);
        for wrong in ["", "yesterday", "2026-13-01", "2026-10-12T10:30:00", long.as_str()] {
            let error = Period::read(None, Some(wrong)).err().unwrap().to_string();
            assert!(error.starts_with("--until is") && error.len() < 160, "{error}");
        }
    }
}
