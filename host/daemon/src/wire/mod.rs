//! What the archive has, as it goes over HTTP to whoever looks into it: types of their own, converted by hand on both sides.
//!
//! A form is only added to under `/v1/`; a key that its reader does not know comes from a later daemon, and is passed over. In
//! `golden/` stands one answer of each form. A verdict goes as the text that is stored, since a replay compares its bytes.

mod completing;
mod consents;
mod disposal;
mod endings;
mod export;
mod facts;
mod judged;
mod keys;
mod lists;
mod message;
mod requests;
mod saved_queries;
mod search;
mod stats;
mod tables;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_tests;

pub use completing::{CompleteV1, CompletedV1, OfferV1};
pub use consents::{ConsentReportV1, ConsentV1, ConsentsV1};
pub use disposal::{
    DisposalReportV1, DisposedPageV1, DisposedV1, HoldV1, HoldsV1, NewHoldV1, PlanV1, PlannedV1, ReleasedHoldV1,
};
pub use endings::{EndingReportV1, EndingV1, EndingsV1};
pub use export::{EXPORT_HEADER, ExportV1, GivenV1, UnmaskV1, UnmaskedV1};
pub use facts::{DirectoryReportV1, DirectoryV1, DirectoryVersionsV1, EmploymentV1};
pub use judged::{RecordedPage, RecordedPageV1, RecordedV1, ShownV1};
pub use keys::{KeyV1, KeysV1, RotatedV1, UnreadableV1};
pub use lists::{Arrived, ArrivedV1, GenerationV1, HeldV1, ListedV1};
pub use message::IdV1;
pub use requests::{AskedV1, RanV1, RequestDecisionV1, RequestV1, RequestsV1};
pub use saved_queries::{NewQueryV1, SavedQueriesV1, SavedQueryV1};
pub use search::{CountedV1, ExcerptV1, FoundV1, MatchV1, NotOpenedV1, OrderV1, SearchV1, SortV1};
pub use stats::StatsV1;
pub use tables::{TabledV1, TablesV1};

/// An answer that has the form, and something in it that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("`{field}` of the answer cannot be read: {why}")]
pub struct Unreadable {
    field: &'static str,
    why: String,
}

impl Unreadable {
    fn new(field: &'static str, why: &dyn std::fmt::Display) -> Self {
        let why = why.to_string();
        Self { field, why }
    }
}
