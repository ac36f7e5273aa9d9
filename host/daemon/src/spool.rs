//! Follows the spool folders and hands what they hold to the writer, file by file.

use crate::config::SpoolConfig;
use crate::queue::{Done, Queue, Queued, Sequence, SpoolPart};
use anyhow::Context;
use notify::{RecursiveMode, Watcher};
use proviso_archive::{Archive, SourceError, SourceOffset, SourcePlace};
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_sources::{Cursor, Delivery, Spool, StoredCursor};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How soon a folder is looked at again although nothing was said of it; each time that nothing was new, after twice as long.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(4);
/// How long a spool rests after a commit that failed.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Polls that are queued and not known to be committed: one commits, one is judged meanwhile, and one is there when that is done.
const POLLS_ON_THE_WAY: usize = 3;

/// Follows one folder until cancelled.
pub(crate) async fn follow(
    config: SpoolConfig,
    archive: Archive,
    queue: Queue,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut spool = Spool::new(config.folder.clone(), config.format, Arc::clone(&config.origin));
    let (sender, mut changed) = mpsc::channel::<()>(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Listing the folder and reading its files are events too: those that this task makes itself.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = sender.try_send(());
        }
    })?;
    // Watched before it is first read, so that nothing falls between.
    watcher
        .watch(&config.folder, RecursiveMode::NonRecursive)
        .with_context(|| format!("the spool {:?} cannot be followed", config.name))?;
    spool.set_cursors(recorded(&archive, &config.name).await?);
    let mut look_again = LOOK_AGAIN;
    let mut on_the_way = OnTheWay::default();
    while !stop.is_cancelled() {
        // A folder that cannot be listed ends the daemon: nobody would notice that its messages stay away.
        let deliveries = spool
            .poll(TRANSACTION_MESSAGES_MAX)
            .await
            .with_context(|| format!("the spool {:?} cannot be followed", config.name))?;
        if deliveries.is_empty() && on_the_way.polls.is_empty() {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = changed.recv() => look_again = LOOK_AGAIN,
                () = tokio::time::sleep(look_again) => look_again = (look_again * 2).min(LOOK_AGAIN_MAX),
            }
            continue;
        }
        look_again = LOOK_AGAIN;
        let went_well = if deliveries.is_empty() {
            on_the_way.wait_for_all().await
        } else {
            on_the_way.hand_over(&config.name, deliveries, &queue).await && on_the_way.wait_for_a_place().await
        };
        if !went_well {
            // Not committed, nor what is behind it: read again from what the archive has.
            on_the_way.wait_for_all().await;
            on_the_way = OnTheWay::default();
            spool.set_cursors(recorded(&archive, &config.name).await?);
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(REST_AFTER_FAILURE) => {}
            }
        }
    }
    Ok(())
}

/// How far each file was read, as far as the archive knows.
async fn recorded(archive: &Archive, source: &str) -> anyhow::Result<Vec<Cursor>> {
    let records = archive.offsets(source).await?.into_iter();
    let records = records.map(|read| StoredCursor {
        file: read.file,
        offset: read.offset,
        line: read.line,
    });
    Cursor::from_stored(records).with_context(|| format!("how far the source {source:?} was read cannot be told"))
}

/// What was handed over from where the archive has the files, and is not known to be committed.
#[derive(Default)]
struct OnTheWay {
    sequence: Sequence,
    /// The oldest first.
    polls: VecDeque<Vec<Done>>,
}

impl OnTheWay {
    /// Hands over what one poll gave. False if the daemon is ending.
    async fn hand_over(&mut self, source: &str, deliveries: Vec<Delivery>, queue: &Queue) -> bool {
        // All are queued before the first is waited for, so that small files share a transaction.
        let mut poll = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let part = parted(source, delivery);
            let Some((queued, done)) = Queued::from_spool(queue, source, part, &self.sequence).await else {
                return false;
            };
            if queue.send(queued).await.is_err() {
                return false;
            }
            poll.push(done);
        }
        self.polls.push_back(poll);
        true
    }

    /// Waits until another poll may be handed over. False if something was not committed.
    async fn wait_for_a_place(&mut self) -> bool {
        self.wait_while(|polls| polls >= POLLS_ON_THE_WAY).await
    }

    /// Waits until nothing is on the way. False if something was not committed.
    async fn wait_for_all(&mut self) -> bool {
        self.wait_while(|polls| polls > 0).await
    }

    async fn wait_while(&mut self, too_many: impl Fn(usize) -> bool) -> bool {
        let mut went_well = true;
        while too_many(self.polls.len())
            && let Some(oldest) = self.polls.pop_front()
        {
            for done in oldest {
                went_well &= matches!(done.await, Ok(Ok(_)));
            }
        }
        went_well
    }
}

fn parted(source: &str, delivery: Delivery) -> SpoolPart {
    let Delivery {
        file, items, cursor, ..
    } = delivery;
    let (mut messages, mut errors) = (Vec::new(), Vec::new());
    for item in items {
        match item.result {
            Ok(message) => messages.push((item.line, message)),
            Err(error) => {
                tracing::warn!(source, file, line = item.line, %error, "a line is no message");
                let place = SourcePlace {
                    source: source.to_owned(),
                    file: file.clone(),
                    line: item.line,
                };
                let reason = error.to_string();
                errors.push(SourceError { place, reason });
            }
        }
    }
    let stored = cursor.iter().flat_map(Cursor::to_stored);
    let offsets = stored.map(|record| SourceOffset {
        source: source.to_owned(),
        file: record.file,
        offset: record.offset,
        line: record.line,
    });
    SpoolPart {
        file,
        messages,
        errors,
        offsets: offsets.collect(),
    }
}
