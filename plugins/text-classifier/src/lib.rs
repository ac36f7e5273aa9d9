//! A text classifier: says which messages are worded like those that a model was trained on. What each setting means stands in this
//! plugin's README.md.
//!
//! It is a reason to look, never the only ground of a high finding: the settings end at `medium`. Judging is whole numbers and linear
//! in the text.

mod compile;
mod grounds;
mod reason;
mod settings;

use proviso_sdk::{Configure, Direction, Failed, Finding, Lists, Message, Problems, Rules, Severity};
use proviso_text_features::Model;

use reason::Template;
pub use settings::Settings;

/// One model, ready to judge.
#[derive(Debug)]
pub struct TextClassifier {
    /// `None` where it is switched off.
    judging: Option<Judging>,
}

#[derive(Debug)]
struct Judging {
    model: Model,
    rule: String,
    severity: Severity,
    /// The least score that is a finding.
    threshold: i32,
    min_chars: u32,
    /// A text with fewer is in a language that the model does not know.
    min_ideographs: u32,
    /// Empty for every direction.
    directions: Vec<Direction>,
    reasons: Vec<Template>,
}

impl Configure for TextClassifier {
    type Settings = Settings;

    fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
        let judging = compile::compile(&settings, lists)?;
        Ok(Self {
            judging: settings.enabled.then_some(judging),
        })
    }
}

impl Rules for TextClassifier {
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
        let finding = self.judging.as_ref().and_then(|judging| judging.finding(message));
        Ok(finding.into_iter().collect())
    }
}

impl Judging {
    fn finding(&self, message: &Message) -> Option<Finding> {
        if !self.directions.is_empty() && !self.directions.contains(&message.direction) {
            return None;
        }
        if !has_ideographs(&message.text, self.min_ideographs) {
            return None;
        }
        let judged = self.model.judge(&message.text, self.min_chars)?;
        if judged.score < self.threshold {
            return None;
        }
        let grounds = grounds::weightiest(&self.model, &message.text, judged.passage);
        let texts: Vec<&str> = grounds.iter().map(|span| span.of(&message.text)).collect();
        let finding = Finding::new(self.rule.as_str(), self.severity);
        let finding = self.reasons.iter().fold(finding, |finding, template| {
            finding.reason(template.language(), template.fill(&texts))
        });
        Some(finding.spans(grounds))
    }
}

/// True if a text has so many Chinese characters, each place counted.
fn has_ideographs(text: &str, least: u32) -> bool {
    // Most texts that lack them are ASCII, of which no character is decoded.
    let at = text.bytes().position(|byte| !byte.is_ascii()).unwrap_or(text.len());
    let ideographs = text[at..]
        .chars()
        .filter(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'));
    ideographs.take(least as usize).count() == least as usize
}

proviso_sdk::export!(TextClassifier: rules);
