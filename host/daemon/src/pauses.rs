//! The line in which batches of messages and the changes of what decides take turns.
//!
//! Two batches are on the way at once: one is committed, and the next one judged meanwhile. What a change alters must not be known to
//! one and unknown to the other, so a change has a pause: nothing is judged, and nothing that was judged waits. Whoever asks first is
//! served first, so a change waits for two batches at most.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Batches that are on the way at once.
const BATCHES_MAX: u32 = 2;

/// The line. Clones share it.
#[derive(Debug, Clone)]
pub struct Pauses {
    places: Arc<Semaphore>,
}

/// The place of a batch, from before it is judged until it is known what came of its commit.
#[derive(Debug)]
pub(crate) struct Place {
    _place: OwnedSemaphorePermit,
}

/// While it is held no batch is on the way.
#[derive(Debug)]
pub(crate) struct Pause {
    _all: OwnedSemaphorePermit,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(BATCHES_MAX as usize)),
        }
    }
}

impl Pauses {
    /// Waits until a batch may be judged.
    pub(crate) async fn place(&self) -> Place {
        let place = Arc::clone(&self.places).acquire_owned().await;
        Place {
            _place: place.expect("nobody closes the line"),
        }
    }

    /// Waits until no batch is on the way.
    pub(crate) async fn pause(&self) -> Pause {
        let all = Arc::clone(&self.places).acquire_many_owned(BATCHES_MAX).await;
        Pause {
            _all: all.expect("nobody closes the line"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(5);

    #[tokio::test]
    async fn two_batches_are_on_the_way_and_a_change_waits_for_both_and_lets_no_third_pass() {
        let pauses = Pauses::default();
        let first = pauses.place().await;
        let second = pauses.place().await;
        assert!(timeout(SOON, pauses.place()).await.is_err(), "a third one");
        let change = tokio::spawn({
            let pauses = pauses.clone();
            async move { pauses.pause().await }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(timeout(SOON, pauses.place()).await.is_err(), "before the change");
        drop(second);
        let pause = change.await.unwrap();
        assert!(timeout(SOON, pauses.place()).await.is_err(), "within the change");
        drop(pause);
        assert!(timeout(SOON, pauses.place()).await.is_ok());
    }
}
