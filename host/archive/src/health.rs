//! Whether changes can be written.

use crate::storage::StorageCause;
use std::time::Instant;

/// Whether the last commit that reached the file was written. A change that is refused for what it says counts for neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It was, or none was tried yet.
    Writing,
    /// It was not, and none since.
    Failing {
        /// When the first of the failing commits failed.
        since: Instant,
        /// How many failed in a row, from 1.
        failures: u64,
        /// What kind of trouble the last one met.
        cause: StorageCause,
    },
}

impl Health {
    /// True while changes are written, as far as is known.
    pub fn is_writing(&self) -> bool {
        matches!(self, Health::Writing)
    }

    /// After one more commit that failed.
    #[must_use]
    pub(crate) fn failed(&self, cause: StorageCause) -> Self {
        let (since, before) = match self {
            Health::Writing => (Instant::now(), 0),
            Health::Failing { since, failures, .. } => (*since, *failures),
        };
        Health::Failing {
            since,
            failures: before + 1,
            cause,
        }
    }
}
