//! What the pages are typed by is what the console gives: every answer of these tests is compared with `web/api/openapi.json`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// What no page asks for.
const NOT_ASKED: [(&str, &str); 1] = [("get", "/api/openapi.json")];

fn contract() -> &'static Value {
    static CONTRACT: OnceLock<Value> = OnceLock::new();
    CONTRACT.get_or_init(|| serde_json::from_str(include_str!("../web/api/openapi.json")).unwrap())
}

/// The operations of a document, by method and path.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| (method.clone(), path.clone()))
    });
    operations
        .filter(|(method, _)| matches!(&**method, "get" | "post" | "put" | "delete" | "patch"))
        .collect()
}

/// True of an address that a path with places in braces stands for.
fn is_of(template: &str, address: &str) -> bool {
    let (template, address): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), address.split('/').collect());
    let fits = |(part, value): (&&str, &&str)| part == value || part.starts_with('{') && !value.is_empty();
    template.len() == address.len() && template.iter().zip(&address).all(fits)
}

/// The schema of an answer; `None` where nobody asks for it.
fn schema_of(method: &str, address: &str, status: u16) -> Option<Value> {
    let address = address.split('?').next().unwrap();
    let method = method.to_ascii_lowercase();
    let paths = contract()["paths"].as_object().unwrap();
    let fitting = paths.iter().filter(|(path, _)| is_of(path, address));
    // A path without places goes before one with them.
    let (_, methods) = fitting.min_by_key(|(path, _)| path.matches('{').count())?;
    let answers = methods.get(&method)?["responses"].as_object()?;
    let answer = answers.get(&status.to_string()).or_else(|| answers.get("default"))?;
    answer["content"]
        .get("application/json")
        .map(|content| content["schema"].clone())
}

/// Panics at an answer that the pages do not expect.
pub(crate) fn obeyed(method: &str, address: &str, status: u16, text: &str) {
    let Some(mut schema) = schema_of(method, address, status) else {
        return;
    };
    schema["components"] = contract()["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let answer: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{method} {address}: {error}: {text}"));
    let errors: Vec<String> = validator
        .iter_errors(&answer)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{method} {address} {status}: {errors:#?} in {answer:#}"
    );
}

#[test]
fn the_pages_know_every_operation_and_no_other() {
    let document = serde_json::to_value(proviso_console::document()).unwrap();
    let mut given = operations(&document);
    for (method, path) in NOT_ASKED {
        assert!(given.remove(&(method.to_owned(), path.to_owned())), "{method} {path}");
    }
    assert_eq!(operations(contract()), given);
}

#[test]
fn what_an_operation_takes_has_the_same_names_on_both_sides() {
    let document = serde_json::to_value(proviso_console::document()).unwrap();
    let names = |document: &Value, method: &str, path: &str| {
        let mut body = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"].clone();
        if let Some(name) = body["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            body = document["components"]["schemas"][name].clone();
        }
        let properties = body["properties"].as_object().cloned().unwrap_or_default();
        let queried = document["paths"][path][method]["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let queried = queried.iter().filter(|parameter| parameter["in"] == "query");
        let queried = queried.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
        properties.keys().cloned().chain(queried).collect::<BTreeSet<String>>()
    };
    let mut other = BTreeMap::new();
    for (method, path) in operations(contract()) {
        let (pages, console) = (names(contract(), &method, &path), names(&document, &method, &path));
        if !pages.is_subset(&console) {
            other.insert(format!("{method} {path}"), (pages, console));
        }
    }
    assert!(other.is_empty(), "what pages send, and what is taken: {other:#?}");
}

#[test]
fn an_answer_of_another_form_is_found() {
    let row = json!({ "sessions": [{ "number": "7" }] }).to_string();
    let found = std::panic::catch_unwind(|| obeyed("GET", "/api/sessions", 200, &row));
    assert!(found.is_err());
    obeyed("GET", "/api/sessions", 200, r#"{"sessions": []}"#);
}
