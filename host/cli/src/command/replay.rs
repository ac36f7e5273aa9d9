//! `proviso replay`: judges archived messages again, some or all, and says which verdicts do not come out again.

use crate::cli::{OutputFormat, ReplayArgs};
use crate::exit::Ending;
use crate::looking::{Looking, ToReplay};
use crate::period::Period;
use crate::recorded_pages::{self, Fault, Page};
use crate::replaying::{Outcome, Replayed, Replaying};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use anyhow::anyhow;
use proviso_archive::Sent;
use proviso_daemon::config::Config;
use proviso_model::MessageId;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Messages that are each shown in a table; of more, those that differ.
const SHOWN: usize = 20;
/// Differences that a table shows.
const DIFFERENCES_SHOWN: usize = 100;

pub(crate) fn run(args: &ReplayArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let period = Period::read(args.since.as_deref(), args.until.as_deref())?;
    let workers = match args.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(workers).enable_all().build()?;
    runtime.block_on(replay(args, &config, period.sent(), workers, colour))
}

async fn replay(
    args: &ReplayArgs,
    config: &Config,
    sent: Sent,
    workers: usize,
    colour: bool,
) -> anyhow::Result<Ending> {
    let looking = Looking::begin(config, &args.archive.token).await?;
    let replaying = Replaying::begin(config, &config.store_dir(), args.allow_revoked)?;
    let mut telling = Telling::new(args.archive.format, colour);
    if args.all {
        let (looking, replaying) = (Arc::new(looking), Arc::new(replaying));
        let progress = Progress::open("replaying");
        all(&looking, &replaying, sent, workers, &mut telling, &progress).await?;
        progress.finish();
    } else {
        let ids = match args.sample {
            Some(number) => looking.sample(number).await?,
            None => find_all(&looking, &args.messages).await?,
        };
        let progress = Progress::steps("replaying", ids.len() as u64);
        for id in ids {
            telling.tell(&replaying.one(&looking, &id).await?);
            progress.advance(1);
        }
        progress.finish();
    }
    telling.finish()
}

async fn find_all(looking: &Looking, wanted: &[String]) -> anyhow::Result<Vec<MessageId>> {
    let mut ids = Vec::with_capacity(wanted.len());
    for text in wanted {
        ids.push(crate::naming::find(looking, text).await?);
    }
    Ok(ids)
}

/// Replays all that was sent within a time.
async fn all(
    looking: &Arc<Looking>,
    replaying: &Arc<Replaying>,
    sent: Sent,
    workers: usize,
    telling: &mut Telling,
    progress: &Progress,
) -> anyhow::Result<()> {
    let work = |page| one_page(Arc::clone(looking), Arc::clone(replaying), page);
    let take = |replayed: Vec<_>| {
        progress.advance(replayed.len() as u64);
        for one in replayed {
            match one {
                Ok(one) => telling.tell(&one),
                Err(fault) => telling.tell_fault(&fault),
            }
        }
    };
    recorded_pages::each(looking, sent, workers, work, take).await
}

async fn one_page(looking: Arc<Looking>, replaying: Arc<Replaying>, page: ToReplay) -> Vec<Result<Replayed, Fault>> {
    let mut replayed = Vec::new();
    let mut page = Page::new(&looking, page);
    while let Some(read) = page.next().await {
        replayed.push(match read {
            Ok(recorded) => {
                let message = MessageId::clone(&recorded.message.id);
                let again = replaying.judge(&looking, recorded).await;
                again.map_err(|error| Fault::of(message, &error))
            }
            Err(fault) => Err(fault),
        });
    }
    replayed
}

/// Tells how replays ended: of each a line of JSON at once, or a table with their number at the end.
struct Telling {
    format: OutputFormat,
    colour: bool,
    /// Of the first ones, and then of those that are not identical.
    rows: Vec<[String; 3]>,
    replayed: u64,
    different: u64,
    gone: u64,
    faults: u64,
    /// How many were recorded by other versions.
    others: BTreeMap<Arc<str>, u64>,
}

impl Telling {
    fn new(format: OutputFormat, colour: bool) -> Self {
        Self {
            format,
            colour,
            rows: Vec::new(),
            replayed: 0,
            different: 0,
            gone: 0,
            faults: 0,
            others: BTreeMap::new(),
        }
    }

    fn tell(&mut self, one: &Replayed) {
        self.replayed += 1;
        if let Some(versions) = &one.recorded_by {
            *self.others.entry(Arc::clone(versions)).or_default() += 1;
        }
        let (mut difference, mut gone, mut verdicts) = (None, 0, None);
        match &one.outcome {
            Outcome::Identical => {}
            Outcome::Different(different) => {
                self.different += 1;
                difference = Some(&different.told);
                verdicts = different.verdicts.as_ref();
            }
            Outcome::Gone(number) => {
                self.gone += 1;
                gone = *number;
            }
        }
        if self.format == OutputFormat::Json {
            let mut line = json!({
                "message": one.message.to_string(), "generation": one.generation,
                "identical": difference.is_none() && gone == 0, "difference": difference,
                "disposed_preceding": gone, "recorded_by": one.recorded_by,
            });
            if let Some((recorded, now)) = verdicts {
                line["recorded_verdict"] = recorded.as_str().into();
                line["verdict_now"] = now.as_str().into();
            }
            crate::show::json(format_args!("{line}"));
            return;
        }
        let result = match (difference, gone) {
            (Some(difference), _) => difference.clone(),
            (None, 0) => "identical".to_owned(),
            (None, gone) => format!("cannot be judged again: {gone} of the messages before it were disposed of"),
        };
        let is_one_of_few = self.replayed <= SHOWN as u64;
        self.row(
            &one.message,
            one.generation.short(),
            result,
            is_one_of_few || difference.is_some(),
        );
    }

    fn tell_fault(&mut self, fault: &Fault) {
        self.faults += 1;
        if self.format == OutputFormat::Json {
            let line = json!({ "message": fault.message.to_string(), "identical": false, "fault": fault.why });
            crate::show::json(format_args!("{line}"));
        } else {
            self.row(&fault.message, "-".to_owned(), clip(&fault.why, 200), true);
        }
    }

    fn row(&mut self, message: &MessageId, generation: String, result: String, is_shown: bool) {
        if is_shown && self.rows.len() < SHOWN + DIFFERENCES_SHOWN {
            self.rows.push([clip(&message.to_string(), 60), generation, result]);
        }
    }

    fn finish(mut self) -> anyhow::Result<Ending> {
        if self.format == OutputFormat::Table {
            if self.replayed > SHOWN as u64 {
                self.rows.retain(|[_, _, result]| result != "identical");
                self.rows.truncate(DIFFERENCES_SHOWN);
            }
            if !self.rows.is_empty() {
                let mut table = Columns::new(self.colour, &["message", "generation", "replay"]);
                self.rows.into_iter().for_each(|row| table.row(row));
                table.print(&mut std::io::stdout())?;
            }
            let gone = match self.gone {
                0 => String::new(),
                gone => format!("; {} not: messages before them were disposed of", count(gone)),
            };
            crate::show::line(format_args!(
                "{} replayed, {} identical, {} different{gone}",
                count(self.replayed - self.gone),
                count(self.replayed - self.different - self.gone),
                count(self.different)
            ));
            for (versions, messages) in &self.others {
                let messages = count(*messages);
                crate::show::line(format_args!(
                    "{messages} of them were judged by another version then: {versions}"
                ));
            }
            if self.different > 0 {
                crate::show::line(format_args!("--format json has both verdicts of each that differs"));
            }
        }
        match (self.faults, self.different) {
            (0, 0) => Ok(Ending::Well),
            (0, _) => Ok(Ending::Problems),
            (faults, _) => Err(anyhow!("{} messages could not be judged again", count(faults))),
        }
    }
}
