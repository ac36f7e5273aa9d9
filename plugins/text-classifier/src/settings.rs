//! The settings as they are written. Each is read by itself, so that a mistake in one does not hide those in the others.

use serde::Deserialize;
use serde_json::Value;

/// All settings of one policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    pub(crate) model: Option<Value>,
    pub(crate) rule: Option<Value>,
    pub(crate) severity: Option<Value>,
    pub(crate) threshold: Option<Value>,
    pub(crate) min_chars: Option<Value>,
    pub(crate) min_ideographs: Option<Value>,
    pub(crate) directions: Option<Value>,
    pub(crate) reason_zh: Option<Value>,
    pub(crate) reason_en: Option<Value>,
}

fn yes() -> bool {
    true
}
