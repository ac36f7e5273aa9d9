//! The one writer: takes deliveries off the queue, judges them, commits them, and only then answers.

use super::generations::Generations;
use super::metrics::Metrics;
use super::quarantine::Quarantine;
use super::rejudge::{self, Judging};
use crate::pipeline::{self, Intake, Settled, conversation_key};
use proviso_archive::{
    Archive, Conflict, ConversationKey, Duplicates, Entry, FoldStep, IngestBatch, Known, Retention, SourceError,
    SourceOffset, SourcePlace, Statute,
};
use proviso_engine::{FoldStates, Generation, Input};
use proviso_model::limits::{PRECEDING_MESSAGES_MAX, QUEUE_MESSAGES_MAX, TRANSACTION_MESSAGES_MAX};
use proviso_model::retention::Decision;
use proviso_model::{Addressed, Message, MessageId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Messages from one source that are to be judged and committed, and whom to tell.
pub(crate) struct Delivery {
    messages: Vec<Arrival>,
    errors: Vec<SourceError>,
    offset: Option<SourceOffset>,
    done: oneshot::Sender<Result<Report, DeliveryError>>,
    /// Its places in the queue; given back when the delivery is dropped.
    _places: OwnedSemaphorePermit,
}

/// A message and where it came from.
struct Arrival {
    message: Arc<Addressed>,
    place: SourcePlace,
}

/// What became of a delivery.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Judged and committed now.
    pub accepted: u64,
    /// Committed before, with the same content.
    pub duplicates: u64,
    /// Native identifiers that are known with another content; recorded as conflicts.
    pub conflicts: Vec<String>,
}

/// Why a delivery was not committed. Nothing of the transaction at fault is kept; it may be sent again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// The archive refused.
    #[error("the archive could not commit")]
    Archive(#[source] anyhow::Error),
}

/// The bounded way to the writer.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Delivery>,
    places: Arc<Semaphore>,
}

impl Queue {
    /// A queue and its far end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Delivery>) {
        let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES_MAX);
        (
            Self {
                sender,
                places: Arc::new(Semaphore::new(QUEUE_MESSAGES_MAX)),
            },
            receiver,
        )
    }

    /// Messages taken in and not yet committed.
    pub(crate) fn queued(&self) -> u64 {
        (QUEUE_MESSAGES_MAX - self.places.available_permits()) as u64
    }

    /// Hands a delivery over; it holds its places already.
    pub(crate) async fn send(&self, delivery: Delivery) -> Result<(), ()> {
        self.sender.send(delivery).await.map_err(|_| ())
    }

    fn places_for(messages: usize) -> u32 {
        messages.clamp(1, QUEUE_MESSAGES_MAX) as u32
    }
}

/// Where the answer to a delivery comes.
pub(crate) type Done = oneshot::Receiver<Result<Report, DeliveryError>>;

impl Delivery {
    /// Messages of one HTTP request. `None` if the queue has no room.
    pub(crate) fn from_http(queue: &Queue, messages: Vec<(u64, Message)>) -> Option<(Self, Done)> {
        let places = Arc::clone(&queue.places)
            .try_acquire_many_owned(Queue::places_for(messages.len()))
            .ok()?;
        let place = |line| SourcePlace {
            source: "http".to_owned(),
            file: "request".to_owned(),
            line,
        };
        let messages = messages
            .into_iter()
            .map(|(line, message)| Arrival::new(message, place(line)))
            .collect();
        let (done, receiver) = oneshot::channel();
        Some((
            Self {
                messages,
                errors: Vec::new(),
                offset: None,
                done,
                _places: places,
            },
            receiver,
        ))
    }

    /// What was read of one spool file. Waits while the queue has no room; `None` if the daemon is ending.
    pub(crate) async fn from_spool(
        queue: &Queue,
        source: &str,
        file: &str,
        messages: Vec<(u64, Message)>,
        errors: Vec<SourceError>,
        offset: Option<SourceOffset>,
    ) -> Option<(Self, Done)> {
        let places = Arc::clone(&queue.places)
            .acquire_many_owned(Queue::places_for(messages.len()))
            .await
            .ok()?;
        let place = |line| SourcePlace {
            source: source.to_owned(),
            file: file.to_owned(),
            line,
        };
        let messages = messages
            .into_iter()
            .map(|(line, message)| Arrival::new(message, place(line)))
            .collect();
        let (done, receiver) = oneshot::channel();
        Some((
            Self {
                messages,
                errors,
                offset,
                done,
                _places: places,
            },
            receiver,
        ))
    }
}

impl Arrival {
    fn new(message: Message, place: SourcePlace) -> Self {
        Self {
            message: Arc::new(Addressed::from(message)),
            place,
        }
    }
}

/// The writer's own things. Lives on one task.
pub(crate) struct Writer {
    archive: Archive,
    generations: Arc<Generations>,
    quarantine: Arc<Quarantine>,
    metrics: Arc<Metrics>,
    workers: usize,
    intake: Intake,
}

impl Writer {
    /// A writer that asks the archive for what it has not seen itself.
    pub(crate) fn new(
        archive: Archive,
        generations: Arc<Generations>,
        quarantine: Arc<Quarantine>,
        metrics: Arc<Metrics>,
        workers: usize,
    ) -> Self {
        Self {
            archive,
            generations,
            quarantine,
            metrics,
            workers,
            intake: Intake::default(),
        }
    }

    /// Works until every sender of deliveries is gone and the queue is empty.
    pub(crate) async fn run(
        mut self,
        mut deliveries: mpsc::Receiver<Delivery>,
        mut rejudging: mpsc::Receiver<rejudge::Request>,
    ) -> anyhow::Result<()> {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                taken = deliveries.recv_many(&mut batch, TRANSACTION_MESSAGES_MAX) => {
                    if taken == 0 {
                        return Ok(());
                    }
                    self.take(std::mem::take(&mut batch)).await;
                }
                Some(request) = rejudging.recv() => self.rejudge(request).await,
            }
        }
    }

    /// Judges held messages again, between two transactions of new ones.
    async fn rejudge(&self, request: rejudge::Request) {
        let judging = Judging {
            archive: &self.archive,
            generation: &self.generations.current(),
            quarantine: &self.quarantine,
            workers: self.workers,
        };
        let again = rejudge::rejudge(judging, &request.ids, &request.who, &request.note).await;
        if let Ok(again) = &again {
            let released = again.iter().filter(|one| !one.held).count();
            self.metrics.messages_rejudged.add(again.len() as u64);
            tracing::info!(
                messages = again.len(),
                released,
                who = request.who,
                "held messages judged again"
            );
        }
        // Nobody listens where an HTTP client went away; the verdicts stand all the same.
        let _ = request.done.send(again);
    }

    /// Commits deliveries in transactions of a bounded size: small ones share one, large ones take several.
    async fn take(&mut self, deliveries: Vec<Delivery>) {
        let mut together: Vec<Delivery> = Vec::new();
        let mut messages = 0;
        for delivery in deliveries {
            if messages + delivery.messages.len() > TRANSACTION_MESSAGES_MAX && !together.is_empty() {
                self.commit_deliveries(std::mem::take(&mut together)).await;
                messages = 0;
            }
            messages += delivery.messages.len();
            together.push(delivery);
        }
        self.commit_deliveries(together).await;
    }

    async fn commit_deliveries(&mut self, mut deliveries: Vec<Delivery>) {
        if deliveries.is_empty() {
            return;
        }
        let mut arrivals: Vec<(usize, Arrival)> = Vec::new();
        let (mut errors, mut offsets) = (Vec::new(), Vec::new());
        for (index, delivery) in deliveries.iter_mut().enumerate() {
            arrivals.extend(delivery.messages.drain(..).map(|arrival| (index, arrival)));
            errors.append(&mut delivery.errors);
            offsets.extend(delivery.offset.take());
        }
        let mut reports: Vec<Report> = deliveries.iter().map(|_| Report::default()).collect();
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
            if let Err(error) = self.commit(rest, errors, offsets, &mut reports).await {
                self.metrics.commit_failures.add(1);
                tracing::error!(
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
        if failure.is_some() {
            // What was admitted and not committed must not count as having been said.
            self.intake = Intake::default();
        }
        for (delivery, report) in deliveries.into_iter().zip(reports) {
            let answer = match &failure {
                None => Ok(report),
                Some(error) => Err(DeliveryError::Archive(anyhow::anyhow!("{error:#}"))),
            };
            // Nobody listens where an HTTP client went away; the commit stands all the same.
            let _ = delivery.done.send(answer);
        }
    }

    /// One transaction: what is new is judged; all of it is kept, or none.
    async fn commit(
        &mut self,
        arrivals: Vec<(usize, Arrival)>,
        errors: Vec<SourceError>,
        offsets: Vec<SourceOffset>,
        reports: &mut [Report],
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let generation = self.generations.current();
        let ids: Vec<_> = arrivals
            .iter()
            .map(|(_, arrival)| (&*arrival.message.id, arrival.message.digest()))
            .collect();
        let known = self.archive.known(&ids).await?;
        let mut batch = IngestBatch::new(crate::places::now());
        let mut new = Vec::with_capacity(arrivals.len());
        let mut found = Vec::with_capacity(arrivals.len());
        for ((delivery, arrival), known) in arrivals.into_iter().zip(known) {
            match &known {
                Known::New => new.push(arrival),
                Known::Same => batch.duplicates.push(Duplicates {
                    source: arrival.place.source,
                    count: 1,
                }),
                Known::Conflict { .. } => batch.conflicts.push(Conflict {
                    id: MessageId::clone(&arrival.message.id),
                    refused: arrival.message.digest(),
                    refused_raw: arrival.message.raw.clone(),
                    place: arrival.place,
                }),
            }
            found.push((delivery, known));
        }
        let (admitted, settled) = self.judge(&generation, &new).await?;
        let judging = started.elapsed();
        batch.entries = admitted
            .into_iter()
            .zip(settled)
            .map(|(admitted, settled)| entry(admitted, settled))
            .collect();
        batch.source_errors = errors;
        batch.offsets = offsets;
        let conflicts: Vec<String> = batch
            .conflicts
            .iter()
            .map(|conflict| conflict.id.native.clone())
            .collect();
        self.archive.ingest(&batch).await?;
        let mut conflicts = conflicts.into_iter();
        for (delivery, known) in found {
            match known {
                Known::New => reports[delivery].accepted += 1,
                Known::Same => reports[delivery].duplicates += 1,
                Known::Conflict { .. } => reports[delivery].conflicts.extend(conflicts.next()),
            }
        }
        for entry in &batch.entries {
            self.metrics.count_verdict(&entry.verdict);
        }
        self.metrics.messages_committed.add(batch.entries.len() as u64);
        self.metrics.messages_duplicate.add(batch.duplicates.len() as u64);
        self.metrics.messages_conflicting.add(batch.conflicts.len() as u64);
        self.metrics.source_errors.add(batch.source_errors.len() as u64);
        self.metrics
            .count_time(judging, started.elapsed().saturating_sub(judging));
        Ok(())
    }

    /// The stages of [`pipeline`] for new messages, with what the archive knows of their conversations and subjects. Between
    /// two slices the breaker says who is called no more.
    async fn judge(
        &mut self,
        generation: &Arc<Generation>,
        new: &[Arrival],
    ) -> anyhow::Result<(Vec<Input>, Vec<Settled>)> {
        self.recall(new).await?;
        let set = generation.set();
        let mut left: Vec<Input> = new
            .iter()
            .map(|arrival| self.intake.admit(set, Arc::clone(&arrival.message)))
            .collect();
        let mut states = FoldStates::new();
        let (mut admitted, mut settled) = (Vec::with_capacity(new.len()), Vec::with_capacity(new.len()));
        while !left.is_empty() {
            let next = left.split_off(self.quarantine.slice(admitted.len(), left.len()));
            let mut slice = std::mem::replace(&mut left, next);
            if let Some(given) = self.quarantine.given(generation.id()) {
                for input in &mut slice {
                    input.quarantined = Some(Arc::clone(&given));
                }
            }
            let (slice, said) = self.judge_slice(generation, slice, &mut states).await?;
            let verdicts = said.iter().map(|settled| &settled.outcome.verdict);
            let triggered = generation.take_triggered();
            let tripped = self.quarantine.observe(generation.id(), triggered, verdicts);
            self.quarantine.tell(generation.id(), &tripped).await;
            admitted.extend(slice);
            settled.extend(said);
        }
        Ok((admitted, settled))
    }

    /// Messages that are judged together. `states` are those that the messages before them in the transaction left.
    async fn judge_slice(
        &self,
        generation: &Arc<Generation>,
        slice: Vec<Input>,
        states: &mut FoldStates,
    ) -> anyhow::Result<(Vec<Input>, Vec<Settled>)> {
        let workers = self.workers;
        let (evaluating, slice) = (Arc::clone(generation), Arc::new(slice));
        let shared = Arc::clone(&slice);
        let judged = tokio::task::spawn_blocking(move || pipeline::evaluate_on(workers, &evaluating, &shared)).await?;
        let mut unknown = generation.fold_keys(&judged);
        unknown.retain(|key| !states.contains_key(key));
        let mut all = std::mem::take(states);
        all.extend(self.archive.fold_states(&unknown).await?);
        let (settling, shared) = (Arc::clone(generation), Arc::clone(&slice));
        let (settled, all) = tokio::task::spawn_blocking(move || {
            let settled = pipeline::settle(&settling, &shared, judged, &mut all);
            (settled, all)
        })
        .await?;
        *states = all;
        Ok((
            Arc::try_unwrap(slice).unwrap_or_else(|shared| shared.as_ref().clone()),
            settled,
        ))
    }

    /// Asks the archive for what was said, and consented to, before these messages.
    async fn recall(&mut self, new: &[Arrival]) -> anyhow::Result<()> {
        let mut asked = HashSet::new();
        let mut unknown = Vec::new();
        for arrival in new {
            let (tenant, channel) = (&arrival.message.id.tenant, &arrival.message.id.channel);
            if !self.intake.knows_channel(tenant, channel) {
                let events = self.archive.consent_states(tenant, channel).await?;
                self.intake.recall_consents(tenant, channel, &events);
            }
            let key = conversation_key(&arrival.message);
            if !self.intake.knows_conversation(&key) && asked.insert(key.clone()) {
                unknown.push((key, ConversationKey::of(&arrival.message)));
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let (keys, conversations): (Vec<_>, Vec<_>) = unknown.into_iter().unzip();
        let found = self.archive.preceding(&conversations, PRECEDING_MESSAGES_MAX).await?;
        for (key, messages) in keys.into_iter().zip(found) {
            let messages = messages.into_iter().map(|message| Arc::new(Addressed::from(message)));
            self.intake.recall_conversation(key, messages);
        }
        Ok(())
    }
}

/// What the archive keeps of one message.
pub(super) fn entry(admitted: Input, settled: Settled) -> Entry {
    let digest = admitted.message.digest();
    let steps = settled.outcome.steps.into_iter();
    Entry {
        message: Arc::unwrap_or_clone(admitted.message).into_message(),
        digest,
        fuel: settled.outcome.fuel,
        retention: Some(retention(&settled.retention)),
        steps: steps
            .map(|step| FoldStep {
                policy: step.key.policy.clone(),
                key: Arc::clone(&step.key.key),
                before: step.before,
                after: step.after,
            })
            .collect(),
        verdict: settled.outcome.verdict,
    }
}

fn retention(decision: &Decision) -> Retention {
    let statutes = decision.decided_by.iter().map(|cited| Statute {
        rule: cited.rule.clone(),
        law: cited.law.clone(),
        article: cited.article.clone(),
    });
    Retention {
        decision_json: serde_json::to_string(decision).expect("a decision has string keys"),
        keep_until: decision.until.map(|day| day.to_string()),
        statutes: statutes.collect(),
    }
}
