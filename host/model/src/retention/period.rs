//! Calendar periods, and their form in ISO 8601.

use crate::foreign::Foreign;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A calendar period; the parts add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// Calendar years, 0-36,500.
    pub years: u16,
    /// Calendar months, 0-36,500.
    pub months: u16,
    /// Days, 0-36,500.
    pub days: u16,
}

/// The most of each part.
const PART_MAX: u16 = 36_500;

/// A text that is no period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is not a period: expected ISO 8601 in years, months and days, such as P20Y, P6M or P3Y6M10D")]
pub struct NotAPeriod(String);

impl Period {
    /// Years and months, as months.
    pub(super) fn all_months(self) -> u32 {
        u32::from(self.years) * 12 + u32::from(self.months)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty())?;
        let mut period = Period {
            years: 0,
            months: 0,
            days: 0,
        };
        let parts = [
            ('Y', &mut period.years),
            ('M', &mut period.months),
            ('D', &mut period.days),
        ];
        for (unit, part) in parts {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if let Some(behind) = rest[digits..].strip_prefix(unit) {
                *part = rest[..digits].parse().ok().filter(|number| *number <= PART_MAX)?;
                rest = behind;
            }
        }
        rest.is_empty().then_some(period)
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    /// Reads ISO 8601. Weeks and times of day are no part of a retention period.
    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        Self::parse(text).ok_or_else(|| NotAPeriod(Foreign(text).quoted().to_string()))
    }
}

impl fmt::Display for Period {
    /// ISO 8601, without the parts that are 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.years, 'Y'), (self.months, 'M'), (self.days, 'D')];
        if parts.iter().all(|(number, _)| *number == 0) {
            return f.write_str("P0D");
        }
        f.write_str("P")?;
        for (number, unit) in parts.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, "{number}{unit}")?;
        }
        Ok(())
    }
}

/// The ISO form, for values that write a period as text.
pub(super) mod iso {
    use super::Period;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn serialize<S: Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(period)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
