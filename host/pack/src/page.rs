//! The reference page of a pack in Markdown: what it is made of, and what its settings may be, from its manifest and its
//! schema. What is written there is read from the pack; nobody writes it twice.

use crate::Pack;
use crate::manifest::{ListKind, Policy};
use crate::named_rules::rules_of;
use proviso_model::Foreign;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// Where definitions stand in a schema.
const DEFINITIONS: &str = "#/$defs/";
/// Definitions within each other that are put into words; what is deeper is named.
const DEFINITIONS_IN_WORDS_MAX: usize = 8;

/// The page: CommonMark with tables.
#[derive(Debug)]
pub struct Page<'a>(pub &'a Pack);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pack = self.0;
        let manifest = pack.manifest();
        writeln!(f, "# {} {}\n", manifest.name, manifest.version)?;
        for text in [&manifest.description.zh, &manifest.description.en]
            .into_iter()
            .flatten()
        {
            writeln!(f, "{}\n", cell(text))?;
        }
        write!(f, "Licence {}; for hosts {}", cell(&manifest.licence), manifest.host)?;
        if !manifest.jurisdictions.is_empty() {
            write!(f, "; jurisdictions {}", manifest.jurisdictions.join(", "))?;
        }
        writeln!(f, ".\n\n## Policies\n")?;
        writeln!(
            f,
            "| policy | plugin | does | runs on | is given |\n|---|---|---|---|---|"
        )?;
        for policy in &manifest.policies {
            let does: Vec<&str> = policy.interfaces.iter().map(|interface| interface.name()).collect();
            let fields: Vec<&str> = policy.fields.iter().map(|field| field.name()).collect();
            let trigger = cell(&policy.trigger.to_string());
            writeln!(
                f,
                "| [{name}](#{name}) | {} | {} | {trigger} | {} |",
                policy.plugin,
                does.join(", "),
                fields.join(", "),
                name = policy.name,
            )?;
        }
        if !manifest.lists.is_empty() || !manifest.entities.is_empty() {
            writeln!(f, "\n## Lists\n\n| list | file | holds |\n|---|---|---|")?;
        }
        for list in &manifest.lists {
            let (what, text) = match list.kind {
                ListKind::Lexicon(_) => ("terms", pack.lexicon_text(&list.name)),
                ListKind::Patterns => ("patterns", pack.pattern_text(&list.name)),
            };
            let filled = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
            let count = text.unwrap_or_default().lines().filter(filled).count();
            writeln!(f, "| {} | {} | {count} {what} |", cell(&list.name), code(&list.file))?;
        }
        for list in &manifest.entities {
            let kinds: Vec<&str> = list.kinds.iter().map(|kind| kind.name()).collect();
            writeln!(f, "| {} | built in | {} |", cell(&list.name), kinds.join(", "))?;
        }
        let mut schema = Schema {
            definitions: pack.schema().and_then(|schema| schema["$defs"].as_object()),
            wanted: Vec::new(),
            depth: 0,
        };
        for policy in &manifest.policies {
            of_policy(f, pack, policy, &mut schema)?;
        }
        schema.write_definitions(f)
    }
}

fn of_policy<'a>(f: &mut fmt::Formatter<'_>, pack: &'a Pack, policy: &Policy, schema: &mut Schema<'a>) -> fmt::Result {
    writeln!(f, "\n## {}\n", policy.name)?;
    let rules = rules_of(policy);
    if !rules.is_empty() {
        writeln!(f, "| rule | severity | reason |\n|---|---|---|")?;
    }
    let settings = Value::Object(policy.settings.clone());
    for (name, pointer) in rules {
        let rule = settings.pointer(&pointer).unwrap_or(&Value::Null);
        let text = |key: &str| rule[key].as_str().map(cell).unwrap_or_default();
        let reason = [text("reason_zh"), text("reason_en")].map(|text| text.trim().to_owned());
        let reason: Vec<String> = reason.into_iter().filter(|text| !text.is_empty()).collect();
        writeln!(f, "| {} | {} | {} |", cell(name), text("severity"), reason.join("<br>"))?;
    }
    let described = pack.schema().map(|schema| &schema["properties"][policy.name.as_str()]);
    match described.filter(|schema| schema.is_object()) {
        None => writeln!(f, "\nTakes no settings."),
        Some(of) => {
            writeln!(f, "\nSettings:\n")?;
            let of = schema.resolved(of);
            schema.write_table(f, of)
        }
    }
}

/// A schema of which definitions are written where something first leads to them.
struct Schema<'a> {
    definitions: Option<&'a Map<String, Value>>,
    /// Definitions that have a section, in the order in which they were met.
    wanted: Vec<&'a str>,
    /// Definitions within each other that are being put into words.
    depth: usize,
}

impl<'a> Schema<'a> {
    /// What a `$ref` into the definitions leads to; the schema itself if it is none.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        definition_of(schema)
            .and_then(|name| self.definitions?.get(name))
            .unwrap_or(schema)
    }

    /// The definitions that were referred to, and those that they refer to.
    fn write_definitions(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        while let Some(name) = self.wanted.get(written).copied() {
            if written == 0 {
                writeln!(f, "\n## What settings are made of")?;
            }
            written += 1;
            let Some(of) = self.definitions.and_then(|definitions| definitions.get(name)) else {
                continue;
            };
            writeln!(f, "\n### {}\n", cell(name))?;
            if let Some(text) = of["description"].as_str() {
                writeln!(f, "{}\n", cell(text))?;
            }
            self.write_table(f, of)?;
        }
        Ok(())
    }

    /// The keys of a table, or those of each of its forms.
    fn write_table(&mut self, f: &mut fmt::Formatter<'_>, of: &'a Value) -> fmt::Result {
        let forms: Vec<&'a Value> = ["oneOf", "anyOf"]
            .into_iter()
            .filter_map(|key| of[key].as_array())
            .flatten()
            .map(|form| self.resolved(form))
            .filter(|form| form["properties"].is_object())
            .collect();
        if of["properties"].is_object() || forms.is_empty() {
            self.write_keys(f, of)?;
        }
        for (number, form) in (1..).zip(forms) {
            writeln!(f, "{}Form {number}:\n", if number > 1 { "\n" } else { "" })?;
            self.write_keys(f, form)?;
        }
        Ok(())
    }

    fn write_keys(&mut self, f: &mut fmt::Formatter<'_>, of: &'a Value) -> fmt::Result {
        let Some(properties) = of["properties"].as_object() else {
            let kind = self.kind(of);
            return writeln!(f, "{kind}");
        };
        writeln!(f, "| key | value | default | meaning |\n|---|---|---|---|")?;
        let required: BTreeSet<&str> = of["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (key, of) in properties {
            let kind = self.kind(of);
            let inside = self.resolved(of);
            let default = match [&of["default"], &inside["default"]]
                .into_iter()
                .find(|value| !value.is_null())
            {
                Some(default) => code(&default.to_string()),
                None if required.contains(key.as_str()) => "required".to_owned(),
                None => String::new(),
            };
            let text = [&of["description"], &inside["description"]];
            let text = text.into_iter().find_map(Value::as_str).map(cell).unwrap_or_default();
            writeln!(f, "| {} | {kind} | {default} | {text} |", code(key))?;
        }
        Ok(())
    }

    /// What a value may be, in words; a definition that is more than words becomes a link to its section.
    fn kind(&mut self, of: &'a Value) -> String {
        if let Some(name) = definition_of(of) {
            let inside = self.resolved(of);
            let has_section = inside["properties"].is_object() || inside["oneOf"].is_array();
            if !has_section {
                return if std::ptr::eq(inside, of) || self.depth >= DEFINITIONS_IN_WORDS_MAX {
                    // A list of lists of lists …: its name says as much.
                    cell(name)
                } else {
                    self.depth += 1;
                    let kind = self.kind(inside);
                    self.depth -= 1;
                    kind
                };
            }
            if !self.wanted.contains(&name) {
                self.wanted.push(name);
            }
            return format!("[{}](#{})", cell(name), anchor(name));
        }
        if let Some(values) = of["enum"].as_array() {
            let values: Vec<String> = values.iter().map(|value| code(&value.to_string())).collect();
            return values.join(", ");
        }
        if !of["const"].is_null() {
            return code(&of["const"].to_string());
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(forms) = of[key].as_array().filter(|_| of["type"].is_null()) {
                let forms: Vec<String> = forms.iter().map(|form| self.kind(form)).collect();
                return forms.join(" or ");
            }
        }
        match of["type"].as_str() {
            Some("boolean") => "`true` or `false`".to_owned(),
            Some(kind @ ("integer" | "number")) => {
                let kind = if kind == "integer" { "whole number" } else { "number" };
                format!("{kind}{}", range(&of["minimum"], &of["maximum"]))
            }
            Some("string") => match of["pattern"].as_str() {
                Some(pattern) => format!("text like {}", code(pattern)),
                None => format!("text{}", bounded(&of["minLength"], &of["maxLength"], "characters")),
            },
            Some("array") => {
                let items = self.kind(&of["items"]);
                format!("list{} of {items}", bounded(&of["minItems"], &of["maxItems"], "items"))
            }
            Some("object") => match (&of["additionalProperties"], of["properties"].as_object()) {
                (_, Some(properties)) => {
                    let inside = properties
                        .iter()
                        .map(|(key, of)| format!("{} ({})", code(key), self.kind(of)));
                    format!("table: {}", inside.collect::<Vec<_>>().join(", "))
                }
                (entry @ Value::Object(_), None) => format!("table of names, each {}", self.kind(entry)),
                _ => "table".to_owned(),
            },
            _ => "anything".to_owned(),
        }
    }
}

/// The name of the definition that a schema refers to.
fn definition_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(DEFINITIONS)
}

fn range(from: &Value, to: &Value) -> String {
    match (from.is_null(), to.is_null()) {
        (true, true) => String::new(),
        (false, true) => format!(" from {from}"),
        (true, false) => format!(" up to {to}"),
        (false, false) => format!(" from {from} to {to}"),
    }
}

fn bounded(from: &Value, to: &Value, what: &str) -> String {
    match (from.as_u64().unwrap_or_default(), to.as_u64()) {
        (0 | 1, None) => String::new(),
        (from, None) => format!(" ({from} {what} or more)"),
        (0, Some(to)) => format!(" (at most {to} {what})"),
        (from, Some(to)) => format!(" ({from}-{to} {what})"),
    }
}

/// The fragment that renderers of Markdown give a heading.
fn anchor(name: &str) -> String {
    let letter = |c: char| match c {
        ' ' => Some('-'),
        c => (c.is_alphanumeric() || matches!(c, '-' | '_')).then_some(c),
    };
    name.to_lowercase().chars().filter_map(letter).collect()
}

/// Text of others, in a table or a paragraph.
fn cell(text: &str) -> String {
    Foreign(text).markdown().to_string()
}

/// Text of others as code, in a table or a paragraph.
fn code(text: &str) -> String {
    Foreign(text).markdown_code().to_string()
}
