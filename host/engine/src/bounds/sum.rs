//! What is more than its limit, and what is added up until it is.

use crate::component::{self, ComponentRefused};
use wasmparser::BinaryReaderError;

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn invalid(error: BinaryReaderError) -> ComponentRefused {
    component::invalid(&error)
}

/// Refuses what is more than its limit; `at` is the byte where that is seen.
pub(super) fn most(what: &str, found: u64, limit: u64, at: u64) -> Result<(), ComponentRefused> {
    if found <= limit {
        return Ok(());
    }
    Err(ComponentRefused::TooLarge(format!(
        "it has {found} {what}, at most {limit} are allowed (seen at byte {at})"
    )))
}

/// One of the things that are added up.
pub(super) struct Sum {
    what: &'static str,
    limit: u64,
    pub(super) found: u64,
}

impl Sum {
    pub(super) const fn of(what: &'static str, limit: u64) -> Self {
        Self { what, limit, found: 0 }
    }

    pub(super) fn add(&mut self, count: u64, at: u64) -> Result<(), ComponentRefused> {
        self.found = self.found.saturating_add(count);
        most(self.what, self.found, self.limit, at)
    }
}
