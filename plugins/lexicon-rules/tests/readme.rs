//! The example in the README is taken by the schema and by the plugin, and the README names every setting.

use std::collections::BTreeSet;

use lexicon_rules::LexiconRules;
use proviso_sdk::testing::{TestLists, configure};
use serde_json::Value;

const README: &str = include_str!("../README.md");

#[test]
fn the_example_of_the_readme_works() {
    let (_, behind) = README.split_once("```toml\n").expect("the README has an example");
    let (example, _) = behind.split_once("```").expect("the example ends");
    let example: Value = toml::from_str(example).expect("the example is TOML");
    let settings = &example["settings"];
    crate::common::assert_schema_accepts(settings);
    let lists = TestLists::new()
        .lexicon("promissory", &["a"])
        .lexicon("disclaimer", &["b"])
        .lexicon("product", &["c"]);
    if let Err(problems) = configure::<LexiconRules>(settings, &lists) {
        panic!("{problems:?}");
    }
}

#[test]
fn the_readme_names_every_setting() {
    let schema: Value = serde_json::from_str(include_str!("../settings.schema.json")).expect("the schema is JSON");
    let mut keys = BTreeSet::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 10, "only {} keys found in the schema", keys.len());
    for key in keys {
        assert!(
            README.contains(&format!("`{key}`"))
                || README.contains(&format!("{{ {key}"))
                || README.contains(&format!(", {key}")),
            "the README does not name `{key}`"
        );
    }
}

/// The names of all properties, wherever they are defined.
fn collect_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| collect_keys(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}

#[test]
fn the_packs_schemas_carry_this_schema() {
    let own = include_str!("../settings.schema.json").replace("#/$defs/", "#/$defs/lexicon-rules-");
    let own: Value = serde_json::from_str(&own).expect("the schema is JSON");
    for (pack, schema) in [
        (
            "bank-cn",
            include_str!("../../../policies/bank-cn/settings.schema.json"),
        ),
        (
            "broker-us",
            include_str!("../../../policies/broker-us/settings.schema.json"),
        ),
        (
            "data-leak",
            include_str!("../../../policies/data-leak/settings.schema.json"),
        ),
        (
            "ecommerce-cn",
            include_str!("../../../policies/ecommerce-cn/settings.schema.json"),
        ),
    ] {
        let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
        let carried = schema["$defs"].as_object().expect("the pack's schema has definitions");
        for (name, definition) in own["$defs"].as_object().expect("the schema has definitions") {
            assert_eq!(
                carried.get(&format!("lexicon-rules-{name}")),
                Some(definition),
                "{pack}: {name}"
            );
        }
        assert_eq!(carried["lexicon-rules"]["properties"], own["properties"], "{pack}");
    }
}
