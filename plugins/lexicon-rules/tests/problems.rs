//! Every mistake in the settings is a problem with its place.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::testing::{TestLists, configure};
use serde_json::{Value, json};

fn problems(settings: &Value) -> Vec<(String, String)> {
    let lists = TestLists::new()
        .lexicon("words", &["a"])
        .note("a", &["tagged"], None)
        .patterns("numbers", &[("card", "1")]);
    match configure::<LexiconRules>(settings, &lists) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_vec()
            .into_iter()
            .map(|problem| (problem.pointer, problem.message))
            .collect(),
    }
}

/// The one problem of settings with a rule `r`.
fn check(rule: &Value, pointer: &str, text: &str) {
    let found = problems(&json!({ "contexts": { "known": { "words": ["x"] } }, "rules": { "r": rule } }));
    assert_eq!(found.len(), 1, "{rule}: {found:?}");
    assert_eq!(found[0].0, format!("/rules/r{pointer}"), "{rule}: {found:?}");
    assert!(found[0].1.contains(text), "{rule}: {}", found[0].1);
}

#[test]
fn mistakes_in_a_rule_are_named() {
    let leaf = json!({ "lists": ["words"] });
    let table: &[(Value, &str, &str)] = &[
        (json!({}), "", "needs `when`"),
        (json!({ "wen": leaf }), "/wen", "unknown field `wen`"),
        (
            json!({ "when": leaf, "severity": "grave" }),
            "/severity",
            "unknown variant `grave`",
        ),
        (json!({ "when": {} }), "/when", "found none"),
        (
            json!({ "when": { "lists": ["words"], "any": [leaf] } }),
            "/when",
            "found `lists`, `any`",
        ),
        (json!({ "when": { "lists": [] } }), "/when/lists", "at least one"),
        (
            json!({ "when": { "lists": ["words", "missing"] } }),
            "/when/lists/1",
            "no list \"missing\": the manifest names \"words\", \"numbers\"",
        ),
        (
            json!({ "when": { "lists": ["words"], "tags": ["absent"] } }),
            "/when/tags/0",
            "carries the tag \"absent\"",
        ),
        (
            json!({ "when": { "lists": ["numbers"], "patterns": ["car"] } }),
            "/when/patterns/0",
            "no pattern \"car\"",
        ),
        (
            json!({ "when": { "lists": ["words"], "at_least": 0 } }),
            "/when/at_least",
            "0 is out of range: must be 1 to 1000",
        ),
        (
            json!({ "when": { "lists": ["words"], "within": 3 } }),
            "/when/within",
            "belongs beside `all`",
        ),
        (
            json!({ "when": { "all": [leaf], "at_least": 1 } }),
            "/when/at_least",
            "belongs beside `lists`, `any` or `turns`, not beside `all`",
        ),
        (
            json!({ "when": { "any": [leaf, leaf], "at_least": 3 } }),
            "/when/at_least",
            "3 is out of range: must be 1 to 2",
        ),
        (
            json!({ "when": { "turns": [leaf, leaf], "at_least": 0 } }),
            "/when/at_least",
            "0 is out of range: must be 1 to 2",
        ),
        (json!({ "when": { "all": [] } }), "/when/all", "empty"),
        (
            json!({ "when": { "all": [leaf, { "amount": { "at_least": 1, "currency": "CNY" } }], "within": 3 } }),
            "/when/all/1",
            "yields no hits",
        ),
        (
            json!({ "when": { "all": [leaf, { "not": leaf }], "within": 3 } }),
            "/when/all/1",
            "yields no hits",
        ),
        (
            json!({ "when": { "all": [leaf], "within": 20_000 } }),
            "/when/within",
            "must be 0 to 10000",
        ),
        (
            json!({ "when": { "all": [leaf], "within": -1 } }),
            "/when/within",
            "invalid value",
        ),
        (
            json!({ "when": leaf, "unless": ["unknown"] }),
            "/unless/0",
            "no context \"unknown\": `contexts` has [\"known\"], the library has [",
        ),
        (
            json!({ "when": leaf, "unless": ["library.negatd"] }),
            "/unless/0",
            "no context \"negatd\" in the library, which has [\"library.negated\", ",
        ),
        (
            json!({ "when": leaf, "adjust": [{ "near": "library.", "by": 1 }] }),
            "/adjust/0/near",
            "no context \"\" in the library",
        ),
        (
            json!({ "when": leaf, "unless": ["negated"] }),
            "/unless/0",
            "no context \"negated\": `contexts` has [\"known\"], the library has [\"library.negated\", ",
        ),
        (
            json!({ "when": leaf, "unless": [{}] }),
            "/unless/0",
            "needs `lists`, `words`",
        ),
        (
            json!({ "when": leaf, "unless": [{ "words": [""] }] }),
            "/unless/0/words/0",
            "must be 1 to 64",
        ),
        (
            json!({ "when": leaf, "unless": [{ "words": ["x"], "side": "left" }] }),
            "/unless/0/side",
            "unknown variant `left`",
        ),
        (
            json!({ "when": leaf, "unless": [{ "words": ["x"], "tags": ["tagged"] }] }),
            "/unless/0/tags",
            "without `lists`",
        ),
        (
            json!({ "when": leaf, "adjust": [{ "when": leaf }] }),
            "/adjust/0",
            "`by` and `to`",
        ),
        (
            json!({ "when": leaf, "adjust": [{ "by": 1 }] }),
            "/adjust/0",
            "`when` and `near`",
        ),
        (
            json!({ "when": leaf, "adjust": [{ "when": leaf, "by": 0 }] }),
            "/adjust/0/by",
            "not 0",
        ),
        (json!({ "message": {} }), "/message", "empty filter"),
        (json!({ "message": { "kinds": [] } }), "/message/kinds", "empty"),
        (
            json!({ "message": { "kinds": ["letter"] } }),
            "/message/kinds/0",
            "unknown variant `letter`",
        ),
        (
            json!({ "when": { "amount": { "at_least": 1, "currency": "yuan" } } }),
            "/when/amount/currency",
            "\"yuan\"",
        ),
        (
            json!({ "when": { "amount": { "at_least": 1 } } }),
            "/when/amount",
            "`currency`",
        ),
        (
            json!({ "when": leaf, "window": { "seconds": 5, "total_at_least": 1 } }),
            "/window",
            "`currency`",
        ),
        (
            json!({ "when": { "attachment": {} } }),
            "/when/attachment",
            "at least one",
        ),
        (
            json!({ "when": { "attachment": { "extensions": [".pdf"] } } }),
            "/when/attachment/extensions/0",
            "without its dot",
        ),
        (
            json!({ "when": { "link": { "domains": ["https://x.cn"] } } }),
            "/when/link/domains/0",
            "bare domain",
        ),
        (
            json!({ "when": { "preceding": {} } }),
            "/when/preceding",
            "at least one",
        ),
        (
            json!({ "when": { "preceding": { "lists": ["words"], "at_least": 6 } } }),
            "/when/preceding/at_least",
            "must be 1 to 5",
        ),
        (
            json!({ "when": leaf, "window": { "seconds": 5 } }),
            "/window",
            "`total_at_least`",
        ),
        (
            json!({ "when": leaf, "window": { "seconds": 0, "at_least": 2 } }),
            "/window/seconds",
            "out of range",
        ),
        (
            json!({ "when": leaf, "window": { "seconds": 5, "at_least": 1 } }),
            "/window/at_least",
            "must be 2 to 100",
        ),
        (
            json!({ "when": leaf, "reason_zh": "{txt}" }),
            "/reason_zh",
            "unknown placeholder \"{txt}\"",
        ),
        (json!({ "when": leaf, "reason_en": "{text" }), "/reason_en", "without"),
        (
            json!({ "when": leaf, "reason_en": "{window}" }),
            "/reason_en",
            "without `window`",
        ),
        (
            json!({ "when": leaf, "reason_en": "a\nb" }),
            "/reason_en",
            "line breaks",
        ),
        (
            json!({ "enabled": false, "when": { "lists": ["missing"] } }),
            "/when/lists/0",
            "no list",
        ),
    ];
    each_row(table, |(rule, pointer, text)| {
        check(rule, pointer, text);
    });
}

#[test]
fn depth_and_number_of_conditions_are_bounded() {
    let mut deep = json!({ "lists": ["words"] });
    for _ in 0..8 {
        deep = json!({ "not": deep });
    }
    check(
        &json!({ "when": deep }),
        "/when/not/not/not/not/not/not/not/not",
        "nested more than 8 deep",
    );
    let wide: Vec<Value> = (0..300).map(|_| json!({ "lists": ["words"] })).collect();
    check(&json!({ "when": { "any": wide } }), "/when", "more than 256 conditions");
}

#[test]
fn problems_of_every_rule_and_context_are_reported_together() {
    let found = problems(&json!({
        "contexts": { "one": { "lists": ["missing"] }, "Two": { "words": ["x"] } },
        "rules": { "a": { "when": { "lists": ["missing"] } }, "b": { "severity": 3 }, "c": { "when": { "lists": ["gone"] }, "unless": ["three"] } },
    }));
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/contexts/Two",
            "/contexts/one/lists/0",
            "/rules/a/when/lists/0",
            "/rules/b/severity",
            "/rules/c/unless/0",
            "/rules/c/when/lists/0"
        ]
    );
}

#[test]
fn a_name_of_the_library_is_not_a_pack_s_own() {
    let found = problems(&json!({
        "contexts": { "library.negated": { "words": ["x"] }, "library.mine": { "words": ["x"] } },
        "rules": { "r": { "when": { "lists": ["words"] }, "unless": ["library.negated"] } },
    }));
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/contexts/library.mine", "/contexts/library.negated"]);
    assert!(
        found[1]
            .1
            .contains("names that begin with `library.` are the library's own"),
        "{}",
        found[1].1
    );
}

#[test]
fn the_whole_has_bounds_too() {
    let rule = json!({ "message": { "kinds": ["text"] }, "window": { "seconds": 5, "at_least": 100 } });
    let table: Vec<(Value, &str, &str)> = vec![
        (json!({}), "", "missing field `rules`"),
        (json!({ "rules": {} }), "/rules", "0 entries"),
        (json!({ "rules": [] }), "/rules", "invalid type"),
        (
            json!({ "rules": { "Bad Name": { "message": { "kinds": ["text"] } } } }),
            "/rules/Bad Name",
            "must be 1 to 64 characters",
        ),
        (json!({ "rules": { "a": rule, "b": rule } }), "/rules", "202 entries"),
    ];
    each_row(table, |(settings, pointer, text)| {
        let found = problems(&settings);
        assert_eq!(found.len(), 1, "{settings}: {found:?}");
        assert_eq!(found[0].0, pointer, "{settings}");
        assert!(found[0].1.contains(text), "{settings}: {}", found[0].1);
    });
    let many: serde_json::Map<String, Value> = (0..65)
        .map(|at| (format!("r{at}"), json!({ "message": { "kinds": ["text"] } })))
        .collect();
    assert_eq!(
        problems(&json!({ "rules": many }))[0].1,
        "65 entries: 1 to 64 are possible"
    );
    let windows: serde_json::Map<String, Value> = (0..33)
        .map(|at| {
            (
                format!("r{at}"),
                json!({ "message": { "kinds": ["text"] }, "window": { "seconds": 5, "at_least": 2 } }),
            )
        })
        .collect();
    assert!(
        problems(&json!({ "rules": windows }))[0]
            .1
            .contains("33 rules have a window")
    );
}
