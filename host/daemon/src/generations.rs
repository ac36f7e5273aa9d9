//! Which generation judges: built beside the running one, tried on its packs' own cases, swapped in whole or refused.

use crate::attempt::{Attempt, AttemptResult, NoGeneration, entry_json};
use crate::candidate::{Candidate, Parts, Refused, build_from_file, rebuild, rebuild_last_good};
use crate::inputs;
use crate::metrics::Metrics;
use crate::pauses::Pauses;
use crate::trust;
use anyhow::Context;
use proviso_archive::{
    Activated, Activation, AllowedDowngrade, Archive, Cause, Change, FailedSet, GenerationRecord, PackRecord,
    TrustRecord,
};
use proviso_engine::Generation;
use proviso_model::{Digest, Principal, Problems};
use proviso_pipeline::loading::set::RecordedError;
use proviso_pipeline::places;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

/// Entries of the history that are looked at.
const HISTORY_MAX: u32 = 1_000;
/// Bytes of a value that an error quotes.
const SHOWN_BYTES_MAX: usize = 64;

/// The running generation and the way to the next.
pub struct Generations {
    parts: Parts,
    current: RwLock<Arc<Generation>>,
    last: Mutex<Option<Attempt>>,
    /// The generation that was rolled back from: a file event that yields it again changes nothing.
    rolled_back_from: Mutex<Option<Digest>>,
    metrics: Arc<Metrics>,
    /// What the set and its packs were when they were last tried; nothing is tried twice.
    tried: Mutex<Option<Digest>>,
    /// Held over a whole change: two that interleave could record one generation last and leave the other live.
    changing: tokio::sync::Mutex<()>,
    /// No batch is on the way while a generation is recorded and swapped in: what is judged by one is not committed behind the next.
    pauses: Pauses,
}

/// What makes a set be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A file changed.
    Watch,
    /// Somebody asked over the HTTP interface.
    Request(Principal),
    /// SIGHUP.
    Signal,
}

impl Asked {
    /// Who it is, for the history.
    fn by(&self) -> Principal {
        match self {
            Asked::Watch => Principal::system("watch"),
            Asked::Request(by) => by.clone(),
            Asked::Signal => Principal::system("signal"),
        }
    }
}

impl Generations {
    /// Builds the first generation: from the set file, or if that is broken from the last one that was live.
    pub(crate) async fn start(parts: Parts, metrics: Arc<Metrics>, pauses: Pauses) -> anyhow::Result<Self> {
        let started = Instant::now();
        let before = digest_of(&parts, inputs::paths(&parts, None)).await?;
        let (by, cause) = (&Principal::system("start"), Cause::Start);
        trust::must_not_vanish(&parts.trust, &parts.archive).await?;
        let active = parts.archive.active_generation().await?;
        let mut rolled_back_from = None;
        let (generation, result) = match (build_from_file(&parts).await?, active) {
            (Ok(candidate), Some(active)) if is_rolled_back(&parts.archive, candidate.generation.id()).await? => {
                rolled_back_from = Some(candidate.generation.id());
                let generation = rebuild(&parts, &active).await??;
                let id = generation.id();
                (generation, AttemptResult::Unchanged { id })
            }
            (Ok(candidate), active) => {
                let id = candidate.generation.id();
                if active.is_some_and(|active| active.id == id) {
                    candidate.record_trust(&parts.archive, by).await?;
                    (candidate.generation, AttemptResult::Unchanged { id })
                } else {
                    let changes = vec!["live since the start".to_owned()];
                    record(&parts, &candidate, cause, by, "", &changes).await?;
                    (candidate.generation, AttemptResult::Live { id, changes })
                }
            }
            (Err(refused), Some(active)) => {
                for problem in &refused.problems {
                    tracing::error!(%problem, "the policy set is broken; the last good generation goes on");
                }
                record_refusal(&parts, &refused, cause, by, "").await?;
                let generation = rebuild_last_good(&parts, &active)
                    .await?
                    .context("the policy set is broken, and the last good generation cannot be built again")?;
                (
                    generation,
                    AttemptResult::Refused {
                        problems: refused.problems,
                    },
                )
            }
            (Err(refused), None) => return Err(Problems(refused.problems).into()),
        };
        tracing::info!(generation = %generation.id(), millis = started.elapsed().as_millis() as u64, "generation live");
        let attempt = Attempt {
            at: places::now(),
            who: by.clone(),
            took: started.elapsed(),
            result,
        };
        // What the files were while they were read, unless somebody edited them meanwhile: then the first look tries again.
        let is_what_was_read = before == digest_of(&parts, inputs::paths(&parts, None)).await?;
        let tried = if is_what_was_read {
            Some(digest_of(&parts, inputs::paths(&parts, Some(&generation))).await?)
        } else {
            None
        };
        Ok(Self {
            parts,
            current: RwLock::new(Arc::new(generation)),
            tried: Mutex::new(tried),
            last: Mutex::new(Some(attempt)),
            rolled_back_from: Mutex::new(rolled_back_from),
            metrics,
            changing: tokio::sync::Mutex::new(()),
            pauses,
        })
    }

    /// The generation that judges now. A batch that has taken it ends on it.
    pub fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the newest attempt to change the policies ended.
    pub fn last_attempt(&self) -> Option<Attempt> {
        lock(&self.last).clone()
    }

    /// The running generation, for `policy status`.
    pub fn describe(&self) -> Value {
        serde_json::to_value(self.current().describe()).unwrap_or(Value::Null)
    }

    /// Whom the operator trusts, and what that says of the packs that run, for `policy status`.
    pub fn describe_trust(&self) -> Value {
        trust::describe(&self.parts.trust, self.current().packs())
    }

    /// What an operator should know of that.
    pub fn trust_warnings(&self) -> Vec<String> {
        let described = self.describe_trust();
        let warnings = described["warnings"].as_array().into_iter().flatten();
        warnings
            .filter_map(|warning| warning.as_str().map(str::to_owned))
            .collect()
    }

    /// Lets an older version of a pack go live than one that was live before. Recorded with who and why.
    pub(crate) async fn allow_downgrade(
        &self,
        pack: &str,
        version: &str,
        by: &Principal,
        note: &str,
    ) -> anyhow::Result<()> {
        let _one_at_a_time = self.changing.lock().await;
        let allowed = AllowedDowngrade {
            pack: pack.to_owned(),
            version: version.to_owned(),
            note: note.to_owned(),
            at: places::now(),
        };
        self.parts.archive.commit(Change::Downgrade(&allowed), by).await?;
        tracing::warn!(pack, version, who = %by, note, "an older version of a pack is allowed");
        Ok(())
    }

    /// Everything whose change may change the next generation, as it was named.
    pub(crate) fn inputs(&self) -> BTreeSet<PathBuf> {
        inputs::paths(&self.parts, Some(&self.current()))
    }

    /// Reloads if what the generation is made of is not what it was before the last attempt. `None` if it is.
    pub(crate) async fn look(self: &Arc<Self>) -> anyhow::Result<Option<Attempt>> {
        let found = digest_of(&self.parts, self.inputs()).await?;
        if *lock(&self.tried) == Some(found) {
            return Ok(None);
        }
        self.reload(Asked::Watch).await.map(Some)
    }

    /// Reads the set file and its packs again, and makes them live if they are good. The work is a task of its own: whoever
    /// asked may go away, and it goes on to its end.
    pub async fn reload(self: &Arc<Self>, asked: Asked) -> anyhow::Result<Attempt> {
        let this = Arc::clone(self);
        tokio::spawn(async move { this.reload_now(asked).await }).await?
    }

    /// Goes back to a recorded generation: the one whose digest begins so, or the one that was live before. A task of its own,
    /// as [`Generations::reload`].
    pub async fn rollback(self: &Arc<Self>, to: Option<String>, by: Principal) -> anyhow::Result<Attempt> {
        let this = Arc::clone(self);
        tokio::spawn(async move { this.rollback_now(to.as_deref(), &by).await }).await?
    }

    async fn reload_now(self: &Arc<Self>, asked: Asked) -> anyhow::Result<Attempt> {
        let by = &asked.by();
        let _one_at_a_time = self.changing.lock().await;
        let started = Instant::now();
        // Before anything is read: what changes while it is read is another than what was tried.
        let found = digest_of(&self.parts, self.inputs()).await?;
        *lock(&self.tried) = Some(found);
        // What could not be tried to its end, since a disk was full, say, is tried again.
        let result = self
            .read_again(&asked, by)
            .await
            .inspect_err(|_| *lock(&self.tried) = None)?;
        Ok(self.note(by, started, result))
    }

    /// Builds from the file, and makes live what is good and new.
    async fn read_again(&self, asked: &Asked, by: &Principal) -> anyhow::Result<AttemptResult> {
        let parts = &self.parts;
        let before = self.current();
        Ok(match build_from_file(parts).await? {
            Ok(candidate) if candidate.generation.id() == before.id() => {
                let id = before.id();
                // Another trust file may admit the same packs for another reason.
                candidate.record_trust(&parts.archive, by).await?;
                self.swap(candidate.generation);
                AttemptResult::Unchanged { id }
            }
            Ok(candidate) if *asked == Asked::Watch && self.is_rolled_back_from(candidate.generation.id()) => {
                AttemptResult::Unchanged { id: before.id() }
            }
            Ok(candidate) => {
                self.roll_back_from(None);
                let changes = changes_between(&before, &candidate.generation);
                // Recorded, then swapped: no verdict may name a generation that the archive does not know. Where it cannot be
                // recorded, the one before goes on.
                let _pause = self.pauses.pause().await;
                record(parts, &candidate, Cause::Reload, by, "", &changes).await?;
                let id = candidate.generation.id();
                self.swap(candidate.generation);
                AttemptResult::Live { id, changes }
            }
            Err(refused) => {
                record_refusal(parts, &refused, Cause::Reload, by, "").await?;
                AttemptResult::Refused {
                    problems: refused.problems,
                }
            }
        })
    }

    async fn rollback_now(&self, to: Option<&str>, by: &Principal) -> anyhow::Result<Attempt> {
        let _one_at_a_time = self.changing.lock().await;
        let started = Instant::now();
        let parts = &self.parts;
        let before = self.current();
        let wanted = self.find_generation(to, before.id()).await?;
        let result = if wanted.id == before.id() {
            AttemptResult::Unchanged { id: wanted.id }
        } else {
            let generation = match rebuild(parts, &wanted).await? {
                Ok(generation) => generation,
                Err(RecordedError::Problems(Problems(problems))) => {
                    let refused = Refused {
                        problems,
                        set_file: wanted.set_file,
                        set_text: Some(wanted.set_text),
                    };
                    record_refusal(parts, &refused, Cause::Rollback, by, "").await?;
                    let problems = refused.problems;
                    return Ok(self.note(by, started, AttemptResult::Refused { problems }));
                }
                Err(error @ RecordedError::Different { .. }) => return Err(NoGeneration::OtherVersion(error).into()),
                Err(error) => return Err(error.into()),
            };
            let changes = changes_between(&before, &generation);
            let id = generation.id();
            // Recorded, then swapped, as in a reload.
            let _pause = self.pauses.pause().await;
            let activation = activation(Activated::Recorded(id), None, Cause::Rollback, "", &changes);
            self.parts.archive.commit(Change::Activation(&activation), by).await?;
            self.roll_back_from(Some(before.id()));
            self.swap(generation);
            AttemptResult::Live { id, changes }
        };
        Ok(self.note(by, started, result))
    }

    async fn find_generation(&self, to: Option<&str>, current: Digest) -> anyhow::Result<GenerationRecord> {
        let mut found = if let Some(prefix) = to {
            self.parts.archive.find_generations(prefix).await?
        } else {
            let history = self.parts.archive.history(HISTORY_MAX).await?;
            let before = history
                .iter()
                .filter_map(|entry| entry.generation)
                .find(|id| *id != current);
            let id = before.ok_or(NoGeneration::NoOther)?;
            self.parts.archive.generation(&id).await?.into_iter().collect()
        };
        let digits = || {
            let given = to.unwrap_or_default();
            given[..given.floor_char_boundary(SHOWN_BYTES_MAX)].to_owned()
        };
        match (found.len(), to) {
            (1, _) => Ok(found.remove(0)),
            (0, Some(_)) => Err(NoGeneration::Unknown(digits()).into()),
            (0, None) => Err(NoGeneration::NoOther.into()),
            (number, _) => {
                let digits = digits();
                Err(NoGeneration::Several { digits, number }.into())
            }
        }
    }

    /// What was made live or refused, the latest first.
    pub async fn history(&self) -> anyhow::Result<Vec<Value>> {
        Ok(self
            .parts
            .archive
            .history(HISTORY_MAX)
            .await?
            .iter()
            .map(entry_json)
            .collect())
    }

    fn is_rolled_back_from(&self, id: Digest) -> bool {
        *lock(&self.rolled_back_from) == Some(id)
    }

    fn roll_back_from(&self, id: Option<Digest>) {
        *lock(&self.rolled_back_from) = id;
    }

    /// Whole: whoever asks gets the one before or this one. The lock is held for the assignment alone.
    fn swap(&self, generation: Generation) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
    }

    fn note(&self, by: &Principal, started: Instant, result: AttemptResult) -> Attempt {
        let attempt = Attempt {
            at: places::now(),
            who: by.clone(),
            took: started.elapsed(),
            result,
        };
        match &attempt.result {
            AttemptResult::Live { id, changes } => {
                self.metrics.reloads_live.add(1);
                let millis = attempt.took.as_millis() as u64;
                tracing::info!(generation = %id, who = %by, millis, changes = changes.join("; "), "generation live");
            }
            AttemptResult::Unchanged { id } => tracing::debug!(generation = %id, who = %by, "policies unchanged"),
            AttemptResult::Refused { problems } => {
                self.metrics.reloads_refused.add(1);
                for problem in problems {
                    tracing::error!(%problem, who = %by, "policies refused; the generation before goes on");
                }
            }
        }
        *lock(&self.last) = Some(attempt.clone());
        attempt
    }
}

async fn digest_of(parts: &Parts, paths: BTreeSet<PathBuf>) -> anyhow::Result<Digest> {
    let digest = move || inputs::digest(&paths);
    Ok(parts.builder.run("looking at the policies' files", digest).await?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// True if the last activation was a rollback away from the generation that the set file still asks for.
async fn is_rolled_back(archive: &Archive, candidate: Digest) -> anyhow::Result<bool> {
    let history = archive.history(HISTORY_MAX).await?;
    let mut live = history.iter().filter(|entry| entry.generation.is_some());
    let Some(last) = live.next() else { return Ok(false) };
    let rolled_back_from = live.find_map(|entry| entry.generation.filter(|id| Some(*id) != last.generation));
    Ok(last.cause == Cause::Rollback && rolled_back_from == Some(candidate))
}

async fn record(
    parts: &Parts,
    candidate: &Candidate,
    cause: Cause,
    by: &Principal,
    why: &str,
    changes: &[String],
) -> anyhow::Result<()> {
    let generation = &candidate.generation;
    let packs = generation.packs().map(|pack| PackRecord {
        name: pack.manifest().name.clone(),
        version: pack.manifest().version.to_string(),
        digest: pack.digest(),
    });
    let record = GenerationRecord {
        id: generation.id(),
        recorded_at: places::now(),
        engine_version: proviso_engine::versions().to_owned(),
        packs: packs.collect(),
        set_file: candidate.set_file.clone(),
        set_text: candidate.set_text.clone(),
        set_json: generation.set().to_canonical_json(),
    };
    let trust = Some(candidate.trust.clone());
    let activation = activation(Activated::Built(record), trust, cause, why, changes);
    parts.archive.commit(Change::Activation(&activation), by).await?;
    Ok(())
}

fn activation(
    generation: Activated,
    trust: Option<TrustRecord>,
    cause: Cause,
    why: &str,
    changes: &[String],
) -> Activation {
    Activation {
        generation,
        trust,
        at: places::now(),
        cause,
        why: why.to_owned(),
        changed: changes.join("; "),
    }
}

async fn record_refusal(
    parts: &Parts,
    refused: &Refused,
    cause: Cause,
    by: &Principal,
    why: &str,
) -> anyhow::Result<()> {
    let failed = FailedSet {
        at: places::now(),
        cause,
        why: why.to_owned(),
        set_file: refused.set_file.clone(),
        set_text: refused.set_text.clone(),
        problems: refused.problems.clone(),
    };
    parts.archive.commit(Change::FailedSet(&failed), by).await?;
    Ok(())
}

/// What an operator wants to know of a change: packs that came, went or changed, and settings.
fn changes_between(before: &Generation, after: &Generation) -> Vec<String> {
    let packs = |generation: &Generation| -> Vec<(String, Digest)> {
        generation
            .packs()
            .map(|pack| (pack.manifest().name.clone(), pack.digest()))
            .collect()
    };
    let (old, new) = (packs(before), packs(after));
    let mut changes = Vec::new();
    for (name, digest) in &new {
        match old.iter().find(|(known, _)| known == name) {
            None => changes.push(format!("{name} added")),
            Some((_, known)) if known != digest => {
                changes.push(format!("{name} changed from {} to {}", known.short(), digest.short()));
            }
            Some(_) => {}
        }
    }
    changes.extend(
        old.iter()
            .filter(|(name, _)| !new.iter().any(|(known, _)| known == name))
            .map(|(name, _)| format!("{name} removed")),
    );
    if before.set() != after.set() {
        changes.push("policy set changed".to_owned());
    }
    changes.dedup();
    changes
}
