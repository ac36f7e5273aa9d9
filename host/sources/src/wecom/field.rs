//! A field of a wire structure that may be of another type than it should: the platform's own samples, and the copies that
//! customers' programs make of them, do not always agree with its documentation.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::marker::PhantomData;

/// What stands at a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Field<T> {
    /// Nothing, or `null`.
    #[default]
    Absent,
    /// What is expected there.
    Given(T),
    /// Something else: what it is, and what can be made of it.
    Odd { found: &'static str, value: Option<T> },
}

impl<T> Field<T> {
    /// The value, or what can be made of it.
    pub(super) fn value(&self) -> Option<&T> {
        match self {
            Field::Given(value) | Field::Odd { value: Some(value), .. } => Some(value),
            Field::Absent | Field::Odd { value: None, .. } => None,
        }
    }

    fn odd(found: &'static str) -> Self {
        Field::Odd { found, value: None }
    }

    fn made(found: &'static str, value: Option<T>) -> Self {
        Field::Odd { found, value }
    }
}

/// How a type is made of the types of JSON. What a method does not make is odd.
pub(super) trait Lenient<'de>: Sized {
    fn from_text(_: &str) -> Field<Self> {
        Field::odd("a string")
    }
    fn from_unsigned(_: u64) -> Field<Self> {
        Field::odd("a number")
    }
    fn from_negative(_: i64) -> Field<Self> {
        Field::odd("a negative number")
    }
    fn from_float(_: f64) -> Field<Self> {
        Field::odd("a number with a fraction, or out of range")
    }
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Field<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::odd("a list"))
    }
}

impl Lenient<'_> for String {
    fn from_text(text: &str) -> Field<Self> {
        Field::Given(text.to_owned())
    }
    fn from_unsigned(number: u64) -> Field<Self> {
        Field::made("a number", Some(number.to_string()))
    }
    fn from_negative(number: i64) -> Field<Self> {
        Field::made("a number", Some(number.to_string()))
    }
    fn from_float(number: f64) -> Field<Self> {
        Field::made("a number", Some(number.to_string()))
    }
}

/// Sizes, amounts, counts. Digits in a string are taken: several programs write them so.
impl Lenient<'_> for u64 {
    fn from_text(text: &str) -> Field<Self> {
        text.parse().map_or(Field::odd("a string"), Field::Given)
    }
    fn from_unsigned(number: u64) -> Field<Self> {
        Field::Given(number)
    }
}

/// Times and codes.
impl Lenient<'_> for i64 {
    fn from_text(text: &str) -> Field<Self> {
        text.parse().map_or(Field::odd("a string"), Field::Given)
    }
    fn from_unsigned(number: u64) -> Field<Self> {
        number
            .try_into()
            .map_or(Field::odd("a number out of range"), Field::Given)
    }
    fn from_negative(number: i64) -> Field<Self> {
        Field::Given(number)
    }
}

/// Lists of names. One name in place of a list is taken as a list of one.
impl<'de> Lenient<'de> for Vec<Field<String>> {
    fn from_text(text: &str) -> Field<Self> {
        Field::made("a string", Some(vec![Field::Given(text.to_owned())]))
    }
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Field<Self>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Field::Given(items))
    }
}

/// Lists of parts, each to be read on its own.
impl<'de: 'a, 'a> Lenient<'de> for Vec<&'a RawValue> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Field<Self>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Field::Given(items))
    }
}

impl<'de, T: Lenient<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyType(PhantomData))
    }
}

struct AnyType<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for AnyType<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<T>, E> {
        Ok(Field::odd("true or false"))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field<T>, E> {
        Ok(T::from_negative(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field<T>, E> {
        Ok(T::from_unsigned(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field<T>, E> {
        Ok(T::from_float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(T::from_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Field<T>, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::odd("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_types_are_taken_where_they_say_the_same() {
        let of = |json| serde_json::from_str::<Field<u64>>(json).unwrap();
        assert_eq!(of("11101571002822706744"), Field::Given(11_101_571_002_822_706_744));
        assert_eq!(of("\"12\""), Field::Given(12));
        assert_eq!(of("null"), Field::Absent);
        for odd in ["-1", "1.5", "1e30", "true", "[1]", "{\"a\":1}", "\"x\""] {
            assert_eq!(of(odd).value(), None, "{odd}");
            assert!(matches!(of(odd), Field::Odd { .. }), "{odd}");
        }
        let text = serde_json::from_str::<Field<String>>("12").unwrap();
        assert_eq!(
            text,
            Field::Odd {
                found: "a number",
                value: Some("12".to_owned())
            }
        );
        let names = serde_json::from_str::<Field<Vec<Field<String>>>>("\"ken\"").unwrap();
        assert_eq!(names.value().unwrap()[0].value().unwrap(), "ken");
    }
}
