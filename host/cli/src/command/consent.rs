//! `proviso consent …`: who agreed to being archived, refused, or was given notice.

use super::hand_in;
use crate::cli::{ConsentCommand, ConsentShowArgs, ImportArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::table::{Columns, clip, count};
use proviso_archive::{ConsentImport, ConsentRecord, ConsentReport};
use proviso_daemon::config::Config;
use proviso_daemon::import_consents;
use proviso_daemon::wire::{ConsentReportV1, ConsentV1};
use proviso_model::Timestamp;
use proviso_model::statement::Whose;
use proviso_pipeline::places;
use std::collections::BTreeMap;
use std::io;

pub(crate) fn run(command: &ConsentCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            ConsentCommand::Import(args) => import(args).await?,
            ConsentCommand::Show(args) => show(args, colour).await?,
        }
        Ok(Ending::Well)
    })
}

async fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let bytes = hand_in::bytes(args)?;
    let zone = hand_in::zone_of(&Config::read(&args.archive.config)?)?;
    let at = places::now();
    let rows = proviso_facts::read_consents(&args.file, &bytes, &zone, at)?;
    let report = match hand_in::begin(&args.archive).await? {
        Writing::Daemon(client) => {
            let report: ConsentReportV1 = client.hand_in("/v1/consents", "text/csv", &bytes)?;
            report.into()
        }
        Writing::Here(archive) => {
            let import = ConsentImport { rows, at };
            let report = import_consents(&archive, &import, &crate::who::runs_this()).await;
            archive.close().await;
            report?
        }
    };
    match args.archive.format {
        OutputFormat::Json => {
            let json = serde_json::to_string(&ConsentReportV1::from(report))?;
            crate::show::json(format_args!("{json}"));
        }
        OutputFormat::Table => {
            let ConsentReport { added, known } = report;
            crate::show::line(format_args!("added: {}; known already: {}", count(added), count(known)));
        }
    }
    Ok(())
}

async fn show(args: &ConsentShowArgs, colour: bool) -> anyhow::Result<()> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let at = match &args.at {
        Some(text) => Some(hand_in::moment("--at", text, &hand_in::zone_of(&config)?)?),
        None => None,
    };
    let mut lines = looking.consents().await?;
    lines.retain(|line| args.party.as_ref().is_none_or(|party| is(line, party)));
    if let Some(at) = at {
        lines = held_at(lines, at);
    }
    if let Some(party) = args.party.as_ref().filter(|_| lines.is_empty()) {
        let when = at.map_or_else(String::new, |at| format!(" at {at}"));
        return Err(Usage(format!("nothing is known of {party:?}{when}")).into());
    }
    match args.archive.format {
        OutputFormat::Json => {
            for line in lines {
                let line = serde_json::to_string(&ConsentV1::from(line))?;
                crate::show::json(format_args!("{line}"));
            }
            Ok(())
        }
        OutputFormat::Table => print(&lines, colour),
    }
}

/// True if a person means the party of this line.
fn is(line: &ConsentRecord, party: &str) -> bool {
    let whose = &line.statement.whose;
    whose.id() == party || whose.to_string() == party
}

/// Of each party the line that held at a moment: the latest up to it, and of two the one that allows less.
fn held_at(lines: Vec<ConsentRecord>, at: Timestamp) -> Vec<ConsentRecord> {
    let rank = |line: &ConsentRecord| (line.holds, line.statement.state.strictness());
    let mut held: BTreeMap<(String, Whose), ConsentRecord> = BTreeMap::new();
    for line in lines {
        if line.holds > at {
            continue;
        }
        let key = (line.statement.tenant.clone(), line.statement.whose.clone());
        if held.get(&key).is_none_or(|known| rank(known) <= rank(&line)) {
            held.insert(key, line);
        }
    }
    held.into_values().collect()
}

fn print(lines: &[ConsentRecord], colour: bool) -> anyhow::Result<()> {
    let headings = [
        ">line", "tenant", "party", "state", "at", "source", "version", "heard", "by",
    ];
    let mut table = Columns::new(colour, &headings);
    for line in lines {
        let statement = &line.statement;
        table.row([
            line.number.to_string(),
            statement.tenant.clone(),
            clip(&statement.whose.to_string(), 60),
            statement.state.standing().to_owned(),
            statement.at.to_string(),
            statement.source.clone(),
            statement.version.clone(),
            line.heard_at.to_string(),
            line.by.to_string(),
        ]);
    }
    Ok(table.print(&mut io::stdout())?)
}
