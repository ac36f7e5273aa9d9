//! What the process alone knows of sessions: when each was last used, and when its user last showed the password again.

use proviso_archive::Session;
use proviso_model::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A session ends when nobody used it for so long.
pub const IDLE_MS: i64 = 30 * 60_000;
/// So long after the password was shown again it counts as shown.
pub const STEP_UP_MS: i64 = 10 * 60_000;

/// What the process alone knows of a session.
#[derive(Debug, Clone, Copy)]
struct Live {
    used_at: i64,
    stepped_up_at: Option<i64>,
}

/// The sessions that were used since the start.
#[derive(Default)]
pub(crate) struct LiveSessions(Mutex<HashMap<i64, Live>>);

impl LiveSessions {
    fn all(&self) -> MutexGuard<'_, HashMap<i64, Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a session is used; false if nobody used it for too long. One that is not known yet was last used when it was opened.
    pub(crate) fn used(&self, session: &Session, at: Timestamp) -> bool {
        let now = at.as_millis();
        let mut all = self.all();
        if all.len() > 1_024 {
            all.retain(|_, live| now - live.used_at < IDLE_MS);
        }
        let live = all.entry(session.number).or_insert(Live {
            used_at: session.opened_at.as_millis(),
            stepped_up_at: None,
        });
        if now - live.used_at >= IDLE_MS {
            return false;
        }
        live.used_at = now;
        true
    }

    /// Notes that the password was shown again; until when that counts.
    pub(crate) fn step_up(&self, session: i64, at: Timestamp) -> Option<Timestamp> {
        let now = at.as_millis();
        if let Some(live) = self.all().get_mut(&session) {
            live.stepped_up_at = Some(now);
        }
        Timestamp::from_millis(now + STEP_UP_MS).ok()
    }

    /// Until when what was shown again counts; `None` if it does not.
    pub(crate) fn stepped_up_until(&self, session: i64, at: Timestamp) -> Option<Timestamp> {
        let shown = self.all().get(&session)?.stepped_up_at?;
        let until = shown + STEP_UP_MS;
        (shown..until)
            .contains(&at.as_millis())
            .then(|| Timestamp::from_millis(until).ok())?
    }

    /// It ended.
    pub(crate) fn forget(&self, session: i64) {
        self.all().remove(&session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_nobody_uses_ends_and_what_was_shown_counts_for_a_while() {
        let live = LiveSessions::default();
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000).unwrap();
        let session = |number| Session {
            number,
            opened_at: at(0),
            ends_at: at(720),
            ended: None,
        };
        assert!(live.used(&session(1), at(29)) && live.used(&session(1), at(58)));
        assert!(!live.used(&session(1), at(88)));
        assert!(
            !live.used(&session(2), at(30)),
            "after a restart it was last used when it was opened"
        );
        assert!(live.used(&session(3), at(1)));
        assert_eq!(live.stepped_up_until(3, at(1)), None);
        assert_eq!(live.step_up(3, at(1)), Some(at(11)));
        assert_eq!(live.stepped_up_until(3, at(10)), Some(at(11)));
        assert_eq!(live.stepped_up_until(3, at(11)), None);
        assert_eq!(live.stepped_up_until(3, at(0)), None, "a clock that went back");
        live.forget(3);
        assert_eq!(live.stepped_up_until(3, at(2)), None);
    }
}
