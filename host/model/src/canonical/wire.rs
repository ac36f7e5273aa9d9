//! The canonical JSON object as it is written. Texts are borrowed from the line where they hold no escapes.
//!
//! Read by hand-written visitors and not by derived ones, so that an error names the field, with the way to it.

use super::FieldError;
use crate::foreign::Foreign;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

pub(super) type Text<'a> = Cow<'a, str>;

#[derive(Default)]
pub(super) struct Message<'a> {
    pub(super) id: Option<Text<'a>>,
    pub(super) tenant: Option<Text<'a>>,
    pub(super) channel: Option<Text<'a>>,
    pub(super) kind: Option<Text<'a>>,
    pub(super) native_kind: Option<Text<'a>>,
    pub(super) sent_at: Option<Time<'a>>,
    pub(super) conversation: Option<Text<'a>>,
    pub(super) direction: Option<Text<'a>>,
    pub(super) from: Option<Party<'a>>,
    pub(super) to: Vec<Party<'a>>,
    pub(super) text: Option<Text<'a>>,
    pub(super) amount: Option<Money<'a>>,
    pub(super) attachments: Vec<Attachment<'a>>,
    pub(super) links: Vec<Text<'a>>,
    pub(super) recalls: Option<Text<'a>>,
    pub(super) consent: Option<Consent<'a>>,
    pub(super) notes: Vec<Text<'a>>,
}

#[derive(Default)]
pub(super) struct Party<'a> {
    pub(super) id: Option<Text<'a>>,
    pub(super) class: Option<Text<'a>>,
    pub(super) department: Option<Text<'a>>,
    /// False for a party written as a mere string.
    pub(super) is_object: bool,
}

#[derive(Default)]
pub(super) struct Money<'a> {
    pub(super) minor_units: Option<u64>,
    pub(super) currency: Option<Text<'a>>,
}

#[derive(Default)]
pub(super) struct Attachment<'a> {
    pub(super) name: Option<Text<'a>>,
    pub(super) size_bytes: Option<u64>,
    pub(super) reference: Option<Text<'a>>,
}

#[derive(Default)]
pub(super) struct Consent<'a> {
    pub(super) party: Option<Text<'a>>,
    pub(super) state: Option<Text<'a>>,
    pub(super) at: Option<Time<'a>>,
}

pub(super) enum Time<'a> {
    Text(Text<'a>),
    Number(i64),
}

pub(super) fn read(text: &str) -> Result<Message<'_>, FieldError> {
    let trail = Trail::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Of::<Message<'_>>::new(&trail)
        .deserialize(&mut reader)
        .and_then(|message| reader.end().map(|()| message));
    read.map_err(|error| FieldError::new(trail.0.into_inner(), error.to_string()))
}

/// The way to the field that failed: empty until one fails, then put together from the inside out.
#[derive(Default)]
struct Trail(RefCell<String>);

impl Trail {
    #[cold]
    fn failed_in(&self, step: fmt::Arguments<'_>) {
        let mut way = self.0.borrow_mut();
        let dot = if way.is_empty() || way.starts_with('[') {
            ""
        } else {
            "."
        };
        *way = format!("{step}{dot}{way}");
    }
}

/// Every field of a message, for a test that none is undocumented.
#[cfg(test)]
pub(super) const NAMES: &[&str] = Message::NAMES;

/// Reads a value of type `T`, and leaves on the trail where it failed.
struct Of<'t, T> {
    trail: &'t Trail,
    value: PhantomData<T>,
}

impl<'t, T> Of<'t, T> {
    fn new(trail: &'t Trail) -> Self {
        Self {
            trail,
            value: PhantomData,
        }
    }
}

/// What can stand in a canonical message.
trait Value<'de>: Sized {
    const EXPECTED: &'static str;
    /// The part of the deserialiser that is asked; JSON says itself what comes.
    fn text<E: Error>(text: Text<'de>) -> Result<Self, E> {
        Err(E::invalid_type(
            serde::de::Unexpected::Str(&super::shown(&text)),
            &Self::EXPECTED,
        ))
    }
    fn number<E: Error>(number: Number) -> Result<Self, E> {
        Err(E::invalid_type(number.unexpected(), &Self::EXPECTED))
    }
    fn object<A: MapAccess<'de>>(_: A, _: &Trail) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(serde::de::Unexpected::Map, &Self::EXPECTED))
    }
    fn list<A: SeqAccess<'de>>(_: A, _: &Trail) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &Self::EXPECTED))
    }
}

enum Number {
    Positive(u64),
    Negative(i64),
}

impl Number {
    fn unexpected(&self) -> serde::de::Unexpected<'static> {
        match *self {
            Number::Positive(number) => serde::de::Unexpected::Unsigned(number),
            Number::Negative(number) => serde::de::Unexpected::Signed(number),
        }
    }
}

impl<'de, T: Value<'de>> DeserializeSeed<'de> for Of<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Value<'de>> Visitor<'de> for Of<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
        T::text(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::text(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::number(Number::Positive(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::number(Number::Negative(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::object(map, self.trail)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list, self.trail)
    }
}

impl<'de> Value<'de> for Text<'de> {
    const EXPECTED: &'static str = "a string";

    fn text<E: Error>(text: Text<'de>) -> Result<Self, E> {
        Ok(text)
    }
}

impl Value<'_> for u64 {
    const EXPECTED: &'static str = "a whole number, 0 or more";

    fn number<E: Error>(number: Number) -> Result<Self, E> {
        match number {
            Number::Positive(number) => Ok(number),
            Number::Negative(_) => Err(E::invalid_value(number.unexpected(), &Self::EXPECTED)),
        }
    }
}

impl<'de> Value<'de> for Time<'de> {
    const EXPECTED: &'static str = "a time: RFC 3339 with an offset, or seconds or milliseconds since 1970";

    fn text<E: Error>(text: Text<'de>) -> Result<Self, E> {
        Ok(Time::Text(text))
    }

    fn number<E: Error>(number: Number) -> Result<Self, E> {
        match number {
            Number::Negative(number) => Ok(Time::Number(number)),
            Number::Positive(value) => i64::try_from(value)
                .map(Time::Number)
                .map_err(|_| E::invalid_value(number.unexpected(), &Self::EXPECTED)),
        }
    }
}

impl<'de, T: Value<'de>> Value<'de> for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn list<A: SeqAccess<'de>>(mut list: A, trail: &Trail) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        loop {
            match list.next_element_seed(Of::new(trail)) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => return Ok(items),
                Err(error) => {
                    trail.failed_in(format_args!("[{}]", items.len()));
                    return Err(error);
                }
            }
        }
    }
}

/// A field of an object: reads its value into itself.
trait Field<'de> {
    fn fill<A: MapAccess<'de>>(&mut self, map: &mut A, trail: &Trail) -> Result<(), A::Error>;
}

impl<'de, T: Value<'de>> Field<'de> for Option<T> {
    fn fill<A: MapAccess<'de>>(&mut self, map: &mut A, trail: &Trail) -> Result<(), A::Error> {
        *self = Some(map.next_value_seed(Of::new(trail))?);
        Ok(())
    }
}

impl<'de, T: Value<'de>> Field<'de> for Vec<T> {
    fn fill<A: MapAccess<'de>>(&mut self, map: &mut A, trail: &Trail) -> Result<(), A::Error> {
        *self = map.next_value_seed(Of::new(trail))?;
        Ok(())
    }
}

/// An object with those keys and no others, each at most once, read into the fields of the same names.
macro_rules! fields {
    ($name:ident: $($field:ident),+) => {
        impl<'de> $name<'de> {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

            fn read_fields<A: MapAccess<'de>>(mut map: A, trail: &Trail) -> Result<Self, A::Error> {
                let mut this = Self::default();
                let mut seen = 0_u32;
                while let Some(key) = map.next_key_seed(Of::<Text<'de>>::new(trail))? {
                    let mut bit = 1_u32;
                    let read = match &*key {
                        $(stringify!($field) => {
                            bit <<= Self::NAMES.iter().position(|name| *name == stringify!($field)).unwrap_or(0);
                            if seen & bit == 0 { this.$field.fill(&mut map, trail) } else { Err(A::Error::custom("given twice")) }
                        })+
                        _ => map.next_value::<IgnoredAny>().and_then(|_| Err(A::Error::custom(unknown(&key, Self::NAMES)))),
                    };
                    seen |= bit;
                    read.inspect_err(|_| trail.failed_in(format_args!("{}", Foreign(&super::shown(&key)).terminal())))?;
                }
                Ok(this)
            }
        }
    };
}

#[cold]
fn unknown(key: &str, fields: &[&str]) -> String {
    if let Some(meant) = crate::spelling::nearest(key, fields.iter().copied()) {
        return format!("unknown field: did you mean `{meant}`?");
    }
    let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    format!("unknown field: expected one of {}", fields.join(", "))
}

fields!(Message: id, tenant, channel, kind, native_kind, sent_at, conversation, direction, from, to, text, amount, attachments, links, recalls, consent, notes);
fields!(Party: id, class, department);
fields!(Money: minor_units, currency);
fields!(Attachment: name, size_bytes, reference);
fields!(Consent: party, state, at);

impl<'de> Value<'de> for Message<'de> {
    const EXPECTED: &'static str = "a message: a JSON object";

    fn object<A: MapAccess<'de>>(map: A, trail: &Trail) -> Result<Self, A::Error> {
        Self::read_fields(map, trail)
    }
}

impl<'de> Value<'de> for Party<'de> {
    const EXPECTED: &'static str = "a party: its id as a string, or an object with `id`, `class` and `department`";

    fn text<E: Error>(text: Text<'de>) -> Result<Self, E> {
        Ok(Party {
            id: Some(text),
            ..Party::default()
        })
    }

    fn object<A: MapAccess<'de>>(map: A, trail: &Trail) -> Result<Self, A::Error> {
        Ok(Party {
            is_object: true,
            ..Self::read_fields(map, trail)?
        })
    }
}

impl<'de> Value<'de> for Money<'de> {
    const EXPECTED: &'static str = "an amount: an object with `minor_units` and `currency`";

    fn object<A: MapAccess<'de>>(map: A, trail: &Trail) -> Result<Self, A::Error> {
        Self::read_fields(map, trail)
    }
}

impl<'de> Value<'de> for Attachment<'de> {
    const EXPECTED: &'static str = "an attachment: an object with `name`, `size_bytes` and `reference`";

    fn object<A: MapAccess<'de>>(map: A, trail: &Trail) -> Result<Self, A::Error> {
        Self::read_fields(map, trail)
    }
}

impl<'de> Value<'de> for Consent<'de> {
    const EXPECTED: &'static str = "a consent: an object with `party`, `state` and `at`";

    fn object<A: MapAccess<'de>>(map: A, trail: &Trail) -> Result<Self, A::Error> {
        Self::read_fields(map, trail)
    }
}
