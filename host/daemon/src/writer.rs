//! The one writer: takes what is queued, judges it, commits it, and only then answers.

use crate::config::Config;
use crate::endings::import_endings;
use crate::facts::{self, Facts};
use crate::generations::Generations;
use crate::keeping::{Arriving, Kept};
use crate::metrics::Metrics;
use crate::own_thread::OwnThread;
use crate::quarantine::Quarantine;
use crate::queue::{Arrival, NotCommitted, Queued, Report};
use crate::rejudge::{self, Judging};
use proviso_archive::{
    Archive, Change, Conflict, Duplicates, IngestBatch, Known, SourceError, SourceOffset, StorageError,
};
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{Addressed, MessageId, Principal};
use proviso_pipeline::{Judge, Memory, places, take_in};
use std::sync::Arc;
use std::time::{Duration, Instant};
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
        config: &Config,
    ) -> std::io::Result<Self> {
        Ok(Self {
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
    /// One transaction ends before the next begins: a message is judged by the states, the consent and the conversation that the
    /// messages ahead of it left. All that waits is taken at once, so that slow commits make larger transactions and not a
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
                taken = queued.recv_many(&mut batch, TRANSACTION_MESSAGES_MAX) => {
                    if taken == 0 {
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

    /// Writes an empty change: whether commits still fail is to be known without messages too, since a proxy sends none to a
    /// daemon that is not well.
    async fn probe(&self) {
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
        let generation = self.generations.current();
        let beside = self.known.in_zone(&generation.set().time_zone);
        let judging = Judging {
            archive: &self.archive,
            generation: &generation,
            beside: &beside,
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

    /// Commits what is queued in transactions of a bounded size: small ones share one, large ones take several.
    async fn take(&mut self, queued: Vec<Queued>) {
        let mut together: Vec<Queued> = Vec::new();
        let mut messages = 0;
        for one in queued {
            if messages + one.messages.len() > TRANSACTION_MESSAGES_MAX && !together.is_empty() {
                self.commit_together(std::mem::take(&mut together)).await;
                messages = 0;
            }
            messages += one.messages.len();
            together.push(one);
        }
        self.commit_together(together).await;
    }

    async fn commit_together(&mut self, mut queued: Vec<Queued>) {
        if queued.is_empty() {
            return;
        }
        let mut arrivals: Vec<(usize, Arrival)> = Vec::new();
        let (mut errors, mut offsets) = (Vec::new(), Vec::new());
        for (index, one) in queued.iter_mut().enumerate() {
            arrivals.extend(one.messages.drain(..).map(|arrival| (index, arrival)));
            errors.append(&mut one.errors);
            offsets.append(&mut one.offsets);
        }
        let by = by_whom(&queued);
        let mut reports: Vec<Report> = queued.iter().map(|_| Report::default()).collect();
        let mut failure = None;
        let mut rest = arrivals;
        loop {
            let tail = rest.split_off(rest.len().min(TRANSACTION_MESSAGES_MAX));
            let last = tail.is_empty();
            // What was read is past only when all of it is committed.
            let (errors, offsets) = if last {
                (std::mem::take(&mut errors), std::mem::take(&mut offsets))
            } else {
                (Vec::new(), Vec::new())
            };
            if let Err(error) = self.commit(rest, errors, offsets, &by, &mut reports).await {
                self.metrics.commit_failures.add(1);
                tracing::error!(
                    who = %by,
                    error = format!("{error:#}"),
                    "a batch was not committed; its sources send it again"
                );
                failure = Some(error);
                break;
            }
            if last {
                break;
            }
            rest = tail;
        }
        // Last of all: a source that is told forgets the messages. What was queued gives its places back as it is dropped here.
        for (one, report) in queued.into_iter().zip(reports) {
            let answer = match &failure {
                None => Ok(report),
                Some(error) => Err(NotCommitted(anyhow::anyhow!("{error:#}"))),
            };
            // Nobody listens where an HTTP client went away; the commit stands all the same.
            let _ = one.done.send(answer);
        }
    }

    /// One transaction: what is new is judged; all of it is kept, or none.
    async fn commit(
        &mut self,
        arrivals: Vec<(usize, Arrival)>,
        errors: Vec<SourceError>,
        offsets: Vec<SourceOffset>,
        by: &Principal,
        reports: &mut [Report],
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let ids: Vec<_> = arrivals
            .iter()
            .map(|(_, arrival)| (&*arrival.message.id, arrival.message.digest()))
            .collect();
        // This holds until the commit, because nobody else writes messages.
        let known = self.archive.known(&ids).await?;
        let mut batch = IngestBatch::new(places::now());
        let mut new = Vec::with_capacity(arrivals.len());
        let mut refused = Vec::new();
        let mut found = Vec::with_capacity(arrivals.len());
        for ((whose, arrival), known) in arrivals.into_iter().zip(known) {
            match &known {
                Known::New => new.push(arrival.message),
                Known::Same | Known::Disposed => batch.duplicates.push(Duplicates {
                    source: arrival.place.source,
                    count: 1,
                }),
                Known::Conflict { .. } => {
                    batch.conflicts.push(Conflict {
                        id: MessageId::clone(&arrival.message.id),
                        refused: arrival.message.digest(),
                        // Its lawful basis says whether they are kept.
                        refused_raw: Arc::default(),
                        place: arrival.place,
                    });
                    refused.push(arrival.message);
                }
            }
            found.push((whose, known));
        }
        batch.source_errors = errors;
        batch.offsets = offsets;
        let Kept { batch, judging } = self.judge_and_keep(new, batch, refused, by).await?;
        let mut conflicts = batch.conflicts.iter().map(|conflict| conflict.id.native.clone());
        for (whose, known) in found {
            match known {
                Known::New => reports[whose].accepted += 1,
                Known::Same | Known::Disposed => reports[whose].duplicates += 1,
                Known::Conflict { .. } => reports[whose].conflicts.extend(conflicts.next()),
            }
        }
        for entry in &batch.entries {
            self.metrics.count_verdict(&entry.verdict);
        }
        let partial = batch.entries.iter().filter(|entry| entry.verdict.is_partial()).count();
        if partial > 0 {
            tracing::warn!(messages = partial, "messages were judged in part");
        }
        self.metrics.messages_committed.add(batch.entries.len() as u64);
        self.metrics.messages_duplicate.add(batch.duplicates.len() as u64);
        self.metrics.messages_conflicting.add(batch.conflicts.len() as u64);
        self.metrics.source_errors.add(batch.source_errors.len() as u64);
        self.metrics
            .count_time(judging, started.elapsed().saturating_sub(judging));
        Ok(())
    }

    /// The pipeline, on a thread of its own. `batch` is what is kept beside the new messages, `refused` the messages of its conflicts.
    async fn judge_and_keep(
        &mut self,
        new: Vec<Arc<Addressed>>,
        batch: IngestBatch,
        refused: Vec<Arc<Addressed>>,
        by: &Principal,
    ) -> anyhow::Result<Kept> {
        let (generation, quarantine) = (self.generations.current(), Arc::clone(&self.quarantine));
        let workers = self.workers;
        let beside = self.known.in_zone(&generation.set().time_zone);
        let mut keeper = Arriving::new(self.archive.clone(), batch, refused, by.clone(), beside);
        // A panic in there leaves an empty memory, which asks the archive.
        let mut memory = std::mem::replace(&mut self.memory, Memory::backed());
        let work = self.thread.run("judging", move || {
            let by = Judge {
                generation: &generation,
                workers,
                breaker: Some(&*quarantine),
            };
            let kept = take_in(by, &mut memory, new, &mut keeper);
            (memory, kept, generation.id())
        });
        let (memory, kept, id) = work.await?;
        self.memory = memory;
        self.quarantine.tell(id).await;
        Ok(kept?)
    }
}

/// Whose transaction it is: that of the one who handed all of it in, or of the host, which put several together.
fn by_whom(queued: &[Queued]) -> Principal {
    let mut all = queued.iter().map(|one| &one.by);
    match all.next() {
        Some(first) if all.all(|by| by == first) => first.clone(),
        _ => Principal::system("intake"),
    }
}
