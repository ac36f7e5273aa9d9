//! The settings as they are written. Rules are read one by one, so that a mistake in one does not hide those in the others.

use std::collections::BTreeMap;

use proviso_sdk::{ClockStart, MessageFilterSettings};
use serde::Deserialize;
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
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodSettings {
    #[serde(default)]
    pub(crate) years: u16,
    #[serde(default)]
    pub(crate) months: u16,
    #[serde(default)]
    pub(crate) days: u16,
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
