//! Progress of long work, on standard error and only on a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// A line that says what goes on and how far it is. Silent where standard error is not a terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Work of a known size in bytes.
    pub(crate) fn bytes(what: &str, total: u64) -> Self {
        Self::start(what, Some(total), "{msg} {wide_bar} {percent}% {eta}")
    }

    /// Work of a known number of steps.
    pub(crate) fn steps(what: &str, total: u64) -> Self {
        Self::start(what, Some(total), "{msg} {wide_bar} {pos}/{len}")
    }

    /// Work of unknown size.
    pub(crate) fn open(what: &str) -> Self {
        Self::start(what, None, "{spinner} {msg} {pos}")
    }

    fn start(what: &str, total: Option<u64>, template: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_style(ProgressStyle::with_template(template).expect("the template is one of this file's"));
        bar.set_message(super::terminal(what));
        Self(bar)
    }

    /// So much more is done.
    pub(crate) fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// So much is done, of so much.
    pub(crate) fn reach(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// What goes on has another name now.
    pub(crate) fn say(&self, what: &str) {
        self.0.set_message(super::terminal(what));
    }

    /// Removes the line.
    pub(crate) fn finish(self) {
        self.0.finish_and_clear();
    }
}
