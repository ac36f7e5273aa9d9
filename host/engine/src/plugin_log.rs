//! What plugins log while they judge, as entries of the host's own log, for who asks for it by name (target `plugin`).
//!
//! A line may quote the message, so nobody sees one unasked; and a plugin may log with every message, so there is an end to
//! how much of it is written in a second.

use crate::guest::{LogLevel, LogLine};
use proviso_model::id::PolicyId;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is written in a second, of all plugins together.
const LINES_MAX: usize = 100;
/// The same, in bytes of lines.
const BYTES_MAX: usize = 32 << 10;
const WINDOW: Duration = Duration::from_secs(1);

static WRITTEN: Mutex<Written> = Mutex::new(Written::NOTHING);

/// True if anybody would read the lines: guests' lines are copied out of the sandbox only then.
pub(crate) fn is_wanted() -> bool {
    tracing::enabled!(target: "plugin", tracing::Level::INFO)
}

/// Writes the lines of one call, each with its policy.
pub(crate) fn tell(policy: &PolicyId, lines: &[LogLine]) {
    if lines.is_empty() {
        return;
    }
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    for LogLine { level, line } in lines {
        let (takes, left_out) = written.take(Instant::now(), line.len());
        if left_out > 0 {
            tracing::info!(target: "plugin", lines = left_out, "lines of plugins were left out: there were too many in a second");
        }
        if !takes {
            continue;
        }
        let (pack, policy) = (&*policy.pack, &*policy.policy);
        match level {
            LogLevel::Debug => tracing::debug!(target: "plugin", pack, policy, line, "a plugin says"),
            LogLevel::Info => tracing::info!(target: "plugin", pack, policy, line, "a plugin says"),
            LogLevel::Warn => tracing::info!(target: "plugin", pack, policy, line, "a plugin warns"),
        }
    }
}

/// What was written within a second.
struct Written {
    since: Option<Instant>,
    lines: usize,
    bytes: usize,
    left_out: usize,
}

impl Written {
    const NOTHING: Self = Self {
        since: None,
        lines: 0,
        bytes: 0,
        left_out: 0,
    };

    /// Whether one more line is written, and how many were left out in a second that is over.
    fn take(&mut self, now: Instant, bytes: usize) -> (bool, usize) {
        let mut left_out = 0;
        if self.since.is_none_or(|since| now.duration_since(since) >= WINDOW) {
            left_out = self.left_out;
            *self = Self {
                since: Some(now),
                ..Self::NOTHING
            };
        }
        let takes = self.lines < LINES_MAX && self.bytes + bytes <= BYTES_MAX;
        if takes {
            self.lines += 1;
            self.bytes += bytes;
        } else {
            self.left_out += 1;
        }
        (takes, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_lines_and_bytes_and_the_rest_is_counted() {
        let start = Instant::now();
        let mut written = Written::NOTHING;
        let taken = (0..LINES_MAX + 7).filter(|_| written.take(start, 10).0).count();
        assert_eq!(taken, LINES_MAX);
        assert_eq!(written.take(start + WINDOW, 10), (true, 7));
        let taken = (0..LINES_MAX).filter(|_| written.take(start + WINDOW, 1_024).0).count();
        assert_eq!(taken, BYTES_MAX / 1_024 - 1);
        assert_eq!(written.take(start + WINDOW * 2, 0), (true, LINES_MAX - taken));
    }
}
