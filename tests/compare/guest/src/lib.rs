//! A plugin of Proviso that does without the host's matcher: it is called for every message and scans the text itself.
//!
//! Its lists are larger than settings may be, so they are compiled in: `COMPARE_TERMS` names the folder that has them.

use compare_matcher::Terms;
use proviso_sdk::{Configure, Failed, Finding, Lists, Message, Problems, Rules, Severity, Span};

/// The lists, by the number of their terms.
const LISTS: [(usize, &str); 3] = [
    (200, include_str!(concat!(env!("COMPARE_TERMS"), "/200.txt"))),
    (2_000, include_str!(concat!(env!("COMPARE_TERMS"), "/2000.txt"))),
    (20_000, include_str!(concat!(env!("COMPARE_TERMS"), "/20000.txt"))),
];

/// Which terms this policy looks for.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    terms: usize,
    part: usize,
    of: usize,
}

/// The plugin.
pub struct OwnMatcher(Terms);

impl Configure for OwnMatcher {
    type Settings = Settings;

    fn configure(settings: Settings, _lists: &Lists) -> Result<Self, Problems> {
        let Some((_, list)) = LISTS.iter().find(|(terms, _)| *terms == settings.terms) else {
            return Err(Problems::one("/terms", format!("no list of {} terms", settings.terms)));
        };
        let terms = Terms::new(list, settings.part, settings.of);
        terms.map(Self).map_err(|error| Problems::one("/part", error))
    }
}

impl Rules for OwnMatcher {
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
        let mut found = self.0.find(&message.text).peekable();
        let Some(&(start, end)) = found.peek() else {
            return Ok(Vec::new());
        };
        let first = Span { start, end };
        let finding = Finding::new("terms", Severity::Low)
            .reason_zh(format!("命中词语：{}", first.of(&message.text)))
            .reason_en(format!("finds {}", first.of(&message.text)));
        Ok(vec![found.fold(finding, |finding, (start, end)| {
            finding.span(Span { start, end })
        })])
    }
}

proviso_sdk::export!(OwnMatcher: rules);
