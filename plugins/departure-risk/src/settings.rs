//! The settings as they are written. Signals are read one by one, so that a mistake in one does not hide those in the others.

use std::collections::BTreeMap;

use proviso_sdk::MessageFilterSettings;
use serde::Deserialize;
use serde_json::Value;

use crate::baseline::Measure;

/// All settings of one policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default = "two_weeks")]
    pub(crate) half_life_days: f64,
    pub(crate) excluded: Vec<String>,
    #[serde(default)]
    pub(crate) working_time: WorkingTimeSettings,
    #[serde(default)]
    pub(crate) baseline: BaselineSettings,
    pub(crate) signals: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WorkingTimeSettings {
    pub(crate) utc_offset_minutes: i32,
    pub(crate) days: Vec<Weekday>,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Default for WorkingTimeSettings {
    fn default() -> Self {
        let days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        Self {
            utc_offset_minutes: 0,
            days,
            from: "09:00".to_owned(),
            to: "18:00".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BaselineSettings {
    pub(crate) half_life_days: f64,
    pub(crate) warm_up_days: u16,
    pub(crate) deviations: f64,
}

impl Default for BaselineSettings {
    fn default() -> Self {
        Self {
            half_life_days: 30.0,
            warm_up_days: 20,
            deviations: 3.0,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalSettings {
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    pub(crate) points: f64,
    pub(crate) cap: f64,
    pub(crate) filter: Option<MessageFilterSettings>,
    pub(crate) lists: Option<Vec<String>>,
    pub(crate) domains: Option<Vec<String>>,
    pub(crate) name_words: Option<Vec<String>>,
    pub(crate) files: Option<FilesSettings>,
    pub(crate) measure: Option<Measure>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilesSettings {
    pub(crate) hours: u32,
    pub(crate) files_at_least: Option<u32>,
    pub(crate) bytes_at_least: Option<u64>,
}

fn two_weeks() -> f64 {
    14.0
}

fn yes() -> bool {
    true
}
