//! The settings as they are written. The README explains each key; `compile` checks what the types cannot.
//!
//! Rules and contexts are kept as JSON here and read one by one, so that a mistake in one does not hide those in the others.

use std::collections::BTreeMap;

use proviso_sdk::{Direction, MessageFilterSettings, Severity};
use serde::Deserialize;
use serde_json::Value;

/// All settings of one policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    pub(crate) severity: Option<Severity>,
    pub(crate) roles: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) contexts: BTreeMap<String, Value>,
    pub(crate) rules: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSettings {
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    #[serde(default = "medium")]
    pub(crate) severity: Severity,
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) message: Option<MessageFilterSettings>,
    pub(crate) when: Option<ConditionSettings>,
    #[serde(default)]
    pub(crate) unless: Vec<Value>,
    #[serde(default)]
    pub(crate) adjust: Vec<AdjustSettings>,
    pub(crate) window: Option<WindowSettings>,
    pub(crate) reason_zh: Option<String>,
    pub(crate) reason_en: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionSettings {
    pub(crate) lists: Option<Vec<String>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) not_tags: Option<Vec<String>>,
    pub(crate) patterns: Option<Vec<String>>,
    pub(crate) min_weight: Option<f64>,
    pub(crate) unless: Option<Vec<Value>>,
    pub(crate) at_least: Option<u32>,
    pub(crate) distinct: Option<u32>,
    pub(crate) whose: Option<Whose>,
    pub(crate) all: Option<Vec<ConditionSettings>>,
    pub(crate) within: Option<u32>,
    pub(crate) same: Option<Unit>,
    pub(crate) ordered: Option<bool>,
    pub(crate) any: Option<Vec<ConditionSettings>>,
    pub(crate) not: Option<Box<ConditionSettings>>,
    pub(crate) message: Option<MessageFilterSettings>,
    pub(crate) amount: Option<AmountSettings>,
    pub(crate) attachment: Option<AttachmentSettings>,
    pub(crate) link: Option<LinkSettings>,
    pub(crate) preceding: Option<PrecedingSettings>,
    pub(crate) turns: Option<Vec<ConditionSettings>>,
    pub(crate) last: Option<u32>,
    pub(crate) by: Option<By>,
    pub(crate) seconds: Option<u32>,
}

/// Whose turns are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// Those of this message's sender.
    #[default]
    Sender,
    /// Everybody's.
    Conversation,
}

/// Who says one thing of several that are said in turns, seen from this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Whose {
    /// Its sender.
    Sender,
    /// Anybody else.
    Others,
}

/// A stretch of text that two things may have to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unit {
    Clause,
    Sentence,
    Paragraph,
    Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Side {
    Before,
    After,
    #[default]
    Either,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContextSettings {
    pub(crate) lists: Option<Vec<String>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) not_tags: Option<Vec<String>>,
    pub(crate) patterns: Option<Vec<String>>,
    pub(crate) min_weight: Option<f64>,
    pub(crate) words: Option<Vec<String>>,
    pub(crate) except_words: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) side: Side,
    pub(crate) within: Option<u32>,
    #[serde(default = "sentence")]
    pub(crate) same: Unit,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AmountSettings {
    pub(crate) at_least: u64,
    pub(crate) currency: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachmentSettings {
    pub(crate) extensions: Option<Vec<String>>,
    pub(crate) name_words: Option<Vec<String>>,
    pub(crate) bytes_at_least: Option<u64>,
    #[serde(default = "one")]
    pub(crate) at_least: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSettings {
    pub(crate) domains: Option<Vec<String>>,
    pub(crate) not_domains: Option<Vec<String>>,
    #[serde(default = "one")]
    pub(crate) at_least: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrecedingSettings {
    pub(crate) lists: Option<Vec<String>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) not_tags: Option<Vec<String>>,
    pub(crate) patterns: Option<Vec<String>>,
    pub(crate) min_weight: Option<f64>,
    pub(crate) directions: Option<Vec<Direction>>,
    pub(crate) same_sender: Option<bool>,
    pub(crate) seconds: Option<u32>,
    #[serde(default = "one")]
    pub(crate) at_least: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdjustSettings {
    pub(crate) when: Option<ConditionSettings>,
    pub(crate) near: Option<Value>,
    pub(crate) by: Option<i8>,
    pub(crate) to: Option<Severity>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowSettings {
    pub(crate) seconds: u32,
    pub(crate) at_least: Option<u32>,
    pub(crate) total_at_least: Option<u64>,
    pub(crate) currency: Option<String>,
    #[serde(default)]
    pub(crate) refire: Refire,
}

/// When a window that stays reached fires again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refire {
    /// Once the window has moved past the message at which it fired.
    #[default]
    Window,
    /// On every further message.
    Every,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn medium() -> Severity {
    Severity::Medium
}

fn sentence() -> Unit {
    Unit::Sentence
}
