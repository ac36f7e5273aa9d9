//! The schema of the settings, as the host uses it.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../settings.schema.json")).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
});

/// What the plugin takes, the schema must take as well.
pub(crate) fn assert_schema_accepts(settings: &Value) {
    let errors: Vec<String> = SCHEMA.iter_errors(settings).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "the schema refuses {settings}: {errors:?}");
}
