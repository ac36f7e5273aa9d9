//! What is tried again, and after how long.

use std::io;
use std::time::Duration;

/// The wait before a second attempt; it doubles with each.
const WAIT_FIRST: Duration = Duration::from_millis(500);
/// The longest wait, whatever a registry asks for.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long to wait before that attempt, the second or a later one.
pub(crate) fn wait_before(attempt: u32) -> Duration {
    let doubled = 1 << attempt.saturating_sub(2).min(16);
    (WAIT_FIRST * doubled).min(WAIT_MAX)
}

/// Whether the reason for a status may have gone a moment later.
pub(crate) fn passes(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether what went wrong may go well a moment later.
pub(crate) fn may_pass(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => true,
        // A certificate that does not verify comes as invalid data.
        ureq::Error::Io(error) => !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput),
        _ => false,
    }
}

/// What went wrong, and what to do about it where that can be told.
pub(crate) fn in_words(error: &ureq::Error) -> String {
    let said = error.to_string();
    let hint = if matches!(error, ureq::Error::HostNotFound) {
        ": see that its name is right"
    } else if said.contains("InvalidContentType") {
        ": it does not speak TLS; if it is meant to speak plain HTTP, say --plain-http"
    } else if said.contains("certificate") {
        ": if a certificate authority of your own signed it, install its certificate, or name it in SSL_CERT_FILE"
    } else {
        ""
    };
    format!("{said}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        let waits: Vec<u64> = (2..12).map(|attempt| wait_before(attempt).as_millis() as u64).collect();
        assert_eq!(
            waits,
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]
        );
    }
}
