//! The index of searches, built beside what arrives. A search is right without it, and fast with it.
//!
//! Whatever arrives goes first: while messages wait for their commit no pass begins, until so many are in no segment that searches
//! are slow.

use crate::metrics::Metrics;
use crate::queue::Queue;
use proviso_archive::{Archive, CommitError};
use proviso_model::Principal;
use proviso_pipeline::places;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long it waits while messages wait for their commit, or for more of them.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long it waits behind a pass that failed.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// Messages in no segment that a search opens within some 50 ms. Fewer wait until [`WAIT_MAX`] is over.
const FEW: u64 = 4_096;
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Messages in no segment for which arriving ones share the processors.
const MANY: u64 = 262_144;

/// What indexes.
pub(crate) struct Indexing {
    pub(crate) archive: Archive,
    pub(crate) queue: Queue,
    pub(crate) metrics: Arc<Metrics>,
}

impl Indexing {
    /// Indexes until it is to stop. A pass that fails is told, and tried again. Where nothing is left to do it waits for messages, and takes no
    /// time of a processor.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let by = Principal::system("indexing");
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.go_on(&by) => {}
        }
        Ok(())
    }

    async fn go_on(&self, by: &Principal) {
        let mut is_failing = false;
        loop {
            let Err(error) = self.catch_up(by).await else {
                is_failing = false;
                continue;
            };
            self.metrics.index_failures.add(1);
            if !is_failing {
                tracing::warn!(%error, "messages cannot be indexed: searches find them all the same, and take longer");
            }
            is_failing = true;
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    /// Does all there is to do, once it is time, and then waits until there is more.
    async fn catch_up(&self, by: &Principal) -> Result<(), CommitError> {
        let begun = Instant::now();
        loop {
            let left = self.archive.index_left().await?;
            let is_time = left >= FEW || begun.elapsed() >= WAIT_MAX;
            let is_free = self.queue.queued() == 0 || left >= MANY;
            if left > 0 && !(is_time && is_free) {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            // With nothing left as well: small segments are merged, and what cannot be read is given up.
            let pass = self.archive.index(places::now(), by).await?;
            self.metrics.index_messages.add(pass.indexed);
            if pass.is_idle() {
                break;
            }
        }
        self.archive.index_wanted().await;
        Ok(())
    }
}
