//! The settings as they are written. Rules are read one by one, so that a mistake in one does not hide those in the others.

use std::collections::BTreeMap;
use std::fmt;

use proviso_sdk::{ClockStart, MessageFilterSettings};
use serde::de::{Error, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// All settings of one policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub(crate) utc_offset_minutes: i32,
    pub(crate) rules: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSettings {
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    pub(crate) law: String,
    #[serde(default)]
    pub(crate) article: String,
    pub(crate) jurisdiction: String,
    pub(crate) purpose: String,
    pub(crate) clock: ClockStart,
    pub(crate) floor: Option<PeriodSettings>,
    pub(crate) ceiling: Option<PeriodSettings>,
    pub(crate) effective_from: Option<String>,
    pub(crate) effective_to: Option<String>,
    pub(crate) verified: bool,
    pub(crate) messages: Option<Vec<MessagesSettings>>,
    // The contract has no place for the rest: the host reads it, and says what is wrong with it.
    #[serde(rename = "counting")]
    _counting: Option<IgnoredAny>,
    #[serde(rename = "ceiling_kind")]
    _ceiling_kind: Option<IgnoredAny>,
    #[serde(rename = "source")]
    _source: Option<IgnoredAny>,
    #[serde(rename = "verified_by")]
    _verified_by: Option<IgnoredAny>,
    #[serde(rename = "verified_on")]
    _verified_on: Option<IgnoredAny>,
}

/// `"P3Y6M10D"`, or a table of its parts, as packs of before have it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct PeriodSettings {
    pub(crate) years: u16,
    pub(crate) months: u16,
    pub(crate) days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodTable {
    #[serde(default)]
    years: u16,
    #[serde(default)]
    months: u16,
    #[serde(default)]
    days: u16,
}

impl<'de> Deserialize<'de> for PeriodSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PeriodVisitor)
    }
}

struct PeriodVisitor;

impl<'de> Visitor<'de> for PeriodVisitor {
    type Value = PeriodSettings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a period in ISO 8601, such as \"P3Y6M10D\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PeriodSettings, E> {
        iso(text).ok_or_else(|| {
            E::custom(format!(
                "\"{}\" is no period: must be such as P20Y, P6M or P3Y6M10D",
                cut(text)
            ))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PeriodSettings, A::Error> {
        let PeriodTable { years, months, days } = PeriodTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(PeriodSettings { years, months, days })
    }
}

fn iso(text: &str) -> Option<PeriodSettings> {
    let mut rest = text.strip_prefix('P')?;
    let mut period = PeriodSettings::default();
    for (unit, part) in [
        ('Y', &mut period.years),
        ('M', &mut period.months),
        ('D', &mut period.days),
    ] {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if let Some(behind) = rest[digits..].strip_prefix(unit) {
            *part = rest[..digits].parse().ok()?;
            rest = behind;
        }
    }
    rest.is_empty().then_some(period)
}

fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(64)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// One group of messages: the filter, and hits of one of the lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagesSettings {
    pub(crate) lists: Option<Vec<String>>,
    pub(crate) filter: Option<MessageFilterSettings>,
}

fn yes() -> bool {
    true
}
