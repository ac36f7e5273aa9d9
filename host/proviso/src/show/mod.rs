//! How results look on a terminal: tables that align with Chinese text, colours, progress.

pub(crate) mod progress;
pub(crate) mod table;

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// A line on standard output. Whoever reads it may stop reading: then there is nothing left to do, and that is no fault.
pub(crate) fn line(text: Arguments<'_>) {
    if let Err(error) = writeln!(std::io::stdout(), "{text}") {
        std::process::exit(if error.kind() == ErrorKind::BrokenPipe { 0 } else { 3 });
    }
}

/// A line on standard error. Where nobody reads it, the work goes on and the exit code still tells.
pub(crate) fn error_line(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
