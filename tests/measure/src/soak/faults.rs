//! What was found to be wrong, told at once and again at the end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// So many are kept; the others are counted.
const KEPT_MAX: usize = 50;

/// Everything that is wrong, and when it was seen.
pub(super) struct Faults {
    begun: Instant,
    found: Mutex<(Vec<String>, usize)>,
}

impl Faults {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            found: Mutex::default(),
        }
    }

    pub(super) fn tell(&self, what: impl Into<String>) {
        let what = format!("{} s: {}", self.begun.elapsed().as_secs(), what.into());
        let mut found = lock(&self.found);
        found.1 += 1;
        if found.0.len() < KEPT_MAX {
            eprintln!("WRONG {what}");
            found.0.push(what);
        }
    }

    /// Tells if it is not so.
    pub(super) fn expect(&self, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.tell(what());
        }
    }

    /// What was kept, and how many there were.
    pub(super) fn all(&self) -> (Vec<String>, usize) {
        lock(&self.found).clone()
    }

    /// Since the beginning.
    pub(super) fn begun(&self) -> Instant {
        self.begun
    }
}

/// A thread that panicked has told so itself.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
