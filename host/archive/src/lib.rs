//! The archive: messages, verdicts, fold states, offsets and generations, in one SQLite file. The only crate that sees SQL.
//!
//! One process writes an archive at a time ([`Archive::open`] takes a lock that a killed process cannot leave behind); any
//! number may read it ([`Archive::open_readonly`]). The way of a batch: [`Archive::known`] says which messages are new, the
//! new ones are judged with [`Archive::fold_states`] and [`Archive::preceding`], and [`Archive::ingest`] writes all that
//! follows from the batch in one transaction. When it returns `Ok`, the batch is on disk and may be acknowledged; when it
//! returns an error, nothing of the batch is there. Tables are described in docs/archive-schema.md.

mod bulk;
mod consents;
mod folds;
#[cfg(test)]
mod full_disk_tests;
mod generations;
mod held;
mod ingest;
mod known;
mod lock;
mod messages;
mod names;
mod offsets;
mod open;
mod quarantines;
mod rejudge;
mod rows;
mod stats;
mod storage;
mod trust;
mod verdicts;

pub use generations::{
    ActivateError, Activation, Cause, FailedSet, GenerationRecord, HistoryEntry, PackRecord, Status,
};
pub use held::{HeldMessage, ReleaseError};
pub use ingest::{
    Conflict, Duplicates, Entry, FoldStep, IngestBatch, IngestError, IngestReport, Retention, SourceError,
    SourceOffset, SourcePlace, Statute,
};
pub use known::Known;
pub use messages::{ConversationKey, Numbered, Shown, ShownConflict};
pub use open::{Archive, ArchiveError};
pub use proviso_model::id::FoldKey;
pub use quarantines::Quarantined;
pub use rejudge::{EarlierVerdict, RejudgeError, RejudgeReport, Rejudging};
pub use stats::{ConsentCount, FaultCount, FindingCount, MessageCount, RetentionCount, Risk, SourceCount, Stats};
pub use storage::{StorageCause, StorageError};
pub use trust::{Downgrade, PackSeen, TrustRecord};
pub use verdicts::{FoldBefore, Judged, StoredVerdict};

// So that the tests in here and those in tests/ share what they put into archives.
#[cfg(test)]
extern crate self as proviso_archive;
