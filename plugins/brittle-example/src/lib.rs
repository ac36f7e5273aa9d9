//! A plugin with a bug on purpose, for the demo and the tests: it finds the word "invoice", and breaks on a text that holds
//! its marker. The message that breaks it is held; the messages beside it are judged as if nothing had happened.

use proviso_sdk::{Configure, Failed, Finding, Lists, Message, Problems, Rules, Severity};

/// The bug: a text with this in it makes the plugin panic.
pub const MARKER: &str = "%%BRITTLE%%";

/// No settings.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The plugin.
#[derive(Debug)]
pub struct Brittle;

impl Configure for Brittle {
    type Settings = Settings;

    fn configure(Settings {}: Settings, _lists: &Lists) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl Rules for Brittle {
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
        assert!(!message.text.contains(MARKER), "the bug that this example is for");
        let hits = message.hits.iter();
        Ok(hits
            .map(|hit| {
                Finding::new("invoice", Severity::Low)
                    .span(hit.span)
                    .reason_zh("提到发票")
                    .reason_en("mentions an invoice")
            })
            .collect())
    }
}

proviso_sdk::export!(Brittle: rules);
