//! The log on standard error. Fields quote file names, errors and what plugins say: here they are escaped.

use proviso_model::Foreign;
use proviso_model::foreign::is_unseen;
use std::io::{self, IsTerminal, Write};
use tracing_subscriber::EnvFilter;

/// Logs to standard error: text on a terminal, JSON elsewhere. `PROVISO_LOG` chooses what (`info`, `proviso=debug`).
pub(crate) fn to_stderr() {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(std::env::var("PROVISO_LOG").ok()));
    if io::stderr().is_terminal() {
        builder.with_writer(|| Escaped(text, io::stderr())).init();
    } else {
        let json = |line: &str| Foreign(line).json().to_string();
        builder
            .json()
            .flatten_event(true)
            .with_writer(move || Escaped(json, io::stderr()))
            .init();
    }
}

/// What is logged. A line of a plugin may quote a message: none is logged unless `plugin` is asked for by name.
fn filter(wanted: Option<String>) -> EnvFilter {
    let parsed = wanted.as_deref().and_then(|wanted| wanted.parse::<EnvFilter>().ok());
    let names_plugins = wanted.is_some_and(|wanted| wanted.split(',').any(|part| part.trim().starts_with("plugin=")));
    let filter = parsed.unwrap_or_else(|| EnvFilter::new("info"));
    if names_plugins {
        filter
    } else {
        filter.add_directive("plugin=off".parse().expect("the directive is this file's"))
    }
}

/// Writes each entry escaped. An entry comes in one piece: the formatter gathers it first.
struct Escaped<F, W>(F, W);

impl<F: Fn(&str) -> String, W: Write> Write for Escaped<F, W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        self.1.write_all((self.0)(&String::from_utf8_lossy(entry)).as_bytes())?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

/// An entry stays one line. Of escape sequences only colours stay, which the formatter writes: it lets the escape characters of
/// some fields through, and those do more than colour.
fn text(entry: &str) -> String {
    let line = entry.trim_end_matches('\n');
    let mut shown = String::with_capacity(entry.len());
    for (at, c) in line.char_indices() {
        if is_unseen(c) && !(c == '\u{1b}' && is_colour(&line[at + 1..])) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown + &entry[line.len()..]
}

/// True if what follows an escape character makes it "select graphic rendition" (ECMA-48, 8.3.117).
fn is_colour(behind: &str) -> bool {
    let parameters = behind.strip_prefix('[').unwrap_or_default();
    let end = parameters.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    end.starts_with('m')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(form: fn(&str) -> String, is_json: bool) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let builder = tracing_subscriber::fmt().with_writer(move || Escaped(form, writer.clone()));
        let act = || {
            let error = "a\u{1b}[2Jb\u{202e}c\rd\ne\u{9b}f";
            tracing::warn!(file = error, %error, debug = ?error, "{error}");
        };
        if is_json {
            tracing::subscriber::with_default(builder.json().flatten_event(true).finish(), act);
        } else {
            tracing::subscriber::with_default(builder.with_ansi(true).finish(), act);
        }
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn plugins_are_heard_where_somebody_asks_for_them() {
        let off = |wanted: Option<&str>| filter(wanted.map(str::to_owned)).to_string().contains("plugin=off");
        assert!(off(None) && off(Some("debug")) && off(Some("proviso=debug")) && off(Some("not a filter=")));
        assert!(!off(Some("info,plugin=debug")) && !off(Some("plugin=info")));
    }

    #[test]
    fn no_field_of_the_log_commands_the_terminal() {
        let json = logged(|line| Foreign(line).json().to_string(), true);
        assert!(!json.trim_end_matches('\n').contains(is_unseen), "{json:?}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["error"], "a\u{1b}[2Jb\u{202e}c\rd\ne\u{9b}f");
        let text = logged(text, false);
        assert!(!text.contains("\u{1b}[2J"), "{text:?}");
        let coloured_alone = |c: char| is_unseen(c) && c != '\u{1b}';
        assert!(!text.trim_end_matches('\n').contains(coloured_alone), "{text:?}");
    }
}
