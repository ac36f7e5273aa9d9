//! `proviso archive backup`: a copy of the archive, beside the daemon that writes it.

use crate::cli::{BackupArgs, OutputFormat};
use crate::exit::Usage;
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use proviso_archive::{Archive, BackupError, Including, KeyPlace, Manifest, Step};
use proviso_daemon::config::Config;
use proviso_pipeline::places;
use serde_json::json;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The folder of a backup with the pack store's files.
pub(crate) const PACKS: &str = "packs";

pub(crate) async fn run(args: &BackupArgs, colour: bool) -> anyhow::Result<()> {
    let config = Config::read(&args.config)?;
    let keys = if args.with_keys {
        key_files(&config)?
    } else {
        Vec::new()
    };
    let store = config.store_dir();
    let including = Including {
        at: places::now(),
        keys: &keys,
        folders: &[(PACKS, &store)],
    };
    // The file is read beside a daemon that runs.
    let archive = Archive::open_readonly_with(&config.archive_path(), &config.opening()).await?;
    let progress = Progress::bytes("copying", 0);
    let made = archive.backup(&args.folder, &including, &told(&progress)).await;
    archive.close().await;
    progress.finish();
    print(&made.map_err(of_backup)?, args, colour)
}

/// Shows how far a backup or its restoration is.
pub(crate) fn told(progress: &Progress) -> impl Fn(Step) + Sync {
    |step| {
        progress.say(step.what);
        progress.reach(step.done, step.all);
    }
}

pub(crate) fn of_backup(error: BackupError) -> anyhow::Error {
    match error {
        BackupError::NotEmpty(_) | BackupError::Unfinished(_) | BackupError::NoText(_) => {
            Usage(error.to_string()).into()
        }
        // A file where a folder is to be.
        BackupError::Io { path, source } if source.kind() == ErrorKind::NotADirectory => {
            Usage(format!("{} is in no folder, or is none: name a folder", path.display())).into()
        }
        other => other.into(),
    }
}

/// The files that all keys are in, by whose they are. What is no file goes into no backup.
fn key_files(config: &Config) -> anyhow::Result<Vec<(Option<String>, PathBuf)>> {
    let beside = KeyPlace::File(config.keys_path());
    let all = config.keys.all.as_ref().unwrap_or(&beside);
    let tenants = config.keys.tenants.iter().map(|(tenant, place)| (Some(tenant), place));
    let mut files = Vec::new();
    for (tenant, place) in std::iter::once((None, all)).chain(tenants) {
        let KeyPlace::File(path) = place else {
            let whose = tenant.map_or_else(|| "all tenants".to_owned(), |tenant| format!("tenant {tenant:?}"));
            let why =
                format!("the keys of {whose} are in no file: leave out --with-keys, and keep them where they are");
            return Err(Usage(why).into());
        };
        files.push((tenant.cloned(), path.clone()));
    }
    Ok(files)
}

fn print(manifest: &Manifest, args: &BackupArgs, colour: bool) -> anyhow::Result<()> {
    if args.format == OutputFormat::Json {
        crate::show::json(format_args!("{}", json!(manifest)));
        return Ok(());
    }
    let rows = |table: &str| manifest.rows.get(table).copied().unwrap_or(0);
    let mut table = Columns::pairs(colour);
    table.row(["backup", &args.folder.display().to_string()]);
    table.row(["messages", &count(rows("contents"))]);
    table.row(["disposed of", &count(rows("disposals"))]);
    table.row(["transactions", &count(manifest.log.leaves)]);
    table.row(["of them signed", &count(manifest.log.signed)]);
    table.row(["root", &manifest.log.root]);
    table.row(["files", &count(manifest.files.len() as u64)]);
    table.row(["bytes", &count(manifest.bytes())]);
    let keys = match manifest.keys.len() {
        0 => "not in it: without them nobody reads it, and a drill finds whether you have them",
        _ => "in it: whoever has this folder reads every message",
    };
    table.row(["keys", keys]);
    table.print(&mut std::io::stdout())?;
    Ok(())
}
