//! Finds messages that hold several different words of a list: one may be chance, several are a habit.

use proviso_sdk::{Configure, Failed, Finding, Lists, Message, Problems, Rules, Severity};
use std::collections::BTreeSet;

/// The settings, as settings.schema.json describes them.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The list whose words count.
    list: String,
    /// So many different words are a finding.
    at_least: usize,
}

struct Plugin {
    list: u16,
    at_least: usize,
}

impl Configure for Plugin {
    type Settings = Settings;

    fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
        match lists.index(&settings.list) {
            Some(list) => Ok(Self { list, at_least: settings.at_least }),
            None => Err(Problems::one("/list", lists.unknown(&settings.list))),
        }
    }
}

impl Rules for Plugin {
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
        let hits: Vec<_> = message.hits.iter().filter(|hit| hit.list == self.list).collect();
        let words: BTreeSet<_> = hits.iter().map(|hit| hit.term).collect();
        if words.len() < self.at_least {
            return Ok(Vec::new());
        }
        let finding = Finding::new("several-words", Severity::Medium)
            .spans(hits.iter().map(|hit| hit.span))
            .reason_zh(format!("出现 {} 个不同的词", words.len()))
            .reason_en(format!("{} different words of the list", words.len()));
        Ok(vec![finding])
    }
}

proviso_sdk::export!(Plugin: rules);

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_sdk::testing::{TestLists, message};

    #[test]
    fn different_words_count_once_each() {
        let lists = TestLists::new().lexicon("pressure", &["马上", "最后机会"]);
        let plugin = Plugin { list: 0, at_least: 2 };
        let found = |text: &str| plugin.evaluate(&message(text).build(&lists)).unwrap().len();
        assert_eq!(found("马上，马上"), 0);
        assert_eq!(found("马上，最后机会"), 1);
    }
}
