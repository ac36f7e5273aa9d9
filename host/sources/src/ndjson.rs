//! Canonical messages, one JSON object a line.

use crate::mend::mended;
use proviso_model::Message;
use proviso_model::canonical::{Defaults, from_json};

/// One line, without the white space around it.
pub(crate) fn message(line: &str, defaults: &Defaults) -> Result<Message, String> {
    let refused = match from_json(line, defaults) {
        Ok(message) => return Ok(message),
        Err(refused) => refused,
    };
    if let Some(mended) = mended(line) {
        let mut message = from_json(&mended.text, defaults).map_err(|error| error.to_string())?;
        message.raw = line.into();
        message.notes.extend(mended.notes.into_iter().map(str::to_owned));
        return Ok(message);
    }
    Err(match what_else_it_is(line) {
        Some(shape) => format!("{shape}: write one object a line (jq -c does)"),
        None => refused.to_string(),
    })
}

/// A shape of JSON that programs write, which is not one object a line.
fn what_else_it_is(line: &str) -> Option<&'static str> {
    let mut values = serde_json::Deserializer::from_str(line).into_iter::<serde::de::IgnoredAny>();
    let first = values.next()?;
    if line.starts_with('[') && (line == "[" || first.is_ok()) {
        Some("a list of messages (jq -c '.[]' takes it apart)")
    } else if line == "{" {
        Some("an object over several lines")
    } else if first.is_ok() && line[values.byte_offset()..].trim_start().starts_with('{') {
        Some("several objects on one line")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Message, String> {
        let defaults = Defaults {
            tenant: Some("t".to_owned()),
            channel: Some("c".to_owned()),
        };
        message(line, &defaults)
    }

    #[test]
    fn a_message_with_half_a_character_is_kept_with_a_note() {
        let line = r#"{"id":"a","sent_at":0,"from":"b","text":"保本\ud83d","notes":["own"]}"#;
        let message = read(line).unwrap();
        assert_eq!((message.text.as_str(), &*message.raw), ("保本\u{fffd}", line));
        assert_eq!(
            message.notes,
            [
                "own",
                "half of a character (a lone surrogate) in the source: read as U+FFFD"
            ]
        );
    }

    #[test]
    fn other_shapes_are_refused_by_name() {
        let a = r#"{"id":"a","sent_at":0,"from":"b"}"#;
        let table = [
            (format!("[{a},{a}]"), "a list of messages"),
            ("[".to_owned(), "a list of messages"),
            ("{".to_owned(), "an object over several lines"),
            (format!("{a}{a}"), "several objects on one line"),
            (format!("{a} {a}"), "several objects on one line"),
        ];
        for (line, shape) in table {
            let reason = read(&line).unwrap_err();
            assert!(
                reason.starts_with(shape) && reason.contains("jq -c"),
                "{line}: {reason}"
            );
        }
        for line in ["nonsense", "{\"id\":1}", "", "}"] {
            assert!(!read(line).unwrap_err().contains("jq -c"), "{line}");
        }
    }
}
