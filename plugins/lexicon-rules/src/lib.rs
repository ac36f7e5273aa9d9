//! The configurable rule engine: rules are settings. What each setting means stands in this plugin's README.md.
//!
//! Settings are read (`settings`), checked and turned into conditions (`compile`), and evaluated over the hits of each message (`condition`,
//! `near`, `context`). Rules with a window are counted in `window`.

mod amount;
mod compile;
mod condition;
mod context;
pub mod library;
mod near;
mod plain;
mod reading;
mod reason;
mod roles;
mod rule;
mod scene;
mod selection;
mod settings;
mod sieve;
mod spans;
mod window;
mod words;

use proviso_sdk::{Configure, Failed, Finding, Fold, Lists, Message, Problems, Rules, Step};

use plain::Plain;
use roles::Segments;
use rule::Rule;
use scene::Scenes;
pub use settings::Settings;
use sieve::Sieve;
pub use window::WindowState;

/// The rules of one policy, ready to judge.
#[derive(Debug)]
pub struct LexiconRules {
    /// Those that judge each message alone, by rule id.
    single: Vec<Rule>,
    /// Those that have a window, by rule id.
    windowed: Vec<Rule>,
    /// The host's list of who speaks, if the policy names it.
    segments: Option<Segments>,
    sieve: Sieve,
}

impl Configure for LexiconRules {
    type Settings = Settings;

    fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
        let (rules, sieve) = compile::rules(&settings, lists)?;
        let (windowed, single) = rules.into_iter().partition(|rule| rule.window.is_some());
        Ok(Self {
            single,
            windowed,
            segments: Segments::of(lists),
            sieve,
        })
    }
}

impl Rules for LexiconRules {
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
        let plain = Plain::of(message);
        let message = plain.as_ref().map_or(message, |plain| &plain.message);
        let mut scenes = Scenes::new(message, self.segments.as_ref(), &self.sieve);
        let mut findings = Vec::new();
        let mut hits = Vec::new();
        for rule in &self.single {
            hits.clear();
            let scene = scenes.of(rule.roles);
            if rule.holds(scene, &mut hits) {
                findings.push(rule.finding(scene, &mut hits, None));
            }
        }
        if let Some(plain) = plain {
            for finding in &mut findings {
                plain.lead_back(&mut finding.spans);
            }
        }
        Ok(findings)
    }
}

impl Fold for LexiconRules {
    type State = WindowState;
    const STATE_VERSION: u8 = 1;

    fn advance(&self, state: &mut WindowState, message: &Message) -> Result<Step, Failed> {
        let plain = Plain::of(message);
        let message = plain.as_ref().map_or(message, |plain| &plain.message);
        let mut scenes = Scenes::new(message, self.segments.as_ref(), &self.sieve);
        let mut step = Step::default();
        let mut hits = Vec::new();
        state.keep_only(|key| self.windowed.iter().any(|rule| rule.key == key));
        for rule in &self.windowed {
            let Some(window) = &rule.window else { continue };
            hits.clear();
            let scene = scenes.of(rule.roles);
            if !rule.holds(scene, &mut hits) {
                continue;
            }
            if let Some(reached) = state.count(rule.key, window, message) {
                step.findings.push(rule.finding(scene, &mut hits, Some(&reached)));
            }
        }
        if let Some(plain) = plain {
            for finding in &mut step.findings {
                plain.lead_back(&mut finding.spans);
            }
        }
        Ok(step)
    }
}

proviso_sdk::export!(LexiconRules: rules, fold);
