//! `proviso archive complete`: what may be written at a place of a query.

use crate::cli::{CompleteArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::looking::Looking;
use anyhow::Context as _;
use proviso_daemon::completing::{self, CompletingError};
use proviso_daemon::config::Config;
use proviso_daemon::wire::{CompleteV1, CompletedV1};
use serde_json::json;

pub(crate) async fn complete(args: &CompleteArgs) -> anyhow::Result<Ending> {
    let asked = CompleteV1 {
        query: args.query.clone(),
        cursor: args.cursor,
        saved: args.saved.clone(),
        tenant: args.tenant.clone(),
    };
    let config = Config::read(&args.archive.config)?;
    let completed: CompletedV1 = match Looking::begin(&config, &args.archive.token).await? {
        Looking::Daemon(client) => serde_json::from_value(client.post("/v1/archive/complete", &json!(asked))?)
            .context("the daemon's answer cannot be understood: is it of another version than this command?")?,
        Looking::File(archive) => {
            let completed = completing::completed(&archive, &asked).await;
            archive.close().await;
            completed.map_err(|error| match error {
                CompletingError::Storage(error) => anyhow::Error::from(error),
                error => Usage(error.to_string()).into(),
            })?
        }
    };
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!(completed))),
        OutputFormat::Table => {
            for offer in &completed.offers {
                crate::show::line(format_args!("{}", offer.text));
            }
            if completed.is_cut {
                crate::show::error_line(format_args!("there are more: write on"));
            }
        }
    }
    Ok(Ending::Well)
}
