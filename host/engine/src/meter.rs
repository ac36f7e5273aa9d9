//! What the calls of each policy take: for `pack bench`. Judging that is not metered pays one look at an option a call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts of one policy.
#[derive(Default)]
pub(crate) struct Meter {
    calls: AtomicU64,
    messages: AtomicU64,
    fuel: AtomicU64,
    nanos: AtomicU64,
    memory_bytes_max: AtomicU64,
}

impl Meter {
    pub(crate) fn add(&self, took: Duration, fuel: u64, memory_bytes: usize) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.fuel.fetch_add(fuel, Ordering::Relaxed);
        self.nanos.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        self.memory_bytes_max.fetch_max(memory_bytes as u64, Ordering::Relaxed);
    }

    /// Counts the messages of a call.
    pub(crate) fn add_given(&self, messages: usize) {
        self.messages.fetch_add(messages as u64, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> CallCost {
        CallCost {
            calls: self.calls.swap(0, Ordering::Relaxed),
            messages: self.messages.swap(0, Ordering::Relaxed),
            fuel: self.fuel.swap(0, Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.swap(0, Ordering::Relaxed)),
            memory_bytes_max: self.memory_bytes_max.swap(0, Ordering::Relaxed),
        }
    }
}

/// What calls of one policy took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCost {
    /// Calls, those that failed and those that found the message at fault included.
    pub calls: u64,
    /// Messages that they were given together; one of a batch that failed is counted each time it is given.
    pub messages: u64,
    /// Fuel of all of them.
    pub fuel: u64,
    /// Wall time from before the instance is made until after it is gone, passing the messages and reading the answer
    /// included. Scanning and triggers are not in it: they are one pass for all policies.
    pub time: Duration,
    /// The most linear memory that an instance had at the end of a call, bytes. The host sees memory as the guest takes it
    /// from the sandbox, in pages of 64 KiB; what the guest's allocator does inside is its own.
    pub memory_bytes_max: u64,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter")
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}
