//! How the rules of `lexicon-rules` use lists: what a condition counts by itself, and what only beside something else.

use proviso_pack::named_rules::{enabled, pointer_to};
use proviso_scan::lexicon::Term;
use serde_json::{Map, Value};

/// A condition that looks for hits of lists, a leaf.
pub(super) struct Leaf<'a> {
    pub(super) rule: &'a str,
    /// True if its hits count without those of another condition beside it.
    pub(super) is_alone: bool,
    /// True if some context excuses its hits.
    pub(super) is_excused: bool,
    /// Its keys.
    pub(super) keys: &'a Map<String, Value>,
}

/// A condition `all` with `ordered = true`.
pub(super) struct Ordered<'a> {
    pub(super) rule: &'a str,
    /// To `ordered`, in the settings of the policy.
    pub(super) pointer: String,
}

/// The leaves of every rule's `when`; those under `not` and `preceding` make no finding and are left out.
pub(super) fn leaves(settings: &Map<String, Value>) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    for (rule, keys) in enabled(settings, "rules") {
        if let Some(when) = keys.get("when").and_then(Value::as_object) {
            walk(when, "", &mut |condition, _, is_alone| {
                if condition.contains_key("lists") {
                    found.push(Leaf {
                        rule,
                        is_alone: is_alone && !counts_several(condition),
                        is_excused: has_some(keys, "unless") || has_some(condition, "unless"),
                        keys: condition,
                    });
                }
            });
        }
    }
    found
}

/// Every `ordered = true`.
pub(super) fn ordered(settings: &Map<String, Value>) -> Vec<Ordered<'_>> {
    let mut found = Vec::new();
    for (rule, keys) in enabled(settings, "rules") {
        if let Some(when) = keys.get("when").and_then(Value::as_object) {
            let pointer = format!("{}/when", pointer_to("rules", rule));
            walk(when, &pointer, &mut |condition, pointer, _| {
                if condition.get("ordered") == Some(&Value::Bool(true)) {
                    found.push(Ordered {
                        rule,
                        pointer: format!("{pointer}/ordered"),
                    });
                }
            });
        }
    }
    found
}

/// True if the leaf selects that term of that list.
pub(super) fn selects(leaf: &Map<String, Value>, list: &str, term: &Term) -> bool {
    let texts = |key: &str| {
        leaf.get(key)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let carries = |tag: &Value| tag.as_str().is_some_and(|tag| term.tags.iter().any(|own| own == tag));
    let weight = leaf.get("min_weight").and_then(Value::as_f64);
    texts("lists").iter().any(|named| named == list)
        && !leaf.contains_key("patterns")
        && (texts("tags").is_empty() || texts("tags").iter().any(carries))
        && !texts("not_tags").iter().any(carries)
        && weight.is_none_or(|least| term.weight.unwrap_or(1.0) >= least)
}

/// Goes through a condition and those in it, each with the pointer to it and whether it counts by itself.
fn walk<'a>(
    condition: &'a Map<String, Value>,
    pointer: &str,
    take: &mut impl FnMut(&'a Map<String, Value>, &str, bool),
) {
    fn go<'a>(
        condition: &'a Map<String, Value>,
        (pointer, is_alone): (&str, bool),
        take: &mut impl FnMut(&'a Map<String, Value>, &str, bool),
    ) {
        take(condition, pointer, is_alone);
        for key in ["any", "all", "turns"] {
            let parts = condition.get(key).and_then(Value::as_array);
            let parts: Vec<_> = parts.into_iter().flatten().map(Value::as_object).collect();
            let yielding = parts.iter().flatten().filter(|part| yields_hits(part)).count();
            let stays_alone = is_alone && (key == "any" || yielding < 2);
            for (number, part) in parts.into_iter().enumerate() {
                if let Some(part) = part {
                    go(part, (&format!("{pointer}/{key}/{number}"), stays_alone), take);
                }
            }
        }
    }
    go(condition, (pointer, true), take);
}

fn yields_hits(condition: &Map<String, Value>) -> bool {
    ["lists", "any", "all", "turns"]
        .iter()
        .any(|key| condition.contains_key(*key))
}

/// True if one hit is not enough for the leaf.
fn counts_several(leaf: &Map<String, Value>) -> bool {
    let several = |key: &str| leaf.get(key).and_then(Value::as_u64).is_some_and(|least| least > 1);
    several("at_least") || several("distinct")
}

fn has_some(keys: &Map<String, Value>, key: &str) -> bool {
    keys.get(key)
        .and_then(Value::as_array)
        .is_some_and(|items| !items.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(when: &Value) -> Vec<(String, bool, bool)> {
        let Value::Object(settings) = json!({ "rules": { "r": { "when": when } } }) else {
            unreachable!()
        };
        let leaf = |leaf: &Leaf<'_>| {
            (
                leaf.keys["lists"][0].as_str().unwrap().to_owned(),
                leaf.is_alone,
                leaf.is_excused,
            )
        };
        leaves(&settings).iter().map(leaf).collect()
    }

    #[test]
    fn a_leaf_counts_by_itself_where_nothing_must_stand_beside_it() {
        let leaf = |list: &str| json!({ "lists": [list] });
        let alone = |list: &str| (list.to_owned(), true, false);
        let beside = |list: &str| (list.to_owned(), false, false);
        assert_eq!(told(&leaf("a")), [alone("a")]);
        assert_eq!(
            told(&json!({ "any": [leaf("a"), leaf("b")] })),
            [alone("a"), alone("b")]
        );
        assert_eq!(
            told(&json!({ "all": [leaf("a"), leaf("b")] })),
            [beside("a"), beside("b")]
        );
        let filter = json!({ "message": { "directions": ["outbound"] } });
        assert_eq!(told(&json!({ "all": [leaf("a"), filter] })), [alone("a")]);
        assert_eq!(told(&json!({ "not": leaf("a") })), []);
        let either = json!({ "any": [leaf("a"), { "all": [leaf("b"), leaf("c")] }] });
        assert_eq!(told(&either), [alone("a"), beside("b"), beside("c")]);
        assert_eq!(told(&json!({ "lists": ["a"], "distinct": 2 })), [beside("a")]);
        assert_eq!(
            told(&json!({ "lists": ["a"], "unless": ["x"] })),
            [("a".to_owned(), true, true)]
        );
    }
}
