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

/// How often it is looked whether there is something to do.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
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
    /// Indexes until it is to stop. A pass that fails is told, and tried again.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let by = Principal::system("indexing");
        let mut last = Instant::now();
        let mut is_failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            let pass = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                pass = self.work(&by, last, &stop) => pass,
            };
            match pass {
                Ok(false) => {}
                Ok(true) => (last, is_failing) = (Instant::now(), false),
                Err(error) => {
                    self.metrics.index_failures.add(1);
                    if !is_failing {
                        tracing::warn!(%error, "messages cannot be indexed: searches find them all the same, and take longer");
                    }
                    is_failing = true;
                }
            }
        }
    }

    /// Does all that is to be done now; false if that was nothing.
    async fn work(&self, by: &Principal, last: Instant, stop: &CancellationToken) -> Result<bool, CommitError> {
        let left = self.archive.index_left().await?;
        if left < FEW && (left == 0 || last.elapsed() < WAIT_MAX) {
            return Ok(false);
        }
        while !stop.is_cancelled() {
            if self.queue.queued() > 0 && self.archive.index_left().await? < MANY {
                break;
            }
            let pass = self.archive.index(places::now(), by).await?;
            self.metrics.index_messages.add(pass.indexed);
            if pass.is_idle() {
                break;
            }
        }
        Ok(true)
    }
}
