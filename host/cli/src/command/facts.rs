//! `proviso facts …`: ends of relationships, contracts, products and disputes.

use super::hand_in;
use crate::cli::{FactsCommand, FactsShowArgs, ImportArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::table::{Columns, clip, count};
use proviso_archive::{EndingRecord, EndingReport};
use proviso_daemon::config::Config;
use proviso_daemon::import_endings;
use proviso_daemon::wire::{EndingReportV1, EndingV1};
use proviso_pipeline::places;
use std::io;

pub(crate) fn run(command: &FactsCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            FactsCommand::Import(args) => import(args).await?,
            FactsCommand::Show(args) => show(args, colour).await?,
        }
        Ok(Ending::Well)
    })
}

async fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let bytes = hand_in::bytes(args)?;
    let rows = proviso_facts::read_endings(&args.file, &bytes)?;
    let report = match hand_in::begin(&args.archive).await? {
        Writing::Daemon(client) => {
            let report: EndingReportV1 = client.hand_in("/v1/endings", "text/csv", &bytes)?;
            report.into()
        }
        Writing::Here(archive) => {
            let config = Config::read(&args.archive.config)?;
            let by = crate::who::runs_this();
            let report = import_endings(&config, &archive, rows, places::now(), &by).await;
            archive.close().await;
            report?
        }
    };
    match args.archive.format {
        OutputFormat::Json => {
            let json = serde_json::to_string(&EndingReportV1::from(report))?;
            crate::show::json(format_args!("{json}"));
        }
        OutputFormat::Table => {
            let EndingReport { added, known, decided } = report;
            crate::show::line(format_args!(
                "added: {}; known already: {}; messages whose retention was decided anew: {}",
                count(added),
                count(known),
                count(decided)
            ));
        }
    }
    Ok(())
}

async fn show(args: &FactsShowArgs, colour: bool) -> anyhow::Result<()> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let mut lines = looking.endings().await?;
    if let Some(of) = &args.of {
        lines.retain(|line| is(line, of));
        if lines.is_empty() {
            return Err(Usage(format!("nothing was handed in of {of:?}")).into());
        }
    }
    if args.archive.format == OutputFormat::Json {
        for line in lines {
            let line = serde_json::to_string(&EndingV1::from(line))?;
            crate::show::json(format_args!("{line}"));
        }
        return Ok(());
    }
    let headings = [
        ">line",
        "tenant",
        "what",
        "of",
        "reference",
        "ended",
        "source",
        "heard",
        "by",
    ];
    let mut table = Columns::new(colour, &headings);
    for EndingRecord {
        number,
        ending,
        heard_at,
        by,
    } in lines
    {
        table.row([
            number.to_string(),
            ending.tenant.clone(),
            ending.what.name().to_owned(),
            clip(&ending.of.to_string(), 60),
            ending.reference.clone(),
            ending.on.map_or_else(|| "open".to_owned(), |day| day.to_string()),
            ending.source.clone(),
            heard_at.to_string(),
            by.to_string(),
        ]);
    }
    Ok(table.print(&mut io::stdout())?)
}

/// True if a person means what this line concerns.
fn is(line: &EndingRecord, of: &str) -> bool {
    let place = line.ending.of.place();
    place.id == of || place.to_string() == of || line.ending.reference == of
}
