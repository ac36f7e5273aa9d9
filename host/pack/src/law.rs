//! Retention rules as law: what the settings of a policy state of each rule beside the figures that its plugin proposes. The
//! keys are those of the plugin retention-schedule; a plugin of somebody else that proposes retention may use them too.

use crate::named_rules::{enabled, pointer_to};
use crate::settings::SettingProblem;
use proviso_model::Digest;
use proviso_model::foreign::Foreign;
use proviso_model::retention::{ClockStart, Counting, RuleOfLaw, Source, SourceText, Verification};
use proviso_model::time::Day;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The words for a source that is not the statute.
const SECONDARY: &str = "secondary";

/// Every rule of the (merged) settings that names a law and is not switched off, in the order of the names, and what is wrong
/// with what they state: a JSON Pointer into the settings, and a message.
pub fn rules_of_law(pack: &str, policy: &str, settings: &Map<String, Value>) -> (Vec<RuleOfLaw>, Vec<SettingProblem>) {
    let (pack, policy) = (Arc::from(pack), Arc::from(policy));
    let mut problems = Vec::new();
    let rules = enabled(settings, "rules").filter_map(|(name, rule)| {
        let mut reader = Reader {
            rule,
            pointer: pointer_to("rules", name),
            problems: &mut problems,
        };
        let law = reader.text("law")?;
        Some(RuleOfLaw {
            pack: Arc::clone(&pack),
            policy: Arc::clone(&policy),
            rule: name.to_owned(),
            law,
            article: reader.text("article").unwrap_or_default(),
            jurisdiction: reader.text("jurisdiction").unwrap_or_default(),
            clock: reader.rule.get("clock").and_then(clock),
            verified: reader.rule.get("verified") == Some(&Value::Bool(true)),
            from: reader.day("effective_from"),
            to: reader.day("effective_to"),
            counting: reader.counting(),
            ceiling_is_mandatory: reader.ceiling_is_mandatory(),
            source: reader.source(),
            verification: reader.verification(),
        })
    });
    let rules = rules.collect();
    (rules, problems)
}

fn clock(value: &Value) -> Option<ClockStart> {
    serde_json::from_value(value.clone()).ok()
}

/// Reads the keys of one rule. A value that is wrong is a problem and counts as left out.
struct Reader<'a, 'p> {
    rule: &'a Map<String, Value>,
    pointer: String,
    problems: &'p mut Vec<SettingProblem>,
}

impl Reader<'_, '_> {
    fn problem(&mut self, key: &str, message: String) {
        self.problems.push((format!("{}/{key}", self.pointer), message));
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.rule.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                self.problem(key, format!("{}: expected a text", cut(&other.to_string())));
                None
            }
        }
    }

    fn day(&mut self, key: &str) -> Option<Day> {
        let text = self.text(key)?;
        let day = text.parse().ok();
        if day.is_none() {
            self.problem(key, format!("{} is no date: must be YYYY-MM-DD", cut(&text)));
        }
        day
    }

    fn counting(&mut self) -> Option<Counting> {
        let name = self.text("counting")?;
        let counting = Counting::named(&name);
        if counting.is_none() {
            let known = Counting::ALL.map(Counting::name).join(", ");
            self.problem(
                "counting",
                format!("{} is no counting rule: expected one of {known}", cut(&name)),
            );
        }
        counting
    }

    fn ceiling_is_mandatory(&mut self) -> bool {
        let kind = self.text("ceiling_kind");
        match kind.as_deref() {
            None | Some("purpose") => false,
            Some("mandatory") => {
                if !self.rule.contains_key("ceiling") {
                    self.problem("ceiling_kind", "the rule has no `ceiling`".to_owned());
                }
                true
            }
            Some(other) => {
                let message = format!("{}: expected \"purpose\" or \"mandatory\"", cut(other));
                self.problem("ceiling_kind", message);
                // A person decides about a ceiling of which nobody knows what it is.
                true
            }
        }
    }

    fn source(&mut self) -> Option<Source> {
        let source = self.rule.get("source")?;
        let text = |key: &str| source.get(key).and_then(Value::as_str).map(str::to_owned);
        let Some(title) = text("title").filter(|title| !title.is_empty()) else {
            self.problem("source/title", "a source has a title".to_owned());
            return None;
        };
        let read = text("text");
        let digest = read.as_deref().map(str::parse::<Digest>);
        let known = match (read.as_deref(), digest) {
            (None, _) => SourceText::Unstated,
            (Some(SECONDARY), _) => SourceText::Secondary,
            (Some(_), Some(Ok(digest))) => SourceText::Digest(digest),
            (Some(other), _) => {
                let message = format!(
                    "{}: expected \"sha256:\" and the 64 hexadecimal digits of the article's text, or \"{SECONDARY}\"",
                    cut(other)
                );
                self.problem("source/text", message);
                SourceText::Unstated
            }
        };
        if known == SourceText::Secondary && self.rule.get("verified") == Some(&Value::Bool(true)) {
            let message = "a secondary source verifies nothing: set `verified = false`, or name the statute's text";
            self.problem("source/text", message.to_owned());
        }
        Some(Source {
            title,
            url: text("url"),
            text: known,
        })
    }

    fn verification(&mut self) -> Option<Verification> {
        let (by, on) = (self.text("verified_by"), self.day("verified_on"));
        match (by, on) {
            (Some(by), Some(on)) => Some(Verification { by, on }),
            (None, None) => None,
            (Some(_), None) if self.rule.contains_key("verified_on") => None,
            (by, _) => {
                let missing = if by.is_some() { "verified_on" } else { "verified_by" };
                self.problem(missing, "who verified, and on which day, go together".to_owned());
                None
            }
        }
    }
}

/// A value for a message, cut.
fn cut(text: &str) -> String {
    let end = (0..=64).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Foreign(text.get(..end).unwrap_or(text)).quoted().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(over: &Value) -> Value {
        let mut rule = json!({
            "law": "证券法", "article": "137", "jurisdiction": "CN", "purpose": "p", "clock": "message", "floor": "P20Y",
            "verified": true,
        });
        for (key, value) in over.as_object().unwrap() {
            rule[key] = value.clone();
        }
        rule
    }

    fn read(over: &Value) -> (Vec<RuleOfLaw>, Vec<SettingProblem>) {
        let settings = json!({ "rules": { "r": rule(over), "off": { "law": "x", "enabled": false }, "lawless": {} } });
        rules_of_law("test/pack", "retention", settings.as_object().unwrap())
    }

    #[test]
    fn a_rule_states_its_law() {
        let digest = Digest::of(b"text");
        let (rules, problems) = read(&json!({
            "effective_from": "2020-03-01", "effective_to": "2030-01-01", "counting": "us-rule-6",
            "ceiling": "P30Y", "ceiling_kind": "mandatory", "verified_by": "An Office", "verified_on": "2026-11-29",
            "source": { "title": "the Act", "url": "https://example.org", "text": digest.to_string() },
        }));
        assert_eq!(problems, []);
        let [rule] = &rules[..] else { panic!("{rules:?}") };
        assert_eq!(
            (&*rule.pack, &*rule.policy, rule.rule.as_str()),
            ("test/pack", "retention", "r")
        );
        assert_eq!((rule.law.as_str(), rule.article.as_str()), ("证券法", "137"));
        assert_eq!(rule.clock, Some(ClockStart::Message));
        assert!(rule.verified && rule.ceiling_is_mandatory);
        assert_eq!(rule.from.unwrap().to_string(), "2020-03-01");
        assert_eq!(rule.to.unwrap().to_string(), "2030-01-01");
        assert_eq!(rule.counting, Some(Counting::UsRule6));
        assert_eq!(rule.source.as_ref().unwrap().text, SourceText::Digest(digest));
        assert_eq!(rule.verification.as_ref().unwrap().by, "An Office");

        let (rules, problems) = read(&json!({}));
        assert_eq!(problems, [], "a rule of before states none of it");
        assert_eq!(
            (rules[0].counting, rules[0].ceiling_is_mandatory, &rules[0].source),
            (None, false, &None)
        );
        let (rules, _) = read(&json!({ "verified": false, "source": { "title": "x", "text": "secondary" } }));
        assert_eq!(rules[0].source.as_ref().unwrap().text, SourceText::Secondary);
    }

    #[test]
    fn mistakes_are_named_where_they_stand() {
        let table = [
            (
                json!({ "counting": "by-hand" }),
                "counting",
                "\"by-hand\" is no counting rule",
            ),
            (json!({ "counting": 5 }), "counting", "expected a text"),
            (
                json!({ "ceiling_kind": "hard" }),
                "ceiling_kind",
                "expected \"purpose\" or \"mandatory\"",
            ),
            (
                json!({ "ceiling_kind": "mandatory" }),
                "ceiling_kind",
                "has no `ceiling`",
            ),
            (json!({ "effective_from": "2026-02-30" }), "effective_from", "no date"),
            (json!({ "source": { "url": "x" } }), "source/title", "has a title"),
            (json!({ "source": "x" }), "source/title", "has a title"),
            (
                json!({ "source": { "title": "x", "text": "sha256:12" } }),
                "source/text",
                "64 hexadecimal digits",
            ),
            (
                json!({ "source": { "title": "x", "text": "secondary" } }),
                "source/text",
                "verifies nothing",
            ),
            (json!({ "verified_by": "x" }), "verified_on", "go together"),
            (json!({ "verified_on": "2026-01-01" }), "verified_by", "go together"),
            (
                json!({ "verified_by": "x", "verified_on": "soon" }),
                "verified_on",
                "no date",
            ),
        ];
        for (over, key, text) in table {
            let (_, problems) = read(&over);
            let [(pointer, message)] = &problems[..] else {
                panic!("{over}: {problems:?}")
            };
            assert_eq!(pointer, &format!("/rules/r/{key}"), "{over}");
            assert!(message.contains(text), "{over}: {message}");
        }
        let (_, problems) = read(&json!({ "counting": "长".repeat(100) }));
        assert!(problems[0].1.len() < 200, "{problems:?}");
    }
}
