//! `proviso retention backtest`: which dates another law would move, before it goes live. Nothing is written.
//!
//! What is recorded of each message is judged again by the candidate's retention policies: what they were given then, and the ends that
//! are known now. So what differs is what the law differs by.

use super::dates_print;
use crate::building;
use crate::cli::{OutputFormat, RetentionBacktestArgs};
use crate::exit::Ending;
use crate::looking::{Looking, ToReplay};
use crate::period::Period;
use crate::recorded_input::{Directories, addressed};
use crate::recorded_pages::{self, Fault, Page};
use crate::show::progress::Progress;
use proviso_archive::{Recorded, Sent};
use proviso_author::backtest::dates::{Baseline, Dates, DatesReport};
use proviso_daemon::config::Config;
use proviso_engine::{FoldStates, Generation, Input, ResolvedSet};
use proviso_model::directory::Directory;
use proviso_model::id::PolicyId;
use proviso_model::retention::{Decision, Endings};
use proviso_model::time::Day;
use proviso_model::{Addressed, MessageId, verdict};
use proviso_pack::PackStore;
use proviso_pack::manifest::Interface;
use proviso_pipeline::loading::build;
use proviso_pipeline::{Settled, judge_with, places};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Messages that are judged together at most.
const TOGETHER: usize = 256;
/// Their text in bytes; the message that exceeds it is the last one.
const TOGETHER_BYTES: usize = 4 << 20;

pub(super) fn run(args: &RetentionBacktestArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let period = Period::read(args.since.as_deref(), args.until.as_deref())?;
    let workers = places::workers(args.workers);
    let (candidate, live) = build_both(args, &config)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(workers).enable_all().build()?;
    let read = read(args, &config, (candidate, live), period.sent(), workers);
    let report = runtime.block_on(read)?;
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", serde_json::to_string(&report)?)),
        OutputFormat::Table => dates_print::print(&report, colour)?,
    }
    let earlier = args.fail_if_earlier && report.earlier() > 0;
    Ok(if earlier || report.has_faults() {
        Ending::Problems
    } else {
        Ending::Well
    })
}

/// A generation, and the file of its set.
struct Built {
    generation: Generation,
    set: PathBuf,
}

fn build_both(args: &RetentionBacktestArgs, config: &Config) -> anyhow::Result<(Built, Option<Built>)> {
    let engine = build::engine(Some(&config.cache_dir))?;
    let trust = args.trust.trust.as_deref().or(config.trust.as_deref());
    let store = PackStore::open(&config.store_dir())?;
    let resolve = |set: &Path| -> anyhow::Result<ResolvedSet> { building::resolve(set, trust, Some(&store)) };
    let built = |set: &Path, what: &str| -> anyhow::Result<Built> {
        Ok(Built {
            generation: building::generation(&engine, &resolve(set)?, what)?,
            set: set.to_owned(),
        })
    };
    let candidate = built(&args.candidate, "building the candidate")?;
    let live = args.set.as_deref().map(|set| built(set, "building the baseline"));
    Ok((candidate, live.transpose()?))
}

async fn read(
    args: &RetentionBacktestArgs,
    config: &Config,
    (candidate, live): (Built, Option<Built>),
    sent: Sent,
    workers: usize,
) -> anyhow::Result<DatesReport> {
    let looking = Arc::new(Looking::begin(config, &args.archive.token).await?);
    let mut dates = Dates::new(
        format!("the archive {}", config.archive_path().display()),
        Baseline {
            set: live.as_ref().map(|live| live.set.display().to_string()),
            generation: live.as_ref().map(|live| live.generation.id()),
        },
        (candidate.set.display().to_string(), candidate.generation.id()),
        Day::begun_everywhere(places::now()),
        args.samples as usize,
    );
    let lines: Vec<_> = looking.endings().await?.into_iter().map(|line| line.ending).collect();
    let side = |built: Built| Side {
        endings: Endings::new(&lines, &built.generation.set().time_zone),
        retention: retention_policies(&built.generation),
        generation: built.generation,
    };
    let judging = Arc::new(Judging {
        candidate: side(candidate),
        live: live.map(side),
        directories: Directories::default(),
    });
    let progress = Progress::open("comparing");
    let work = |page| one_page(Arc::clone(&looking), Arc::clone(&judging), page);
    let take = |told: Vec<Told>| {
        progress.advance(told.len() as u64);
        for one in told {
            one.tell(&mut dates);
        }
    };
    recorded_pages::each(&looking, sent, workers, work, take).await?;
    progress.finish();
    Ok(dates.finish())
}

/// The policies whose proposals decide.
fn retention_policies(generation: &Generation) -> HashSet<PolicyId> {
    let packs = generation.packs().map(|pack| pack.manifest());
    packs
        .flat_map(|manifest| {
            let policies = manifest.policies.iter();
            policies
                .filter(|policy| policy.uses(Interface::Retention))
                .map(|policy| PolicyId {
                    pack: manifest.name.as_str().into(),
                    policy: policy.name.as_str().into(),
                })
        })
        .collect()
}

/// One of the two that decide.
struct Side {
    generation: Generation,
    /// In the zone of its set.
    endings: Endings,
    retention: HashSet<PolicyId>,
}

/// Who judges, with what is known beside messages.
struct Judging {
    candidate: Side,
    /// Absent where the recorded decisions are what is compared with.
    live: Option<Side>,
    directories: Directories,
}

/// What came of a message.
struct Told {
    message: Arc<MessageId>,
    /// True if some of the messages before it are gone.
    without_preceding: bool,
    outcome: Outcome,
}

enum Outcome {
    Compared(Arc<Decision>, Arc<Decision>),
    NotRecorded,
    Failed(verdict::Fault),
    Unreadable(String),
}

impl Told {
    fn tell(self, dates: &mut Dates) {
        if self.without_preceding {
            dates.without_preceding();
        }
        match self.outcome {
            Outcome::Compared(before, after) => dates.compare(&self.message, &before, &after),
            Outcome::NotRecorded => dates.not_recorded(),
            Outcome::Failed(fault) => dates.failed(&self.message, &fault),
            Outcome::Unreadable(why) => dates.unreadable(&self.message, why),
        }
    }
}

async fn one_page(looking: Arc<Looking>, judging: Arc<Judging>, page: ToReplay) -> Vec<Told> {
    let mut page = Page::new(&looking, page);
    let mut told = Vec::new();
    let (mut together, mut bytes) = (Vec::new(), 0);
    while let Some(read) = page.next().await {
        match judging.ready(&looking, read).await {
            Ok(ready) => {
                bytes += ready.message.text.len();
                together.push(ready);
            }
            Err(fault) => told.push(Told {
                message: Arc::new(fault.message),
                without_preceding: false,
                outcome: Outcome::Unreadable(fault.why),
            }),
        }
        if together.len() >= TOGETHER || bytes >= TOGETHER_BYTES {
            told.extend(judging.judge(std::mem::take(&mut together)));
            bytes = 0;
        }
    }
    told.extend(judging.judge(together));
    told
}

/// A message with what it is judged with again.
struct Ready {
    message: Arc<Addressed>,
    preceding: Vec<Arc<Addressed>>,
    withheld: Option<verdict::Withheld>,
    /// As they are for the candidate's zone, and for that of what is live.
    directories: [Option<Arc<Directory>>; 2],
    recorded: Option<Decision>,
    without_preceding: bool,
}

impl Judging {
    async fn ready(&self, looking: &Looking, read: Result<Recorded, Fault>) -> Result<Ready, Fault> {
        let recorded = read?;
        let id = MessageId::clone(&recorded.message.id);
        // What somebody changed is no message to decide on.
        if let Some(why) = recorded.differences.into_iter().next() {
            return Err(Fault { message: id, why });
        }
        let mut directories = [None, None];
        if let Some(version) = recorded.verdict.directory {
            let sides = [Some(&self.candidate), self.live.as_ref()];
            for (directory, side) in directories.iter_mut().zip(sides) {
                let Some(side) = side else { continue };
                let zone = &side.generation.set().time_zone;
                let read = self.directories.of(looking, version, zone).await;
                *directory = Some(read.map_err(|error| Fault::of(id.clone(), &error))?);
            }
        }
        Ok(Ready {
            message: Arc::new(Addressed::from(recorded.message)),
            preceding: addressed(recorded.preceding),
            withheld: recorded.verdict.verdict.withheld,
            directories,
            recorded: recorded.retention.map(|kept| kept.decision),
            without_preceding: recorded.preceding_gone > 0,
        })
    }

    /// Each message of those that are judged together, in their order.
    fn judge(&self, messages: Vec<Ready>) -> Vec<Told> {
        let after = self.candidate.decide(&messages, 0);
        let before = self.live.as_ref().map(|live| live.decide(&messages, 1));
        let mut before = before.map(Vec::into_iter);
        let told = messages.into_iter().zip(after).map(|(message, after)| {
            let live = before.as_mut().and_then(Iterator::next);
            let recorded = message.recorded.map(Arc::new).map(Ok);
            let outcome = match (live.or(recorded), after) {
                (_, Err(fault)) | (Some(Err(fault)), _) => Outcome::Failed(fault),
                (None, _) => Outcome::NotRecorded,
                (Some(Ok(before)), Ok(after)) => Outcome::Compared(before, after),
            };
            Told {
                message: Arc::clone(&message.message.id),
                without_preceding: message.without_preceding,
                outcome,
            }
        });
        told.collect()
    }
}

impl Side {
    /// How long each message is kept, or the fault of a policy that would have proposed something.
    fn decide(&self, messages: &[Ready], side: usize) -> Vec<Result<Arc<Decision>, verdict::Fault>> {
        let inputs: Vec<Input> = messages
            .iter()
            .map(|ready| Input {
                message: Arc::clone(&ready.message),
                preceding: ready.preceding.clone(),
                withheld: ready.withheld,
                basis: None,
                moments: self.endings.moments(&ready.message),
                quarantined: None,
                directory: ready.directories[side].clone(),
            })
            .collect();
        let settled = judge_with(&self.generation, &inputs, &mut FoldStates::new());
        settled.into_iter().map(|settled| self.outcome(settled)).collect()
    }

    fn outcome(&self, settled: Settled) -> Result<Arc<Decision>, verdict::Fault> {
        let mut faults = settled.outcome.verdict.faults.into_iter();
        match faults.find(|fault| self.retention.contains(&fault.policy_id())) {
            Some(fault) => Err(fault),
            None => Ok(settled.retention),
        }
    }
}
