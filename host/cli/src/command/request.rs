//! `proviso request …`: acts that one person may not do alone, or not at once.

use super::export::{asked, run_request, usage};
use super::requested::{print, stands, what};
use crate::cli::{ArchiveArgs, DecideArgs, OutputFormat, RequestCommand, RequestExportArgs, TokenFileArgs};
use crate::client::Client;
use crate::exit::{Ending, Usage, told};
use crate::looking::{Looking, NOTHING, Writing};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use crate::who::runs_this;
use anyhow::Context as _;
use proviso_archive::{Archive, Change, Deciding, EndingRequest};
use proviso_daemon::config::Config;
use proviso_daemon::requests::AskedScoring;
use proviso_daemon::scoring::Approval;
use proviso_daemon::wire::{AskedV1, RanV1, RequestV1, RequestsV1};
use proviso_daemon::{Pauses, Rulebook, exporting, requests, scoring};
use proviso_model::time::Zone;
use proviso_pipeline::places;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Requests that are read from a file at a time.
const PAGE: u32 = 100;
/// Requests that a table shows.
const SHOWN: usize = 50;

pub(crate) fn run(command: &RequestCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            RequestCommand::Disposal {
                tenant,
                reason,
                archive,
            } => disposal(tenant, reason, archive).await,
            RequestCommand::HoldRelease {
                hold,
                note,
                reason,
                archive,
            } => hold_release(*hold, note, reason, archive).await,
            RequestCommand::Export(args) => export(args).await,
            RequestCommand::Scoring {
                tenant,
                assessment,
                reason,
                until,
                archive,
            } => scoring((tenant, assessment), reason, until, archive).await,
            RequestCommand::End(args) => end(args).await,
            RequestCommand::List(args) => list(args, colour).await,
            RequestCommand::Show { request, archive } => show(*request, archive, colour).await,
            RequestCommand::Approve(args) => decide(args, true).await,
            RequestCommand::Refuse(args) => decide(args, false).await,
            RequestCommand::Run {
                request,
                out: Some(out),
                archive,
                ..
            } => run_request(*request, out, archive, colour).await,
            RequestCommand::Run {
                request,
                out: None,
                clock_is_right,
                archive,
            } => run_one(*request, *clock_is_right, archive).await,
        }
    })
}

fn posted<T: DeserializeOwned>(client: &Client, path: &str, body: &Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(client.post(path, body)?)?)
}

async fn writing(args: &ArchiveArgs) -> anyhow::Result<(Config, Writing)> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    let writing = Writing::begin(&config, &args.token, looking).await?;
    Ok((config, writing))
}

async fn disposal(tenant: &str, reason: &str, args: &ArchiveArgs) -> anyhow::Result<Ending> {
    let (config, writing) = writing(args).await?;
    let progress = Progress::open("looking");
    let asked = match &writing {
        Writing::Daemon(client) => {
            let body = json!({ "tenant": tenant, "reason": reason });
            posted(client, "/v1/requests/disposal", &body)
        }
        Writing::Here(archive) => {
            let mut rulebook = Rulebook::new(&config, archive);
            let looked = |messages| progress.advance(messages);
            requests::ask_disposal(&mut rulebook, archive, tenant, reason, &runs_this(), looked)
                .await
                .map(|(requests, messages)| AskedV1 {
                    requests,
                    messages: Some(messages),
                })
                .map_err(told)
        }
    };
    writing.close().await;
    progress.finish();
    print_asked(&asked?, args.format);
    Ok(Ending::Well)
}

async fn export(args: &RequestExportArgs) -> anyhow::Result<Ending> {
    let asked = asked(&args.what);
    // Before anything is opened: what is wrong is told at once.
    exporting::check(&asked).map_err(usage)?;
    let (config, writing) = writing(&args.archive).await?;
    let progress = Progress::open("messages looked at:");
    let made = match &writing {
        Writing::Daemon(client) => client
            .post_at_length("/v1/requests/export", &json!(asked))
            .and_then(|made| Ok(serde_json::from_value(made)?)),
        Writing::Here(archive) => {
            let looked = |messages| progress.advance(messages);
            exporting::ask((archive, &config), &asked, &runs_this(), &looked)
                .await
                .map(|(request, messages)| AskedV1 {
                    requests: vec![request],
                    messages: Some(messages),
                })
                .map_err(usage)
        }
    };
    writing.close().await;
    progress.finish();
    print_asked(&made?, args.archive.format);
    Ok(Ending::Well)
}

async fn hold_release(hold: i64, note: &str, reason: &str, args: &ArchiveArgs) -> anyhow::Result<Ending> {
    let (config, writing) = writing(args).await?;
    let asked = match &writing {
        Writing::Daemon(client) => {
            let body = json!({ "hold": hold, "note": note, "reason": reason });
            posted(client, "/v1/requests/hold-release", &body)
        }
        Writing::Here(archive) => requests::ask_release(&config, archive, (hold, note), reason, &runs_this())
            .await
            .map(|request| AskedV1 {
                requests: vec![request],
                messages: None,
            })
            .map_err(told),
    };
    writing.close().await;
    print_asked(&asked?, args.format);
    Ok(Ending::Well)
}

async fn scoring(
    (tenant, assessment): (&str, &str),
    reason: &str,
    until: &str,
    args: &ArchiveArgs,
) -> anyhow::Result<Ending> {
    // Before anything is opened: what is wrong is told at once.
    scoring::until(until, &Zone::utc()).map_err(Usage)?;
    let (config, writing) = writing(args).await?;
    let asked = match &writing {
        Writing::Daemon(client) => {
            let body = json!({ "tenant": tenant, "assessment": assessment, "reason": reason, "until": until });
            posted(client, "/v1/requests/scoring", &body)
        }
        Writing::Here(archive) => scoring_here(&config, archive, (tenant, assessment), reason, until).await,
    };
    writing.close().await;
    print_asked(&asked?, args.format);
    Ok(Ending::Well)
}

async fn scoring_here(
    config: &Config,
    archive: &Archive,
    (tenant, assessment): (&str, &str),
    reason: &str,
    until: &str,
) -> anyhow::Result<AskedV1> {
    let (standings, zone) = scoring::of_set_file(config, archive).await?;
    let asked = AskedScoring {
        tenant: tenant.to_owned(),
        assessment: assessment.to_owned(),
        reason: reason.to_owned(),
        until: scoring::until(until, &zone).map_err(Usage)?,
    };
    let asked = requests::ask_scoring(config, archive, &standings, asked, &runs_this()).await;
    let requests = vec![asked.map_err(told)?];
    Ok(AskedV1 {
        requests,
        messages: None,
    })
}

async fn end(args: &DecideArgs) -> anyhow::Result<Ending> {
    let (_, writing) = writing(&args.archive).await?;
    let ended = match &writing {
        Writing::Daemon(client) => {
            let body = json!({ "request": args.request, "note": args.note });
            client.post("/v1/requests/end", &body).map(|_| ())
        }
        Writing::Here(archive) => {
            let ending = EndingRequest {
                request: args.request,
                note: &args.note,
                at: places::now(),
            };
            let ended = archive.commit(Change::EndRequest(&ending), &runs_this()).await;
            ended.map(|_| ()).map_err(|error| told(error.into()))
        }
    };
    writing.close().await;
    ended?;
    let number = args.request;
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "request": number, "ended": true }))),
        OutputFormat::Table => {
            crate::show::line(format_args!(
                "request {number} is ended: nobody is scored by it any more"
            ));
        }
    }
    Ok(Ending::Well)
}

fn print_asked(asked: &AskedV1, format: OutputFormat) {
    if format == OutputFormat::Json {
        crate::show::json(format_args!("{}", json!(asked)));
        return;
    }
    for request in &asked.requests {
        crate::show::line(format_args!(
            "request {request} is made: `proviso request show {request}`"
        ));
    }
    if let Some(messages) = asked.messages {
        let they = if asked.requests.len() == 1 { "it is" } else { "they are" };
        crate::show::line(format_args!("{they} about {} messages", count(messages)));
    }
}

/// Requests before a number, the latest first.
async fn page(looking: &Looking, before: i64) -> anyhow::Result<Vec<RequestV1>> {
    match looking {
        Looking::File(archive) => of_file(archive, before, PAGE).await,
        Looking::Daemon(client) => {
            let page: Option<RequestsV1> = client.look("/v1/requests", &[("before", &before.to_string())])?;
            Ok(page.context(NOTHING)?.requests)
        }
    }
}

async fn of_file(archive: &Archive, before: i64, limit: u32) -> anyhow::Result<Vec<RequestV1>> {
    let at = places::now();
    let requests = archive.requests(before, limit).await?.into_iter();
    Ok(requests.map(|request| RequestV1::at(request, at)).collect())
}

/// What people are scored by now; nothing where there is no archive yet.
pub(super) async fn approvals(config: &Config, token: &TokenFileArgs) -> anyhow::Result<Vec<Approval>> {
    let mut found = Vec::new();
    if !config.archive_path().exists() {
        return Ok(found);
    }
    let looking = Looking::begin(config, token).await?;
    let mut before = i64::MAX;
    loop {
        let page = page(&looking, before).await?;
        let Some(last) = page.last() else { return Ok(found) };
        before = last.request;
        found.extend(page.iter().filter_map(RequestV1::approval));
    }
}

async fn one(looking: &Looking, number: i64) -> anyhow::Result<RequestV1> {
    let found = page(looking, number.saturating_add(1)).await?.into_iter().next();
    let found = found.filter(|request| request.request == number);
    Ok(found.ok_or_else(|| Usage(format!("there is no request {number}: see `proviso request list`")))?)
}

async fn list(args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    let (mut before, mut shown) = (i64::MAX, Vec::new());
    loop {
        let page = page(&looking, before).await?;
        let Some(last) = page.last() else { break };
        before = last.request;
        if args.format == OutputFormat::Json {
            for request in &page {
                crate::show::json(format_args!("{}", json!(request)));
            }
            continue;
        }
        shown.extend(page);
        if shown.len() > SHOWN {
            break;
        }
    }
    if args.format == OutputFormat::Json {
        return Ok(Ending::Well);
    }
    let mut table = Columns::new(
        colour,
        &[">request", "tenant", "what", "reason", "asked", "by", "where it stands"],
    );
    for request in shown.iter().take(SHOWN) {
        table.row([
            request.request.to_string(),
            request.tenant.clone(),
            what(request),
            clip(&request.reason, 40),
            request.asked_at.to_string(),
            request.asked_by.to_string(),
            stands(request),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    if shown.len() > SHOWN {
        crate::show::line(format_args!("and earlier ones: --format json lists all"));
    }
    Ok(Ending::Well)
}

async fn show(number: i64, args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    let request = one(&looking, number).await?;
    if args.format == OutputFormat::Json {
        crate::show::json(format_args!("{}", json!(request)));
        return Ok(Ending::Well);
    }
    print(&request, colour)?;
    Ok(Ending::Well)
}

async fn decide(args: &DecideArgs, approve: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let request = one(&looking, args.request).await?;
    match Writing::begin(&config, &args.archive.token, looking).await? {
        Writing::Daemon(client) => {
            let body = json!({
                "request": request.request, "digest": request.digest, "approve": approve, "note": args.note,
            });
            client.post("/v1/requests/decide", &body)?;
        }
        Writing::Here(archive) => {
            let deciding = Deciding {
                request: request.request,
                digest: request.digest,
                approve,
                note: &args.note,
                at: places::now(),
            };
            let decided = archive.commit(Change::Decide(&deciding), &runs_this()).await;
            archive.close().await;
            decided.map_err(|error| told(error.into()))?;
        }
    }
    let number = request.request;
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!({ "request": number, "approved": approve }))),
        OutputFormat::Table => {
            let decided = if approve { "approved" } else { "refused" };
            let what = what(&request);
            crate::show::line(format_args!(
                "request {number} is {decided}: {what}, of tenant {}",
                request.tenant
            ));
        }
    }
    Ok(Ending::Well)
}

async fn run_one(number: i64, clock_is_right: bool, args: &ArchiveArgs) -> anyhow::Result<Ending> {
    let (config, writing) = writing(args).await?;
    let ran = match &writing {
        Writing::Daemon(client) => {
            let body = json!({ "request": number, "clock_is_right": clock_is_right });
            posted(client, "/v1/requests/run", &body)
        }
        Writing::Here(archive) => {
            let mut rulebook = Rulebook::new(&config, archive);
            let ran = requests::run(
                &mut rulebook,
                (archive, &Pauses::default()),
                number,
                clock_is_right,
                &runs_this(),
            )
            .await;
            ran.map(RanV1::from).map_err(told)
        }
    };
    writing.close().await;
    let ran = ran?;
    match (args.format, &ran.disposal, ran.released) {
        (OutputFormat::Json, ..) => crate::show::json(format_args!("{}", json!(ran))),
        (OutputFormat::Table, Some(report), _) => super::retention::print_report(report),
        (OutputFormat::Table, None, Some(hold)) => crate::show::line(format_args!("hold {hold} is released")),
        (OutputFormat::Table, None, None) => crate::show::line(format_args!("request {number} ran")),
    }
    Ok(Ending::Well)
}
