//! Finds promised rates of return: a word of a list, and behind it, in the same sentence, a percentage that is too high.

use proviso_sdk::{Configure, Failed, Finding, Lists, Message, Problems, Rules, Severity, Span};

/// How far behind the word a rate may stand, in characters.
const WINDOW: usize = 40;
/// Where a sentence ends.
const SENTENCE_ENDS: [char; 7] = ['。', '！', '？', '；', '!', '?', ';'];

/// The settings, as settings.schema.json describes them.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The list whose words speak of a return.
    list: String,
    /// So many per cent are a promise.
    at_least: u32,
}

struct Plugin {
    list: u16,
    at_least: u32,
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
        let promise = message.hits_of(self.list).find_map(|hit| {
            let behind = rate_end(&message.text[hit.span.end as usize..], self.at_least)?;
            Some(Span::new(hit.span.start, hit.span.end + behind as u32))
        });
        let finding = promise.map(|span| {
            Finding::new("promised-rate", Severity::High)
                .span(span)
                .reason_zh(format!("承诺的收益率不低于 {}%", self.at_least))
                .reason_en(format!("promises a return of {} % or more", self.at_least))
        });
        Ok(finding.into_iter().collect())
    }
}

/// Where the first rate of at least so many per cent ends in the sentence that goes on here, in bytes.
fn rate_end(text: &str, at_least: u32) -> Option<usize> {
    let window = text.char_indices().nth(WINDOW).map_or(text, |(end, _)| &text[..end]);
    let sentence = window.split(SENTENCE_ENDS).next()?;
    let mut signs = sentence.match_indices(['%', '％']);
    let (at, sign) = signs.find(|(at, _)| {
        let before = &sentence[..*at];
        let before = before.strip_suffix(' ').unwrap_or(before);
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let number = before[before.trim_end_matches(is_part).len()..].trim_start_matches('.');
        let whole = number.split('.').next().unwrap_or_default();
        whole.parse::<f64>().is_ok_and(|per_cent| per_cent >= f64::from(at_least))
    })?;
    Some(at + sign.len())
}

proviso_sdk::export!(Plugin: rules);

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_sdk::testing::{TestLists, configure, evaluate, message};

    #[test]
    fn the_span_is_that_of_word_and_rate() {
        let lists = TestLists::new().lexicon("rates", &["年化"]);
        let plugin: Plugin = configure(&serde_json::json!({ "list": "rates", "at_least": 6 }), &lists).unwrap();
        let text = "🎉年化 8 ％起";
        let findings = evaluate(&plugin, &[message(text).build(&lists)]).unwrap();
        assert_eq!(findings[0].spans[0].of(text), "年化 8 ％");
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        let end = |text| rate_end(text, 6);
        assert_eq!(end(" 6%"), Some(3));
        assert_eq!(end(" 5.9%, 可达 7.2 %"), Some(" 5.9%, 可达 7.2 %".len()));
        assert_eq!(end(" 5%。9%"), None);
        assert_eq!(end(" 6"), None);
        assert_eq!(end(&format!("{}9%", "一".repeat(39))), None);
    }
}
