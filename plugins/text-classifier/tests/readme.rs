//! The example in the README is taken by the schema and by the plugin, and the README names every setting.

use crate::common::{assert_schema_accepts, lists, model};
use proviso_sdk::testing::configure;
use serde_json::Value;
use text_classifier::TextClassifier;

const README: &str = include_str!("../README.md");

#[test]
fn the_example_of_the_readme_works() {
    let (_, behind) = README.split_once("```toml\n").expect("the README has an example");
    let (example, _) = behind.split_once("```").expect("the example ends");
    let example: Value = toml::from_str(example).expect("the example is TOML");
    let settings = &example["policy"][0]["settings"];
    assert_schema_accepts(settings);
    if let Err(problems) = configure::<TextClassifier>(settings, &lists(&model(&[], &[], 1))) {
        panic!("{problems:?}");
    }
}

#[test]
fn the_readme_names_every_setting() {
    let schema: Value = serde_json::from_str(include_str!("../settings.schema.json")).expect("the schema is JSON");
    let properties = schema["properties"].as_object().expect("it has properties");
    assert!(properties.len() > 8);
    for key in properties.keys() {
        assert!(
            README.contains(&format!("| `{key}`")),
            "the README does not name `{key}`"
        );
    }
}

#[test]
fn a_pack_with_a_classifier_carries_this_schema() {
    let own: Value = serde_json::from_str(include_str!("../settings.schema.json")).expect("the schema is JSON");
    let pack = include_str!("../../../policies/bank-cn/settings.schema.json");
    let pack: Value = serde_json::from_str(pack).expect("the schema is JSON");
    let carried = &pack["$defs"]["text-classifier"];
    for key in ["type", "additionalProperties", "required", "properties"] {
        assert_eq!(carried[key], own[key], "{key}");
    }
}
