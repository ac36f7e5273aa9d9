//! `proviso replay`: judges archived messages again under the generation that is recorded for them, with the preceding
//! messages and states that are recorded for them. The verdict must be the same, byte for byte.

use crate::cli::{OutputFormat, ReplayArgs};
use crate::exit::Ending;
use crate::looking::Looking;
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip};
use anyhow::{Context, anyhow};
use proviso_archive::Recorded;
use proviso_daemon::config::Config;
use proviso_engine::{Engine, FoldStates, Generation, Input};
use proviso_model::Problems;
use proviso_model::directory::Directory;
use proviso_model::id::{FoldKey, PolicyId};
use proviso_model::retention::Moments;
use proviso_model::verdict::{Fault, FaultCause, Verdict};
use proviso_model::{Addressed, Digest, Message, MessageId};
use proviso_pack::PackStore;
use proviso_pipeline::judge_with;
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::set::Purpose;
use proviso_pipeline::loading::trust::Accepting;
use serde_json::json;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(args: &ReplayArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = Config::read(&args.archive.config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(replay(args, &config, colour))
}

/// How one replay ended.
pub(crate) struct Replayed {
    pub(crate) message: MessageId,
    generation: Digest,
    /// The first place where the recorded and the new verdict differ; `None` if they are the same.
    pub(crate) difference: Option<String>,
    /// How many of the messages that it was judged with were disposed of: it cannot be judged again.
    pub(crate) gone: u64,
}

async fn replay(args: &ReplayArgs, config: &Config, colour: bool) -> anyhow::Result<Ending> {
    let looking = Looking::begin(config, &args.archive.token).await?;
    let mut replaying = Replaying::begin(config, &config.store_dir(), args.allow_revoked)?;
    let ids = match args.sample {
        Some(number) => looking.sample(number).await?,
        None => find_all(&looking, &args.messages).await?,
    };
    let progress = Progress::steps("replaying", ids.len() as u64);
    let mut replayed = Vec::with_capacity(ids.len());
    for id in ids {
        replayed.push(replaying.one(&looking, id).await?);
        progress.advance(1);
    }
    progress.finish();
    print(args.archive.format, &replayed, colour)?;
    let same = replayed.iter().all(|replayed| replayed.difference.is_none());
    Ok(if same { Ending::Well } else { Ending::Problems })
}

/// Judges messages again, one after the other; what each needs is built once.
pub(crate) struct Replaying {
    store: PackStore,
    accepting: Accepting,
    purpose: Purpose,
    engine: Engine,
    generations: HashMap<Digest, Generation>,
    directories: HashMap<(i64, String), Arc<Directory>>,
}

impl Replaying {
    /// With the packs of a store.
    pub(crate) fn begin(config: &Config, store: &Path, though_revoked: bool) -> anyhow::Result<Self> {
        Ok(Self {
            store: PackStore::open(store)?,
            accepting: Accepting {
                trust: Arc::new(config.trust_source().read().map_err(Problems)?.0),
                seen: Arc::default(),
            },
            purpose: Purpose::Replay { though_revoked },
            engine: build::engine(Some(&config.cache_dir))?,
            generations: HashMap::new(),
            directories: HashMap::new(),
        })
    }

    pub(crate) async fn one(&mut self, looking: &Looking, id: MessageId) -> anyhow::Result<Replayed> {
        let recorded = looking
            .recorded(&id)
            .await?
            .ok_or_else(|| anyhow!("message {id} is not in the archive"))?;
        let wanted = recorded.verdict.generation;
        if let Entry::Vacant(e) = self.generations.entry(wanted) {
            let record = looking
                .generation(&wanted)
                .await?
                .ok_or_else(|| anyhow!("generation {wanted} is not recorded"))?;
            let record = proviso_daemon::recorded(&record);
            e.insert(build::recorded(
                &self.engine,
                &record,
                &self.store,
                &self.accepting,
                self.purpose,
            )?);
        }
        let generation = self.generations.get(&wanted).context("the generation was just built")?;
        let gone = recorded.preceding_gone;
        let directory = match recorded.verdict.directory {
            Some(version) => {
                let zone = &generation.set().time_zone;
                match self.directories.entry((version, zone.name().to_owned())) {
                    Entry::Occupied(known) => Some(Arc::clone(known.get())),
                    Entry::Vacant(unknown) => {
                        let record = looking.directory(Some(version)).await?;
                        let record =
                            record.ok_or_else(|| anyhow!("version {version} of the directory is not recorded"))?;
                        let directory = Arc::new(Directory::new(version, &record.rows, zone));
                        Some(Arc::clone(unknown.insert(directory)))
                    }
                }
            }
            None => None,
        };
        let difference = match gone {
            0 => difference(generation, recorded, directory),
            _ => None,
        };
        Ok(Replayed {
            message: id,
            generation: wanted,
            difference,
            gone,
        })
    }
}

async fn find_all(looking: &Looking, wanted: &[String]) -> anyhow::Result<Vec<MessageId>> {
    let mut ids = Vec::with_capacity(wanted.len());
    for text in wanted {
        ids.push(crate::naming::find(looking, text).await?);
    }
    Ok(ids)
}

fn addressed(messages: Vec<Message>) -> Vec<Arc<Addressed>> {
    let addressed = messages.into_iter().map(|message| Arc::new(Addressed::from(message)));
    addressed.collect()
}

/// The policies that were not called.
fn quarantined(verdict: &Verdict) -> Option<Arc<BTreeSet<PolicyId>>> {
    let faults = verdict.faults.iter();
    let policies: BTreeSet<PolicyId> = faults
        .filter(|fault| fault.cause == FaultCause::Quarantined)
        .map(Fault::policy_id)
        .collect();
    (!policies.is_empty()).then(|| Arc::new(policies))
}

fn difference(generation: &Generation, recorded: Recorded, directory: Option<Arc<Directory>>) -> Option<String> {
    // An edited row would be printed by other commands; the verdict that it was written from is compared below.
    if let Some(difference) = recorded.differences.into_iter().next() {
        return Some(difference);
    }
    let tenant = recorded.message.id.tenant.clone();
    let admitted = [Input {
        message: Arc::new(Addressed::from(recorded.message)),
        preceding: addressed(recorded.preceding),
        withheld: recorded.verdict.verdict.withheld,
        basis: None,
        moments: Moments::default(),
        quarantined: quarantined(&recorded.verdict.verdict),
        directory,
    }];
    let before = recorded.folds.into_iter().filter(|fold| !fold.state.is_empty());
    let mut states: FoldStates = before
        .map(|fold| {
            (
                FoldKey {
                    tenant: tenant.as_str().into(),
                    policy: fold.policy,
                    key: fold.key,
                },
                fold.state,
            )
        })
        .collect();
    let settled = judge_with(generation, &admitted, &mut states);
    let again = settled
        .first()
        .map(|settled| settled.outcome.verdict.to_canonical_json())
        .unwrap_or_default();
    let recorded = recorded.verdict.json;
    if again == recorded {
        return None;
    }
    let at = again.bytes().zip(recorded.bytes()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| text.get(at..).map_or_else(String::new, |rest| clip(rest, 60));
    Some(format!("byte {at}: recorded {}, now {}", part(&recorded), part(&again)))
}

fn print(format: OutputFormat, replayed: &[Replayed], colour: bool) -> anyhow::Result<()> {
    let different = replayed.iter().filter(|replayed| replayed.difference.is_some()).count();
    match format {
        OutputFormat::Json => {
            for one in replayed {
                let line = json!({
                    "message": one.message.to_string(), "generation": one.generation,
                    "identical": one.difference.is_none() && one.gone == 0, "difference": one.difference,
                    "disposed_preceding": one.gone,
                });
                crate::show::json(format_args!("{line}"));
            }
        }
        OutputFormat::Table => {
            let mut table = Columns::new(colour, &["message", "generation", "replay"]);
            for one in replayed
                .iter()
                .filter(|one| one.difference.is_some() || replayed.len() <= 20)
            {
                let result = match (&one.difference, one.gone) {
                    (Some(difference), _) => difference.clone(),
                    (None, 0) => "identical".to_owned(),
                    (None, gone) => {
                        format!("cannot be judged again: {gone} of the messages before it were disposed of")
                    }
                };
                table.row([clip(&one.message.to_string(), 60), one.generation.short(), result]);
            }
            if replayed.len() <= 20 || different > 0 {
                table.print(&mut std::io::stdout())?;
            }
            let gone = replayed.iter().filter(|one| one.gone > 0).count();
            crate::show::line(format_args!(
                "{} replayed, {} identical, {different} different{}",
                replayed.len() - gone,
                replayed.len() - different - gone,
                if gone == 0 {
                    String::new()
                } else {
                    format!("; {gone} not: messages before them were disposed of")
                }
            ));
        }
    }
    Ok(())
}
