//! `proviso archive tables`: what is known of messages beside what they say, as files for analysts, under pseudonyms.

use crate::cli::{OutputFormat, TablesArgs};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::partial::{Place, new_file};
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context as _;
use proviso_archive::Archive;
use proviso_daemon::config::Config;
use proviso_daemon::tabling::{self, TablingError};
use proviso_daemon::wire::{TabledV1, TablesV1};
use proviso_evidence::Members as _;
use proviso_evidence::tar::{COPIED_BYTES_MAX, TarMembers};
use proviso_tables::{FINDINGS, MANIFEST, MESSAGES, RETENTION};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufReader, Write as _};

pub(crate) async fn run(args: &TablesArgs, colour: bool) -> anyhow::Result<Ending> {
    let asked = TablesV1 {
        reason: args.reason.clone(),
        to: args.to.clone(),
        tenant: args.tenant.clone(),
        from: args.from.map(|from| from.to_string()),
        before: args.before.map(|before| before.to_string()),
    };
    // Before anything is opened: what is wrong is told at once.
    tabling::check(&asked).map_err(usage)?;
    let place = Place::folder(&args.out)?;
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    // The log is told, and so the archive is written.
    let writing = Writing::begin(&config, &args.archive.token, looking).await?;
    let tabled = written(&writing, &asked, &place).await;
    writing.close().await;
    print(&tabled?, args, colour)?;
    Ok(Ending::Well)
}

fn usage(error: TablingError) -> anyhow::Error {
    if error.is_of_the_caller() {
        Usage(format!("{:#}", anyhow::Error::new(error))).into()
    } else {
        error.into()
    }
}

async fn written(writing: &Writing, asked: &TablesV1, place: &Place) -> anyhow::Result<TabledV1> {
    place.make_partial().with_context(|| place.cannot_write())?;
    let made = match writing {
        Writing::Here(archive) => here(archive, asked, place).await,
        Writing::Daemon(client) => place.nameless().and_then(|mut tar| {
            let tabled = client.download("/v1/archive/tables", &json!(asked), &mut tar)?;
            unpacked(tar, place)?;
            Ok(tabled)
        }),
    };
    let named = made.and_then(|tabled| {
        File::open(place.partial())
            .and_then(|folder| folder.sync_all())
            .and_then(|()| place.name())
            .with_context(|| place.cannot_write())?;
        Ok(tabled)
    });
    if named.is_err() {
        place.remove_partial();
    }
    named
}

async fn here(archive: &Archive, asked: &TablesV1, place: &Place) -> anyhow::Result<TabledV1> {
    let file = |path: &str| new_file(&place.partial().join(path)).with_context(|| place.cannot_write());
    let outs = [file(MESSAGES)?, file(FINDINGS)?, file(RETENTION)?];
    let progress = Progress::open("messages:");
    let told = |more: u64| progress.advance(more);
    let made = tabling::tables(archive, asked, outs, &crate::who::runs_this(), &told).await;
    progress.finish();
    let made = made.map_err(usage)?;
    let mut manifest = file(MANIFEST)?;
    let synced = manifest
        .write_all(&made.manifest)
        .and_then(|()| manifest.sync_all())
        .and_then(|()| made.outs.iter().try_for_each(File::sync_all));
    synced.with_context(|| place.cannot_write())?;
    Ok(made.tabled)
}

/// What the daemon gave, where it is to be. Each byte of it outside of the files is looked at on the way.
fn unpacked(tar: File, place: &Place) -> anyhow::Result<()> {
    let members = TarMembers::open_within(BufReader::new(tar), COPIED_BYTES_MAX);
    let mut members = members.context("the daemon's answer breaks off, or has no tables")?;
    let mut paths = members.paths()?;
    paths.sort_unstable();
    let mut expected = [MESSAGES, FINDINGS, RETENTION, MANIFEST];
    expected.sort_unstable();
    anyhow::ensure!(
        paths == expected,
        "the daemon's answer has other files than tables have"
    );
    for path in expected {
        let mut file = new_file(&place.partial().join(path)).with_context(|| place.cannot_write())?;
        members.copy(path, &mut file).with_context(|| place.cannot_write())?;
        file.sync_all().with_context(|| place.cannot_write())?;
    }
    Ok(())
}

fn print(tabled: &TabledV1, args: &TablesArgs, colour: bool) -> io::Result<()> {
    if args.archive.format == OutputFormat::Json {
        let mut told = json!(tabled);
        told["out"] = args.out.display().to_string().into();
        crate::show::json(format_args!("{told:#}"));
        return Ok(());
    }
    let mut table = Columns::pairs(colour);
    table.row(["export", &format!("number {}", tabled.number)]);
    table.row(["in", &args.out.display().to_string()]);
    for (file, rows) in [
        (MESSAGES, tabled.messages),
        (FINDINGS, tabled.findings),
        (RETENTION, tabled.retention),
    ] {
        table.row([file, &format!("{} rows", count(rows))]);
    }
    table.row(["manifest", &format!("sha256 {}", tabled.manifest)]);
    table.print(&mut io::stdout())
}
