//! What candidates are asked of: a segment in pages, and one that is being built.

use crate::documents::Documents;
use std::ops::RangeInclusive;

/// An index of documents by terms.
pub(crate) trait Index {
    /// Why it cannot answer.
    type Error;

    /// How many documents it has.
    fn count(&self) -> u32;

    /// Adds the documents that have a term.
    fn add_of_term(&self, term: &[u8], into: &mut Documents) -> Result<(), Self::Error>;

    /// Adds the documents that have any of the terms that begin so and are sought.
    fn add_of_terms(
        &self,
        beginning: &[u8],
        is_sought: &dyn Fn(&[u8]) -> bool,
        into: &mut Documents,
    ) -> Result<(), Self::Error>;

    /// Adds the documents that were sent at these times, in milliseconds since 1970.
    fn add_sent(&self, times: RangeInclusive<i64>, into: &mut Documents) -> Result<(), Self::Error>;
}
