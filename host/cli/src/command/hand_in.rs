//! Files of facts: read here, so that every bad line is told with the file's name, and written by whoever writes the archive.
//!
//! An archive has one writer: where a daemon runs, it does the work, on request; where none does, this process takes the lock.

use crate::cli::{ArchiveArgs, ImportArgs};
use crate::exit::Usage;
use crate::looking::Writing;
use anyhow::Context as _;
use proviso_daemon::config::Config;
use proviso_model::limits::HTTP_BODY_BYTES_MAX;
use proviso_model::time::{Day, Zone};
use proviso_model::{Problem, Problems, Timestamp};
use proviso_pack::regular_file;
use proviso_pipeline::loading::set;

/// Who writes. Facts may come before the first start.
pub(super) async fn begin(args: &ArchiveArgs) -> anyhow::Result<Writing> {
    let config = Config::read(&args.config)?;
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot make the data folder {}", config.data_dir.display()))?;
    Writing::open(&config, &args.token).await
}

/// The file's bytes.
pub(super) fn bytes(args: &ImportArgs) -> Result<Vec<u8>, Problems> {
    regular_file::read(&args.file, HTTP_BODY_BYTES_MAX).map_err(|error| {
        Problems(vec![Problem::in_file(
            &args.file,
            format!("cannot read the file: {error}"),
        )])
    })
}

/// Where days begin and end: the time zone of the policy set.
pub(super) fn zone_of(config: &Config) -> Result<Zone, Problems> {
    set::alone(&config.set).map(|set| set.time_zone).map_err(Problems)
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
