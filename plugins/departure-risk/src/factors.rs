//! The contributions to a score, each with the message that caused it.

use proviso_sdk::{Factor, Message, Score};
use serde::{Deserialize, Serialize};

use crate::Signal;
use crate::decay::HalfLife;

/// What is worth less, in points, is forgotten.
const POINTS_MIN: f64 = 0.05;

/// How many contributions are kept, and how many bytes their message ids may take together. With nine signals of one contribution each, ids of
/// 256 bytes fit, so that joining contributions of one signal always makes room.
pub(crate) const CONTRIBUTIONS_MAX: usize = 20;
pub(crate) const ID_BYTES_MAX: usize = 2_304;

/// A message as the cause of something.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cause {
    pub(crate) message: String,
    pub(crate) sent_at: i64,
}

impl Cause {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            message: message.id.clone(),
            sent_at: message.sent_at,
        }
    }
}

/// Contributions in the order in which they came.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Factors(Vec<Contribution>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Contribution {
    signal: u32,
    /// What it was worth when its message was sent.
    points: f64,
    cause: Cause,
}

impl Contribution {
    fn worth(&self, now: i64, half_life: HalfLife) -> f64 {
        self.points * half_life.left_after(now.saturating_sub(self.cause.sent_at))
    }
}

impl Factors {
    /// Drops what has decayed, and signals that the settings no longer have.
    pub(crate) fn forget(&mut self, now: i64, half_life: HalfLife, is_known: impl Fn(u32) -> bool) {
        self.0
            .retain(|contribution| is_known(contribution.signal) && contribution.worth(now, half_life) >= POINTS_MIN);
    }

    /// Adds a signal's points, as far as its cap leaves room now.
    pub(crate) fn add(&mut self, signal: &Signal, cause: Cause, now: i64, half_life: HalfLife) {
        let left = half_life.left_after(now.saturating_sub(cause.sent_at));
        let room = signal.cap - self.worth_of(signal.key, now, half_life);
        let worth = (signal.points * left).min(room);
        if worth < POINTS_MIN {
            return;
        }
        self.0.push(Contribution {
            signal: signal.key,
            points: worth / left,
            cause,
        });
        while self.0.len() > CONTRIBUTIONS_MAX || self.id_bytes() > ID_BYTES_MAX {
            if !self.join_two(half_life) {
                break;
            }
        }
    }

    /// The score now, and what it is made of. A signal's factors never add up to more than its cap, all together to no more than 100.
    pub(crate) fn score(&self, now: i64, half_life: HalfLife, signals: &[Signal]) -> Score {
        let mut factors = Vec::with_capacity(self.0.len());
        for signal in signals {
            let scale = scale_to(signal.cap, self.worth_of(signal.key, now, half_life));
            for contribution in self.0.iter().filter(|contribution| contribution.signal == signal.key) {
                factors.push(Factor {
                    signal: signal.name.clone(),
                    points: contribution.worth(now, half_life) * scale,
                    message: contribution.cause.message.clone(),
                    sent_at: contribution.cause.sent_at,
                });
            }
        }
        let scale = scale_to(100.0, factors.iter().map(|factor| factor.points).sum());
        for factor in &mut factors {
            factor.points *= scale;
        }
        // A stable sort: of equals the one of the earlier signal, then the earlier contribution, comes first.
        factors.sort_by(|a, b| b.points.total_cmp(&a.points));
        let value: f64 = factors.iter().map(|factor| factor.points).sum();
        Score {
            value: value.clamp(0.0, 100.0),
            factors,
        }
    }

    fn worth_of(&self, signal: u32, now: i64, half_life: HalfLife) -> f64 {
        let of_signal = self.0.iter().filter(|contribution| contribution.signal == signal);
        of_signal.map(|contribution| contribution.worth(now, half_life)).sum()
    }

    fn id_bytes(&self) -> usize {
        self.0.iter().map(|contribution| contribution.cause.message.len()).sum()
    }

    /// Joins the two earliest contributions of the signal that has most, at the later one's message: the sum stays. False if every signal has one.
    fn join_two(&mut self, half_life: HalfLife) -> bool {
        let count = |signal: u32| {
            self.0
                .iter()
                .filter(|contribution| contribution.signal == signal)
                .count()
        };
        let most = self
            .0
            .iter()
            .map(|contribution| (count(contribution.signal), contribution.signal))
            .max();
        let Some((2.., signal)) = most else {
            return false;
        };
        let mut of_signal: Vec<usize> = (0..self.0.len()).filter(|&at| self.0[at].signal == signal).collect();
        of_signal.sort_by_key(|&at| self.0[at].cause.sent_at);
        let (earlier, later) = (of_signal[0], of_signal[1]);
        self.0[later].points += self.0[earlier].worth(self.0[later].cause.sent_at, half_life);
        self.0.remove(earlier);
        true
    }
}

fn scale_to(most: f64, sum: f64) -> f64 {
    if sum > most { most / sum } else { 1.0 }
}
