//! Contexts that excuse more than their author thinks.

use super::codes::WHOLE_MESSAGE_EXCUSED;
use super::rules::LEXICON_RULES;
use super::{Places, Remark};
use proviso_pack::Pack;
use proviso_pack::named_rules::{enabled, pointer_to};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Rules that a remark names.
const NAMED_MAX: usize = 3;

/// Contexts with `same = "message"` and without `within` that excuse hits of some rule.
pub(super) fn check(pack: &Pack, places: &Places<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (index, policy) in pack.manifest().policies.iter().enumerate() {
        if policy.plugin != LEXICON_RULES {
            continue;
        }
        let contexts = policy.settings.get("contexts").and_then(Value::as_object);
        let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (rule, keys) in enabled(&policy.settings, "rules") {
            each_excuse(keys, &pointer_to("rules", rule), &mut |excuse, pointer| match excuse {
                Value::String(name) => {
                    let rules = users.entry(name).or_default();
                    if rules.last() != Some(&rule) {
                        rules.push(rule);
                    }
                }
                Value::Object(context) if excuses_all(context) => {
                    remarks.push(places.at(WHOLE_MESSAGE_EXCUSED, index, pointer, message("", &[rule])));
                }
                _ => {}
            });
        }
        for (name, context) in contexts.into_iter().flatten() {
            let rules = users.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            if !rules.is_empty() && context.as_object().is_some_and(excuses_all) {
                let pointer = pointer_to("contexts", name);
                let what = format!(" {name:?}");
                remarks.push(places.at(WHOLE_MESSAGE_EXCUSED, index, &pointer, message(&what, rules)));
            }
        }
    }
    remarks
}

fn excuses_all(context: &Map<String, Value>) -> bool {
    context.get("same").and_then(Value::as_str) == Some("message") && !context.contains_key("within")
}

fn message(what: &str, rules: &[&str]) -> String {
    let named: Vec<String> = rules.iter().take(NAMED_MAX).map(|rule| format!("{rule:?}")).collect();
    let more = match rules.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "the context{what} excuses every hit of {}{more} wherever in the message it stands: hold it with `within`, or with a smaller `same`",
        named.join(", ")
    )
}

/// Every entry of an `unless`, at any depth of a rule, with the pointer to it.
fn each_excuse<'a>(keys: &'a Map<String, Value>, pointer: &str, take: &mut impl FnMut(&'a Value, &str)) {
    fn go<'a>(value: &'a Value, pointer: &str, take: &mut dyn FnMut(&'a Value, &str)) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let pointer = format!("{pointer}/{key}");
                    match value {
                        Value::Array(excuses) if key == "unless" => {
                            for (number, excuse) in excuses.iter().enumerate() {
                                take(excuse, &format!("{pointer}/{number}"));
                            }
                        }
                        _ => go(value, &pointer, take),
                    }
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    go(item, &format!("{pointer}/{number}"), take);
                }
            }
            _ => {}
        }
    }
    for (key, value) in keys {
        // What an adjustment looks for excuses nothing.
        if key == "adjust" {
            continue;
        }
        let pointer = format!("{pointer}/{key}");
        match value {
            Value::Array(excuses) if key == "unless" => {
                for (number, excuse) in excuses.iter().enumerate() {
                    take(excuse, &format!("{pointer}/{number}"));
                }
            }
            _ => go(value, &pointer, &mut *take),
        }
    }
}
