//! The one writer: takes what is queued, judges it, has it committed, and judges the next meanwhile.
//!
//! One batch at most is judged ahead of the commit before it. It is judged as if that commit had ended well, and commits behind it alone.
//! If the commit fails, what was judged on top of it is thrown away and judged again by what the archive has.

use crate::committing::{Committer, Committing, Judged, refuse};
use crate::config::Config;
use crate::endings::import_endings;
use crate::facts::{self, Facts};
use crate::generations::Generations;
use crate::keeping::{Arriving, entries};
use crate::metrics::Metrics;
use crate::own_thread::OwnThread;
use crate::pauses::{Pauses, Place};
use crate::quarantine::Quarantine;
use crate::queue::Queued;
use crate::rejudge::{self, Judging};
use proviso_archive::{Archive, Change, Conflict, Duplicates, IngestBatch, Known, StorageError};
use proviso_engine::Generation;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{MessageId, Principal};
use proviso_pipeline::{Judge, Memory, places, take_in};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// While commits fail, one is tried after so long without anything to commit.
const PROBE_AFTER: Duration = Duration::from_secs(2);

/// The writer's own things. Lives on one task.
pub(crate) struct Writer {
    archive: Archive,
    generations: Arc<Generations>,
    quarantine: Arc<Quarantine>,
    metrics: Arc<Metrics>,
    workers: usize,
    thread: OwnThread,
    memory: Memory,
    known: facts::Known,
    config: Config,
    pauses: Pauses,
    committer: Committer,
    /// The batch that is being committed, or was, until it is known what came of it.
    committing: Option<Committing>,
}

impl Writer {
    /// A writer that asks the archive for what it has not seen itself.
    ///
    /// # Errors
    /// The system has no thread more.
    pub(crate) fn new(
        archive: Archive,
        generations: Arc<Generations>,
        quarantine: Arc<Quarantine>,
        metrics: Arc<Metrics>,
        known: facts::Known,
        pauses: Pauses,
        config: &Config,
    ) -> std::io::Result<Self> {
        let committer = Committer {
            archive: archive.clone(),
            quarantine: Arc::clone(&quarantine),
            metrics: Arc::clone(&metrics),
            thread: OwnThread::start("proviso-commit")?,
        };
        Ok(Self {
            committer,
            committing: None,
            pauses,
            archive,
            generations,
            quarantine,
            metrics,
            thread: OwnThread::start("proviso-judge")?,
            memory: Memory::backed(),
            known,
            workers: config.workers,
            config: config.clone(),
        })
    }

    /// Works until every sender is gone and the queue is empty.
    ///
    /// Transactions end in the order in which they were queued: a message is judged by the states, the consent and the conversation
    /// that the messages ahead of it left. All that waits is taken at once, so that slow commits make larger transactions and not a
    /// longer queue. Held messages are judged again between two transactions, and facts are taken in there, since that writes too.
    pub(crate) async fn run(
        mut self,
        mut queued: mpsc::Receiver<Queued>,
        mut rejudging: mpsc::Receiver<rejudge::Request>,
        mut facts: mpsc::Receiver<facts::Request>,
    ) -> anyhow::Result<()> {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                went_well = ended(&mut self.committing) => self.has_ended(went_well),
                taken = queued.recv_many(&mut batch, TRANSACTION_MESSAGES_MAX) => {
                    if taken == 0 {
                        self.wait_for_the_commit().await;
                        return Ok(());
                    }
                    self.take(std::mem::take(&mut batch)).await;
                }
                Some(request) = rejudging.recv() => self.rejudge(request).await,
                Some(request) = facts.recv() => self.learn(request).await,
                () = tokio::time::sleep(PROBE_AFTER), if !self.archive.health().is_writing() => self.probe().await,
            }
        }
    }

    /// Waits for the commit that runs, if one does. True unless it failed.
    async fn wait_for_the_commit(&mut self) -> bool {
        if self.committing.is_none() {
            return true;
        }
        let went_well = ended(&mut self.committing).await;
        self.has_ended(went_well);
        went_well
    }

    fn has_ended(&mut self, went_well: bool) {
        self.committing = None;
        if !went_well {
            // It has seen messages that the archive does not have.
            self.memory.clear();
        }
    }

    /// Writes an empty change: whether commits still fail is to be known without messages too, since a proxy sends none to a
    /// daemon that is not well.
    async fn probe(&mut self) {
        self.wait_for_the_commit().await;
        let (nothing, by) = (IngestBatch::new(places::now()), Principal::system("probe"));
        if let Err(error) = self.archive.commit(Change::Messages(&nothing), &by).await {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::warn!(error, "commits still fail");
        } else {
            tracing::info!("commits go well again");
        }
    }

    /// Judges held messages again, between two transactions of new ones.
    async fn rejudge(&mut self, request: rejudge::Request) {
        let (_pause, generation) = loop {
            self.wait_for_the_commit().await;
            let pause = self.pauses.pause().await;
            if let Some(generation) = self.generations.judging() {
                break (pause, generation);
            }
            drop(pause);
            if let Err(error) = self.generations.follow_approvals().await {
                let _ = request.done.send(Err(error.into()));
                return;
            }
        };
        let beside = self.known.in_zone(&generation.set().time_zone);
        let judging = Judging {
            archive: &self.archive,
            generation: &generation,
            beside: &beside,
            alerts: &self.config.alerts,
            quarantine: &self.quarantine,
            workers: self.workers,
            thread: &self.thread,
        };
        let again = rejudge::rejudge(judging, &request.ids, &request.by, &request.note).await;
        if let Ok(again) = &again {
            let released = again.iter().filter(|one| !one.held).count();
            self.metrics.messages_rejudged.add(again.len() as u64);
            tracing::info!(
                messages = again.len(),
                released,
                who = %request.by,
                "held messages judged again"
            );
        }
        // Nobody listens where an HTTP client went away; the verdicts stand all the same.
        let _ = request.done.send(again);
    }

    /// Writes facts that somebody hands in. What is judged from here on knows of them.
    async fn learn(&mut self, facts::Request { facts, by }: facts::Request) {
        self.wait_for_the_commit().await;
        let _pause = self.pauses.pause().await;
        // Nobody listens to an answer where an HTTP client went away; the facts stand all the same.
        match facts {
            Facts::Directory(import, done) => {
                let report = facts::import_directory(&self.archive, &import, &by).await;
                if let Ok(written) = &report {
                    tracing::info!(version = written.version, is_new = written.is_new, who = %by, "directory imported");
                }
                let _ = done.send(self.know(report).await);
            }
            Facts::Consents(import, done) => {
                let report = facts::import_consents(&self.archive, &import, &by).await;
                if let Ok(written) = &report {
                    tracing::info!(added = written.added, known = written.known, who = %by, "consent imported");
                }
                let _ = done.send(self.know(report).await);
            }
            Facts::Endings(rows, at, done) => {
                let report = import_endings(&self.config, &self.archive, rows, at, &by).await;
                if let Ok(written) = &report {
                    tracing::info!(added = written.added, decided = written.decided, who = %by, "ends imported");
                }
                let _ = done.send(self.know(report).await);
            }
        }
    }

    /// Asks the archive anew for what decides, after some of it was written.
    async fn know<R, E: From<StorageError>>(&mut self, report: Result<R, E>) -> Result<R, E> {
        let report = report?;
        self.memory.clear();
        // What was written is in the archive. Whoever is told of the fault sends the same again, and then it is known.
        self.known = self.known.again(&self.archive).await?;
        Ok(report)
    }

    /// Puts what is queued into transactions of a bounded size.
    async fn take(&mut self, queued: Vec<Queued>) {
        let mut together: Vec<Queued> = Vec::new();
        let mut messages = 0;
        for one in queued {
            if messages + one.messages.len() > TRANSACTION_MESSAGES_MAX && !together.is_empty() {
                self.take_together(std::mem::take(&mut together)).await;
                messages = 0;
            }
            messages += one.messages.len();
            together.push(one);
        }
        self.take_together(together).await;
    }

    /// One transaction: judged while the one before it commits, and handed on when that has.
    async fn take_together(&mut self, mut queued: Vec<Queued>) {
        let mut place = self.place().await;
        if self.memory.is_full() {
            self.wait_for_the_commit().await;
            self.memory.evict();
        }
        let mut is_again = false;
        loop {
            // Looked at for each batch: nobody is scored behind the end of what allowed it, whatever became of the reload.
            let Some(generation) = self.generations.judging() else {
                drop(place);
                self.wait_for_the_commit().await;
                if let Err(error) = self.generations.follow_approvals().await {
                    refuse(queued, &error, &self.metrics);
                    return;
                }
                place = self.place().await;
                continue;
            };
            let behind_a_failure = queued.extract_if(.., |one| one.sequence.is_broken());
            for one in behind_a_failure {
                one.not_committed(anyhow::anyhow!("what its source handed in before it was not committed"));
            }
            if queued.is_empty() {
                return;
            }
            self.metrics.batches_again.add(u64::from(is_again));
            let is_ahead = self.committing.is_some();
            let judged = self.judge(&queued, generation).await;
            if !self.wait_for_the_commit().await {
                is_again = true;
                continue;
            }
            match judged {
                Ok(judged) => {
                    self.metrics.batches_ahead.add(u64::from(is_ahead));
                    let quarantined = self.quarantine.untold();
                    self.committing = Some(self.committer.begin(judged, quarantined, queued, place));
                }
                Err(error) => {
                    self.memory.clear();
                    refuse(queued, &error, &self.metrics);
                }
            }
            return;
        }
    }

    /// A place on the way, behind the changes that wait for a pause: they wait for what came of the commit before.
    async fn place(&mut self) -> Place {
        loop {
            tokio::select! {
                biased;
                went_well = ended(&mut self.committing) => self.has_ended(went_well),
                place = self.pauses.place() => return place,
            }
        }
    }

    /// What is new of what was queued is judged; the rest is told apart.
    async fn judge(&mut self, queued: &[Queued], generation: Arc<Generation>) -> anyhow::Result<Judged> {
        let started = Instant::now();
        let arrivals = || {
            let all = queued.iter().enumerate();
            all.flat_map(|(whose, one)| one.messages.iter().map(move |arrival| (whose, arrival)))
        };
        let ids: Vec<_> = arrivals()
            .map(|(_, arrival)| (&*arrival.message.id, arrival.message.digest()))
            .collect();
        let ahead = self.committing.as_ref().map(|committing| Arc::clone(&committing.ahead));
        // With the batch ahead this holds until the commit, because nobody else writes messages.
        let known = self.archive.known(&ids).await?;
        let mut batch = IngestBatch::new(places::now());
        batch.alerts = Arc::clone(&self.config.alerts);
        let mut new = Vec::with_capacity(ids.len());
        let mut refused = Vec::new();
        let mut found = Vec::with_capacity(ids.len());
        for ((whose, arrival), known) in arrivals().zip(known) {
            let message = &arrival.message;
            let known = match &ahead {
                Some(ahead) => ahead.known(&message.id, message.digest(), known),
                None => known,
            };
            match &known {
                Known::New => new.push(Arc::clone(message)),
                Known::Same | Known::Disposed => batch.duplicates.push(Duplicates {
                    source: arrival.place.source.clone(),
                    count: 1,
                }),
                Known::Conflict { .. } => {
                    batch.conflicts.push(Conflict {
                        id: MessageId::clone(&message.id),
                        refused: message.digest(),
                        // Its lawful basis says whether they are kept.
                        refused_raw: Arc::default(),
                        place: arrival.place.clone(),
                    });
                    refused.push(Arc::clone(message));
                }
            }
            found.push((whose, known));
        }
        let quarantine = Arc::clone(&self.quarantine);
        let id = generation.id();
        let workers = self.workers;
        let mut arriving = Arriving {
            archive: self.archive.clone(),
            runtime: Handle::current(),
            ahead,
            beside: self.known.in_zone(&generation.set().time_zone),
        };
        // A panic in there leaves an empty memory, which asks the archive.
        let mut memory = std::mem::replace(&mut self.memory, Memory::backed());
        let archive = self.archive.clone();
        let work = self.thread.run("judging", move || {
            let by = Judge {
                generation: &generation,
                workers,
                breaker: Some(&*quarantine),
            };
            let judged = take_in(by, &mut memory, new, refused, &mut arriving).map(|taken| {
                batch.entries = entries(taken.admitted, taken.settled);
                for (conflict, kept) in batch.conflicts.iter_mut().zip(taken.refused) {
                    conflict.refused_raw = Arc::clone(kept.raw());
                }
                // Here, and not in its turn: the commit is the longer part.
                archive.pack(&mut batch);
                batch
            });
            (memory, judged)
        });
        let (memory, judged) = work.await?;
        self.memory = memory;
        Ok(Judged {
            batch: judged?,
            found,
            generation: id,
            took: started.elapsed(),
        })
    }
}

/// The end of the commit that runs: true unless it failed. Never, if none does.
async fn ended(committing: &mut Option<Committing>) -> bool {
    match committing {
        Some(committing) => committing.ended().await,
        None => std::future::pending().await,
    }
}
