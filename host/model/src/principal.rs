//! Who does something. Every change of the archive and every request has somebody; a text such as `api` names nobody.

use crate::limits::PRINCIPAL_NAME_BYTES_MAX;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// What kind of somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// A person whom the host knows by name.
    Person,
    /// Whoever has a token of the HTTP interface.
    Token,
    /// A configured source of messages.
    Source,
    /// A user of the operating system who runs a command.
    CommandLine,
    /// The host itself: at its start, on a file's change, on a signal.
    System,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [PrincipalKind; 5] = [
        PrincipalKind::Person,
        PrincipalKind::Token,
        PrincipalKind::Source,
        PrincipalKind::CommandLine,
        PrincipalKind::System,
    ];

    /// The word before the colon.
    pub const fn name(self) -> &'static str {
        match self {
            PrincipalKind::Person => "person",
            PrincipalKind::Token => "token",
            PrincipalKind::Source => "source",
            PrincipalKind::CommandLine => "command-line",
            PrincipalKind::System => "system",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who acts: a kind and a name within it. Written `kind:name`, as in `command-line:root`; the name may hold colons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    kind: PrincipalKind,
    name: String,
}

/// A text that names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPrincipal {
    /// No kind that is known stands before a colon.
    #[error("{0:?} names no principal: expected person:, token:, source:, command-line: or system:, and a name")]
    Kind(String),
    /// The name is empty, too long, or has control characters.
    #[error("{0:?} is no name of a principal: expected 1-{PRINCIPAL_NAME_BYTES_MAX} bytes without control characters")]
    Name(String),
}

impl Principal {
    /// A principal of that name: 1-256 bytes, UTF-8, without control characters.
    pub fn new(kind: PrincipalKind, name: impl Into<String>) -> Result<Self, NotAPrincipal> {
        let name = name.into();
        if name.is_empty() || name.len() > PRINCIPAL_NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(NotAPrincipal::Name(cut(&name, SHOWN_BYTES).to_owned()));
        }
        Ok(Self { kind, name })
    }

    /// The host itself, by what made it act: `start`, `watch`, `signal`. `what` is a literal of our own, so a bad one is a
    /// defect and panics.
    pub fn system(what: &'static str) -> Self {
        Self::new(PrincipalKind::System, what).expect("the host's own names are short and plain")
    }

    /// Whoever an archived row names. Older rows hold a bare text: `api`, `watch`, `start`, `signal`, `command line`
    /// or what a person called themselves. Every text becomes a principal; what no name may hold is replaced or cut.
    pub fn from_archived(text: &str) -> Self {
        if let Ok(principal) = text.parse() {
            return principal;
        }
        let kind = match text {
            "api" => PrincipalKind::Token,
            "watch" | "file watch" | "start" | "signal" | "" => PrincipalKind::System,
            "command line" => PrincipalKind::CommandLine,
            _ => PrincipalKind::Person,
        };
        let plain: String = text
            .chars()
            .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
            .collect();
        let name = if plain.is_empty() {
            "unknown"
        } else {
            cut(&plain, PRINCIPAL_NAME_BYTES_MAX)
        };
        Self {
            kind,
            name: name.to_owned(),
        }
    }

    /// What kind of somebody.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The name within the kind.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Bytes of a refused text that an error shows.
const SHOWN_BYTES: usize = 64;

/// The beginning of a text, at most so many bytes, ended on a character's border.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

impl FromStr for Principal {
    type Err = NotAPrincipal;

    fn from_str(text: &str) -> Result<Self, NotAPrincipal> {
        let parts = text
            .split_once(':')
            .and_then(|(kind, name)| Some((PrincipalKind::from_name(kind)?, name)));
        let (kind, name) = parts.ok_or_else(|| NotAPrincipal::Kind(cut(text, SHOWN_BYTES).to_owned()))?;
        Self::new(kind, name)
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_written_as_kind_and_name_and_read_again() {
        let long = "é".repeat(PRINCIPAL_NAME_BYTES_MAX / 2);
        for kind in PrincipalKind::ALL {
            for name in ["root", "王伟", "a:b", "with space", &long] {
                let principal = Principal::new(kind, name).unwrap();
                let text = principal.to_string();
                assert_eq!(text, format!("{}:{name}", kind.name()));
                assert_eq!(text.parse::<Principal>().unwrap(), principal);
                assert_eq!(Principal::from_archived(&text), principal);
                let json = serde_json::to_string(&principal).unwrap();
                assert_eq!(json, format!("{text:?}"));
                assert_eq!(serde_json::from_str::<Principal>(&json).unwrap(), principal);
            }
        }
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for text in ["", "api", "root:x", "Person:wei", ":wei", "command line:wei"] {
            assert_eq!(
                text.parse::<Principal>(),
                Err(NotAPrincipal::Kind(text.to_owned())),
                "{text:?}"
            );
        }
        for name in ["", "a\nb", "\u{7f}"] {
            let error = format!("person:{name}").parse::<Principal>().unwrap_err();
            assert_eq!(error, NotAPrincipal::Name(name.to_owned()));
        }
        let long = "x".repeat(PRINCIPAL_NAME_BYTES_MAX + 1);
        let error = Principal::new(PrincipalKind::Person, long).unwrap_err();
        assert_eq!(error, NotAPrincipal::Name("x".repeat(64)));
        assert!(serde_json::from_str::<Principal>("\"api\"").is_err());
    }

    #[test]
    fn every_text_of_an_old_row_is_somebody() {
        let cases = [
            ("api", "token:api"),
            ("watch", "system:watch"),
            ("file watch", "system:file watch"),
            ("start", "system:start"),
            ("signal", "system:signal"),
            ("command line", "command-line:command line"),
            ("wei", "person:wei"),
            ("wei: on call", "person:wei: on call"),
            ("a\tb", "person:a\u{fffd}b"),
            ("", "system:unknown"),
        ];
        for (old, expected) in cases {
            let principal = Principal::from_archived(old);
            assert_eq!(principal.to_string(), expected);
            assert_eq!(expected.parse::<Principal>(), Ok(principal), "{old:?}");
        }
        let long = Principal::from_archived(&"王".repeat(200));
        assert_eq!(long.name(), "王".repeat(85));
        assert_eq!(long.to_string().parse::<Principal>(), Ok(long));
    }
}
