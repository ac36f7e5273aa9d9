//! The commit of a batch that was judged, beside the judging of the next one; and what is told of it.

use crate::ahead::Ahead;
use crate::metrics::Metrics;
use crate::own_thread::OwnThread;
use crate::pauses::Place;
use crate::quarantine::Quarantine;
use crate::queue::{Queued, Report, Sequence};
use proviso_archive::{Archive, Change, IngestBatch, Known, Quarantined};
use proviso_model::{Digest, Principal};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// A batch with what policies said of it.
pub(crate) struct Judged {
    pub(crate) batch: IngestBatch,
    /// For each message that came, the place of what it was queued in, and whether it is new.
    pub(crate) found: Vec<(usize, Known)>,
    pub(crate) generation: Digest,
    pub(crate) took: Duration,
}

/// What commits.
#[derive(Clone)]
pub(crate) struct Committer {
    pub(crate) archive: Archive,
    pub(crate) quarantine: Arc<Quarantine>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) thread: OwnThread,
}

/// A batch on its way to the disk.
pub(crate) struct Committing {
    /// For the batch that is judged meanwhile.
    pub(crate) ahead: Arc<Ahead>,
    sequences: Vec<Sequence>,
    /// True once it is committed.
    work: JoinHandle<bool>,
    _place: Place,
}

impl Committer {
    /// Begins to commit, on a thread of its own. Whoever queued something is told by it, behind the commit and not before.
    /// `quarantined` are the policies that were quarantined on the way here.
    pub(crate) fn begin(
        &self,
        judged: Judged,
        quarantined: Vec<Quarantined>,
        queued: Vec<Queued>,
        place: Place,
    ) -> Committing {
        let ahead = Arc::new(Ahead::of(&judged.batch.entries));
        let sequences = queued.iter().map(|one| one.sequence.clone()).collect();
        let work = tokio::spawn(self.clone().commit(judged, quarantined, queued));
        Committing {
            ahead,
            sequences,
            work,
            _place: place,
        }
    }

    /// One transaction: all of it is kept, or none.
    async fn commit(self, judged: Judged, quarantined: Vec<Quarantined>, mut queued: Vec<Queued>) -> bool {
        let Judged {
            mut batch,
            found,
            generation,
            took,
        } = judged;
        for one in &mut queued {
            batch.source_errors.append(&mut one.errors);
            batch.offsets.append(&mut one.offsets);
        }
        let by = by_whom(&queued);
        let (archive, runtime) = (self.archive.clone(), Handle::current());
        let started = Instant::now();
        let work = self.thread.run("committing", move || {
            let _span = tracing::debug_span!("commit", messages = batch.entries.len()).entered();
            let written = runtime.block_on(archive.commit(Change::Messages(&batch), &by));
            (batch, written)
        });
        let written = work.await.map_err(anyhow::Error::from);
        let written = written.and_then(|(batch, written)| written.map(|_| batch).map_err(anyhow::Error::from));
        let committing = started.elapsed();
        self.quarantine.tell(generation, quarantined).await;
        match written {
            Ok(batch) => {
                self.count(&batch);
                self.metrics.count_time(took, committing);
                let reports = reports(queued.len(), &batch, found);
                // Last of all: a source that is told forgets the messages. What was queued gives its places back as it is dropped.
                queued
                    .into_iter()
                    .zip(reports)
                    .for_each(|(one, report)| one.committed(report));
                true
            }
            Err(error) => {
                refuse(queued, &error, &self.metrics);
                false
            }
        }
    }

    fn count(&self, batch: &IngestBatch) {
        let metrics = &self.metrics;
        for entry in &batch.entries {
            metrics.count_verdict(&entry.verdict);
        }
        let partial = batch.entries.iter().filter(|entry| entry.verdict.is_partial()).count();
        if partial > 0 {
            tracing::warn!(messages = partial, "messages were judged in part");
        }
        metrics.messages_committed.add(batch.entries.len() as u64);
        metrics.messages_duplicate.add(batch.duplicates.len() as u64);
        metrics.messages_conflicting.add(batch.conflicts.len() as u64);
        metrics.source_errors.add(batch.source_errors.len() as u64);
    }
}

impl Committing {
    /// Waits for the end; true if all of it is committed. Otherwise nothing is, nor will be what stands behind it. To be asked once; a
    /// future that is dropped asked nothing.
    pub(crate) async fn ended(&mut self) -> bool {
        let ended = (&mut self.work).await;
        // A panic of ours: whoever waited for an answer sees that none comes.
        ended.unwrap_or_else(|_| {
            self.sequences.iter().for_each(Sequence::break_off);
            false
        })
    }
}

/// Tells the sources of a batch that it is not committed.
pub(crate) fn refuse(queued: Vec<Queued>, error: &anyhow::Error, metrics: &Metrics) {
    let by = by_whom(&queued);
    metrics.commit_failures.add(1);
    tracing::error!(
        who = %by,
        error = format!("{error:#}"),
        "a batch was not committed; its sources send it again"
    );
    for one in queued {
        one.not_committed(anyhow::anyhow!("{error:#}"));
    }
}

/// What became of each that was queued.
fn reports(count: usize, batch: &IngestBatch, found: Vec<(usize, Known)>) -> Vec<Report> {
    let mut reports: Vec<Report> = (0..count).map(|_| Report::default()).collect();
    let mut conflicts = batch.conflicts.iter().map(|conflict| conflict.id.native.clone());
    for (whose, known) in found {
        match known {
            Known::New => reports[whose].accepted += 1,
            Known::Same | Known::Disposed => reports[whose].duplicates += 1,
            Known::Conflict { .. } => reports[whose].conflicts.extend(conflicts.next()),
        }
    }
    reports
}

/// Whose transaction it is: that of the one who handed all of it in, or of the host, which put several together.
fn by_whom(queued: &[Queued]) -> Principal {
    let mut all = queued.iter().map(|one| &one.by);
    match all.next() {
        Some(first) if all.all(|by| by == first) => first.clone(),
        _ => Principal::system("intake"),
    }
}
