//! Settings: JSON in, a plugin out, and every problem with its place.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::{ListInfo, Lists, Problem};

/// A problem's message is cut here, in bytes: the contract's limit.
const MESSAGE_BYTES_MAX: usize = 512;

/// A plugin that is made from settings. Called once for every generation; the instance is frozen behind it, so what is computed here costs nothing later.
pub trait Configure: Sized + 'static {
    /// What the settings are read into. `#[serde(deny_unknown_fields)]` turns a misspelt key into a problem.
    type Settings: DeserializeOwned;

    /// Makes the plugin, or says everything that is wrong with the settings.
    fn configure(settings: Self::Settings, lists: &Lists) -> Result<Self, Problems>;
}

/// What is wrong with the settings, each with its JSON Pointer (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problems so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// One problem.
    pub fn one(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let mut problems = Self::new();
        problems.push(pointer, message);
        problems
    }

    /// Adds one. `pointer` is empty for the settings as a whole; `message` says what is wrong and what would be right, with the value quoted.
    pub fn push(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        let mut message = message.into();
        message.truncate(message.floor_char_boundary_at(MESSAGE_BYTES_MAX));
        self.0.push(Problem {
            pointer: pointer.into(),
            message,
        });
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: Problems) {
        self.0.extend(others.0);
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which they were added.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// `value` if there is no problem.
    pub fn or_ok<T>(self, value: T) -> Result<T, Problems> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// For the contract.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

/// Reads a part of the settings that stands at `pointer`. A plugin that takes its parts as [`serde_json::Value`] and reads each with this reports
/// the problems of all of them, where reading the whole at once stops at the first.
pub fn from_settings<T: DeserializeOwned>(value: &serde_json::Value, pointer: &str) -> Result<T, Problems> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = format!("{pointer}{}", pointer_of(error.path()));
        Problems::one(place, error.inner().to_string())
    })
}

/// One segment of a JSON Pointer, with its `/` and escaped as RFC 6901 asks.
pub fn pointer_segment(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// True for what the contract takes as the name of a rule or signal: 1 to 64 bytes of `a-z 0-9 -`.
pub fn is_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(known)
}

/// Configures `P` from the text that the host passes.
pub fn configure_from_json<P: Configure>(settings: &str, lists: Vec<ListInfo>) -> Result<P, Problems> {
    let mut deserializer = serde_json::Deserializer::from_str(settings);
    let parsed = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Problems::one(pointer_of(error.path()), error.inner().to_string()))?;
    deserializer
        .end()
        .map_err(|error| Problems::one("", error.to_string()))?;
    P::configure(parsed, &Lists::new(lists))
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => write!(pointer, "/{index}").expect("writing to a String does not fail"),
            Segment::Map { key } => pointer.push_str(&pointer_segment(key)),
            // A variant is no step in JSON, and an unknown one has no name to give.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// `str::floor_char_boundary`, which is younger than the compiler that guests must build with.
pub(crate) trait FloorCharBoundary {
    /// The largest character border at or before `bytes`.
    fn floor_char_boundary_at(&self, bytes: usize) -> usize;
}

impl FloorCharBoundary for str {
    fn floor_char_boundary_at(&self, bytes: usize) -> usize {
        if bytes >= self.len() {
            return self.len();
        }
        (0..=bytes).rev().find(|&at| self.is_char_boundary(at)).unwrap_or(0)
    }
}
