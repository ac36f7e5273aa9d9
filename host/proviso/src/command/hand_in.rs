//! Files of facts: read here, so that every bad line is told with the file's name, and written by whoever writes the archive.
//!
//! An archive has one writer: where a daemon runs, it does the work, on request; where none does, this process takes the lock.

use crate::cli::{ArchiveArgs, ImportArgs};
use crate::client::Client;
use crate::exit::Usage;
use anyhow::Context as _;
use proviso_archive::{Archive, ArchiveError};
use proviso_daemon::config::Config;
use proviso_model::Timestamp;
use proviso_model::limits::HTTP_BODY_BYTES_MAX;
use proviso_model::set::PolicySet;
use proviso_model::time::{Day, Zone};
use std::fs::File;
use std::io::Read as _;

/// Who writes.
pub(super) enum Writing {
    Daemon(Client),
    File(Archive),
}

impl Writing {
    /// The daemon of this configuration if it runs, else its archive.
    pub(super) async fn begin(args: &ArchiveArgs) -> anyhow::Result<Self> {
        let config = Config::read(&args.config)?;
        // Facts may come before the first start.
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("cannot make the data folder {}", config.data_dir.display()))?;
        match Archive::open_with(&config.archive_path(), &config.opening()).await {
            Ok(archive) => Ok(Self::File(archive)),
            Err(ArchiveError::InUse { .. }) => Ok(Self::Daemon(Client::of(&config, &args.token)?)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The file's bytes, one more than a file may have at most.
pub(super) fn bytes(args: &ImportArgs) -> anyhow::Result<Vec<u8>> {
    let name = || format!("cannot read {}", args.file.display());
    let file = File::open(&args.file).with_context(name)?;
    let mut bytes = Vec::new();
    file.take(HTTP_BODY_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(name)?;
    Ok(bytes)
}

/// Where days begin and end: the time zone of the policy set. A set that cannot be read leaves UTC, and is told elsewhere.
pub(super) fn zone_of(config: &Config) -> Zone {
    let text = std::fs::read_to_string(&config.set).unwrap_or_default();
    PolicySet::parse(&config.set, &text).map_or_else(|_| Zone::utc(), |set| set.time_zone)
}

/// A moment that a flag names: a time with its zone, or a day, which begins in `zone`.
pub(super) fn moment(flag: &str, text: &str, zone: &Zone) -> Result<Timestamp, Usage> {
    if let Ok(day) = text.parse::<Day>() {
        return Ok(zone.start_of(day));
    }
    Timestamp::from_rfc3339(text).map_err(|_| {
        Usage(format!(
            "{flag} is {text:?}: expected a day such as 2026-01-31, or a time with its zone"
        ))
    })
}
