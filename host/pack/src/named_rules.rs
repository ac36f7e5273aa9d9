//! The rules that a policy's settings name, and where they stand in them.
//!
//! A rule is an entry of a policy's setting `rules`, as the standard plugins have it, or of `signals`, which score.

use crate::manifest::Policy;
use serde_json::{Map, Value};

/// Settings that hold rules, each by its name.
pub const GROUPS: [&str; 2] = ["rules", "signals"];

/// The names of a policy's rules and signals, those that are switched off left out, each with the pointer to it in the
/// policy's settings; empty for a policy that has neither.
pub fn rules_of(policy: &Policy) -> Vec<(&str, String)> {
    let named = |group| enabled(&policy.settings, group).map(move |(name, _)| (name, pointer_to(group, name)));
    GROUPS.into_iter().flat_map(named).collect()
}

/// The entries of a setting that are tables and not switched off, in the order of their names.
pub fn enabled<'a>(
    settings: &'a Map<String, Value>,
    group: &str,
) -> impl Iterator<Item = (&'a str, &'a Map<String, Value>)> {
    let entries = settings.get(group).and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(name, rule)| Some((name.as_str(), rule.as_object()?)))
        .filter(|(_, rule)| rule.get("enabled") != Some(&Value::Bool(false)))
}

/// Where a rule stands in its policy's settings: a JSON Pointer (RFC 6901).
pub fn pointer_to(group: &str, name: &str) -> String {
    format!("/{group}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_has_a_meaning_in_it() {
        let settings = serde_json::json!({ "rules": { "a/b~c": {}, "off": { "enabled": false }, "flag": true } });
        let names: Vec<&str> = enabled(settings.as_object().unwrap(), "rules")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["a/b~c"]);
        assert!(settings.pointer(&pointer_to("rules", names[0])).is_some());
    }
}
