//! How results look on a terminal: tables that align with Chinese text, colours, progress.
//!
//! Whatever is printed goes through here, and here it is escaped: names, reasons, notes and errors hold text of others, and a
//! terminal obeys what it is given. A line stays one line.

pub(crate) mod log;
pub(crate) mod progress;
pub(crate) mod table;

use proviso_model::Foreign;
use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// A line on standard output; line feeds that it begins with make empty lines. Whoever reads it may stop reading: then there
/// is nothing left to do, and that is no fault.
pub(crate) fn line(text: Arguments<'_>) {
    let text = text.to_string();
    let line = text.trim_start_matches('\n');
    let empty = &text[..text.len() - line.len()];
    out(format_args!("{empty}{}", Foreign(line).terminal()));
}

/// A text of several lines on standard output, such as a page of Markdown whose parts are escaped already.
pub(crate) fn page(text: &str) {
    out(format_args!("{}", seen(text, "\n")));
}

/// JSON on standard output, on one line or on several.
pub(crate) fn json(text: Arguments<'_>) {
    out(format_args!("{}", Foreign(&text.to_string()).json()));
}

fn out(text: Arguments<'_>) {
    if let Err(error) = writeln!(std::io::stdout(), "{text}") {
        std::process::exit(if error.kind() == ErrorKind::BrokenPipe { 0 } else { 3 });
    }
}

/// A line on standard error. Where nobody reads it, the work goes on and the exit code still tells.
pub(crate) fn error_line(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{}", Foreign(&text.to_string()).terminal());
}

/// An object in JSON on standard error.
pub(crate) fn error_json(value: &serde_json::Value) {
    let _ = writeln!(std::io::stderr(), "{}", Foreign(&value.to_string()).json());
}

/// What went wrong, on standard error. Further lines of an error stand to the right, so that none looks like one of ours.
pub(crate) fn error(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{}", seen(&text.to_string(), "\n    "));
}

/// Each line escaped, with `between` in place of the line feeds.
fn seen(text: &str, between: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(terminal).collect();
    lines.join(between)
}

/// A text of others, escaped for a terminal.
pub(crate) fn terminal(text: impl AsRef<str>) -> String {
    Foreign(text.as_ref()).terminal().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_error_cannot_pass_for_others() {
        assert_eq!(
            seen("error: \u{1b}[2J\nerror: all is well\r", "\n    "),
            "error: \\u{1b}[2J\n    error: all is well\\u{d}"
        );
    }
}
