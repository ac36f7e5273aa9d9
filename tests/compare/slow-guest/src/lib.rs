//! A plugin of Proviso that never ends by itself: its budget ends it, on every message.

use proviso_sdk::{Configure, Failed, Finding, Lists, Message, Problems, Rules};

/// No settings.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The plugin.
pub struct Slow;

impl Configure for Slow {
    type Settings = Settings;

    fn configure(Settings {}: Settings, _lists: &Lists) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl Rules for Slow {
    fn evaluate(&self, _message: &Message) -> Result<Vec<Finding>, Failed> {
        loop {
            std::hint::black_box(());
        }
    }
}

proviso_sdk::export!(Slow: rules);
