//! The archive: messages, verdicts, fold states, offsets and generations, in one SQLite file. The only crate that sees SQL.
//!
//! One process writes an archive at a time ([`Archive::open`] takes a lock that a killed process cannot leave behind); any
//! number may read it ([`Archive::open_readonly`]). Whatever is written is a [`Change`], and [`Archive::commit`] writes it in one
//! transaction. The way of a batch: [`Archive::known`] says which messages are new, the new ones are judged with
//! [`Archive::fold_states`] and [`Archive::preceding`], and [`Change::Messages`] holds all that follows from them. When the commit
//! returns `Ok`, the batch is on disk and may be acknowledged; when it returns an error, nothing of the batch is there.
//!
//! `archive` is what an archive promises, whatever keeps it; the files beside it are its words; `stored` holds the forms of JSON in
//! columns; `sqlite` is the store. Tables are described in docs/archive-schema.md.

mod acts;
mod alert_filter;
mod alert_rules;
mod alerts;
mod archive;
mod audit;
mod backup;
mod backup_copy;
mod batch;
mod change;
mod clock;
mod consents;
mod directory;
mod disposal;
mod endings;
mod evidence;
mod generations;
mod health;
mod held;
mod history;
mod hold_query;
mod index;
mod key_report;
mod keys;
mod known;
mod log;
mod messages;
mod offered;
mod opening;
mod overview;
mod people_change;
mod permissions;
mod quarantines;
mod rejudge;
mod requests;
mod restore;
mod reviews;
mod saved_queries;
mod search;
mod sessions;
mod sqlite;
mod stats;
mod storage;
mod stored;
mod tables;
mod terms;
mod trust;
mod users;
mod verdicts;

pub use acts::{Act, ActKind, Inquiry};
pub use alerts::{
    ALERTS_LISTED_MAX, ANSWER_HOURS_MAX, AROUND_MAX, Alert, AlertCounts, AlertFilter, AlertItem, AlertKind,
    AlertMessage, AlertPage, AlertPlace, AlertRule, AlertRules, AlertSort, AlertView, Around, MessageNames, Neighbour,
    NoAlertPlace, RuleName, SameRule, SeenTenant, Sight,
};
pub use archive::Archive;
pub use audit::{Audit, AuditFault, Signed};
pub use backup::{BackupError, FileInBackup, Including, KeysInBackup, LogInBackup, Manifest, Step, Told};
pub use backup_copy::BackupCopy;
pub use batch::{
    Advance, Conflict, Duplicates, Entry, IngestBatch, IngestReport, Packed, SourceError, SourceOffset, SourcePlace,
};
pub use change::{Change, CommitError, KeyAct, LogFailure, Receipt};
pub use clock::ClockTrouble;
pub use consents::{ConsentImport, ConsentRecord, ConsentReport};
pub use directory::{DirectoryImport, DirectoryImported, DirectoryRecord, DirectoryReport};
pub use disposal::{DisposalReport, Disposed, Disposing, DisposingAgain, Due, Going, Hold, KeptBy, NewHold};
pub use endings::{Clocks, EndingImport, EndingRecord, EndingReport, Retained};
pub use evidence::{
    CONTEXT_MAX, Chosen, EXPORT_MESSAGES_MAX, ExportError, ExportRequest, ExportRun, Given, NoPacks, PackAtHand, Packs,
};
pub use generations::{GenerationRecord, PackRecord};
pub use health::Health;
pub use held::HeldMessage;
pub use history::{Activated, Activation, Cause, FailedSet, HistoryEntry, Status};
pub use hold_query::{HoldQuery, NoHoldQuery};
pub use index::{IndexPass, IndexReport, Indexing};
pub use key_report::{KeyReport, KeyStatus, KeysError, Unreadable};
pub use keys::{KeyError, KeyPlace, KeyPlaces, PinPlace};
pub use known::Known;
pub use log::{LogTrouble, LoggedEntry, LoggedLeaf, WitnessRequest};
pub use messages::{Conflicting, ConversationKey, Numbered, Released, Sent, Shown};
pub use offered::{OFFERED_MAX, Offered};
pub use opening::{ArchiveError, Opening, READ_TIME_MAX, Witnessed};
pub use overview::{Answered, DayCount, OVERVIEW_DAYS_MAX, OpenedCount, Overview, OverviewAsked, Reviewed, RuleCount};
pub use people_change::{PeopleChange, UserRefusal};
pub use permissions::{ABOUT_BYTES_MAX, PERMISSION_BYTES_MAX, Permission, Permissions};
pub use proviso_model::id::FoldKey;
pub use proviso_proof::note::VerifierKey;
pub use proviso_proof::{Hash, certificate};
pub use proviso_seal::{KeyInfo, KeyVersion, SuiteName, TokenSpot};
pub use quarantines::Quarantined;
pub use rejudge::{EarlierVerdict, RejudgeReport, Rejudging};
pub use requests::{
    Deciding, EndingRequest, NewRequest, Part as RequestPart, REQUEST_TEXT_BYTES_MAX, Request, RequestDecision,
    RequestEnd, RequestRefusal, RequestedAct, RequestedExport, RequestedMessage, RequestedScoring, SCORING_DAYS_MAX,
    ScoringApplication,
};
pub use restore::{BackupLog, NewerLog, RestoreError, Restored};
pub use reviews::{
    ASSIGNEE_BYTES_MAX, AlertAct, AlertDecision, BulkAct, COMMENT_BYTES_MAX, Decided, REASON_BYTES_MAX,
    REVIEWED_TOGETHER_MAX, Review, ReviewAct, ReviewRefusal, Reviewing, ReviewingMany, UNDO_MINUTES, WhichAlerts,
};
pub use saved_queries::{
    DeletingQuery, NamedQuery, NoNamedQuery, Owners, QUERY_NAME_BYTES_MAX, SAVED_QUERIES_LISTED_MAX, SAVED_QUERIES_MAX,
    SavedQuery, SavedQueryRefusal,
};
pub use search::{
    Counted, Match, NoSortPlace, NotOpened, Page, SEARCH_LISTED_MAX, SEARCH_PAGE_BYTES, SEARCH_TIME_MAX, Search,
    SortBy, SortOrder, SortPlace, Sorting,
};
pub use sessions::{
    NewSession, RefusedSignIn, SESSIONS_LISTED_MAX, SESSIONS_OPEN_MAX, Session, SessionEnd, UserSession,
};
pub use stats::{
    CitedRule, ConsentCount, FaultCount, FindingCount, MessageCount, RetentionCount, Risk, SourceCount, Stats,
};
pub use storage::{StorageCause, StorageError};
pub use tables::{TableRows, Tabled, TablesSize};
pub use terms::NoTerm;
pub use trust::{AllowedDowngrade, Downgrade, PackSeen, TrustRecord};
pub use users::{
    Credentials, DirectoryPerson, NewUser, NoRoleGrant, NotAUserName, PASSWORD_HASH_BYTES_MAX, PasswordHash,
    ROLE_DEPARTMENTS_MAX, Role, RoleGrant, TOTP_SECRET_BYTES, TotpSecret, USER_NAME_BYTES_MAX, USER_ROLES_MAX,
    USER_TEXT_BYTES_MAX, USERS_LISTED_MAX, USERS_MAX, User, UserName,
};
pub use verdicts::{FoldBefore, NotStored, Recorded, StoredDecision, StoredVerdict};

// So that the tests in here and those in tests/ share what they put into archives.
#[cfg(test)]
extern crate self as proviso_archive;
