//! `proviso retention …`: which messages may go, by which rules, and their end.
//!
//! What a message's rules said is made again from what is recorded, as `archive show --why` does. Where that comes to something
//! else than what was decided, or nobody is named who compared a rule with its text, the message stays.

use crate::cli::{ArchiveArgs, DisposeArgs, OutputFormat, RetentionCommand};
use crate::command::why::Rules;
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use proviso_archive::certificate::{Bound, Clock, Statute};
use proviso_archive::{Change, CommitError, Disposing, Due, Going, Hash, KeptBy, Receipt, Shown};
use proviso_daemon::config::Config;
use proviso_daemon::wire::{DisposalReportV1, DisposeV1, GoingV1};
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::retention::{self, Decision, Laws, SourceText};
use proviso_model::time::{Day, Zone};
use proviso_model::{Timestamp, Verdict};
use proviso_pipeline::places;
use serde_json::json;
use std::collections::BTreeMap;

/// Messages that are read at a time.
const PAGE: u32 = 1_000;
/// The westernmost zone is so far behind UTC: a day is over everywhere once it is over there.
const WESTERNMOST_MS: i64 = 12 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

pub(crate) fn run(command: &RetentionCommand, colour: bool) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            RetentionCommand::Plan(args) => plan(args, colour).await,
            RetentionCommand::Dispose(args) => dispose(args).await,
        }
    })
}

/// The day that has begun everywhere.
fn today() -> Day {
    let now = places::now();
    let behind = Timestamp::from_millis(now.as_millis() - WESTERNMOST_MS);
    Zone::utc().day(behind.unwrap_or(now))
}

/// A message whose time is over, with what may be said of it.
struct Planned {
    due: Due,
    /// The rules that decided, for people.
    rules: String,
    /// What it goes by, or why it stays.
    going: Result<Going, String>,
}

/// Every message whose time is over.
async fn planned(looking: &Looking, config: &Config, today: Day) -> anyhow::Result<Vec<Planned>> {
    let mut rules = Rules::new(config);
    let (mut all, mut after) = (Vec::new(), 0);
    let progress = Progress::steps("looking", 0);
    loop {
        let page = looking.due(today, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.arrival;
        for due in page {
            progress.advance(1);
            let Some(shown) = looking.show(&due.id).await? else {
                continue;
            };
            let of = rules.of(looking, &shown.verdict.generation).await?;
            let moments = of.endings.moments(&shown.message);
            let facts = proviso_pipeline::facts(&of.policies, &shown.message, &shown.verdict.verdict, moments);
            let proposals = shown.verdict.verdict.proposals.iter().map(|one| one.proposed());
            let again = retention::prove(proposals, &of.laws, &facts).decision;
            let rules = again.decided_by.iter().map(|statute| statute.rule.as_str());
            all.push(Planned {
                rules: rules.collect::<Vec<_>>().join(", "),
                going: going(&due, &shown, &again, &of.laws, today),
                due,
            });
        }
    }
    progress.finish();
    Ok(all)
}

/// What a message goes by.
fn going(due: &Due, shown: &Shown, again: &Decision, laws: &Laws, today: Day) -> Result<Going, String> {
    match due.kept_by {
        Some(KeptBy::Holds(holds)) => return Err(format!("{holds} holds keep it")),
        Some(KeptBy::Waiting) => return Err("it waits for a person".to_owned()),
        None => {}
    }
    let recorded = shown
        .retention
        .as_ref()
        .ok_or("nothing is recorded of how long it is kept")?;
    if recorded.decision.until != again.until || recorded.decision.why != again.why {
        return Err("its rules come to something else than what was decided: see `archive show --why`".to_owned());
    }
    if !again.allows_disposal_on(today) {
        return Err("its rules do not let it go".to_owned());
    }
    let until = again
        .until
        .ok_or("its consent is gone, and no rule with a text says how long it may stay")?;
    let statutes: Result<Vec<Statute>, String> = again
        .decided_by
        .iter()
        .map(|decided| statute(decided, &shown.verdict.verdict, laws, until))
        .collect();
    let first = again.decided_by.first().ok_or("no rule decided")?;
    let starts = first.starts.ok_or("its clock has no known start")?;
    let millis = |day: Day| (i64::from(day.number()) * DAY_MS).max(0).unsigned_abs();
    Ok(Going {
        arrival: due.arrival,
        statutes: statutes?,
        clock: Clock {
            start: first.clock.name().to_owned(),
            start_ms: millis(starts),
        },
        due_ms: millis(until) + DAY_MS.unsigned_abs(),
    })
}

/// A rule as a certificate cites it: with the digest of its text, and by whom it was compared.
fn statute(decided: &retention::Statute, verdict: &Verdict, laws: &Laws, until: Day) -> Result<Statute, String> {
    let name = &decided.rule;
    let is_it = |law: &str, article: &str| law == decided.law && article == decided.article;
    let rule = laws
        .iter()
        .find(|rule| rule.rule == *name && is_it(&rule.law, &rule.article));
    let rule = rule.ok_or_else(|| format!("the words of rule {name} are not at hand"))?;
    let verification = rule.verification.as_ref().filter(|_| rule.verified && decided.verified);
    let verification =
        verification.ok_or_else(|| format!("nobody is named who verified rule {name} (`verified_by`)"))?;
    let source = match rule.source.as_ref().map(|source| source.text) {
        Some(SourceText::Digest(digest)) => Hash::from_bytes(*digest.as_bytes()),
        _ => return Err(format!("rule {name} has no digest of its text (`source.text`)")),
    };
    let proposal = verdict.proposals.iter().map(|one| &one.proposal);
    let mut proposals = proposal.filter(|one| one.rule == *name && is_it(&one.law, &one.article));
    let bound = if decided.floor_until == Some(until) {
        Bound::Floor
    } else {
        Bound::Ceiling
    };
    let period = proposals.find_map(|one| match bound {
        Bound::Floor => one.floor,
        Bound::Ceiling => one.ceiling,
    });
    let period = period.ok_or_else(|| format!("rule {name} proposed no such period"))?;
    Ok(Statute {
        law: decided.law.clone(),
        article: decided.article.clone(),
        bound,
        period: period.to_string(),
        source,
        verified_by: verification.by.clone(),
    })
}

async fn plan(args: &ArchiveArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.config)?;
    let looking = Looking::begin(&config, &args.token).await?;
    let planned = planned(&looking, &config, today()).await?;
    if args.format == OutputFormat::Json {
        for one in &planned {
            let line = json!({
                "message": one.due.id.to_string(), "arrival": one.due.arrival,
                "until": one.due.until.map(|until| until.to_string()), "rules": one.rules,
                "ready": one.going.is_ok(), "stays": one.going.as_ref().err(),
            });
            crate::show::json(format_args!("{line}"));
        }
        return Ok(Ending::Well);
    }
    let mut table = Columns::new(colour, &["message", "until", "rules", "what becomes of it"]);
    for one in planned.iter().take(50) {
        table.row([
            clip(&one.due.id.to_string(), 60),
            one.due.until.map_or_else(|| "-".to_owned(), |until| until.to_string()),
            clip(&one.rules, 40),
            one.going
                .as_ref()
                .map_or_else(|why| format!("stays: {why}"), |_| "ready".to_owned()),
        ]);
    }
    if !planned.is_empty() {
        table.print(&mut std::io::stdout())?;
    }
    let mut stay: BTreeMap<&str, u64> = BTreeMap::new();
    for why in planned.iter().filter_map(|one| one.going.as_ref().err()) {
        *stay.entry(why).or_default() += 1;
    }
    let ready = planned.iter().filter(|one| one.going.is_ok()).count() as u64;
    crate::show::line(format_args!(
        "{} messages are due, {} ready to go",
        count(planned.len() as u64),
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
    let today = today();
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let planned = planned(&looking, &config, today).await?;
    let all: Vec<Going> = planned.into_iter().filter_map(|one| one.going.ok()).collect();
    let writing = Writing::begin(&config, &args.archive.token, looking).await?;
    let mut report = DisposalReportV1::default();
    let progress = Progress::steps("disposing", all.len() as u64);
    let mut failed = None;
    for some in all.chunks(TRANSACTION_MESSAGES_MAX / 2) {
        match part(&writing, today, args.clock_is_right, some).await {
            Ok(part) => {
                report.disposed += part.disposed;
                report.held += part.held;
                report.waiting += part.waiting;
                report.not_due += part.not_due;
                progress.advance(some.len() as u64);
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    progress.finish();
    writing.close().await;
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!(report))),
        OutputFormat::Table => crate::show::line(format_args!(
            "{} disposed of, {} held, {} wait for a person, {} not due any more",
            count(report.disposed),
            count(report.held),
            count(report.waiting),
            count(report.not_due)
        )),
    }
    failed.map_or(Ok(Ending::Well), Err)
}

async fn part(writing: &Writing, today: Day, clock_is_right: bool, some: &[Going]) -> anyhow::Result<DisposalReportV1> {
    match writing {
        Writing::Daemon(client) => {
            let body = DisposeV1 {
                today: today.to_string(),
                clock_is_right,
                messages: some.iter().map(GoingV1::from).collect(),
            };
            Ok(serde_json::from_value(
                client.post("/v1/retention/dispose", &json!(body))?,
            )?)
        }
        Writing::Here(archive) => {
            let disposing = Disposing {
                at: places::now(),
                today,
                clock_is_right,
                messages: some.to_vec(),
            };
            match archive
                .commit(Change::Dispose(&disposing), &crate::who::runs_this())
                .await
            {
                Ok(Receipt::Disposed(report)) => Ok(report.into()),
                Ok(_) => unreachable!("the receipt of another change"),
                Err(error @ CommitError::Clock(_)) => Err(Usage(error.to_string()).into()),
                Err(error) => Err(error.into()),
            }
        }
    }
}
