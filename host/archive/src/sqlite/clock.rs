//! Whether the clock may be believed where a day decides that something is destroyed.
//!
//! A clock that is wrong for an hour writes wrong times, which can be lived with. It must not end what was to be kept.

use crate::clock::ClockTrouble;
use proviso_model::Timestamp;
use std::time::{Duration, Instant};

/// A wall clock may drift so far from the monotonic one before nothing is destroyed by it.
const DRIFT_MAX: Duration = Duration::from_hours(1);
/// A change looks at the clock before it waits for those before it, so it may be so much older than the last of them.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// A pause since the last transaction that needs no explanation.
const PAUSE_MAX: Duration = Duration::from_hours(72);

/// The entry of a pause that nobody has explained.
pub(super) const CLOCK_DOUBTED: &str = "clock-doubted";
/// The entry of a person's word that the clock is right.
pub(super) const CLOCK_TRUSTED: &str = "clock-trusted";

/// What the clock showed when the archive was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockGuard {
    wall: Timestamp,
    monotonic: Instant,
    /// The last transaction before a pause that nobody has explained, and what the clock showed behind it.
    doubted: Option<(Timestamp, Timestamp)>,
}

impl ClockGuard {
    pub(super) fn new(wall: Timestamp, monotonic: Instant, doubted: Option<(Timestamp, Timestamp)>) -> Self {
        Self {
            wall,
            monotonic,
            doubted,
        }
    }

    /// True if so much time lies between a transaction and the next that the clock may have been moved.
    pub(super) fn is_long(last: Timestamp, now: Timestamp) -> bool {
        u128::from(now.as_millis().abs_diff(last.as_millis())) > PAUSE_MAX.as_millis()
    }

    /// True while nobody has explained a pause.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted.is_some()
    }

    /// A person has said that the clock is right, and the log tells of it.
    pub(super) fn trust(&mut self) {
        self.doubted = None;
    }

    /// What is wrong with a time that the clock is said to show at a moment. `seen` is the time of the last transaction; `is_right`: a
    /// person has looked at the clock, which excuses a pause and nothing else.
    pub(super) fn trouble(
        &self,
        now: Timestamp,
        at: Instant,
        seen: Option<Timestamp>,
        is_right: bool,
    ) -> Option<ClockTrouble> {
        let waited = |seen: &Timestamp| u128::from(seen.as_millis().abs_diff(now.as_millis())) <= WAIT_MAX.as_millis();
        if let Some(seen) = seen.filter(|seen| *seen > now && !waited(seen)) {
            return Some(ClockTrouble::Back { now, seen });
        }
        let passed = at.saturating_duration_since(self.monotonic);
        let shown = now.as_millis() - self.wall.as_millis();
        let passed_ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
        if u128::from(shown.abs_diff(passed_ms)) > DRIFT_MAX.as_millis() {
            return Some(ClockTrouble::Jump {
                shown: shown / 1000,
                passed: passed.as_secs(),
            });
        }
        let (last, now) = self.doubted.filter(|_| !is_right)?;
        Some(ClockTrouble::Pause { last, now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;
    const YEAR: i64 = 365 * 24 * HOUR;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("a time of this century")
    }

    fn guard(begun: Instant, doubted: bool) -> ClockGuard {
        let doubted = doubted.then(|| (at(40 * YEAR), at(50 * YEAR)));
        ClockGuard::new(at(50 * YEAR), begun, doubted)
    }

    #[test]
    fn a_clock_that_goes_as_time_does_is_believed() {
        let begun = Instant::now();
        let guard = guard(begun, false);
        for hours in [0_i64, 1, 24, 24 * 400] {
            let later = begun + Duration::from_hours(hours.unsigned_abs());
            let now = at(50 * YEAR + hours * HOUR);
            assert_eq!(guard.trouble(now, later, Some(now), false), None, "{hours}");
        }
    }

    proptest! {
        /// Whatever way it was moved while the archive was open, by an hour and more: nothing is destroyed.
        #[test]
        fn a_clock_that_was_moved_is_not_believed(by in (HOUR + 1000)..(10 * YEAR), back in any::<bool>(), hours in 0_u64..10_000) {
            let begun = Instant::now();
            let guard = guard(begun, false);
            let passed = Duration::from_hours(hours);
            let moved = if back { -by } else { by };
            let now = at(50 * YEAR + hours as i64 * HOUR + moved);
            let is_jump = matches!(guard.trouble(now, begun + passed, None, true), Some(ClockTrouble::Jump { .. }));
            prop_assert!(is_jump);
        }

        /// Before what the archive has seen, no clock is believed, whoever says that it is right.
        #[test]
        fn a_time_of_before_the_last_transaction_is_not_believed(by in 60_001_i64..YEAR) {
            let begun = Instant::now();
            let seen = at(50 * YEAR + by);
            let trouble = guard(begun, false).trouble(at(50 * YEAR), begun, Some(seen), true);
            prop_assert_eq!(trouble, Some(ClockTrouble::Back { now: at(50 * YEAR), seen }));
        }
    }

    #[test]
    fn a_change_that_waited_for_others_is_no_jump() {
        let begun = Instant::now();
        for waited in [0, 1, 60_000] {
            let seen = at(50 * YEAR + waited);
            assert_eq!(
                guard(begun, false).trouble(at(50 * YEAR), begun, Some(seen), false),
                None
            );
        }
    }

    #[test]
    fn a_pause_before_the_opening_wants_a_word() {
        let begun = Instant::now();
        let mut guard = guard(begun, true);
        let now = at(50 * YEAR);
        let doubted = Some(ClockTrouble::Pause {
            last: at(40 * YEAR),
            now,
        });
        assert_eq!(guard.trouble(now, begun, Some(now), false), doubted);
        assert_eq!(guard.trouble(now, begun, Some(now), true), None);
        guard.trust();
        assert_eq!(guard.trouble(now, begun, Some(now), false), None);
        for (hours, is_long) in [(1, false), (72, false), (73, true)] {
            assert_eq!(ClockGuard::is_long(now, at(50 * YEAR + hours * HOUR)), is_long);
            assert_eq!(ClockGuard::is_long(at(50 * YEAR + hours * HOUR), now), is_long);
        }
    }
}
