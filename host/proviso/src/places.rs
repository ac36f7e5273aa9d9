//! The machine's own: its clock, and where things are kept when nobody says.

use proviso_model::Timestamp;
use std::path::PathBuf;

/// The folder for compiled snapshots of commands without a data folder: `$XDG_CACHE_HOME/proviso` or `~/.cache/proviso`.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .map(|base| base.join("proviso"))
}

/// Today's date in UTC, `YYYY-MM-DD`: for what has ended, never for a judgement.
pub(crate) fn today() -> String {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .to_string()
}

/// The host's clock: for when something was received or made live, never for a judgement.
pub(crate) fn now() -> Timestamp {
    let millis = jiff::Timestamp::now().as_millisecond();
    Timestamp::from_millis(millis).expect("a clock shows a year between -9999 and 9999")
}
