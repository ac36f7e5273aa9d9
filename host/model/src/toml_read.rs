//! Reads a TOML file by hand, so that every problem of it is reported at once, with line and column.
//!
//! A reader takes the keys it knows out of a table; what is left over is an unknown key. Nothing stops at the first
//! problem: a key that is wrong gives `None` and a problem, and reading goes on.

use crate::limits::PROBLEMS_PER_FILE_MAX;
use crate::places::Below;
use crate::problem::{Problem, lines_and_columns};
use crate::spelling::nearest;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use crate::places::Places;

/// Tables and lists within each other, at most. The parser's own bound is 80 of them, and 80 keys with dots between them in
/// each: together far more than a thread's stack has room for.
pub const NESTING_MAX: usize = 64;
/// Of a value that a problem quotes.
const QUOTED_BYTES_MAX: usize = 64;

/// A TOML file being read, and what was found wrong with it so far.
pub struct TomlFile<'a> {
    file: PathBuf,
    text: &'a str,
    problems: Vec<(usize, String)>,
    problems_untold: usize,
}

impl<'a> TomlFile<'a> {
    /// Parses `text`; `file` is the name used in problems. Syntax errors are recorded and what could be parsed is returned.
    /// Nothing is returned of a file that is nested deeper than [`NESTING_MAX`] levels.
    pub fn parse(file: &Path, text: &'a str) -> (Self, Table<'a>) {
        let mut this = Self {
            file: file.to_owned(),
            text,
            problems: Vec::new(),
            problems_untold: 0,
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            this.problem(error.span().unwrap_or(0..0), error.message().to_owned());
        }
        let at = table.span();
        let mut table = table.into_inner();
        if let Some(place) = too_deep(&table) {
            this.problem(
                place,
                format!("nested deeper than {NESTING_MAX} levels of tables and lists"),
            );
            take_apart(std::mem::take(&mut table));
        }
        (this, Table::new(Spanned::new(at, table)))
    }

    /// Records a problem at a range of bytes of the file.
    pub fn problem(&mut self, at: Range<usize>, message: impl Into<String>) {
        if self.problems.len() < PROBLEMS_PER_FILE_MAX {
            self.problems.push((at.start, message.into()));
        } else {
            self.problems_untold += 1;
        }
    }

    /// Everything found wrong, in the order of the file; empty if the file is good. Beyond [`PROBLEMS_PER_FILE_MAX`], the last
    /// entry says how many more there are.
    pub fn into_problems(self) -> Vec<Problem> {
        let offsets: Vec<usize> = self.problems.iter().map(|(offset, _)| *offset).collect();
        let places = lines_and_columns(self.text, &offsets);
        let problem = |((_, message), (line, column))| Problem {
            file: self.file.clone(),
            line,
            column,
            message,
        };
        let mut problems: Vec<_> = self.problems.into_iter().zip(places).map(problem).collect();
        problems.sort();
        problems.dedup();
        if self.problems_untold > 0 {
            problems.push(Problem::in_file(
                self.file,
                format!("and {} more problems", self.problems_untold),
            ));
        }
        problems
    }

    /// Line and column, from 1, of the start of each range, in the order given.
    pub fn lines_and_columns<'r>(&self, ranges: impl IntoIterator<Item = &'r Range<usize>>) -> Vec<(usize, usize)> {
        let offsets: Vec<usize> = ranges.into_iter().map(|range| range.start).collect();
        lines_and_columns(self.text, &offsets)
    }

    /// True if something was found wrong.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }
}

/// A value and where it stands in the file.
pub type At<T> = (T, Range<usize>);

/// A table whose known keys are being taken out.
pub struct Table<'a> {
    entries: Vec<(String, Range<usize>, Spanned<DeValue<'a>>)>,
    at: Range<usize>,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    fn new(table: Spanned<DeTable<'a>>) -> Self {
        let at = table.span();
        let mut entries: Vec<_> = table
            .into_inner()
            .into_iter()
            .map(|(key, value)| {
                let at = key.span();
                (key.into_inner().into_owned(), at, value)
            })
            .collect();
        entries.sort_by_key(|(_, at, _)| at.start);
        Self {
            entries,
            at,
            known: Vec::new(),
        }
    }

    /// Where the table stands.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// True if the key is there and nobody took it yet.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _, _)| name == key)
    }

    /// Where the value of a key stands that nobody took yet; where the table stands, if it has none.
    pub fn at_key(&self, key: &str) -> Range<usize> {
        self.entries
            .iter()
            .find(|(name, _, _)| name == key)
            .map_or(self.at(), |(_, _, value)| value.span())
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.known.push(key);
        let found = self.entries.iter().position(|(name, _, _)| name == key)?;
        Some(self.entries.remove(found).2)
    }

    /// A string. A value of another type is a problem.
    pub fn string(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Option<At<String>> {
        let value = self.take(key)?;
        string_of(file, key, value)
    }

    /// A string that must be there.
    pub fn required_string(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Option<At<String>> {
        if !self.has(key) {
            self.known.push(key);
            file.problem(self.at(), format!("`{key}` is missing here"));
            return None;
        }
        self.string(file, key)
    }

    /// One of a fixed number of names.
    pub fn choice<T: Copy>(&mut self, file: &mut TomlFile<'_>, key: &'static str, names: &[(&str, T)]) -> Option<T> {
        let text = self.string(file, key)?;
        chosen(file, key, text, names)
    }

    /// Every key with the value that its string names: what is none of them is a problem.
    pub fn into_choices<T: Copy>(mut self, file: &mut TomlFile<'_>, names: &[(&str, T)]) -> Vec<(At<String>, T)> {
        let mut choices = Vec::new();
        for (key, at, value) in std::mem::take(&mut self.entries) {
            let chosen = string_of(file, &key, value).and_then(|text| chosen(file, &key, text, names));
            choices.extend(chosen.map(|value| ((key, at), value)));
        }
        choices
    }

    /// True or false.
    pub fn boolean(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Option<At<bool>> {
        let value = self.take(key)?;
        let at = value.span();
        match value.into_inner() {
            DeValue::Boolean(value) => Some((value, at)),
            other => wrong_type(file, at, key, "true or false", &other),
        }
    }

    /// A whole number within a range.
    pub fn integer(
        &mut self,
        file: &mut TomlFile<'_>,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<At<i64>> {
        let value = self.take(key)?;
        let at = value.span();
        match value.into_inner() {
            DeValue::Integer(number) => {
                let text = number.as_str().to_owned();
                let parsed = i64::from_str_radix(&text, number.radix())
                    .ok()
                    .filter(|number| range.contains(number));
                if parsed.is_none() {
                    let (from, to) = range.into_inner();
                    file.problem(
                        at.clone(),
                        format!("`{key}` is {}: expected {from} to {to}", cut(&text)),
                    );
                }
                parsed.map(|number| (number, at))
            }
            other => wrong_type(file, at, key, "a whole number", &other),
        }
    }

    /// A list of strings.
    pub fn strings(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Option<Vec<At<String>>> {
        let value = self.take(key)?;
        let at = value.span();
        match value.into_inner() {
            DeValue::Array(items) => Some(
                items
                    .into_iter()
                    .filter_map(|item| string_of(file, key, item))
                    .collect(),
            ),
            other => wrong_type(file, at, key, "a list of strings", &other),
        }
    }

    /// A table.
    pub fn table(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Option<Table<'a>> {
        let value = self.take(key)?;
        table_of(file, key, value)
    }

    /// A list of tables; empty if the key is absent.
    pub fn tables(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let at = value.span();
        match value.into_inner() {
            DeValue::Array(items) => items.into_iter().filter_map(|item| table_of(file, key, item)).collect(),
            other => wrong_type::<()>(file, at, key, "a list of tables", &other).map_or_else(Vec::new, |()| Vec::new()),
        }
    }

    /// Every entry of a table whose keys are free, as tables, in file order, each with its key.
    pub fn into_tables(mut self, file: &mut TomlFile<'_>) -> Vec<(At<String>, Table<'a>)> {
        std::mem::take(&mut self.entries)
            .into_iter()
            .filter_map(|(key, at, value)| table_of(file, &key, value).map(|table| ((key, at), table)))
            .collect()
    }

    /// Every entry of a table whose keys are free, as lists of strings, in file order, each with its key.
    pub fn into_string_lists(mut self, file: &mut TomlFile<'_>) -> Vec<(At<String>, Vec<At<String>>)> {
        let mut lists = Vec::new();
        for (key, at, value) in std::mem::take(&mut self.entries) {
            let value_at = value.span();
            match value.into_inner() {
                DeValue::Array(items) => {
                    lists.push((
                        (key.clone(), at),
                        items
                            .into_iter()
                            .filter_map(|item| string_of(file, &key, item))
                            .collect(),
                    ));
                }
                other => {
                    wrong_type::<()>(file, value_at, &key, "a list of strings", &other);
                }
            }
        }
        lists
    }

    /// The whole rest of the table as JSON, with the place of every value by its JSON Pointer.
    pub fn into_json(mut self, file: &mut TomlFile<'_>) -> (serde_json::Map<String, serde_json::Value>, Places) {
        let at = self.at();
        let (mut map, mut places) = (serde_json::Map::new(), BTreeMap::new());
        for (key, at, value) in std::mem::take(&mut self.entries) {
            let (value, below) = json_of(file, value);
            places.insert(key.clone(), Places::new(at, below));
            map.insert(key, value);
        }
        (map, Places::new(at, Below::Entries(places)))
    }

    /// One value as JSON, whatever its type, with the place of every value in it by its JSON Pointer.
    pub fn json(&mut self, file: &mut TomlFile<'_>, key: &'static str) -> Option<(serde_json::Value, Places)> {
        let value = self.take(key)?;
        let at = value.span();
        let (value, below) = json_of(file, value);
        Some((value, Places::new(at, below)))
    }

    /// Ends the reading: every key that nobody took is a problem.
    pub fn finish(self, file: &mut TomlFile<'_>) {
        for (key, at, _) in &self.entries {
            let message = nearest(key, self.known.iter().copied()).map_or_else(
                || {
                    let known = self
                        .known
                        .iter()
                        .map(|name| format!("`{name}`"))
                        .collect::<Vec<_>>()
                        .join(", ");
                    format!("unknown key `{key}`: expected one of {known}")
                },
                |meant| format!("unknown key `{key}`: did you mean `{meant}`?"),
            );
            file.problem(at.clone(), message);
        }
    }
}

/// A value as JSON, and what stands inside it. It is at most [`NESTING_MAX`] levels deep.
fn json_of(file: &mut TomlFile<'_>, value: Spanned<DeValue<'_>>) -> (serde_json::Value, Below) {
    use serde_json::Value;
    let at = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Integer(number) => {
            if let Ok(number) = i64::from_str_radix(number.as_str(), number.radix()) {
                Value::from(number)
            } else {
                file.problem(
                    at,
                    format!("{} does not fit a whole number of 64 bits", cut(number.as_str())),
                );
                Value::Null
            }
        }
        DeValue::Float(number) => {
            let parsed = number
                .as_str()
                .parse::<f64>()
                .ok()
                .and_then(serde_json::Number::from_f64);
            parsed.map_or_else(
                || {
                    file.problem(at, format!("{} is not a finite number", cut(number.as_str())));
                    Value::Null
                },
                Value::Number,
            )
        }
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => {
            let (mut values, mut places) = (Vec::new(), Vec::new());
            for item in items {
                let at = item.span();
                let (value, below) = json_of(file, item);
                values.push(value);
                places.push(Places::new(at, below));
            }
            return (Value::Array(values), Below::Items(places));
        }
        DeValue::Table(table) => {
            let (mut map, mut places) = (serde_json::Map::new(), BTreeMap::new());
            for (key, value) in table {
                let at = key.span();
                let key = key.into_inner().into_owned();
                let (value, below) = json_of(file, value);
                places.insert(key.clone(), Places::new(at, below));
                map.insert(key, value);
            }
            return (Value::Object(map), Below::Entries(places));
        }
    };
    (value, Below::Nothing)
}

/// The beginning of a text that a problem quotes.
fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= QUOTED_BYTES_MAX {
        return text.into();
    }
    format!("{}…", &text[..text.floor_char_boundary(QUOTED_BYTES_MAX)]).into()
}

/// Where the first value stands that is more than [`NESTING_MAX`] levels deep.
fn too_deep(table: &DeTable<'_>) -> Option<Range<usize>> {
    fn below(value: &Spanned<DeValue<'_>>, level: usize) -> Option<Range<usize>> {
        if level > NESTING_MAX {
            return Some(value.span());
        }
        match value.get_ref() {
            DeValue::Array(items) => items.iter().find_map(|item| below(item, level + 1)),
            DeValue::Table(table) => table.iter().find_map(|(_, value)| below(value, level + 1)),
            _ => None,
        }
    }
    table.iter().find_map(|(_, value)| below(value, 1))
}

/// Drops a table of any depth, level by level: by itself it would go down into all levels at once.
fn take_apart(table: DeTable<'_>) {
    let mut left: Vec<DeValue<'_>> = vec![DeValue::Table(table)];
    while let Some(value) = left.pop() {
        match value {
            DeValue::Array(items) => left.extend(items.into_iter().map(Spanned::into_inner)),
            DeValue::Table(table) => left.extend(table.into_iter().map(|(_, value)| value.into_inner())),
            _ => {}
        }
    }
}

fn string_of(file: &mut TomlFile<'_>, key: &str, value: Spanned<DeValue<'_>>) -> Option<At<String>> {
    let at = value.span();
    match value.into_inner() {
        DeValue::String(text) => Some((text.into_owned(), at)),
        other => wrong_type(file, at, key, "a string", &other),
    }
}

fn chosen<T: Copy>(file: &mut TomlFile<'_>, key: &str, (text, at): At<String>, names: &[(&str, T)]) -> Option<T> {
    let found = names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<_> = names.iter().map(|(name, _)| format!("{name:?}")).collect();
        file.problem(at, format!("`{key}` is {text:?}: expected one of {}", names.join(", ")));
    }
    found
}

fn table_of<'a>(file: &mut TomlFile<'_>, key: &str, value: Spanned<DeValue<'a>>) -> Option<Table<'a>> {
    let at = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Some(Table::new(Spanned::new(at, table))),
        other => wrong_type(file, at, key, "a table", &other),
    }
}

fn wrong_type<T>(
    file: &mut TomlFile<'_>,
    at: Range<usize>,
    key: &str,
    expected: &str,
    found: &DeValue<'_>,
) -> Option<T> {
    let found = match found {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    file.problem(at, format!("`{key}` is {found}: expected {expected}"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let (mut file, mut table) = TomlFile::parse(Path::new("x.toml"), text);
        table.required_string(&mut file, "name");
        table.choice(&mut file, "mode", &[("on", 1), ("off", 0)]);
        table.integer(&mut file, "count", 1..=9);
        table.finish(&mut file);
        file.into_problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_value_of_any_type_keeps_the_places_inside_it() {
        let text = "trigger = { any = [ { lists = [\"a\"] } ] }\n";
        let (mut file, mut table) = TomlFile::parse(Path::new("x.toml"), text);
        let (value, places) = table.json(&mut file, "trigger").unwrap();
        assert_eq!(value, serde_json::json!({ "any": [ { "lists": ["a"] } ] }));
        assert_eq!(
            places.of("/any/0/lists/0"),
            text.find("\"a\"").unwrap()..text.find(']').unwrap()
        );
        assert_eq!(places.of("").start, text.find('{').unwrap());
    }

    #[test]
    fn every_problem_is_reported_with_its_place() {
        assert_eq!(problems("name = \"保本\"\nmode = \"on\"\ncount = 3\n"), [] as [&str; 0]);
        assert_eq!(
            problems("\"名\" = 1\nmode = \"maybe\"\ncount = 12\n"),
            [
                "x.toml:1:1: `name` is missing here",
                "x.toml:1:1: unknown key `名`: expected one of `name`, `mode`, `count`",
                "x.toml:2:8: `mode` is \"maybe\": expected one of \"on\", \"off\"",
                "x.toml:3:9: `count` is 12: expected 1 to 9",
            ]
        );
        assert_eq!(
            problems("name = 3\n"),
            ["x.toml:1:8: `name` is a whole number: expected a string"]
        );
        assert_eq!(
            problems("nmae = 3\n")[1],
            "x.toml:1:1: unknown key `nmae`: did you mean `name`?"
        );
        assert!(
            problems("name = \"a\nmode = \n").len() >= 2,
            "both syntax errors are told"
        );
    }
}
