//! `proviso hold …`: orders to keep.

use super::search::pointed_at;
use crate::cli::{ArchiveArgs, HoldCommand, OutputFormat, PlaceArgs};
use crate::exit::{Ending, Usage, told};
use crate::looking::{Looking, Writing};
use crate::show::table::{Columns, clip};
use proviso_archive::{Archive, Change, NoHoldQuery, Receipt};
use proviso_daemon::config::Config;
use proviso_daemon::requests::release_asks;
use proviso_daemon::wire::{HoldsV1, NewHoldV1};
use proviso_pipeline::places;
use serde_json::json;

pub(crate) fn run(command: &HoldCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            HoldCommand::Place(args) => place(args).await,
            HoldCommand::Release { hold, note, archive } => release(*hold, note, archive).await,
            HoldCommand::List(args) => list(args, colour).await,
        }
    })
}

async fn place(args: &PlaceArgs) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let order = NewHoldV1 {
        tenant: args.tenant.clone(),
        reason: args.reason.clone(),
        person: args.person.clone(),
        conversation: args.conversation.clone(),
        sent_from: args.from,
        sent_before: args.before,
        texts: args.text.clone(),
        query: args.query.clone(),
        zone: args.zone.clone(),
    };
    // Before anything is opened: what is wrong with a query is told with its place.
    let hold = order.clone().at(places::now()).map_err(|error| match error {
        NoHoldQuery::Query(error) => Usage(pointed_at(order.query.as_deref().unwrap_or_default(), &error)),
        error @ NoHoldQuery::Zone(_) => Usage(error.to_string()),
    })?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let number = match Writing::begin(&config, &args.archive.token, looking).await? {
        Writing::Daemon(client) => client.post("/v1/holds", &json!(order))?["hold"]
            .as_i64()
            .unwrap_or_default(),
        Writing::Here(archive) => {
            let placed = archive.commit(Change::PlaceHold(&hold), &crate::who::runs_this()).await;
            archive.close().await;
            match placed.map_err(|error| told(error.into()))? {
                Receipt::Hold { number } => number,
                _ => unreachable!("the receipt of another change"),
            }
        }
    };
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "hold": number }))),
        OutputFormat::Table => crate::show::line(format_args!("hold {number} is placed")),
    }
    Ok(Ending::Well)
}

async fn release(hold: i64, note: &str, args: &ArchiveArgs) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    match Writing::begin(&config, &args.token, looking).await? {
        Writing::Daemon(client) => {
            client.post("/v1/holds/release", &json!({ "hold": hold, "note": note }))?;
        }
        Writing::Here(archive) => {
            let released = release_here(&config, &archive, hold, note).await;
            archive.close().await;
            released?;
        }
    }
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "released": hold }))),
        OutputFormat::Table => crate::show::line(format_args!("hold {hold} is released")),
    }
    Ok(Ending::Well)
}

async fn release_here(config: &Config, archive: &Archive, hold: i64, note: &str) -> anyhow::Result<()> {
    if let Some(why) = release_asks(config, archive, hold).await? {
        return Err(Usage(why).into());
    }
    let release = Change::ReleaseHold {
        hold,
        request: None,
        note,
        at: places::now(),
    };
    let released = archive.commit(release, &crate::who::runs_this()).await;
    released.map(|_| ()).map_err(|error| told(error.into()))
}

async fn list(args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let HoldsV1 { holds } = Looking::begin(&config, &args.token).await?.holds().await?;
    if args.format == OutputFormat::Json {
        for hold in &holds {
            crate::show::json(format_args!("{}", json!(hold)));
        }
        return Ok(Ending::Well);
    }
    let mut table = Columns::new(
        colour,
        &[">hold", "tenant", "keeps", "reason", "placed", "by", "released"],
    );
    for hold in &holds {
        let mut keeps = Vec::new();
        keeps.extend(hold.person.as_ref().map(|person| format!("person {person}")));
        keeps.extend(
            hold.conversation
                .as_ref()
                .map(|conversation| format!("conversation {conversation}")),
        );
        keeps.extend(hold.sent_from.map(|from| format!("from {from}")));
        keeps.extend(hold.sent_before.map(|before| format!("before {before}")));
        keeps.extend(hold.query.as_ref().map(|query| format!("query {}", clip(query, 60))));
        keeps.extend((!hold.texts.is_empty()).then(|| format!("text {}", clip(&hold.texts.join(" / "), 60))));
        if keeps.is_empty() {
            keeps.push("all messages".to_owned());
        }
        table.row([
            hold.hold.to_string(),
            hold.tenant.clone(),
            keeps.join(", "),
            clip(&hold.reason, 40),
            hold.placed_at.to_string(),
            hold.placed_by.to_string(),
            hold.released
                .as_ref()
                .map_or_else(|| "-".to_owned(), |released| released.at.to_string()),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    Ok(Ending::Well)
}
