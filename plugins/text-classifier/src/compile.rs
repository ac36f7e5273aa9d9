//! Settings and a model's list into a classifier, with every problem and its place.

use proviso_sdk::{Direction, Language, Lists, Problems, Severity, from_settings, is_name};
use proviso_text_features::{Model, carry, rate_in_words};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Judging;
use crate::reason::Template;
use crate::settings::Settings;

const MIN_CHARS_DEFAULT: u32 = 12;
const MIN_CHARS_MAX: u32 = 400;
const MIN_IDEOGRAPHS_MAX: u32 = 400;
const REASON_BYTES_MAX: usize = 512;
const REASON_ZH: &str = "用语与已标注的“{rule}”消息相近，主要依据：{fragments}。统计模型的提示，须由人判断";
const REASON_EN: &str =
    "worded like messages labelled \"{rule}\", above all: {fragments}. A hint of a statistical model: a person decides";

pub(crate) fn compile(settings: &Settings, lists: &Lists) -> Result<Judging, Problems> {
    let mut reading = Reading {
        lists,
        problems: Problems::new(),
    };
    let model = reading.model(settings.model.as_ref());
    let rule = reading.rule(settings.rule.as_ref());
    let severity = reading.severity(settings.severity.as_ref());
    let threshold = reading.threshold(settings.threshold.as_ref(), model.as_ref());
    let min_chars = reading.min_chars(settings.min_chars.as_ref());
    let min_ideographs = reading.min_ideographs(settings.min_ideographs.as_ref());
    let directions = reading.directions(settings.directions.as_ref());
    let reasons = reading.reasons(settings.reason_zh.as_ref(), settings.reason_en.as_ref(), &rule);
    match model {
        Some(model) => reading.problems.or_ok(Judging {
            model,
            rule,
            severity,
            threshold,
            min_chars,
            min_ideographs,
            directions,
            reasons,
        }),
        // Why there is none is among the problems.
        None => Err(reading.problems),
    }
}

struct Reading<'l> {
    lists: &'l Lists,
    problems: Problems,
}

impl Reading<'_> {
    fn read<T: DeserializeOwned>(&mut self, value: &Value, pointer: &str) -> Option<T> {
        from_settings(value, pointer)
            .map_err(|problems| self.problems.extend(problems))
            .ok()
    }

    /// Reads what must be there.
    fn required<T: DeserializeOwned>(&mut self, value: Option<&Value>, pointer: &str, what: &str) -> Option<T> {
        if value.is_none() {
            self.problems.push(pointer, format!("missing: {what}"));
        }
        value.and_then(|value| self.read(value, pointer))
    }

    fn model(&mut self, value: Option<&Value>) -> Option<Model> {
        let name: String = self.required(value, "/model", "the name of the list that carries the model")?;
        let Some(list) = self.lists.index(&name).and_then(|index| self.lists.get(index)) else {
            self.problems.push("/model", self.lists.unknown(&name));
            return None;
        };
        if !list.is_lexicon() {
            self.problems.push(
                "/model",
                format!("\"{name}\" is a list of patterns: must be a lexicon that carries a model"),
            );
            return None;
        }
        let tags = list.notes.iter().map(|note| note.tags.iter().map(String::as_str));
        match carry::from_tags(tags) {
            Ok(model) => Some(model),
            Err(error) => {
                self.problems.push("/model", format!("\"{name}\": {error}"));
                None
            }
        }
    }

    fn rule(&mut self, value: Option<&Value>) -> String {
        let rule: String = self
            .required(value, "/rule", "the id of the findings")
            .unwrap_or_else(|| "rule".to_owned());
        if !is_name(&rule) {
            self.problems.push(
                "/rule",
                format!("\"{rule}\" must be 1 to 64 characters of a-z, 0-9 and -"),
            );
        }
        rule
    }

    fn severity(&mut self, value: Option<&Value>) -> Severity {
        let severity = value.map_or(Some(Severity::Low), |value| self.read(value, "/severity"));
        if let Some(severity @ (Severity::High | Severity::Critical)) = severity {
            let name = if severity == Severity::High { "high" } else { "critical" };
            let text = format!(
                "\"{name}\": must be \"low\" or \"medium\", since a classifier is never the only ground of more"
            );
            self.problems.push("/severity", text);
        }
        severity.unwrap_or(Severity::Low)
    }

    fn threshold(&mut self, value: Option<&Value>, model: Option<&Model>) -> i32 {
        let what = "a rate of false alarms from the model's table, such as \"0.001\", or a score";
        match value {
            Some(Value::String(rate)) => model.map_or(0, |model| self.rate(rate, model)),
            Some(Value::Number(score)) => {
                let whole = score.as_i64().and_then(|score| i32::try_from(score).ok());
                if whole.is_none() {
                    let text = format!("{score}: must be a whole number of 32 bits, or a rate in quotes");
                    self.problems.push("/threshold", text);
                }
                whole.unwrap_or(0)
            }
            Some(other) => {
                self.problems
                    .push("/threshold", format!("{}: must be {what}", shortened(other)));
                0
            }
            None => {
                self.problems.push("/threshold", format!("missing: {what}"));
                0
            }
        }
    }

    fn rate(&mut self, rate: &str, model: &Model) -> i32 {
        let found =
            parts_in_a_million(rate).and_then(|ppm| model.rates().iter().find(|row| row.false_alarms_ppm == ppm));
        if let Some(row) = found {
            return row.threshold;
        }
        let known: Vec<String> = model
            .rates()
            .iter()
            .map(|row| format!("\"{}\"", rate_in_words(row.false_alarms_ppm)))
            .collect();
        let rate: String = rate.chars().take(40).collect();
        let text = match known.as_slice() {
            [] => format!("\"{rate}\": this model has no table of rates; give a score"),
            _ => format!("\"{rate}\" is not in the model's table: it has {}", known.join(", ")),
        };
        self.problems.push("/threshold", text);
        0
    }

    fn min_chars(&mut self, value: Option<&Value>) -> u32 {
        let min_chars = value.map_or(Some(MIN_CHARS_DEFAULT), |value| self.read(value, "/min_chars"));
        if let Some(number) = min_chars.filter(|number| !(1..=MIN_CHARS_MAX).contains(number)) {
            self.problems.push(
                "/min_chars",
                format!("{number} is out of range: must be 1 to {MIN_CHARS_MAX}"),
            );
        }
        min_chars.unwrap_or(MIN_CHARS_DEFAULT)
    }

    fn min_ideographs(&mut self, value: Option<&Value>) -> u32 {
        let min_ideographs = value.map_or(Some(0), |value| self.read(value, "/min_ideographs"));
        if let Some(number) = min_ideographs.filter(|number| *number > MIN_IDEOGRAPHS_MAX) {
            self.problems.push(
                "/min_ideographs",
                format!("{number} is out of range: must be 0 to {MIN_IDEOGRAPHS_MAX}"),
            );
        }
        min_ideographs.unwrap_or(0)
    }

    fn directions(&mut self, value: Option<&Value>) -> Vec<Direction> {
        let directions: Option<Vec<Direction>> = value.and_then(|value| self.read(value, "/directions"));
        if directions.as_ref().is_some_and(Vec::is_empty) {
            self.problems.push(
                "/directions",
                "empty: nothing would be judged; leave the key out or name something",
            );
        }
        directions.unwrap_or_default()
    }

    /// Those that are given; where none is, one in each language.
    fn reasons(&mut self, zh: Option<&Value>, en: Option<&Value>, rule: &str) -> Vec<Template> {
        let mut reasons = Vec::new();
        for (value, pointer, language) in [(zh, "/reason_zh", Language::Zh), (en, "/reason_en", Language::En)] {
            let Some(text) = value.and_then(|value| self.read::<String>(value, pointer)) else {
                continue;
            };
            if text.is_empty() || text.len() > REASON_BYTES_MAX {
                self.problems.push(
                    pointer,
                    format!("{} bytes: must be 1 to {REASON_BYTES_MAX}", text.len()),
                );
                continue;
            }
            match Template::parse(&text, language, rule) {
                Ok(template) => reasons.push(template),
                Err(text) => self.problems.push(pointer, text),
            }
        }
        if reasons.is_empty() {
            let own = [(REASON_ZH, Language::Zh), (REASON_EN, Language::En)];
            reasons.extend(
                own.iter()
                    .filter_map(|(text, language)| Template::parse(text, *language, rule).ok()),
            );
        }
        reasons
    }
}

/// `0.001` as 1,000: digits, a point, at most six digits, not above 1. Without floating point, so that `0.0010` is the same.
fn parts_in_a_million(rate: &str) -> Option<u32> {
    let (whole, parts) = rate.split_once('.').unwrap_or((rate, "0"));
    let digits = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(parts) {
        return None;
    }
    let million: u32 = format!("{parts:0<6}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1_000_000)?.checked_add(million)
}

fn shortened(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}
