//! How long each thing lasts, and what is allowed.

use std::time::Duration;

/// A part of the run; it ends with SIGTERM.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phase {
    pub length: Duration,
    /// Whether the daemon is killed now and then. Where it is not, one process lives long enough to show a leak.
    pub has_kills: bool,
}

/// Times of the run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Of all phases together.
    pub length: Duration,
    pub phases: Vec<Phase>,
    /// Between two kills, and between two full disks, in ms, from and to.
    pub kill_every_ms: (u64, u64),
    pub fill_every_ms: (u64, u64),
    /// How long the disk stays full.
    pub full_ms: (u64, u64),
    /// Between two changes of the policies.
    pub change_every_ms: (u64, u64),
    /// A probe is answered within so long.
    pub healthz_within: Duration,
    /// What of a life is not compared, and the least length of a life that is.
    pub warm_up: Duration,
    pub life_min: Duration,
    /// How long the idle daemon is looked at.
    pub idle: Duration,
    /// The data folder's disk.
    pub disk_megabytes: u64,
}

/// Phases in percent of the length, and whether they have kills.
const PHASES: [(u32, bool); 4] = [(15, true), (50, false), (20, true), (15, false)];
/// A run of less is the short form.
const LONG: Duration = Duration::from_mins(10);

impl Plan {
    pub(super) fn of(length: Duration) -> Self {
        let phases = PHASES.iter().map(|(percent, has_kills)| Phase {
            length: length * *percent / 100,
            has_kills: *has_kills,
        });
        let is_long = length >= LONG;
        let by_form = |long, short| if is_long { long } else { short };
        Self {
            length,
            phases: phases.collect(),
            kill_every_ms: by_form((8_000, 40_000), (2_000, 5_000)),
            fill_every_ms: by_form((60_000, 150_000), (8_000, 14_000)),
            full_ms: by_form((2_000, 20_000), (500, 2_500)),
            change_every_ms: by_form((200, 4_000), (50, 300)),
            healthz_within: Duration::from_secs(1),
            warm_up: length / 10,
            life_min: length / 3,
            idle: Duration::from_secs(if is_long { 60 } else { 15 }),
            // A message takes some 2 KB with its verdict; each generation leaves its packs behind.
            disk_megabytes: 192 + length.as_secs() * 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_life_alone_is_long_enough_to_be_compared() {
        for seconds in [60, 1_800] {
            let plan = Plan::of(Duration::from_secs(seconds));
            let long = plan.phases.iter().filter(|phase| phase.length >= plan.life_min);
            assert_eq!(long.clone().count(), 1, "{plan:?}");
            assert!(
                long.clone()
                    .all(|phase| !phase.has_kills && phase.length >= plan.warm_up * 4)
            );
            assert_eq!(
                plan.phases.iter().map(|phase| phase.length).sum::<Duration>(),
                plan.length
            );
        }
    }
}
