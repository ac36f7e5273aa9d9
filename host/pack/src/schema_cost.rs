//! How much work a settings schema can make, counted before anything is compared with it.
//!
//! A schema is a program: sixty definitions that each name the one before twice are two to the sixtieth comparisons. Here the
//! work is counted along the references, without following any twice, and what exceeds the bounds is refused with its place.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// Values of a schema's document.
const NODES_MAX: usize = 50_000;
/// What may be compared with one value of the settings, in values of the schema.
pub(crate) const EXPANDED_MAX: u64 = 100_000;
/// References and combinations (`allOf`, `not`, …) that lead into each other over one value of the settings.
const CHAIN_MAX: usize = 128;
/// How deep settings may be nested, the object of all policies counted.
pub(crate) const DEPTH_MAX: usize = 24;
/// Expressions of one schema, and the bytes of each.
const PATTERNS_MAX: usize = 1_000;
const PATTERN_BYTES_MAX: usize = 1_024;
/// Steps of the counting.
const COUNTING_STEPS_MAX: usize = 5_000_000;
/// Bytes of a text that count as one value: expressions look at each of them.
const TEXT_BYTES_PER_STEP: usize = 8;
/// The dialect whose keywords are counted here.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What is wrong with a schema: a JSON Pointer (RFC 6901) into it, and what.
pub(crate) type Excess = (String, String);

/// For each depth of a value in the settings, how many values of the schema can be compared with one value there.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    at_depth: Vec<u64>,
}

impl Cost {
    /// Counts, and refuses what exceeds the bounds or cannot be counted.
    pub(crate) fn of(document: &Value) -> Result<Self, Excess> {
        if let Some(dialect) = document.get("$schema").and_then(Value::as_str)
            && dialect.trim_end_matches('#') != DIALECT
        {
            return Err((
                "/$schema".to_owned(),
                format!("{dialect:?}: expected {DIALECT:?}, or nothing"),
            ));
        }
        let nodes = values_of(document);
        if nodes > NODES_MAX {
            return Err((
                String::new(),
                format!("{nodes} values: at most {NODES_MAX} are allowed"),
            ));
        }
        let mut counter = Counter::new(document);
        let top = counter.place(String::new(), document);
        let at_depth = (0..=DEPTH_MAX)
            .map(|depth| counter.count(top, depth))
            .collect::<Result<_, _>>()?;
        Ok(Self { at_depth })
    }

    /// How many steps comparing these settings takes at most; an error if they are nested too deep.
    pub(crate) fn steps(&self, settings: &Value) -> Result<u64, Excess> {
        self.below(settings, 0, &mut String::new())
    }

    fn below(&self, value: &Value, depth: usize, pointer: &mut String) -> Result<u64, Excess> {
        let Some(of_one) = self.at_depth.get(depth) else {
            let message = format!("nested deeper than {DEPTH_MAX} levels");
            return Err((pointer.clone(), message));
        };
        // Where one of several may fit, those that do not are gone through again to say why: once for each level above.
        let of_one = of_one.saturating_mul(depth as u64 + 1);
        let here = match value {
            Value::String(text) => 1 + text.len() / TEXT_BYTES_PER_STEP,
            _ => 1,
        };
        let mut steps = of_one.saturating_mul(here as u64);
        let length = pointer.len();
        let mut each = |key: &str, value: &Value| {
            pointer.push('/');
            pointer.push_str(&escaped(key));
            let below = self.below(value, depth + 1, pointer);
            pointer.truncate(length);
            // The key is compared as well, by `propertyNames` and `patternProperties`.
            let of_key = of_one.saturating_mul((1 + key.len() / TEXT_BYTES_PER_STEP) as u64);
            steps = steps.saturating_add(below?).saturating_add(of_key);
            Ok::<(), Excess>(())
        };
        match value {
            Value::Object(map) => map.iter().try_for_each(|(key, value)| each(key, value))?,
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| each(&index.to_string(), value))?,
            _ => {}
        }
        Ok(steps)
    }
}

/// What the schemas that meet one and the same value come to.
#[derive(Debug, Default)]
struct Level {
    /// Values of the schema that are compared with that value.
    own: u64,
    /// What meets the values inside: under which key (`None`: under any), by which schema, how often.
    inside: BTreeMap<(Option<Rc<str>>, usize), u64>,
}

impl Level {
    fn add(&mut self, key: Option<Rc<str>>, schema: usize, times: u64) {
        let known = self.inside.entry((key, schema)).or_default();
        *known = known.saturating_add(times);
    }
}

/// A schema of the document.
struct Place<'a> {
    pointer: String,
    schema: &'a Value,
    level: State,
    /// What may be compared with one value so many levels below; as far as it is known.
    below: Vec<Option<u64>>,
}

/// How far the counting of a place is.
enum State {
    New,
    /// It was begun: who comes here again goes round in a circle.
    Begun,
    Counted(Rc<Level>),
}

/// Counts along the places of one document.
struct Counter<'a> {
    document: &'a Value,
    places: Vec<Place<'a>>,
    by_pointer: HashMap<String, usize>,
    /// Where expressions stand.
    patterns: HashSet<String>,
    /// Steps of the counting itself.
    steps: usize,
}

impl<'a> Counter<'a> {
    fn new(document: &'a Value) -> Self {
        Self {
            document,
            places: Vec::new(),
            by_pointer: HashMap::new(),
            patterns: HashSet::new(),
            steps: 0,
        }
    }

    fn place(&mut self, pointer: String, schema: &'a Value) -> usize {
        let next = self.places.len();
        let place = *self.by_pointer.entry(pointer.clone()).or_insert(next);
        if place == next {
            self.places.push(Place {
                pointer,
                schema,
                level: State::New,
                below: vec![None; DEPTH_MAX + 1],
            });
        }
        place
    }

    fn refused(&self, place: usize, message: String) -> Excess {
        (self.places[place].pointer.clone(), message)
    }

    fn step(&mut self, place: usize, steps: usize) -> Result<(), Excess> {
        self.steps += steps;
        if self.steps > COUNTING_STEPS_MAX {
            let message = format!("its references are too many to count in {COUNTING_STEPS_MAX} steps");
            return Err(self.refused(place, message));
        }
        Ok(())
    }

    fn within(&self, place: usize, count: u64) -> Result<u64, Excess> {
        if count <= EXPANDED_MAX {
            return Ok(count);
        }
        let message = format!(
            "{count} values of the schema, its references followed, are compared with one value of the settings: at most \
             {EXPANDED_MAX} are allowed"
        );
        Err(self.refused(place, message))
    }

    /// What can be compared with one value that stands `depth` levels below the one that meets the schema.
    fn count(&mut self, place: usize, depth: usize) -> Result<u64, Excess> {
        if let Some(known) = self.places[place].below[depth] {
            return Ok(known);
        }
        let level = self.level(place, 0)?;
        let count = match depth.checked_sub(1) {
            None => level.own,
            Some(inside) => {
                self.step(place, level.inside.len())?;
                // A value stands under one key: what meets it by that key counts, and what meets any.
                let (mut worst, mut any, mut of_key): (u64, u64, u64) = (0, 0, 0);
                let mut last = None;
                for ((key, child), times) in &level.inside {
                    let count = self.count(*child, inside)?.saturating_mul(*times);
                    if key.is_none() {
                        any = any.saturating_add(count);
                        continue;
                    }
                    if last != Some(key) {
                        (last, of_key) = (Some(key), 0);
                    }
                    of_key = of_key.saturating_add(count);
                    worst = worst.max(of_key);
                }
                worst.saturating_add(any)
            }
        };
        self.places[place].below[depth] = Some(self.within(place, count)?);
        Ok(count)
    }

    /// All that meets the same value as the schema of a place. `chain` is how many schemas led here over that value.
    fn level(&mut self, place: usize, chain: usize) -> Result<Rc<Level>, Excess> {
        match &self.places[place].level {
            State::Counted(level) => return Ok(Rc::clone(level)),
            State::Begun => {
                let message = "the reference goes round in a circle without going into the value".to_owned();
                return Err(self.refused(place, message));
            }
            State::New => {}
        }
        if chain > CHAIN_MAX {
            let message = format!("more than {CHAIN_MAX} references and combinations lead here over one value");
            return Err(self.refused(place, message));
        }
        self.places[place].level = State::Begun;
        let level = Rc::new(self.parts(place, chain)?);
        self.within(place, level.own)?;
        self.places[place].level = State::Counted(Rc::clone(&level));
        Ok(level)
    }

    fn parts(&mut self, place: usize, chain: usize) -> Result<Level, Excess> {
        let (pointer, schema) = (self.places[place].pointer.clone(), self.places[place].schema);
        let mut level = Level {
            own: 1,
            ..Level::default()
        };
        let Value::Object(schema) = schema else {
            return Ok(level);
        };
        // What is held against the same value is asked again by these, to see what it did not look at.
        let again = schema.contains_key("unevaluatedProperties") || schema.contains_key("unevaluatedItems");
        let again = if again { 2 } else { 1 };
        for (keyword, value) in schema {
            let at = format!("{pointer}/{}", escaped(keyword));
            let below = |key: &str| format!("{at}/{}", escaped(key));
            let entries = || value.as_object().into_iter().flatten();
            let items = || value.as_array().into_iter().flatten().enumerate();
            match keyword.as_str() {
                "$ref" => {
                    let (target, schema) = self.target(&at, value)?;
                    let target = self.place(target, schema);
                    self.meets_too(&mut level, target, chain, again)?;
                }
                "$dynamicRef" | "$recursiveRef" => {
                    return Err((at, format!("{keyword:?} is not taken: expected \"$ref\"")));
                }
                "$id" if !pointer.is_empty() => {
                    return Err((at, "\"$id\" stands at the top of a settings schema alone".to_owned()));
                }
                "allOf" | "anyOf" | "oneOf" => {
                    for (index, value) in items() {
                        let child = self.place(below(&index.to_string()), value);
                        self.meets_too(&mut level, child, chain, again)?;
                    }
                }
                "not" | "if" | "then" | "else" => {
                    let child = self.place(at, value);
                    self.meets_too(&mut level, child, chain, again)?;
                }
                "dependentSchemas" | "dependencies" => {
                    for (key, value) in entries() {
                        let child = self.place(below(key), value);
                        self.meets_too(&mut level, child, chain, again)?;
                    }
                }
                "properties" => {
                    for (key, value) in entries() {
                        let child = self.place(below(key), value);
                        level.add(Some(key.as_str().into()), child, 1);
                    }
                }
                "patternProperties" => {
                    for (key, value) in entries() {
                        let child = self.place(below(key), value);
                        level.add(None, child, 1);
                        self.pattern(&below(key), key)?;
                        level.own = level.own.saturating_add(1 + key.len() as u64);
                    }
                }
                "prefixItems" => {
                    for (index, value) in items() {
                        let child = self.place(below(&index.to_string()), value);
                        level.add(Some(index.to_string().into()), child, 1);
                    }
                }
                "additionalProperties"
                | "propertyNames"
                | "unevaluatedProperties"
                | "items"
                | "unevaluatedItems"
                | "contains" => {
                    let child = self.place(at, value);
                    level.add(None, child, 1);
                }
                "pattern" => {
                    let text = value.as_str().unwrap_or_default();
                    self.pattern(&at, text)?;
                    level.own = level.own.saturating_add(text.len() as u64);
                }
                // Definitions are counted where something refers to them.
                "$defs" | "definitions" | "description" | "title" | "$comment" | "examples" | "default" => {}
                _ => level.own = level.own.saturating_add(values_of(value) as u64),
            }
        }
        Ok(level)
    }

    /// Another schema meets the same value, so many times.
    fn meets_too(&mut self, level: &mut Level, other: usize, chain: usize, times: u64) -> Result<(), Excess> {
        let found = self.level(other, chain + 1)?;
        self.step(other, 1 + found.inside.len())?;
        level.own = level.own.saturating_add(found.own.saturating_mul(times));
        for ((key, child), each) in &found.inside {
            level.add(key.clone(), *child, each.saturating_mul(times));
        }
        Ok(())
    }

    fn pattern(&mut self, pointer: &str, text: &str) -> Result<(), Excess> {
        if text.len() > PATTERN_BYTES_MAX {
            let message = format!(
                "an expression of {} bytes: at most {PATTERN_BYTES_MAX} are allowed",
                text.len()
            );
            return Err((pointer.to_owned(), message));
        }
        self.patterns.insert(pointer.to_owned());
        if self.patterns.len() > PATTERNS_MAX {
            let message = format!("more than {PATTERNS_MAX} expressions");
            return Err((pointer.to_owned(), message));
        }
        Ok(())
    }

    fn target(&self, pointer: &str, reference: &Value) -> Result<(String, &'a Value), Excess> {
        let text = reference.as_str().unwrap_or_default();
        let place = text
            .strip_prefix('#')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = place.and_then(|place| Some((place, self.document.pointer(place)?)));
        found.map(|(place, value)| (place.to_owned(), value)).ok_or_else(|| {
            let message = format!("{reference}: expected a place of the schema itself, as \"#/$defs/rule\"");
            (pointer.to_owned(), message)
        })
    }
}

/// A key as a JSON Pointer has it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// How many values a value is made of, itself counted; a text counts by its length as well.
fn values_of(value: &Value) -> usize {
    1 + match value {
        Value::Object(map) => map.values().map(values_of).sum(),
        Value::Array(items) => items.iter().map(values_of).sum(),
        Value::String(text) => text.len() / TEXT_BYTES_PER_STEP,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    /// Definitions `l0` to `lN`, each of which names the one before in that way.
    fn ladder(levels: usize, rung: impl Fn(Value) -> Value) -> Value {
        let mut defs = Map::new();
        defs.insert("l0".to_owned(), json!({ "type": "object" }));
        for level in 1..=levels {
            let before = json!({ "$ref": format!("#/$defs/l{}", level - 1) });
            defs.insert(format!("l{level}"), rung(before));
        }
        json!({ "properties": { "p": { "$ref": format!("#/$defs/l{levels}") } }, "$defs": defs })
    }

    #[test]
    fn what_doubles_is_refused_with_its_place_and_its_figure() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let (pointer, message) = Cost::of(&ladder(60, |it| json!({ keyword: [it, it] }))).unwrap_err();
            assert!(pointer.starts_with("/$defs/l"), "{pointer}");
            assert!(
                message.contains("values of the schema") && message.contains("at most 100000"),
                "{message}"
            );
        }
        // Doubling from level to level of the value, where it matters as much.
        let any = ladder(
            20,
            |it| json!({ "patternProperties": { "a": it, "b": it }, "additionalProperties": it }),
        );
        assert!(Cost::of(&any).unwrap_err().1.contains("values of the schema"));
        // Other properties are other values: no value is compared with both.
        assert!(Cost::of(&ladder(15, |it| json!({ "properties": { "a": it, "b": it } }))).is_ok());
    }

    #[test]
    fn the_packs_of_the_project_stay_far_below_the_bounds() {
        let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let mut counted = 0;
        for entry in std::fs::read_dir(policies).unwrap() {
            let file = entry.unwrap().path().join("settings.schema.json");
            let Ok(text) = std::fs::read_to_string(&file) else {
                continue;
            };
            let cost =
                Cost::of(&serde_json::from_str(&text).unwrap()).unwrap_or_else(|excess| panic!("{file:?}: {excess:?}"));
            let most = cost.at_depth.iter().max().unwrap();
            assert!(*most < EXPANDED_MAX / 20, "{file:?}: {most}");
            counted += 1;
        }
        assert!(counted >= 5, "{counted}");
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        for (schema, says) in [
            (ladder(70, |it| json!({ "allOf": [it] })), "lead here over one value"),
            (
                json!({ "properties": { "p": { "$ref": "#/properties/p" } } }),
                "in a circle",
            ),
            (json!({ "allOf": [{ "$ref": "#" }] }), "in a circle"),
            (
                json!({ "properties": { "p": { "$ref": "other.json" } } }),
                "a place of the schema itself",
            ),
            (
                json!({ "properties": { "p": { "$ref": "#/$defs/none" } } }),
                "a place of the schema itself",
            ),
            (
                json!({ "properties": { "p": { "$dynamicRef": "#a" } } }),
                "expected \"$ref\"",
            ),
            (json!({ "properties": { "p": { "$id": "x" } } }), "at the top"),
            (
                json!({ "$schema": "http://json-schema.org/draft-07/schema#" }),
                "2020-12",
            ),
            (json!({ "pattern": "a".repeat(1_025) }), "1025 bytes"),
            (json!({ "enum": (0..60_000).collect::<Vec<_>>() }), "at most 50000"),
        ] {
            let (_, message) = Cost::of(&schema).unwrap_err();
            assert!(message.contains(says), "{message}");
        }
        let many: Map<String, Value> = (0..1_001)
            .map(|n| (format!("p{n}"), json!({ "pattern": "a" })))
            .collect();
        assert!(
            Cost::of(&json!({ "properties": many }))
                .unwrap_err()
                .1
                .contains("expressions")
        );
    }

    #[test]
    fn a_tree_is_counted_by_what_it_grows_to() {
        let node = json!({ "properties": { "left": { "$ref": "#/$defs/node" }, "right": { "$ref": "#/$defs/node" } } });
        let cost =
            Cost::of(&json!({ "properties": { "p": { "$ref": "#/$defs/node" } }, "$defs": { "node": node } })).unwrap();
        let few = cost.steps(&json!({ "p": { "left": {} } })).unwrap();
        let more = cost
            .steps(&json!({ "p": { "left": { "left": {}, "right": {} } } }))
            .unwrap();
        assert!(0 < few && few < more && more < 1_000, "{few} {more}");
        let deep = (0..30).fold(json!({}), |inner, _| json!({ "left": inner }));
        assert!(
            cost.steps(&json!({ "p": deep }))
                .unwrap_err()
                .1
                .contains("nested deeper")
        );
    }
}
