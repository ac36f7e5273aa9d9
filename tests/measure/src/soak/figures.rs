//! What is counted and measured on the way.

use super::faults::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A count.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The longest of some times.
#[derive(Debug, Default)]
pub(super) struct Slowest(Mutex<Duration>);

impl Slowest {
    pub(super) fn note(&self, took: Duration) {
        let mut slowest = lock(&self.0);
        *slowest = slowest.max(took);
    }

    pub(super) fn get(&self) -> Duration {
        *lock(&self.0)
    }
}

/// One look at the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub life: u64,
    /// Since the life began.
    pub at: Duration,
    pub resident_mb: f64,
    /// Descriptors that are no sockets.
    pub files: usize,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub live: Count,
    pub refused: Count,
    pub kills: Count,
    /// Kills that met a request before its answer.
    pub kills_at_work: Count,
    pub fills: Count,
    pub dribbled: Count,
    /// From a good change to the generation that has it.
    pub change: Slowest,
    /// From a broken change, and from a hostile pack, to the word of it.
    pub refusal: Slowest,
    pub hostile: Slowest,
    pub healthz: Slowest,
    /// From a full disk to 503, and from its freeing to 200.
    pub full_told: Slowest,
    pub freed_told: Slowest,
    pub end: Slowest,
    pub start: Slowest,
    pub samples: Mutex<Vec<Sample>>,
}

/// A life in thirds behind its warm-up: the middle value of the first and of the last. What is held for a moment says nothing of a leak;
/// what stays moves the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Thirds<T> {
    pub first: T,
    pub last: T,
}

/// Of each life that is long enough, the thirds of a figure of its samples; the longest life comes first.
pub(super) fn thirds<T: PartialOrd + Copy>(
    samples: &[Sample],
    (warm_up, length_min): (Duration, Duration),
    figure: impl Fn(&Sample) -> T,
) -> Vec<Thirds<T>> {
    let mut lives: Vec<&[Sample]> = samples.chunk_by(|one, next| one.life == next.life).collect();
    let length = |life: &[Sample]| life.last().map_or(Duration::ZERO, |last| last.at);
    lives.retain(|life| length(life) >= length_min);
    lives.sort_by_key(|life| std::cmp::Reverse(length(life)));
    let middle = |samples: &mut dyn Iterator<Item = &Sample>| -> Option<T> {
        let mut figures: Vec<T> = samples.map(&figure).collect();
        figures.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
        figures.get(figures.len() / 2).copied()
    };
    let of_life = |life: &&[Sample]| {
        let third = length(life).saturating_sub(warm_up) / 3;
        let (first_end, last_begin) = (warm_up + third, warm_up + third * 2);
        Some(Thirds {
            first: middle(&mut life.iter().filter(|one| one.at >= warm_up && one.at < first_end))?,
            last: middle(&mut life.iter().filter(|one| one.at >= last_begin))?,
        })
    };
    lives.iter().filter_map(of_life).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_are_of_the_long_lives_behind_their_warm_up() {
        let sample = |life, second, resident_mb| Sample {
            life,
            at: Duration::from_secs(second),
            resident_mb,
            files: 0,
        };
        let mut samples: Vec<Sample> = (0..5).map(|second| sample(1, second, 1.0)).collect();
        // 900 in the warm-up of 10 s; then 100, 200, 300 in the thirds of 30 s, and 400 for a moment.
        samples.extend(
            (0..=40).map(|second| sample(2, second, if second < 10 { 900.0 } else { (second / 10 * 100) as f64 })),
        );
        let found = thirds(&samples, (Duration::from_secs(10), Duration::from_secs(20)), |one| {
            one.resident_mb
        });
        assert_eq!(
            found,
            [Thirds {
                first: 100.0,
                last: 300.0
            }]
        );
    }
}
