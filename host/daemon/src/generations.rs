//! Which generation judges: built beside the running one, tried on its packs' own cases, swapped in whole or refused.

use crate::activating::{
    HISTORY_MAX, activation, approved_again, before, changes_between, is_rolled_back, record, record_refusal,
};
use crate::approvals::Scores;
use crate::attempt::{Attempt, AttemptResult, NoGeneration, entry_json};
use crate::candidate::{
    Parts, Refused, as_approved, asked_for, build_from_file, rebuild, rebuild_last_good, record_of,
};
use crate::inputs;
use crate::metrics::Metrics;
use crate::pauses::Pauses;
use crate::scoring::Standing;
use crate::trust;
use anyhow::Context;
use proviso_archive::{Activated, AllowedDowngrade, Cause, Change, CommitError, EndingRequest, GenerationRecord};
use proviso_engine::Generation;
use proviso_model::{Digest, Principal, Problems};
use proviso_pipeline::loading::set::RecordedError;
use proviso_pipeline::places;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes of a value that an error quotes.
const SHOWN_BYTES_MAX: usize = 64;

/// The running generation and the way to the next.
pub struct Generations {
    parts: Parts,
    current: RwLock<Live>,
    last: Mutex<Option<Attempt>>,
    /// What was asked for by the generation that was rolled back from: a file event that yields it again changes nothing.
    rolled_back_from: Mutex<Option<Digest>>,
    metrics: Arc<Metrics>,
    /// What the set and its packs were when they were last tried; nothing is tried twice.
    tried: Mutex<Option<Digest>>,
    /// Held over a whole change: two that interleave could record one generation last and leave the other live.
    changing: tokio::sync::Mutex<()>,
    /// No batch is on the way while a generation is recorded and swapped in: what is judged by one is not committed behind the next.
    pauses: Pauses,
    /// Told when a request was approved, or ended.
    approved: Notify,
}

/// What judges, and whom it scores by whose approval.
#[derive(Debug, Clone)]
struct Live {
    generation: Arc<Generation>,
    scores: Arc<Scores>,
}

impl Live {
    fn new(generation: Generation, scores: Scores) -> Self {
        Self {
            generation: Arc::new(generation),
            scores: Arc::new(scores),
        }
    }
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
        let (live, result) = match (build_from_file(&parts).await?, active) {
            (Ok(candidate), Some(active))
                if is_rolled_back(&parts.archive, asked_for(&candidate.generation)).await? =>
            {
                rolled_back_from = Some(asked_for(&candidate.generation));
                let generation = rebuild(&parts, &active).await??;
                let (generation, scores) = approved_again(&parts, generation, active, cause, by).await?;
                let live = Live::new(generation, scores);
                let id = live.generation.id();
                (live, AttemptResult::Unchanged { id })
            }
            (Ok(candidate), active) => {
                let id = candidate.generation.id();
                if active.is_some_and(|active| active.id == id) {
                    candidate.record_trust(&parts.archive, by).await?;
                    let live = Live::new(candidate.generation, candidate.scores);
                    (live, AttemptResult::Unchanged { id })
                } else {
                    let changes = vec!["live since the start".to_owned()];
                    record(&parts, &candidate, cause, by, "", &changes).await?;
                    let live = Live::new(candidate.generation, candidate.scores);
                    (live, AttemptResult::Live { id, changes })
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
                let problems = refused.problems;
                let (generation, scores) = approved_again(&parts, generation, active, cause, by).await?;
                let live = Live::new(generation, scores);
                (live, AttemptResult::Refused { problems })
            }
            (Err(refused), None) => return Err(Problems(refused.problems).into()),
        };
        let generation = &live.generation;
        tracing::info!(generation = %generation.id(), millis = started.elapsed().as_millis() as u64, "generation live");
        live.scores.tell();
        let attempt = Attempt {
            at: places::now(),
            who: by.clone(),
            took: started.elapsed(),
            result,
        };
        // What the files were while they were read, unless somebody edited them meanwhile: then the first look tries again.
        let is_what_was_read = before == digest_of(&parts, inputs::paths(&parts, None)).await?;
        let tried = if is_what_was_read {
            Some(digest_of(&parts, inputs::paths(&parts, Some(generation))).await?)
        } else {
            None
        };
        Ok(Self {
            parts,
            current: RwLock::new(live),
            tried: Mutex::new(tried),
            last: Mutex::new(Some(attempt)),
            rolled_back_from: Mutex::new(rolled_back_from),
            metrics,
            changing: tokio::sync::Mutex::new(()),
            pauses,
            approved: Notify::new(),
        })
    }

    fn live(&self) -> Live {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The generation that is live, for whoever looks at it.
    pub fn current(&self) -> Arc<Generation> {
        self.live().generation
    }

    /// The generation that judges a batch that begins now, which ends on it. `None` while what it scores people by is in force no more:
    /// then nothing is judged before [`Generations::follow_approvals`] was.
    pub(crate) fn judging(&self) -> Option<Arc<Generation>> {
        let live = self.live();
        live.scores
            .hold(places::now(), Instant::now())
            .then_some(live.generation)
    }

    /// Who is scored by whose approval, and of whom nobody is, where a second person is wanted for it.
    pub fn standings(&self) -> Vec<Standing> {
        self.live().scores.standings.clone()
    }

    /// How long the approvals that people are scored by are in force yet; `None` where no end is known.
    pub(crate) fn approved_for(&self) -> Option<Duration> {
        self.live().scores.left(places::now(), Instant::now())
    }

    /// Waits until somebody approved or ended something.
    pub(crate) async fn approvals_change(&self) {
        self.approved.notified().await;
    }

    /// A request was approved: what runs is to follow.
    pub(crate) fn was_approved(&self) {
        self.approved.notify_one();
    }

    /// Ends a request that is in force. What is judged from here on is judged without it.
    pub(crate) async fn end_request(&self, ending: &EndingRequest<'_>, by: &Principal) -> Result<(), CommitError> {
        let _one_at_a_time = self.changing.lock().await;
        let _pause = self.pauses.pause().await;
        self.parts.archive.commit(Change::EndRequest(ending), by).await?;
        self.live().scores.withdraw(ending.request);
        self.approved.notify_one();
        Ok(())
    }

    /// Has the running generation score those alone whose scoring is approved. A task of its own, as [`Generations::reload`].
    pub(crate) async fn follow_approvals(self: &Arc<Self>) -> anyhow::Result<()> {
        let this = Arc::clone(self);
        tokio::spawn(async move { this.follow_approvals_now().await }).await?
    }

    async fn follow_approvals_now(&self) -> anyhow::Result<()> {
        let _one_at_a_time = self.changing.lock().await;
        let (started, parts, before) = (Instant::now(), &self.parts, self.live());
        let (scores, built) = as_approved(parts, &before.generation).await?;
        let Some(generation) = built else {
            self.swap(Live {
                scores: Arc::new(scores),
                ..before
            });
            return Ok(());
        };
        let by = Principal::system("approvals");
        let was = parts.archive.generation(&before.generation.id()).await?;
        let was = was.context("the running generation is not recorded")?;
        let changes = scores.changes_since(&before.scores);
        let id = generation.id();
        // Recorded, then swapped, as in a reload.
        let _pause = self.pauses.pause().await;
        let built = Activated::Built(record_of(&generation, was.set_file, was.set_text));
        let activation = activation(built, None, Cause::Reload, "", &changes);
        parts.archive.commit(Change::Activation(&activation), &by).await?;
        self.swap(Live::new(generation, scores));
        let refused = self.last_attempt().filter(Attempt::refused);
        self.note(&by, started, AttemptResult::Live { id, changes });
        // That the set is broken is still to be mended.
        if refused.is_some() {
            *lock(&self.last) = refused;
        }
        Ok(())
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
        let before = self.live();
        Ok(match build_from_file(parts).await? {
            Ok(candidate) if candidate.generation.id() == before.generation.id() => {
                let id = before.generation.id();
                // Another trust file may admit the same packs for another reason.
                candidate.record_trust(&parts.archive, by).await?;
                self.swap(Live::new(candidate.generation, candidate.scores));
                AttemptResult::Unchanged { id }
            }
            Ok(candidate) if *asked == Asked::Watch && self.is_rolled_back_from(asked_for(&candidate.generation)) => {
                AttemptResult::Unchanged {
                    id: before.generation.id(),
                }
            }
            Ok(candidate) => {
                self.roll_back_from(None);
                let mut changes = changes_between(&before.generation, &candidate.generation);
                changes.extend(candidate.scores.changes_since(&before.scores));
                // Recorded, then swapped: no verdict may name a generation that the archive does not know. Where it cannot be
                // recorded, the one before goes on.
                let _pause = self.pauses.pause().await;
                record(parts, &candidate, Cause::Reload, by, "", &changes).await?;
                let id = candidate.generation.id();
                candidate.scores.tell();
                self.swap(Live::new(candidate.generation, candidate.scores));
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
        let before = self.live();
        let wanted = self.find_generation(to, &before.generation).await?;
        let result = if wanted.id == before.generation.id() {
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
            let (scores, built) = as_approved(parts, &generation).await?;
            let activated = match &built {
                Some(built) => Activated::Built(record_of(built, wanted.set_file, wanted.set_text)),
                None => Activated::Recorded(generation.id()),
            };
            let generation = built.unwrap_or(generation);
            let mut changes = changes_between(&before.generation, &generation);
            changes.extend(scores.changes_since(&before.scores));
            let id = generation.id();
            if id == before.generation.id() {
                AttemptResult::Unchanged { id }
            } else {
                // Recorded, then swapped, as in a reload.
                let _pause = self.pauses.pause().await;
                let activation = activation(activated, None, Cause::Rollback, "", &changes);
                self.parts.archive.commit(Change::Activation(&activation), by).await?;
                self.roll_back_from(Some(asked_for(&before.generation)));
                self.swap(Live::new(generation, scores));
                AttemptResult::Live { id, changes }
            }
        };
        Ok(self.note(by, started, result))
    }

    async fn find_generation(&self, to: Option<&str>, current: &Generation) -> anyhow::Result<GenerationRecord> {
        let mut found = if let Some(prefix) = to {
            self.parts.archive.find_generations(prefix).await?
        } else {
            let other = before(&self.parts.archive, asked_for(current)).await?;
            vec![other.ok_or(NoGeneration::NoOther)?]
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
    fn swap(&self, live: Live) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = live;
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
