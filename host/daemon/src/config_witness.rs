//! `[log] witness_url` of `proviso.toml`: who elsewhere signs the checkpoints of the archive's log.

use proviso_archive::VerifierKey;
use proviso_model::toml_read::{Table, TomlFile};
use std::time::Duration;

/// Seconds between two checkpoints that it signs, unless the configuration says another number.
const EVERY_SECONDS: i64 = 60;

/// A witness that speaks <https://c2sp.org/tlog-witness>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessElsewhere {
    /// Where it is, with no `/` at the end; `witness_url`.
    pub url: String,
    /// Its public key; `witness_key`.
    pub key: VerifierKey,
    /// How often it is asked, where there is something new; `witness_seconds`, default 60.
    pub every: Duration,
}

impl WitnessElsewhere {
    /// Reads the keys of the table `log`; `None` where it names none. Problems go to the file.
    pub(crate) fn read(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> Option<Self> {
        let url = table.string(file, "witness_url");
        let key = table.string(file, "witness_key");
        let every = table.integer(file, "witness_seconds", 1..=86_400);
        let Some((url, at)) = url else {
            if let Some((_, at)) = key {
                file.problem(at, "`witness_key` stands without `witness_url`".to_owned());
            }
            return None;
        };
        let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        match authority.map(|rest| rest.split('/').next().unwrap_or_default()) {
            None | Some("") => {
                let message = format!("`witness_url` is {:?}: expected http://… or https://…", shown(&url));
                file.problem(at.clone(), message);
            }
            // It would stand in the log.
            Some(authority) if authority.contains('@') => {
                let message = "`witness_url` holds a user or a password: a witness asks for none".to_owned();
                file.problem(at.clone(), message);
            }
            Some(_) => {}
        }
        let Some((key, key_at)) = key else {
            let message = "`witness_url` stands without `witness_key`: `proviso audit witness` prints it".to_owned();
            file.problem(at, message);
            return None;
        };
        let key = match key.parse() {
            Ok(key) => key,
            Err(error) => {
                file.problem(key_at, format!("`witness_key`: {error}"));
                return None;
            }
        };
        let seconds = every.map_or(EVERY_SECONDS, |(seconds, _)| seconds);
        Some(Self {
            url: url.trim_end_matches('/').to_owned(),
            key,
            every: Duration::from_secs(seconds.unsigned_abs()),
        })
    }
}

fn shown(value: &str) -> &str {
    &value[..value.floor_char_boundary(64)]
}
