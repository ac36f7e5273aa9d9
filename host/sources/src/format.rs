//! The formats that a source may be in.

use crate::wecom;
use std::fmt;
use std::str::FromStr;

/// How a source writes its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Decrypted messages of the WeCom archive (会话内容存档): JSON Lines, indented objects, a list, or a page of the pull API.
    Wecom,
    /// Canonical messages, one JSON object a line.
    Ndjson,
}

/// A text that names no format.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown format {0:?}: expected \"wecom\" or \"ndjson\"")]
pub struct UnknownFormat(String);

impl Format {
    /// Every format, in the order of the help text.
    pub const ALL: [Format; 2] = [Format::Wecom, Format::Ndjson];

    /// The name as configuration and command line write it.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Wecom => "wecom",
            Format::Ndjson => "ndjson",
        }
    }

    /// The channel of all its messages; none where each line may name one.
    pub const fn channel(self) -> Option<&'static str> {
        match self {
            Format::Wecom => Some(wecom::CHANNEL),
            Format::Ndjson => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "WeCom".parse::<Format>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown format \"WeCom\": expected \"wecom\" or \"ndjson\""
        );
    }
}
