//! `proviso archive release`: held messages that somebody has looked at wait no longer.
//!
//! An archive has one writer: where a daemon runs, it does the work, on request; where none does, this process takes the lock.

use super::rejudge::named;
use crate::cli::{OutputFormat, ReleaseArgs};
use crate::client::Client;
use crate::exit::Usage;
use crate::looking::Looking;
use proviso_archive::{Archive, ArchiveError, Change, CommitError};
use proviso_daemon::config::Config;
use proviso_model::MessageId;
use proviso_pipeline::places;
use serde_json::json;

pub(crate) async fn run(args: &ReleaseArgs) -> anyhow::Result<()> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let ids = named(&looking, &args.messages).await?;
    match looking {
        Looking::Daemon(client) => by_the_daemon(&client, &ids, &args.note)?,
        Looking::File(reading) => {
            reading.close().await;
            here(&config, args, &ids).await?;
        }
    }
    for id in &ids {
        match args.archive.format {
            OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "released": id.to_string() }))),
            OutputFormat::Table => crate::show::line(format_args!("released: {id}")),
        }
    }
    Ok(())
}

/// By this process, or by a daemon that was started meanwhile.
async fn here(config: &Config, args: &ReleaseArgs, ids: &[MessageId]) -> anyhow::Result<()> {
    let archive = match Archive::open_with(&config.archive_path(), &config.opening()).await {
        Ok(archive) => archive,
        Err(ArchiveError::InUse { .. }) => {
            return by_the_daemon(&Client::of(config, &args.archive.token)?, ids, &args.note);
        }
        Err(error) => return Err(error.into()),
    };
    let release = Change::Release {
        ids,
        note: &args.note,
        at: places::now(),
    };
    let released = archive.commit(release, &crate::who::runs_this()).await;
    archive.close().await;
    match released {
        Ok(_) => Ok(()),
        // Somebody else was faster.
        Err(error @ CommitError::NotHeld { .. }) => Err(Usage(error.to_string()).into()),
        Err(error) => Err(error.into()),
    }
}

fn by_the_daemon(client: &Client, ids: &[MessageId], note: &str) -> anyhow::Result<()> {
    let messages: Vec<String> = ids.iter().map(ToString::to_string).collect();
    client.post("/v1/archive/release", &json!({ "messages": messages, "note": note }))?;
    Ok(())
}
