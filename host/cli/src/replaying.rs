//! Judges archived messages again under the generations that are recorded for them, with the preceding messages and states that are
//! recorded for them. The verdict must be the same, byte for byte.

use crate::looking::Looking;
use crate::recorded_input::{Directories, addressed};
use crate::show::table::clip;
use anyhow::anyhow;
use proviso_archive::Recorded;
use proviso_daemon::config::Config;
use proviso_engine::{Engine, Generation, versions};
use proviso_model::directory::Directory;
use proviso_model::verdict::Verdict;
use proviso_model::{Addressed, Digest, MessageId, Problems};
use proviso_pack::PackStore;
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::set::Purpose;
use proviso_pipeline::loading::trust::Accepting;
use proviso_pipeline::{Replayed as Again, replay};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How one replay ended.
pub(crate) struct Replayed {
    pub(crate) message: MessageId,
    pub(crate) generation: Digest,
    /// The versions of what judged then, where another judged now.
    pub(crate) recorded_by: Option<Arc<str>>,
    pub(crate) outcome: Outcome,
}

/// What a replay came to.
pub(crate) enum Outcome {
    /// The same bytes.
    Identical,
    /// Something else.
    Different(Difference),
    /// So many of the messages that it was judged with were disposed of: it cannot be judged again.
    Gone(u64),
}

/// A verdict that does not come out again.
pub(crate) struct Difference {
    /// The first place where they differ, for people.
    pub(crate) told: String,
    /// The verdict as it is recorded, and as it comes out now; `None` where rows of the archive say something else than the recorded one.
    pub(crate) verdicts: Option<(String, String)>,
}

/// Judges messages again, several at once; what they need is built once.
pub(crate) struct Replaying {
    store: PackStore,
    accepting: Accepting,
    purpose: Purpose,
    engine: Engine,
    generations: Mutex<HashMap<Digest, Rebuilt>>,
    directories: Directories,
}

/// A recorded generation that was built again.
#[derive(Clone)]
struct Rebuilt {
    generation: Arc<Generation>,
    recorded_by: Option<Arc<str>>,
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
            generations: Mutex::default(),
            directories: Directories::default(),
        })
    }

    /// Judges a message again that is in the archive.
    pub(crate) async fn one(&self, looking: &Looking, id: &MessageId) -> anyhow::Result<Replayed> {
        let recorded = looking.recorded(id).await?;
        let recorded = recorded.ok_or_else(|| anyhow!("message {id} is not in the archive"))?;
        self.judge(looking, recorded).await
    }

    /// Judges a message again that was read.
    pub(crate) async fn judge(&self, looking: &Looking, recorded: Recorded) -> anyhow::Result<Replayed> {
        let id = recorded.verdict.generation;
        let Rebuilt {
            generation,
            recorded_by,
        } = self.generation(looking, id).await?;
        let directory = match recorded.verdict.directory {
            Some(version) => {
                let zone = &generation.set().time_zone;
                Some(self.directories.of(looking, version, zone).await?)
            }
            None => None,
        };
        Ok(Replayed {
            message: MessageId::clone(&recorded.message.id),
            generation: id,
            recorded_by,
            outcome: match recorded.preceding_gone {
                0 => difference(&generation, recorded, directory).map_or(Outcome::Identical, Outcome::Different),
                gone => Outcome::Gone(gone),
            },
        })
    }

    async fn generation(&self, looking: &Looking, id: Digest) -> anyhow::Result<Rebuilt> {
        // Held while one is built: who waits for it would build the same.
        let mut generations = self.generations.lock().await;
        if let Some(known) = generations.get(&id) {
            return Ok(known.clone());
        }
        let record = looking.generation(&id).await?;
        let record = record.ok_or_else(|| anyhow!("generation {id} is not recorded"))?;
        let built = build::recorded(
            &self.engine,
            &proviso_daemon::recorded(&record),
            &self.store,
            &self.accepting,
            self.purpose,
        )?;
        let rebuilt = Rebuilt {
            generation: Arc::new(built),
            recorded_by: (record.engine_version != versions()).then(|| record.engine_version.into()),
        };
        generations.insert(id, rebuilt.clone());
        Ok(rebuilt)
    }
}

fn difference(generation: &Generation, recorded: Recorded, directory: Option<Arc<Directory>>) -> Option<Difference> {
    // An edited row would be printed by other commands; the verdict that it was written from is compared below.
    if let Some(told) = recorded.differences.into_iter().next() {
        let verdicts = None;
        return Some(Difference { told, verdicts });
    }
    let folds = recorded.folds.into_iter();
    let message = Again {
        message: Arc::new(Addressed::from(recorded.message)),
        verdict: &recorded.verdict.verdict,
        preceding: addressed(recorded.preceding),
        directory,
        folds: folds.map(|fold| (fold.policy, fold.key, fold.state)).collect(),
    };
    let again = replay(generation, 1, vec![message]);
    let again = again.first().map(Verdict::to_canonical_json).unwrap_or_default();
    let recorded = recorded.verdict.json;
    if again == recorded {
        return None;
    }
    let at = again.bytes().zip(recorded.bytes()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| text.get(at..).map_or_else(String::new, |rest| clip(rest, 60));
    Some(Difference {
        told: format!("byte {at}: recorded {}, now {}", part(&recorded), part(&again)),
        verdicts: Some((recorded, again)),
    })
}
