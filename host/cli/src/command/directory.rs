//! `proviso directory …`: who works where.

use super::hand_in;
use crate::cli::{DirectoryCommand, DirectoryShowArgs, ImportArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::table::{Columns, clip, count};
use proviso_archive::{DirectoryImport, DirectoryImported, DirectoryRecord, DirectoryReport};
use proviso_daemon::config::Config;
use proviso_daemon::import_directory;
use proviso_daemon::wire::{DirectoryReportV1, DirectoryVersionsV1, EmploymentV1};
use proviso_model::directory::{Account, Employment};
use proviso_model::time::Day;
use proviso_pipeline::places;
use std::io;

pub(crate) fn run(command: &DirectoryCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            DirectoryCommand::Import(args) => import(args).await?,
            DirectoryCommand::Show(args) => show(args, colour).await?,
        }
        Ok(Ending::Well)
    })
}

async fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let bytes = hand_in::bytes(args)?;
    let rows = proviso_facts::read_directory(&args.file, &bytes)?;
    let report = match hand_in::begin(&args.archive).await? {
        Writing::Daemon(client) => {
            let report: DirectoryReportV1 = client.hand_in("/v1/directory", "text/csv", &bytes)?;
            report.into()
        }
        Writing::Here(archive) => {
            let import = DirectoryImport {
                rows,
                file: args.file.display().to_string(),
                at: places::now(),
            };
            let report = import_directory(&archive, &import, &crate::who::runs_this()).await;
            archive.close().await;
            report?
        }
    };
    print_report(args.archive.format, report)
}

fn print_report(format: OutputFormat, report: DirectoryReport) -> anyhow::Result<()> {
    let DirectoryReport {
        version,
        digest,
        is_new,
        employments,
        added,
        ended,
    } = report;
    match (format, is_new) {
        (OutputFormat::Json, _) => {
            let json = serde_json::to_string(&DirectoryReportV1::from(report))?;
            crate::show::json(format_args!("{json}"));
        }
        (OutputFormat::Table, true) => crate::show::line(format_args!(
            "version {version} of the directory: {} rows, {} of them new, {} of the version before ended ({})",
            count(employments),
            count(added),
            count(ended),
            digest.short()
        )),
        (OutputFormat::Table, false) => crate::show::line(format_args!(
            "the file says what version {version} of the directory says: nothing was imported ({})",
            digest.short()
        )),
    }
    Ok(())
}

async fn show(args: &DirectoryShowArgs, colour: bool) -> anyhow::Result<()> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    if args.versions {
        return print_versions(args.archive.format, looking.directory_versions().await?, colour);
    }
    let record = looking.directory(args.version).await?;
    let record = record.ok_or_else(|| match args.version {
        Some(version) => Usage(format!("the directory has no version {version}: --versions lists them")),
        None => Usage("no directory was imported: `proviso directory import FILE` does it".to_owned()),
    })?;
    let day = match (&args.at, &args.person) {
        (None, Some(_)) => None,
        (at, _) => {
            let zone = hand_in::zone_of(&config)?;
            let at = at.as_ref().map(|text| hand_in::moment("--at", text, &zone));
            Some(zone.day(at.transpose()?.unwrap_or_else(places::now)))
        }
    };
    let held = record.rows.iter().filter(|row| day.is_none_or(|day| row.holds_on(day)));
    let shown: Vec<&Employment> = held
        .filter(|row| args.person.as_ref().is_none_or(|person| is(row, person)))
        .collect();
    if let Some(person) = args.person.as_ref().filter(|_| shown.is_empty()) {
        let when = day.map_or_else(String::new, |day| format!(" on {day}"));
        let version = record.imported.version;
        let told = format!("version {version} of the directory knows nobody of {person:?}{when}");
        return Err(Usage(told).into());
    }
    match args.archive.format {
        OutputFormat::Json => {
            for row in shown {
                let mut line = serde_json::to_value(EmploymentV1::from(row.clone()))?;
                line["version"] = record.imported.version.into();
                crate::show::json(format_args!("{line}"));
            }
            Ok(())
        }
        OutputFormat::Table => print_rows(&record, &shown, day, colour),
    }
}

/// True if a person means this row: by the number, or by an account.
fn is(row: &Employment, person: &str) -> bool {
    let mut accounts = row.accounts.iter();
    row.person == person || accounts.any(|account| account.id == person || account.to_string() == person)
}

fn print_rows(record: &DirectoryRecord, rows: &[&Employment], on: Option<Day>, colour: bool) -> anyhow::Result<()> {
    let DirectoryImported {
        version,
        digest,
        at,
        by,
        file,
        ..
    } = &record.imported;
    let on = on.map_or_else(String::new, |day| format!("; what holds on {day}"));
    crate::show::line(format_args!(
        "version {version} ({}), imported at {at} by {by} from {file}{on}",
        digest.short()
    ));
    let headings = [
        "tenant",
        "person",
        "accounts",
        "department",
        "post",
        "manager",
        "from",
        "to",
    ];
    let mut table = Columns::new(colour, &headings);
    for row in rows {
        let accounts: Vec<String> = row.accounts.iter().map(Account::to_string).collect();
        let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
        table.row([
            row.tenant.clone(),
            row.person.clone(),
            clip(&accounts.join(" "), 60),
            row.department.clone(),
            row.post.name().to_owned(),
            row.manager.clone().unwrap_or_default(),
            day(row.from),
            day(row.to),
        ]);
    }
    Ok(table.print(&mut io::stdout())?)
}

fn print_versions(format: OutputFormat, versions: Vec<DirectoryImported>, colour: bool) -> anyhow::Result<()> {
    if format == OutputFormat::Json {
        let wire = serde_json::to_value(DirectoryVersionsV1::from(versions))?;
        for version in wire["versions"].as_array().into_iter().flatten() {
            crate::show::json(format_args!("{version}"));
        }
        return Ok(());
    }
    let mut table = Columns::new(colour, &[">version", "digest", "imported", "by", "file", ">rows"]);
    for one in versions {
        table.row([
            one.version.to_string(),
            one.digest.short(),
            one.at.to_string(),
            one.by.to_string(),
            one.file.clone(),
            count(one.employments),
        ]);
    }
    Ok(table.print(&mut io::stdout())?)
}
