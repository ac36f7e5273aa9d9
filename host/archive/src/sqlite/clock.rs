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

/// What the clock showed when the archive was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockGuard {
    wall: Timestamp,
    monotonic: Instant,
    /// The time of the log's last leaf then.
    last: Option<Timestamp>,
}

impl ClockGuard {
    pub(super) fn new(wall: Timestamp, monotonic: Instant, last: Option<Timestamp>) -> Self {
        Self { wall, monotonic, last }
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
        let last = self.last.filter(|_| !is_right)?;
        let pause = self.wall.as_millis().abs_diff(last.as_millis());
        (u128::from(pause) > PAUSE_MAX.as_millis()).then_some(ClockTrouble::Pause { last, now })
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

    fn guard(begun: Instant, last: Option<i64>) -> ClockGuard {
        ClockGuard::new(at(50 * YEAR), begun, last.map(at))
    }

    #[test]
    fn a_clock_that_goes_as_time_does_is_believed() {
        let begun = Instant::now();
        let guard = guard(begun, Some(50 * YEAR - HOUR));
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
            let guard = guard(begun, None);
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
            let trouble = guard(begun, None).trouble(at(50 * YEAR), begun, Some(seen), true);
            prop_assert_eq!(trouble, Some(ClockTrouble::Back { now: at(50 * YEAR), seen }));
        }
    }

    #[test]
    fn a_change_that_waited_for_others_is_no_jump() {
        let begun = Instant::now();
        for waited in [0, 1, 60_000] {
            let seen = at(50 * YEAR + waited);
            assert_eq!(
                guard(begun, None).trouble(at(50 * YEAR), begun, Some(seen), false),
                None
            );
        }
    }

    #[test]
    fn a_pause_before_the_opening_wants_a_word() {
        let begun = Instant::now();
        let guard = guard(begun, Some(40 * YEAR));
        let now = at(50 * YEAR);
        assert!(matches!(
            guard.trouble(now, begun, Some(at(40 * YEAR)), false),
            Some(ClockTrouble::Pause { .. })
        ));
        assert_eq!(guard.trouble(now, begun, Some(at(40 * YEAR)), true), None);
    }
}
