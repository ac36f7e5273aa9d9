//! Settings of policies: the pack's schema, and how a set's values go over the manifest's defaults.

use crate::schema_cost::Cost;
use proviso_model::Problem;
use serde_json::{Map, Value};
use std::path::Path;

/// Length of one message about a setting, in bytes; the rest is cut.
const MESSAGE_BYTES_MAX: usize = 512;
/// Messages about one policy's settings; the rest is dropped.
const MESSAGES_MAX: usize = 64;

/// Steps of comparing the settings of a pack, once, with its schema: about a second.
const STEPS_MAX: u64 = 100_000_000;
/// One expression of a schema, compiled, in bytes.
const PATTERN_COMPILED_BYTES_MAX: usize = 256 << 10;

const NO_SCHEMA: &str = "the pack has no settings.schema.json";

/// The JSON Schema of a pack's settings: of an object that is keyed by policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingsSchema {
    document: Option<Value>,
    validator: Option<(jsonschema::Validator, Cost)>,
}

/// What is wrong with settings: where (a JSON Pointer, RFC 6901, into an object keyed by policy), and what.
pub type SettingProblem = (String, String);

impl SettingsSchema {
    /// Reads `settings.schema.json`. References to other documents are refused: nothing is fetched. So is a schema that makes
    /// more work than [`schema_cost`](crate::schema_cost) allows, before any of it is followed.
    pub(crate) fn read(file: &Path, text: &str) -> Result<Self, Problem> {
        let document: Value = serde_json::from_str(text).map_err(|error| Problem {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            message: format!("not JSON: {error}"),
        })?;
        if !document.is_object() {
            return Err(Problem::in_file(file, "a settings schema is a JSON object"));
        }
        let cost = Cost::of(&document).map_err(|(pointer, message)| {
            Problem::in_file(
                file,
                format!("the schema is refused at {:?}: {}", bounded(pointer), bounded(message)),
            )
        })?;
        let validator = jsonschema::options()
            .offline()
            .with_pattern_options(
                jsonschema::PatternOptions::regex()
                    .size_limit(PATTERN_COMPILED_BYTES_MAX)
                    .dfa_size_limit(PATTERN_COMPILED_BYTES_MAX),
            )
            .build(&document)
            .map_err(|error| Problem::in_file(file, format!("not a JSON Schema: {}", bounded(error.to_string()))))?;
        Ok(Self {
            document: Some(document),
            validator: Some((validator, cost)),
        })
    }

    /// The schema, if the pack has one.
    pub(crate) fn document(&self) -> Option<&Value> {
        self.document.as_ref()
    }

    /// True if the schema says what the policy's settings are.
    fn describes(&self, policy: &str) -> bool {
        self.document
            .as_ref()
            .and_then(|document| document.get("properties"))
            .is_some_and(|all| all.get(policy).is_some())
    }

    /// How many steps comparing the settings of one policy takes at most; 0 without a schema.
    pub(crate) fn steps(&self, policy: &str, settings: &Map<String, Value>) -> u64 {
        let Some((_, cost)) = &self.validator else { return 0 };
        let mut instance = Map::new();
        instance.insert(policy.to_owned(), Value::Object(settings.clone()));
        cost.steps(&Value::Object(instance)).unwrap_or(STEPS_MAX)
    }

    /// What is wrong with the settings of all policies of a pack. A policy that the schema does not describe has none.
    pub(crate) fn problems<'a>(
        &self,
        settings: impl IntoIterator<Item = (&'a str, &'a Map<String, Value>)>,
    ) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut instance = Map::new();
        for (policy, settings) in settings {
            if self.describes(policy) {
                instance.insert(policy.to_owned(), Value::Object(settings.clone()));
            } else if !settings.is_empty() {
                let why = if self.document.is_some() {
                    "settings.schema.json has no such property"
                } else {
                    NO_SCHEMA
                };
                let message = format!("{policy:?} takes no settings: {why}");
                problems.push((format!("/{policy}"), message));
            }
        }
        if let Some((validator, cost)) = &self.validator {
            let instance = Value::Object(instance);
            match cost.steps(&instance) {
                Ok(steps) if steps <= STEPS_MAX => {}
                Ok(steps) => {
                    let message = format!(
                        "comparing the settings with settings.schema.json may take {steps} steps: at most {STEPS_MAX} are allowed"
                    );
                    problems.push((String::new(), message));
                    return problems;
                }
                Err(excess) => {
                    problems.push(excess);
                    return problems;
                }
            }
            // Most settings are valid, and to say only that is much cheaper.
            if validator.is_valid(&instance) {
                return problems;
            }
            let errors = validator.iter_errors(&instance).take(MESSAGES_MAX);
            problems.extend(errors.map(|error| (error.instance_path().to_string(), bounded(error.to_string()))));
        }
        problems
    }
}

/// `overrides` over `defaults`: objects are merged key by key, at every depth; everything else is replaced.
pub(crate) fn merged(defaults: &Map<String, Value>, overrides: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = defaults.clone();
    for (key, value) in overrides {
        let value = match (merged.get(key), value) {
            (Some(Value::Object(defaults)), Value::Object(overrides)) => {
                Value::Object(self::merged(defaults, overrides))
            }
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

fn bounded(mut message: String) -> String {
    if message.len() > MESSAGE_BYTES_MAX {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn schema(text: &str) -> Result<SettingsSchema, Problem> {
        SettingsSchema::read(Path::new("settings.schema.json"), text)
    }

    #[test]
    fn objects_merge_deeply_and_all_else_is_replaced() {
        let defaults = map(&json!({ "a": { "x": 1, "y": [1, 2] }, "b": 1, "c": { "z": 1 } }));
        let overrides = map(&json!({ "a": { "y": [3], "n": null }, "c": 5, "d": {} }));
        assert_eq!(
            Value::Object(merged(&defaults, &overrides)),
            json!({ "a": { "x": 1, "y": [3], "n": null }, "b": 1, "c": 5, "d": {} })
        );
    }

    #[test]
    fn problems_name_the_place() {
        let schema = schema(
            r#"{ "type": "object", "additionalProperties": false, "properties": {
                 "p": { "type": "object", "additionalProperties": false, "properties": {
                     "level": { "enum": ["low", "high"] }, "word": { "type": "string", "pattern": "^a+$" } } } } }"#,
        )
        .unwrap();
        let check = |value: &Value| schema.problems([("p", &map(value))]);
        assert_eq!(check(&json!({ "level": "low", "word": "aaa" })), []);
        let problems = check(&json!({ "level": "LOW", "word": 3 }));
        assert_eq!(
            problems,
            [
                (
                    "/p/level".to_owned(),
                    r#""LOW" is not one of "low" or "high""#.to_owned()
                ),
                ("/p/word".to_owned(), r#"3 is not of type "string""#.to_owned()),
            ]
        );
        assert_eq!(check(&json!({ "level": "low", "other": 1 }))[0].0, "/p");
        assert!(
            schema.problems([("q", &map(&json!({ "a": 1 })))])[0]
                .1
                .contains("takes no settings")
        );
        assert_eq!(schema.problems([("q", &Map::new())]), []);
    }

    #[test]
    fn schemas_that_reach_outside_are_refused() {
        let refused = |text: &str| schema(text).unwrap_err().message;
        assert!(refused("[]").contains("a JSON object"));
        assert!(refused(r#"{ "type": 3 }"#).contains("not a JSON Schema"));
        for outside in ["http://example.com/a.json", "file:///etc/passwd", "other.json"] {
            let text = json!({ "properties": { "p": { "$ref": outside } } }).to_string();
            assert!(refused(&text).contains("a place of the schema itself"), "{outside}");
        }
        assert_eq!(schema("{ \"a\":\n x }").unwrap_err().line, 2);
        let slow = json!({ "properties": { "p": { "properties": { "w": { "pattern": "(a)\\1" } } } } }).to_string();
        assert!(refused(&slow).contains("not a JSON Schema"), "expressions are linear");
    }

    #[test]
    fn schemas_that_go_round_in_a_circle_end() {
        for text in [
            r##"{ "$ref": "#", "properties": { "p": {} } }"##,
            r##"{ "properties": { "p": { "$id": "http://x/p", "$ref": "#" } } }"##,
            r##"{ "properties": { "p": { "$anchor": "a", "allOf": [ { "$ref": "#a" } ] } } }"##,
            r##"{ "$dynamicAnchor": "n", "$dynamicRef": "#n", "properties": { "p": {} } }"##,
            r##"{ "properties": { "p": { "$ref": "#/$defs/a" } },
                  "$defs": { "a": { "anyOf": [ { "$ref": "#/$defs/b" } ] }, "b": { "not": { "$ref": "#/$defs/a" } } } }"##,
        ] {
            if let Ok(schema) = schema(text) {
                schema.problems([("p", &map(&json!({ "q": { "r": 1 } })))]);
            }
        }
    }

    #[test]
    fn a_schema_that_doubles_is_refused_at_once() {
        let begun = std::time::Instant::now();
        let ladder = |rung: fn(Value) -> Value| {
            let mut defs = Map::new();
            defs.insert("l0".to_owned(), json!({ "type": "object" }));
            for level in 1..=60 {
                let before = json!({ "$ref": format!("#/$defs/l{}", level - 1) });
                defs.insert(format!("l{level}"), rung(before));
            }
            json!({ "properties": { "p": { "$ref": "#/$defs/l60" } }, "$defs": defs }).to_string()
        };
        let doubled = schema(&ladder(|it| json!({ "allOf": [it, it] }))).unwrap_err();
        assert!(
            doubled.message.contains("/$defs/l") && doubled.message.contains("at most 100000"),
            "{doubled}"
        );
        // Two properties are two values: what is there of them is bounded by the settings.
        let spread = schema(&ladder(|it| json!({ "properties": { "a": it, "b": it } }))).unwrap();
        assert_eq!(spread.problems([("p", &map(&json!({ "a": { "b": {} } })))]), []);
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }

    #[test]
    fn settings_that_would_take_too_long_are_refused() {
        let any: Vec<Value> = (0..900).map(|n| json!({ "maxLength": n + 70_000 })).collect();
        let schema =
            schema(&json!({ "properties": { "p": { "additionalProperties": { "allOf": any } } } }).to_string())
                .unwrap();
        let few = json!({ "a": 1, "b": "c" });
        assert_eq!(schema.problems([("p", &map(&few))]), []);
        let many: Map<String, Value> = (0..60_000).map(|n| (format!("k{n}"), json!(1))).collect();
        let problems = schema.problems([("p", &many)]);
        assert!(problems[0].1.contains("steps: at most 100000000"), "{problems:?}");
    }

    #[test]
    fn a_schema_may_describe_a_tree() {
        let tree = r##"{ "properties": { "p": { "$ref": "#/$defs/node" } },
                         "$defs": { "node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/node" } } } } }"##;
        let schema = schema(tree).unwrap();
        assert_eq!(schema.problems([("p", &map(&json!({ "next": { "next": {} } })))]), []);
        assert_eq!(
            schema.problems([("p", &map(&json!({ "next": { "next": 1 } })))])[0].0,
            "/p/next/next"
        );
    }
}
