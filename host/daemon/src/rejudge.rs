//! Held messages, judged again under the generation that runs now.
//!
//! A message is given what it met when it arrived: the messages before it in its conversation, and the states that its folds
//! had then. What it does to those states is thrown away, since later messages stand on the present ones. Consent is asked
//! for anew: nothing is judged on a consent that was withdrawn meanwhile.

use crate::activating::approved_again;
use crate::approvals::{Approvals, Scores};
use crate::candidate::{Parts, rebuild};
use crate::config::Config;
use crate::facts::Known;
use crate::keeping::{Again, Beside, KeepingError};
use crate::metrics::Metrics;
use crate::own_thread::OwnThread;
use crate::quarantine::Quarantine;
use crate::trust::must_not_vanish;
use anyhow::Context;
use proviso_archive::{AlertRules, Archive, Cause, CommitError};
use proviso_engine::Generation;
use proviso_model::{Addressed, MessageId, Principal};
use proviso_pack::{PackStore, PluginPath};
use proviso_pipeline::loading::build;
use proviso_pipeline::{Judge, places, take_again};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Messages of one request. The commands send more in several.
pub const REQUEST_MESSAGES_MAX: usize = 64;

/// Held messages that somebody wants judged again.
pub(crate) struct Request {
    pub(crate) ids: Vec<MessageId>,
    pub(crate) by: Principal,
    pub(crate) note: String,
    pub(crate) done: oneshot::Sender<Result<Vec<Rejudged>, RejudgeFailure>>,
}

/// Why messages were not judged again. Their verdicts stand.
#[derive(Debug, thiserror::Error)]
pub enum RejudgeFailure {
    /// It is not there, or does not wait.
    #[error("message {0} is not held")]
    NotHeld(MessageId),
    /// A fault of ours, the disk's, and the like.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejudged {
    /// Which.
    pub message: MessageId,
    /// True if it still waits.
    pub held: bool,
    /// How many there are now.
    pub findings: usize,
    /// The policies that failed, each with its cause.
    pub faults: Vec<String>,
}

impl Rejudged {
    /// For the HTTP interface.
    pub fn to_json(&self) -> Value {
        json!({
            "message": self.message.to_string(), "held": self.held, "findings": self.findings, "faults": self.faults,
        })
    }
}

/// What judges, and where it is kept.
#[derive(Clone, Copy)]
pub(crate) struct Judging<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) generation: &'a Arc<Generation>,
    pub(crate) quarantine: &'a Arc<Quarantine>,
    pub(crate) workers: usize,
    pub(crate) thread: &'a OwnThread,
    pub(crate) beside: &'a Beside,
    pub(crate) alerts: &'a Arc<AlertRules>,
}

/// Judges held messages again and writes their new verdicts, all in one transaction.
pub(crate) async fn rejudge(
    judging: Judging<'_>,
    ids: &[MessageId],
    by: &Principal,
    note: &str,
) -> Result<Vec<Rejudged>, RejudgeFailure> {
    let Judging {
        archive,
        generation,
        quarantine,
        workers,
        thread,
        beside,
        alerts,
    } = judging;
    let messages = archive.messages(ids).await.map_err(anyhow::Error::from)?;
    let mut held = Vec::with_capacity(ids.len());
    for (message, id) in messages.into_iter().zip(ids) {
        let message = message.ok_or_else(|| RejudgeFailure::NotHeld(id.clone()))?;
        held.push(Arc::new(Addressed::from(message)));
    }
    let now = places::now();
    let mut keeper = Again {
        archive: archive.clone(),
        runtime: Handle::current(),
        at: now,
        by: by.clone(),
        note: note.to_owned(),
        beside: beside.clone(),
        alerts: Arc::clone(alerts),
    };
    let (evaluating, breaker) = (Arc::clone(generation), Arc::clone(quarantine));
    let work = thread.run("judging again", move || {
        let judge = Judge {
            generation: &evaluating,
            workers,
            breaker: Some(&*breaker),
        };
        take_again(judge, held, &mut keeper, now)
    });
    let written = work.await.map_err(anyhow::Error::from)?;
    quarantine.tell(generation.id(), quarantine.untold()).await;
    let entries = written.map_err(|error| match error {
        KeepingError::Commit(CommitError::NotHeld { id }) => RejudgeFailure::NotHeld(id),
        other => RejudgeFailure::Fault(other.into()),
    })?;
    let again = entries.into_iter().map(|entry| Rejudged {
        held: entry.verdict.held,
        findings: entry.verdict.findings.len(),
        faults: entry
            .verdict
            .faults
            .iter()
            .map(|fault| format!("{}: {}", fault.policy_id(), fault.cause.name()))
            .collect(),
        message: MessageId::clone(&entry.verdict.message),
    });
    Ok(again.collect())
}

/// Judges held messages again where no daemon runs: under the generation that the archive says is in force, with the policies
/// that are quarantined in it. `done` is told of each part that is written.
pub async fn rejudge_here(
    config: &Config,
    archive: &Archive,
    ids: &[MessageId],
    by: &Principal,
    note: &str,
    mut done: impl FnMut(usize),
) -> anyhow::Result<Vec<Rejudged>> {
    let mut again = Vec::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(again);
    }
    let (generation, scores) = in_force(config, archive).await?;
    let generation = Arc::new(generation);
    let metrics = Arc::new(Metrics::default());
    let quarantine = Quarantine::start(archive.clone(), metrics, generation.id(), config.quarantine).await?;
    let quarantine = Arc::new(quarantine);
    let beside = Known::load(archive, Arc::clone(&config.lawful_bases))
        .await?
        .in_zone(&generation.set().time_zone);
    let judging = Judging {
        archive,
        generation: &generation,
        quarantine: &quarantine,
        workers: config.workers,
        thread: &OwnThread::start("proviso-judge")?,
        beside: &beside,
        alerts: &config.alerts,
    };
    for ids in ids.chunks(REQUEST_MESSAGES_MAX) {
        anyhow::ensure!(
            scores.hold(places::now(), Instant::now()),
            "an approval that people are scored by ended meanwhile: the rest is judged when the same is asked for again"
        );
        again.extend(rejudge(judging, ids, by, note).await?);
        done(ids.len());
    }
    Ok(again)
}

async fn in_force(config: &Config, archive: &Archive) -> anyhow::Result<(Generation, Scores)> {
    let record = archive.active_generation().await?;
    let record = record.context("no generation was ever live: start `proviso serve` once")?;
    let parts = Parts {
        engine: Arc::new(build::engine(Some(&config.cache_dir))?),
        archive: archive.clone(),
        store: Arc::new(PackStore::open(&config.store_dir())?),
        plugins: PluginPath::of_this_process(),
        set_path: config.set.clone(),
        trust: config.trust_source(),
        approvals: Arc::new(Approvals::new(Arc::clone(&config.requests))),
        builder: OwnThread::start("proviso-builder")?,
    };
    must_not_vanish(&parts.trust, archive).await?;
    let generation = rebuild(&parts, &record).await??;
    approved_again(
        &parts,
        generation,
        record,
        Cause::Reload,
        &Principal::system("approvals"),
    )
    .await
}
