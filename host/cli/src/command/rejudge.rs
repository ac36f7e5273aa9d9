//! `proviso archive rejudge`: held messages, judged again under the generation that is in force.
//!
//! An archive has one writer: where a daemon runs, it does the work, on request; where none does, this process takes the lock.

use crate::cli::{OutputFormat, RejudgeArgs};
use crate::client::Client;
use crate::exit::{Ending, Usage};
use crate::looking::Looking;
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use proviso_archive::{Archive, ArchiveError, HeldMessage};
use proviso_daemon::config::Config;
use proviso_daemon::rejudge::{REQUEST_MESSAGES_MAX, Rejudged, rejudge_here};
use proviso_model::MessageId;
use proviso_model::limits::HELD_LISTED_MAX;
use serde_json::{Value, json};

/// Messages that the table lists one by one.
const ROWS_MAX: usize = 50;

pub(crate) async fn run(args: &RejudgeArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    let ids = if args.held {
        held(&looking, args.policy.as_deref()).await?
    } else {
        named(&looking, &args.messages).await?
    };
    let progress = Progress::steps("judging again", ids.len() as u64);
    let again = match looking {
        Looking::Daemon(client) => by_the_daemon(&client, &ids, &args.note, &progress)?,
        Looking::File(reading) => {
            reading.close().await;
            here(&config, args, &ids, &progress).await?
        }
    };
    progress.finish();
    print(args.archive.format, &again, colour)?;
    let all_released = again.iter().all(|one| one["held"] == false);
    Ok(if all_released { Ending::Well } else { Ending::Problems })
}

/// By this process, or by a daemon that was started meanwhile.
async fn here(
    config: &Config,
    args: &RejudgeArgs,
    ids: &[MessageId],
    progress: &Progress,
) -> anyhow::Result<Vec<Value>> {
    let archive = match Archive::open_with(&config.archive_path(), &config.opening()).await {
        Ok(archive) => archive,
        Err(ArchiveError::InUse { .. }) => {
            let client = Client::of(config, &args.archive.token)?;
            return by_the_daemon(&client, ids, &args.note, progress);
        }
        Err(error) => return Err(error.into()),
    };
    let done = |messages| progress.advance(messages as u64);
    let again = rejudge_here(config, &archive, ids, &crate::who::runs_this(), &args.note, done).await?;
    archive.close().await;
    Ok(again.iter().map(Rejudged::to_json).collect())
}

/// All held messages, or those on which a policy failed.
async fn held(looking: &Looking, policy: Option<&str>) -> anyhow::Result<Vec<MessageId>> {
    let meant = |held: &HeldMessage| {
        policy.is_none_or(|wanted| {
            let mut faults = held.faults.iter();
            faults.any(|fault| *fault.policy == *wanted || fault.policy_id().to_string() == wanted)
        })
    };
    let (mut ids, mut behind) = (Vec::new(), 0);
    loop {
        let page = looking.held_behind(behind, HELD_LISTED_MAX).await?;
        let Some(last) = page.last() else { return Ok(ids) };
        behind = last.arrival;
        ids.extend(page.into_iter().filter(meant).map(|held| held.id));
    }
}

pub(super) async fn named(looking: &Looking, wanted: &[String]) -> anyhow::Result<Vec<MessageId>> {
    let mut ids = Vec::with_capacity(wanted.len());
    for text in wanted {
        let id = crate::naming::find(looking, text).await?;
        if !looking.show(&id).await?.is_some_and(|shown| shown.held_open) {
            return Err(Usage(format!("message {id} is not held")).into());
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn by_the_daemon(client: &Client, ids: &[MessageId], note: &str, progress: &Progress) -> anyhow::Result<Vec<Value>> {
    let mut again = Vec::with_capacity(ids.len());
    for ids in ids.chunks(REQUEST_MESSAGES_MAX) {
        let messages: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mut answer = client.post("/v1/archive/rejudge", &json!({ "messages": messages, "note": note }))?;
        if let Some(part) = answer["rejudged"].as_array_mut() {
            again.append(part);
        }
        progress.advance(ids.len() as u64);
    }
    Ok(again)
}

fn print(format: OutputFormat, again: &[Value], colour: bool) -> anyhow::Result<()> {
    if format == OutputFormat::Json {
        for one in again {
            crate::show::json(format_args!("{one}"));
        }
        return Ok(());
    }
    let held = again.iter().filter(|one| one["held"] == true).count();
    let mut table = Columns::new(colour, &["message", "now", ">findings", "faults"]);
    for one in again.iter().take(ROWS_MAX) {
        let faults = one["faults"].as_array().into_iter().flatten().filter_map(Value::as_str);
        table.row([
            clip(one["message"].as_str().unwrap_or_default(), 60),
            if one["held"] == true { "held" } else { "released" }.to_owned(),
            count(one["findings"].as_u64().unwrap_or_default()),
            clip(&faults.collect::<Vec<_>>().join("; "), 80),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    crate::show::line(format_args!(
        "{} judged again, {} released, {} still held",
        count(again.len() as u64),
        count((again.len() - held) as u64),
        count(held as u64)
    ));
    Ok(())
}
