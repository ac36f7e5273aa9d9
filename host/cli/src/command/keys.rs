//! `proviso keys …`: which key wraps what, rotation, and the end of a version.
//!
//! An archive has one writer: where a daemon runs, it does the work, on request; where none does, this process takes the lock.

use crate::cli::{ArchiveArgs, KeysCommand, OutputFormat, RotateArgs};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::table::{Columns, count};
use anyhow::Context as _;
use proviso_archive::{KeyPlace, KeyVersion, KeysError, SuiteName};
use proviso_daemon::config::Config;
use proviso_daemon::keys::{RotationError, rotate};
use proviso_daemon::wire::{KeyV1, KeysV1, RotatedV1};
use proviso_pipeline::places;
use serde_json::json;
use std::path::Path;

pub(crate) fn run(command: &KeysCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            KeysCommand::Status(args) => status(args, colour).await,
            KeysCommand::Rotate(args) => rotation(args).await,
            KeysCommand::Destroy {
                version,
                tenant,
                archive,
            } => destroy(*version, tenant.as_deref(), archive).await,
            KeysCommand::Make { file, suite } => make(file, *suite),
        }
    })
}

fn make(file: &Path, suite: SuiteName) -> anyhow::Result<Ending> {
    let key = KeyPlace::make_file(file, suite, places::now()).map_err(|error| Usage(error.to_string()))?;
    crate::show::line(format_args!(
        "made {}: version {} ({}), fingerprint {}. Keep a copy elsewhere: what it seals is lost with it.",
        file.display(),
        key.version,
        key.suite,
        key.fingerprint
    ));
    Ok(Ending::Well)
}

async fn status(args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let keys: KeysV1 = match Looking::begin(&config, &args.token).await? {
        Looking::Daemon(client) => client
            .look("/v1/keys", &[])?
            .context("the daemon says that there is no such thing")?,
        Looking::File(archive) => archive.keys().await?.into(),
    };
    let ending = if keys.unreadable.is_empty() {
        Ending::Well
    } else {
        Ending::Problems
    };
    if args.format == OutputFormat::Json {
        crate::show::json(format_args!("{}", json!(keys)));
        return Ok(ending);
    }
    let mut table = Columns::new(
        colour,
        &[
            "of",
            ">version",
            "suite",
            "made",
            "destroyed",
            "fingerprint",
            ">records",
        ],
    );
    let time = |time: Option<proviso_model::Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    for key in &keys.keys {
        table.row([
            key.tenant.clone().unwrap_or_else(|| "all others".to_owned()),
            key.version.to_string(),
            key.suite.clone(),
            time(key.created),
            time(key.destroyed),
            key.fingerprint.clone(),
            count(key.records.unwrap_or_default()),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    for lost in &keys.unreadable {
        crate::show::error_line(format_args!(
            "{} records of tenant {:?} cannot be read: {}",
            lost.records, lost.tenant, lost.why
        ));
    }
    Ok(ending)
}

async fn rotation(args: &RotateArgs) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let rotated: RotatedV1 = match writer(&config, &args.archive).await? {
        Writing::Daemon(client) => {
            let suite = args.suite.map(|suite| suite.to_string());
            let body = json!({ "tenant": args.tenant, "suite": suite });
            serde_json::from_value(client.post("/v1/keys/rotate", &body)?)?
        }
        Writing::Here(archive) => {
            let progress = |rewrapped| tracing::info!(rewrapped, "keys are rotated");
            let by = crate::who::runs_this();
            let rotated = rotate(&archive, args.tenant.as_deref(), args.suite, &by, progress).await;
            archive.close().await;
            match rotated {
                Ok((key, rewrapped)) => RotatedV1 {
                    key: KeyV1::of(args.tenant.clone(), &key),
                    rewrapped,
                },
                Err(RotationError::Keys(error)) => return Err(of_keys(error)),
                Err(error) => return Err(error.into()),
            }
        }
    };
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!(rotated))),
        OutputFormat::Table => crate::show::line(format_args!(
            "version {} ({}, fingerprint {}) wraps {} records",
            rotated.key.version, rotated.key.suite, rotated.key.fingerprint, rotated.rewrapped
        )),
    }
    Ok(Ending::Well)
}

async fn destroy(version: u32, tenant: Option<&str>, args: &ArchiveArgs) -> anyhow::Result<Ending> {
    let number = KeyVersion::new(version).ok_or_else(|| Usage("versions begin with 1".to_owned()))?;
    let config = Config::read(&args.config)?;
    let gone: KeyV1 = match writer(&config, args).await? {
        Writing::Daemon(client) => {
            let body = json!({ "tenant": tenant, "version": version });
            serde_json::from_value(client.post("/v1/keys/destroy", &body)?)?
        }
        Writing::Here(archive) => {
            let gone = archive
                .destroy_key(tenant, number, places::now(), &crate::who::runs_this())
                .await;
            archive.close().await;
            KeyV1::of(tenant.map(str::to_owned), &gone.map_err(of_keys)?)
        }
    };
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!(gone))),
        OutputFormat::Table => crate::show::line(format_args!(
            "destroyed: version {version}, fingerprint {}",
            gone.fingerprint
        )),
    }
    Ok(Ending::Well)
}

async fn writer(config: &Config, args: &ArchiveArgs) -> anyhow::Result<Writing> {
    let looking = Looking::begin(config, &args.token).await?;
    Writing::begin(config, &args.token, looking).await
}

fn of_keys(error: KeysError) -> anyhow::Error {
    match error {
        KeysError::Storage(error) => error.into(),
        KeysError::Commit(error) => error.into(),
        other => Usage(other.to_string()).into(),
    }
}
