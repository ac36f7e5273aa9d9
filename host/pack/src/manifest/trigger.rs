//! `trigger = "always"` or a table of conditions.

use proviso_model::message::{Direction, Kind, PartyClass};
use proviso_model::toml_read::{Places, TomlFile};
use proviso_model::trigger::Trigger;
use serde_json::Value;

/// How deep `any` and `all` may be nested.
const DEPTH_MAX: usize = 8;
/// Conditions of one trigger.
const CONDITIONS_MAX: usize = 64;

const DIRECTIONS: [(&str, Direction); 4] = [
    (Direction::Internal.name(), Direction::Internal),
    (Direction::Outbound.name(), Direction::Outbound),
    (Direction::Inbound.name(), Direction::Inbound),
    (Direction::Unknown.name(), Direction::Unknown),
];
const CLASSES: [(&str, PartyClass); 4] = [
    (PartyClass::Employee.name(), PartyClass::Employee),
    (PartyClass::External.name(), PartyClass::External),
    (PartyClass::Robot.name(), PartyClass::Robot),
    (PartyClass::Unknown.name(), PartyClass::Unknown),
];

/// Reads the value of `trigger`. `lists` are those of the policy.
pub(super) fn read(
    file: &mut TomlFile<'_>,
    value: &Value,
    places: &Places,
    lists: &[String],
) -> Option<Trigger<String>> {
    let mut reader = Reader {
        file,
        places,
        lists,
        conditions: 0,
    };
    match value {
        Value::String(word) if word == "always" => Some(Trigger::Always),
        Value::String(word) => {
            reader.problem(
                "",
                format!("`trigger` is {word:?}: expected \"always\" or a table of conditions"),
            );
            None
        }
        _ => reader.condition(value, "", 0),
    }
}

struct Reader<'r, 'f, 'a> {
    file: &'r mut TomlFile<'f>,
    places: &'a Places,
    lists: &'a [String],
    conditions: usize,
}

impl Reader<'_, '_, '_> {
    fn problem(&mut self, pointer: &str, message: impl Into<String>) {
        self.file.problem(self.places.of(pointer), message);
    }

    fn condition(&mut self, value: &Value, pointer: &str, depth: usize) -> Option<Trigger<String>> {
        const KEYS: &str = "`any`, `all`, `lists`, `kinds`, `directions`, `sender`, `recipient`";
        self.conditions += 1;
        if depth > DEPTH_MAX || self.conditions > CONDITIONS_MAX {
            let message = format!("more than {CONDITIONS_MAX} conditions, or nested deeper than {DEPTH_MAX}");
            self.problem(pointer, message);
            return None;
        }
        let Value::Object(table) = value else {
            self.problem(pointer, format!("a condition is a table with one of {KEYS}"));
            return None;
        };
        let mut entries = table.iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else {
            self.problem(
                pointer,
                format!("a condition has exactly one of {KEYS}; join several by `any` or `all`"),
            );
            return None;
        };
        let pointer = format!("{pointer}/{key}");
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            self.problem(&pointer, format!("`{key}` needs a list with at least one item"));
            return None;
        };
        match key.as_str() {
            "any" => self.conditions(items, &pointer, depth).map(Trigger::Any),
            "all" => self.conditions(items, &pointer, depth).map(Trigger::All),
            "lists" => self.lists(items, &pointer).map(Trigger::Lists),
            "kinds" => self
                .names(items, &pointer, &Kind::ALL.map(|kind| (kind.name(), kind)))
                .map(Trigger::Kinds),
            "directions" => self.names(items, &pointer, &DIRECTIONS).map(Trigger::Directions),
            "sender" => self.names(items, &pointer, &CLASSES).map(Trigger::Sender),
            "recipient" => self.names(items, &pointer, &CLASSES).map(Trigger::Recipient),
            _ => {
                self.problem(&pointer, format!("unknown key `{key}`: expected one of {KEYS}"));
                None
            }
        }
    }

    fn conditions(&mut self, items: &[Value], pointer: &str, depth: usize) -> Option<Vec<Trigger<String>>> {
        self.each(items, pointer, |reader, item, pointer| {
            reader.condition(item, pointer, depth + 1)
        })
    }

    fn lists(&mut self, items: &[Value], pointer: &str) -> Option<Vec<String>> {
        self.each(items, pointer, |reader, item, pointer| {
            let name = item
                .as_str()
                .filter(|name| reader.lists.iter().any(|list| list == name));
            if name.is_none() {
                reader.problem(pointer, format!("{item} is not among the `lists` of this policy"));
            }
            name.map(str::to_owned)
        })
    }

    fn names<T: Copy>(&mut self, items: &[Value], pointer: &str, known: &[(&str, T)]) -> Option<Vec<T>> {
        self.each(items, pointer, |reader, item, pointer| {
            let found = item
                .as_str()
                .and_then(|name| known.iter().find(|(known, _)| *known == name));
            if found.is_none() {
                let names = known
                    .iter()
                    .map(|(name, _)| format!("{name:?}"))
                    .collect::<Vec<_>>()
                    .join(", ");
                reader.problem(pointer, format!("{item}: expected one of {names}"));
            }
            found.map(|(_, value)| *value)
        })
    }

    /// Reads every item, and tells what is wrong with any, before it gives up on all.
    fn each<T>(
        &mut self,
        items: &[Value],
        pointer: &str,
        mut read: impl FnMut(&mut Self, &Value, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let item = |(index, item)| read(self, item, &format!("{pointer}/{index}"));
        let read: Vec<Option<T>> = items.iter().enumerate().map(item).collect();
        read.into_iter().collect()
    }
}
