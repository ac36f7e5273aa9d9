//! `proviso retention …`: which messages may go, by which rules, and their end.
//!
//! - `backtest`: which dates another law would move; `dates_print`: on a terminal

mod backtest;
mod dates_print;

use crate::cli::{ArchiveArgs, CertificateArgs, DisposeArgs, OutputFormat, RetentionCommand};
use crate::client::Client;
use crate::exit::{Ending, Usage, told};
use crate::looking::{Looking, NOTHING, Writing};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use anyhow::Context as _;
use proviso_archive::Archive;
use proviso_daemon::config::Config;
use proviso_daemon::retention;
use proviso_daemon::wire::{DisposalReportV1, DisposedPageV1, PlanV1, PlannedV1};
use proviso_daemon::{Pauses, Rulebook};
use serde_json::json;
use std::collections::BTreeMap;

/// Messages that a table shows.
const SHOWN: usize = 50;

pub(crate) fn run(command: &RetentionCommand, colour: bool) -> anyhow::Result<Ending> {
    // It judges, and has a runtime of more threads.
    if let RetentionCommand::Backtest(args) = command {
        return backtest::run(args, colour);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            RetentionCommand::Plan(args) => plan(args, colour).await,
            RetentionCommand::Dispose(args) => dispose(args).await,
            RetentionCommand::Certificate(args) => certificate(args).await,
            RetentionCommand::Backtest(_) => unreachable!("it was run above"),
        }
    })
}

async fn plan(args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    let mut retention = match &looking {
        Looking::Daemon(client) => Retention::Daemon(client),
        Looking::File(archive) => Retention::here(&config, archive),
    };
    let progress = Progress::open("looking");
    let mut shown: Vec<PlannedV1> = Vec::new();
    let (mut all, mut ready) = (0_u64, 0_u64);
    let mut stay: BTreeMap<String, u64> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = retention.plan(after).await?;
        let Some(last) = page.last() else { break };
        after = last.arrival;
        for one in page {
            progress.advance(1);
            if args.format == OutputFormat::Json {
                crate::show::json(format_args!("{}", json!(one)));
                continue;
            }
            all += 1;
            match &one.stays {
                None => ready += 1,
                Some(why) => *stay.entry(why.clone()).or_default() += 1,
            }
            if shown.len() < SHOWN {
                shown.push(one);
            }
        }
    }
    progress.finish();
    if args.format == OutputFormat::Json {
        return Ok(Ending::Well);
    }
    let mut table = Columns::new(colour, &["message", "until", "rules", "what becomes of it"]);
    for one in &shown {
        table.row([
            one.message
                .as_ref()
                .map_or_else(|| format!("number {}", one.arrival), |name| clip(name, 60)),
            one.until.clone().unwrap_or_else(|| "-".to_owned()),
            clip(&one.rules.join(", "), 40),
            one.stays
                .as_ref()
                .map_or_else(|| "ready".to_owned(), |why| format!("stays: {why}")),
        ]);
    }
    if !shown.is_empty() {
        table.print(&mut std::io::stdout())?;
    }
    crate::show::line(format_args!(
        "{} messages are due, {} ready to go",
        count(all),
        count(ready)
    ));
    for (why, messages) in stay {
        crate::show::line(format_args!("  {} stay: {why}", count(messages)));
    }
    Ok(Ending::Well)
}

async fn dispose(args: &DisposeArgs) -> anyhow::Result<Ending> {
    if !args.yes {
        return Err(Usage("disposal is for good: look at `proviso retention plan`, then give --yes".to_owned()).into());
    }
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let writing = Writing::begin(&config, &args.archive.token, looking).await?;
    let mut report = DisposalReportV1::default();
    let retention = match &writing {
        Writing::Daemon(client) => Retention::Daemon(client),
        Writing::Here(archive) => Retention::here(&config, archive),
    };
    let disposed = all_pages(retention, args.clock_is_right, &mut report).await;
    writing.close().await;
    // What went before a fault is told all the same.
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!(report))),
        OutputFormat::Table => print_report(&report),
    }
    disposed.map(|()| Ending::Well)
}

/// What became of messages that were to go.
pub(super) fn print_report(report: &DisposalReportV1) {
    crate::show::line(format_args!(
        "{} disposed of, {} held, {} wait for a person, {} damaged, {} not due any more",
        count(report.disposed),
        count(report.held),
        count(report.waiting),
        count(report.damaged),
        count(report.not_due)
    ));
}

async fn all_pages(
    mut retention: Retention<'_>,
    clock_is_right: bool,
    report: &mut DisposalReportV1,
) -> anyhow::Result<()> {
    let progress = Progress::open("disposed of");
    let mut after = 0;
    loop {
        let page = retention.dispose(after, clock_is_right).await?;
        report.disposed += page.report.disposed;
        report.held += page.report.held;
        report.waiting += page.report.waiting;
        report.damaged += page.report.damaged;
        report.not_due += page.report.not_due;
        progress.advance(page.report.disposed);
        let Some(last) = page.last else {
            progress.finish();
            return Ok(());
        };
        after = last;
    }
}

/// The file is read beside a daemon that runs: a certificate is verified by its own proofs, whoever made it.
async fn certificate(args: &CertificateArgs) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let archive = Archive::open_readonly_with(&config.archive_path(), &config.opening()).await?;
    let certificate = archive.certificate(&args.message).await;
    archive.close().await;
    let Some(certificate) = certificate? else {
        let name = args.message.to_string();
        let why = "was not disposed of: `proviso archive show` says what is recorded of it";
        return Err(Usage(format!("{} {why}", clip(&name, 64))).into());
    };
    crate::show::json(format_args!("{}", certificate.to_json()));
    Ok(Ending::Well)
}

/// Who finds out what may go, and disposes of it.
enum Retention<'a> {
    Daemon(&'a Client),
    Here(&'a Archive, Box<Rulebook>),
}

impl<'a> Retention<'a> {
    fn here(config: &Config, archive: &'a Archive) -> Self {
        Self::Here(archive, Box::new(Rulebook::new(config, archive)))
    }

    /// Messages whose time is over, behind a place in the order of arrival: none if there are no more.
    async fn plan(&mut self, after: i64) -> anyhow::Result<Vec<PlannedV1>> {
        let page: PlanV1 = match self {
            Self::Here(archive, rulebook) => retention::plan(rulebook, archive, after).await?.into(),
            Self::Daemon(client) => {
                let page = client.look("/v1/retention/plan", &[("after", &after.to_string())])?;
                page.context(NOTHING)?
            }
        };
        Ok(page.planned)
    }

    /// Disposes of those of the next page that may go.
    async fn dispose(&mut self, after: i64, clock_is_right: bool) -> anyhow::Result<DisposedPageV1> {
        let (archive, rulebook) = match self {
            Self::Here(archive, rulebook) => (archive, rulebook),
            Self::Daemon(client) => {
                let body = json!({ "after": after, "clock_is_right": clock_is_right });
                return Ok(serde_json::from_value(client.post("/v1/retention/dispose", &body)?)?);
            }
        };
        let by = crate::who::runs_this();
        let disposed = retention::dispose(rulebook, archive, &Pauses::default(), after, clock_is_right, &by).await;
        Ok(disposed.map_err(told)?.into())
    }
}
