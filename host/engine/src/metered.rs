//! A generation whose policies are counted: for `pack bench`, and for what share of its messages a policy fails on.

use crate::generation::Generation;
use crate::meter::{CallCost, Meter};
use crate::plugin::Plugin;
use proviso_model::id::PolicyId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A generation that judges as the one it was made of, and counts.
#[derive(Debug)]
pub struct Metered {
    generation: Generation,
    policies: Vec<(PolicyId, Arc<Meter>)>,
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
