//! What the calls of each policy take: for `pack bench`. Judging that is not metered pays one look at an option a call.
//! And how many messages triggered each policy: one addition for each policy of a batch.

use crate::generation::{Generation, Policy};
use crate::plugin::Plugin;
use proviso_model::id::PolicyId;
use std::collections::BTreeMap;
use std::sync::Arc;
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

    fn take(&self) -> CallCost {
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

/// A generation that judges as the one it was made of, and counts.
#[derive(Debug)]
pub struct Metered {
    generation: Generation,
    policies: Vec<(PolicyId, Arc<Meter>)>,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter")
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}

impl Generation {
    /// The same generation with a meter on every policy. What is judged is the same.
    pub fn metered(&self) -> Metered {
        let mut policies = self.policies.clone();
        let mut meters = Vec::with_capacity(policies.len());
        for policy in &mut policies {
            let meter = Arc::new(Meter::default());
            policy.triggered = Arc::default();
            policy.plugin = Arc::new(Plugin {
                meter: Some(Arc::clone(&meter)),
                ..policy.plugin.as_ref().clone()
            });
            meters.push((policy.id.clone(), meter));
        }
        Metered {
            generation: self.with_policies(policies),
            policies: meters,
        }
    }
}

impl Metered {
    /// The generation to judge by.
    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// The policies that are on, in the order of the set and then of the manifest.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = &PolicyId> {
        self.policies.iter().map(|(id, _)| id)
    }

    /// What each policy's calls took since this was asked last, in the order of [`Metered::policies`].
    pub fn take(&self) -> Vec<CallCost> {
        self.policies.iter().map(|(_, meter)| meter.take()).collect()
    }
}

impl Plugin {
    /// Counts the messages of a call, where somebody measures.
    pub(crate) fn count_given(&self, messages: usize) {
        if let Some(meter) = &self.meter {
            meter.messages.fetch_add(messages as u64, Ordering::Relaxed);
        }
    }
}

impl Policy {
    /// Counts messages that triggered it; those on which it was not called, being quarantined, are none.
    pub(crate) fn count_triggered(&self, messages: usize) {
        self.triggered.fetch_add(messages as u64, Ordering::Relaxed);
    }
}

impl Generation {
    /// How many messages triggered each policy since this was asked last, those that none did left out: what faults are a
    /// share of. A policy of a pack that is applied twice is counted for both.
    pub fn take_triggered(&self) -> BTreeMap<PolicyId, u64> {
        let mut triggered = BTreeMap::new();
        for policy in &self.policies {
            let messages = policy.triggered.swap(0, Ordering::Relaxed);
            if messages > 0 {
                *triggered.entry(policy.id.clone()).or_default() += messages;
            }
        }
        triggered
    }
}
