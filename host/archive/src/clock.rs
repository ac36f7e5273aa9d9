//! Why the clock is not believed.

use proviso_model::Timestamp;

/// Why nothing is destroyed by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockTrouble {
    /// It shows less than what the archive has seen.
    #[error("the clock shows {now}, and the archive's last transaction is of {seen}: put the clock right")]
    Back {
        /// What it shows.
        now: Timestamp,
        /// What was seen.
        seen: Timestamp,
    },
    /// It jumped while the archive was open.
    #[error(
        "the clock went {shown} s while {passed} s passed: look at the clock, and if it is right now, open the archive anew"
    )]
    Jump {
        /// Seconds that the clock went.
        shown: i64,
        /// Seconds that passed.
        passed: u64,
    },
    /// Nobody knows what passed between the last transaction and the opening.
    #[error(
        "the last transaction before this archive was opened is of {last}, and the clock shows {now}: look at the clock, and if it \
         is right, say so with --clock-is-right"
    )]
    Pause {
        /// The last transaction.
        last: Timestamp,
        /// What the clock shows.
        now: Timestamp,
    },
}
