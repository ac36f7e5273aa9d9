//! The circuit breaker: a policy that fails on too many of its last messages is called no more, until it is tried again by a new
//! generation or by command.
//!
//! A message that would have triggered a quarantined policy gets a fault that says so, and is held or flagged as with any
//! fault. Which policies were not called is given to the engine with each message and stands in its verdict, so that a
//! replay agrees. The quarantine is kept in the archive and outlives a restart under the same generation.

use crate::metrics::Metrics;
use proviso_archive::{Archive, Change, Quarantined};
use proviso_model::Digest;
use proviso_model::Principal;
use proviso_model::id::PolicyId;
use proviso_pipeline::{Breaker, Settled, places};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// When a policy is quarantined; `[quarantine]` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// A policy that fails on more than this share of its last messages is; `share_percent`, 1-99, default 50.
    pub share_percent: u64,
    /// How many messages that triggered it are looked back on; `messages`, 16-10,000, default 64.
    pub messages: u64,
    /// And never before it failed on so many of them; `faults`, 1 to `messages`, default 16.
    pub faults: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            share_percent: 50,
            messages: 64,
            faults: 16,
        }
    }
}

/// Messages that are judged before the breaker is asked again, while it has a reason to look closely.
const SLICE_CAREFUL: usize = 16;
/// The first messages of a transaction that are judged before the others.
const SLICE_FIRST: usize = 64;
/// And of the others at a time: enough for all workers.
const SLICE_MOST: usize = 256;
/// Messages of a new generation, or since a policy is tried again, that are judged in small slices.
const CAREFUL_MESSAGES: usize = 256;

/// Who is quarantined, and how every policy did lately. Shared by the writer and the HTTP interface.
pub(crate) struct Quarantine {
    archive: Archive,
    metrics: Arc<Metrics>,
    bounds: Bounds,
    state: Mutex<State>,
}

struct State {
    /// The generation that all of this is about.
    generation: Digest,
    quarantined: BTreeMap<PolicyId, Quarantined>,
    /// The same, as messages are given it; absent if there are none.
    given: Option<Arc<BTreeSet<PolicyId>>>,
    windows: BTreeMap<PolicyId, Window>,
    /// Those whom nobody was told of yet.
    untold: Vec<Quarantined>,
    /// Messages that are still to be judged in small slices.
    careful: usize,
}

/// What a policy did with its last messages, in the slices that they were judged in.
#[derive(Default)]
struct Window {
    slices: VecDeque<(u64, u64)>,
    messages: u64,
    faults: u64,
}

/// Why no policy is tried again.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NotRetried {
    /// Nobody is quarantined.
    #[error("no policy is quarantined")]
    Nobody,
    /// It is not one of those.
    #[error("policy {wanted:?} is not quarantined: these are: {quarantined}")]
    Unknown { wanted: String, quarantined: String },
    /// Several packs have a policy of that name.
    #[error("{wanted:?} is the name of several quarantined policies: say which: {quarantined}")]
    Several { wanted: String, quarantined: String },
}

impl Quarantine {
    /// With what the archive has of a generation that was running before.
    pub(crate) async fn start(
        archive: Archive,
        metrics: Arc<Metrics>,
        generation: Digest,
        bounds: Bounds,
    ) -> anyhow::Result<Self> {
        let mut state = State::of(generation);
        for quarantined in archive.quarantined(&generation).await? {
            let policy = &quarantined.policy;
            tracing::warn!(%policy, since = %quarantined.at, "policy still quarantined; `proviso policy retry` tries it again");
            state.quarantined.insert(policy.clone(), quarantined);
        }
        state.refresh();
        Ok(Self {
            archive,
            metrics,
            bounds,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is quarantined under this generation.
    pub(crate) fn list(&self, generation: Digest) -> Vec<Quarantined> {
        let state = self.state();
        let quarantined = state.quarantined.values();
        quarantined
            .filter(|_| state.generation == generation)
            .cloned()
            .collect()
    }

    /// The policies that were quarantined since it was last called: somebody is to be told.
    pub(crate) fn untold(&self) -> Vec<Quarantined> {
        std::mem::take(&mut self.state().untold)
    }

    /// Tells the operator of policies that were quarantined, and keeps it in the archive.
    pub(crate) async fn tell(&self, generation: Digest, untold: Vec<Quarantined>) {
        for quarantined in &untold {
            let Quarantined {
                policy,
                faults,
                messages,
                ..
            } = quarantined;
            tracing::error!(
                %policy, faults, messages, %generation,
                "policy quarantined: it is not called, and its messages are held or flagged, until a new generation or `proviso policy retry`"
            );
            let change = Change::Quarantine {
                generation,
                quarantined,
            };
            if let Err(error) = self.archive.commit(change, &Principal::system("quarantine")).await {
                // It holds all the same; a restart forgets it and finds it out again.
                tracing::error!(%policy, error = format!("{error:#}"), "the quarantine could not be recorded");
            }
        }
    }

    /// Has quarantined policies tried again: all, or the one of that name (`vendor/pack:policy`, or the policy's own).
    pub(crate) async fn retry(
        &self,
        generation: Digest,
        wanted: Option<&str>,
        by: &Principal,
    ) -> anyhow::Result<Result<Vec<PolicyId>, NotRetried>> {
        let chosen = match self.choose(generation, wanted) {
            Ok(chosen) => chosen,
            Err(error) => return Ok(Err(error)),
        };
        let change = Change::Retry {
            policies: &chosen,
            at: places::now(),
        };
        self.archive.commit(change, by).await?;
        for policy in &chosen {
            tracing::info!(%policy, who = %by, "quarantined policy tried again");
        }
        let mut state = self.state();
        if state.generation == generation {
            for policy in &chosen {
                state.quarantined.remove(policy);
                state.windows.remove(policy);
            }
            state.careful = CAREFUL_MESSAGES;
            state.refresh();
        }
        Ok(Ok(chosen))
    }

    fn choose(&self, generation: Digest, wanted: Option<&str>) -> Result<Vec<PolicyId>, NotRetried> {
        let all: Vec<PolicyId> = self.list(generation).into_iter().map(|one| one.policy).collect();
        let names = |policies: &[PolicyId]| policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if all.is_empty() {
            return Err(NotRetried::Nobody);
        }
        let Some(wanted) = wanted else { return Ok(all) };
        let meant: Vec<PolicyId> = all
            .iter()
            .filter(|policy| policy.to_string() == wanted || *policy.policy == *wanted)
            .cloned()
            .collect();
        let (wanted, quarantined) = (wanted.to_owned(), names(if meant.is_empty() { &all } else { &meant }));
        match meant.len() {
            0 => Err(NotRetried::Unknown { wanted, quarantined }),
            1 => Ok(meant),
            _ => Err(NotRetried::Several { wanted, quarantined }),
        }
    }
}

impl Breaker for Quarantine {
    // Fewer while a policy may have to be stopped, so that one that always runs to its budget is stopped early. Where nobody is
    // stopped, what is said does not depend on it.
    fn slice(&self, done: usize, left: usize) -> usize {
        let state = self.state();
        // A quarter of the faults that it takes, and half of the share.
        let suspicious = |window: &Window| {
            window.faults >= (self.bounds.faults / 4).max(2)
                && window.faults * 200 > window.messages * self.bounds.share_percent
        };
        let slice = if state.careful > 0 || state.windows.values().any(suspicious) {
            SLICE_CAREFUL
        } else if done == 0 {
            SLICE_FIRST
        } else {
            SLICE_MOST
        };
        slice.min(left)
    }

    // Another generation than the last begins with none.
    fn stopped(&self, generation: Digest) -> Option<Arc<BTreeSet<PolicyId>>> {
        let mut state = self.state();
        if state.generation != generation {
            if let Some(given) = &state.given {
                let policies = given.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                tracing::info!(policies, %generation, "quarantine ended by a new generation");
            }
            *state = State::of(generation);
        }
        state.given.clone()
    }

    fn observe(&self, generation: Digest, triggered: BTreeMap<PolicyId, u64>, settled: &[Settled]) {
        let mut faults: BTreeMap<PolicyId, u64> = BTreeMap::new();
        for settled in settled {
            let failed = settled.outcome.verdict.faults.iter();
            let failed = failed.filter(|fault| fault.cause.blames_policy());
            // A policy with two interfaces may fail twice on one message.
            let failed: BTreeSet<PolicyId> = failed.map(proviso_model::verdict::Fault::policy_id).collect();
            for policy in failed {
                *faults.entry(policy).or_default() += 1;
            }
        }
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        state.careful = state.careful.saturating_sub(settled.len());
        let mut tripped = 0;
        for (policy, messages) in triggered {
            let failed = faults.get(&policy).copied().unwrap_or(0);
            let window = state.windows.entry(policy.clone()).or_default();
            window.add(messages, failed, self.bounds.messages);
            if window.trips(self.bounds) && !state.quarantined.contains_key(&policy) {
                let window = state.windows.remove(&policy).unwrap_or_default();
                let quarantined = Quarantined {
                    at: places::now(),
                    policy: policy.clone(),
                    faults: window.faults,
                    messages: window.messages,
                };
                state.quarantined.insert(policy, quarantined.clone());
                state.untold.push(quarantined);
                tripped += 1;
            }
        }
        state.refresh();
        self.metrics.quarantines.add(tripped);
    }
}

impl State {
    fn of(generation: Digest) -> Self {
        Self {
            generation,
            quarantined: BTreeMap::new(),
            given: None,
            windows: BTreeMap::new(),
            untold: Vec::new(),
            careful: CAREFUL_MESSAGES,
        }
    }

    fn refresh(&mut self) {
        let policies: BTreeSet<PolicyId> = self.quarantined.keys().cloned().collect();
        self.given = (!policies.is_empty()).then(|| Arc::new(policies));
    }
}

impl Window {
    /// Adds a slice, and forgets the oldest ones that the last `keep` messages do not need.
    fn add(&mut self, messages: u64, faults: u64, keep: u64) {
        self.slices.push_back((messages, faults));
        self.messages += messages;
        self.faults += faults;
        while let Some((messages, faults)) = self.slices.front().copied() {
            if self.messages - messages < keep {
                break;
            }
            self.slices.pop_front();
            self.messages -= messages;
            self.faults -= faults;
        }
    }

    fn trips(&self, bounds: Bounds) -> bool {
        self.faults >= bounds.faults && self.faults * 100 > self.messages * bounds.share_percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    type Row<'a> = (&'a str, &'a [(u64, u64)], Option<usize>);

    fn trips_after(slices: &[(u64, u64)], bounds: Bounds) -> Option<usize> {
        let mut window = Window::default();
        slices.iter().position(|(messages, faults)| {
            window.add(*messages, *faults, bounds.messages);
            window.trips(bounds)
        })
    }

    #[test]
    fn a_policy_trips_on_a_share_of_its_last_messages() {
        let bounds = Bounds::default();
        let table: [Row<'_>; 7] = [
            ("all of few", &[(15, 15)], None),
            ("all of enough", &[(16, 16)], Some(0)),
            ("one by one", &[(1, 1); 20], Some(15)),
            ("half is not more than half", &[(32, 16), (32, 16)], None),
            ("more than half", &[(32, 16), (32, 17)], Some(1)),
            ("many long ago", &[(100, 15), (64, 0), (64, 20)], None),
            ("well before, and bad now", &[(64, 0), (64, 0), (64, 40)], Some(2)),
        ];
        each_row(table, |(what, slices, expected)| {
            assert_eq!(trips_after(slices, bounds), expected, "{what}");
        });
        let strict = Bounds {
            share_percent: 1,
            messages: 16,
            faults: 1,
        };
        assert_eq!(trips_after(&[(16, 0), (50, 1)], strict), Some(1));
    }

    #[test]
    fn a_window_forgets_what_is_not_among_the_last() {
        let mut window = Window::default();
        for _ in 0..1_000 {
            window.add(3, 1, 64);
            assert!(window.messages < 64 + 3 && window.slices.len() <= 22);
        }
        assert_eq!(window.faults * 3, window.messages);
    }
}
