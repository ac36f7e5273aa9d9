//! Memory that is asked for before it is used: a budget of bytes, of which whoever reads takes a share first.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A share is counted in units of so many bytes; a begun unit counts whole.
const UNIT_BYTES: usize = 64 << 10;

/// So many bytes for all who share it. Those who wait are served in the order in which they asked, so a large request is not
/// passed by small ones for ever.
#[derive(Debug, Clone)]
pub(crate) struct ByteBudget {
    units: Arc<Semaphore>,
    units_max: usize,
}

/// A part of a budget; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct ByteShare {
    permit: OwnedSemaphorePermit,
}

impl ByteBudget {
    /// A budget of so many bytes, in whole units, one at least.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let units_max = (bytes_max / UNIT_BYTES).max(1);
        Self {
            units: Arc::new(Semaphore::new(units_max)),
            units_max,
        }
    }

    /// Takes a share and waits for it. Whoever asks for more than there is gets all of it, and is alone.
    pub(crate) async fn take(&self, bytes: usize) -> ByteShare {
        let units = bytes.div_ceil(UNIT_BYTES).clamp(1, self.units_max);
        let permit = Arc::clone(&self.units).acquire_many_owned(units as u32).await;
        ByteShare {
            permit: permit.expect("nobody closes the semaphore of a budget"),
        }
    }

    /// Takes a share, and gives up after a time.
    pub(crate) async fn take_within(&self, bytes: usize, wait: Duration) -> Option<ByteShare> {
        tokio::time::timeout(wait, self.take(bytes)).await.ok()
    }

    /// Bytes that are taken now.
    pub(crate) fn taken_bytes(&self) -> u64 {
        ((self.units_max - self.units.available_permits()) * UNIT_BYTES) as u64
    }
}

impl ByteShare {
    /// Gives back what is not needed, now that the size is known.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let needed = bytes.div_ceil(UNIT_BYTES).max(1);
        let unneeded = self.permit.num_permits().saturating_sub(needed);
        drop(self.permit.split(unneeded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_gets_more_than_there_is() {
        let budget = ByteBudget::new(4 * UNIT_BYTES);
        let mut large = budget.take(3 * UNIT_BYTES).await;
        assert_eq!(budget.taken_bytes(), 3 * UNIT_BYTES as u64);
        let small = budget.take(1).await;
        assert!(budget.take_within(1, Duration::from_millis(5)).await.is_none());
        large.shrink_to(UNIT_BYTES + 1);
        assert_eq!(budget.taken_bytes(), 3 * UNIT_BYTES as u64);
        assert!(budget.take_within(1, Duration::from_millis(5)).await.is_some());
        drop((large, small));
        assert_eq!(budget.taken_bytes(), 0);
        // More than there is: all of it, rather than to wait for ever.
        let all = budget.take(100 * UNIT_BYTES).await;
        assert_eq!(budget.taken_bytes(), 4 * UNIT_BYTES as u64);
        drop(all);
    }
}
