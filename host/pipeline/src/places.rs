//! The machine's own: its clock, and where things are kept when nobody says.

use proviso_model::Timestamp;
use proviso_pack::PackStore;
use std::path::PathBuf;

/// The folder for compiled snapshots of commands without a data folder: `$XDG_CACHE_HOME/proviso` or `~/.cache/proviso`.
pub fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .map(|base| base.join("proviso"))
}

/// Where packs are kept that were pulled, for commands without a data folder: `$PROVISO_STORE`, else
/// `$XDG_DATA_HOME/proviso/packs`, else `~/.local/share/proviso/packs`. It may not be there yet.
pub fn pack_store() -> Option<PackStore> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let data = || {
        let base = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
        base.or_else(|| set("HOME").map(|home| home.join(".local/share")))
    };
    let folder = set("PROVISO_STORE").or_else(|| data().map(|data| data.join("proviso/packs")));
    folder.map(|folder| PackStore::at(&folder))
}

/// Threads for a command that was asked for so many; 0 means one a core.
pub fn workers(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        asked => asked,
    }
}

/// Today's date in UTC, `YYYY-MM-DD`: for what has ended, never for a judgement.
pub fn today() -> String {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .to_string()
}

/// The host's clock: for when something was received or made live, never for a judgement.
pub fn now() -> Timestamp {
    let millis = jiff::Timestamp::now().as_millisecond();
    Timestamp::from_millis(millis).expect("a clock shows a year between -9999 and 9999")
}
