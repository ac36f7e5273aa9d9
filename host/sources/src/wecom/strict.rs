//! What every value must satisfy before anything in it is believed: whole JSON, and no key twice in one object.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Refuses text that is not one JSON value, or has a key twice in one object: readers would differ on what it says.
/// `line` is the line of the source on which the text begins.
pub(super) fn check(text: &str, line: u64) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_str(text);
    Walk.deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| reason(&error, line))
}

/// The parser's words, with the place in the source instead of that in the value.
fn reason(error: &serde_json::Error, line: u64) -> String {
    let words = error.to_string();
    let words = words
        .rsplit_once(" at line ")
        .map_or(words.as_str(), |(words, _)| words);
    let what = if error.is_data() { "" } else { "not JSON: " };
    let (line, column) = (line + (error.line() as u64).saturating_sub(1), error.column());
    format!("{what}{words} (line {line}, byte {column})")
}

/// Walks over a value.
struct Walk;

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Walk)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        while let Some(key) = map.next_key_seed(Key)? {
            if !keys.add(key.clone()) {
                let shown: String = key.chars().take(64).collect();
                return Err(A::Error::custom(format!("key {shown:?} occurs twice")));
            }
            map.next_value_seed(Walk)?;
        }
        Ok(())
    }
}

/// Keys of one object: a list while it is short, which it nearly always is.
#[derive(Default)]
struct Keys<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

const FEW: usize = 24;

impl<'de> Keys<'de> {
    /// False if it was there.
    fn add(&mut self, key: Cow<'de, str>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() < FEW {
            self.few.push(key);
            return true;
        }
        self.many.insert(key)
    }
}

/// A key, borrowed where it has no escapes.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(Key)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn refusals_name_the_place_in_the_source() {
        let table = [
            ("{\"a\":1,\n\"a\":2}", "key \"a\" occurs twice (line 8, byte 3)"),
            (
                "{\"a\":{\"b\":1,\"\\u0062\":2}}",
                "key \"b\" occurs twice (line 7, byte 20)",
            ),
            ("{\"a\":tru}", "not JSON: expected ident (line 7, byte 9)"),
            ("{\"a\":1e999}", "not JSON: number out of range (line 7, byte 10)"),
            (
                "{\"a\":\"\0\"}",
                "not JSON: control character (\\u0000-\\u001F) found while parsing a string (line 7, byte 7)",
            ),
        ];
        each_row(table, |(text, expected)| {
            assert_eq!(check(text, 7).unwrap_err(), expected, "{text:?}");
        });
        let many = (0..100).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",");
        assert_eq!(check(&format!("{{{many}}}"), 1), Ok(()));
        assert!(
            check(&format!("{{{many},\"99\":0}}"), 1)
                .unwrap_err()
                .starts_with("key \"99\" occurs twice")
        );
    }
}
