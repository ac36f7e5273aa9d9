//! A batch of messages, with everything that follows from them.

use crate::alert_rules::AlertRules;
use proviso_model::basis::Applied;
use proviso_model::id::PolicyId;
use proviso_model::retention::Decision;
use proviso_model::{Addressed, Digest, MessageId, Timestamp, Verdict};
use serde::Serialize;
use std::sync::Arc;

/// Messages that are written together. All of it is kept, or nothing.
#[derive(Debug, Clone)]
pub struct IngestBatch {
    /// When the batch was received: the archive reads no clock.
    pub received_at: Timestamp,
    /// New messages with their verdicts, in the order of arrival; at most
    /// [`TRANSACTION_MESSAGES_MAX`](proviso_model::limits::TRANSACTION_MESSAGES_MAX). Each must have been
    /// [`Known::New`](crate::Known::New), with nothing ingested since.
    pub entries: Vec<Entry>,
    /// Messages that were delivered again with the same content: counted, not stored.
    pub duplicates: Vec<Duplicates>,
    /// Messages that were delivered again with other content. The message may be one of `entries`.
    pub conflicts: Vec<Conflict>,
    /// What could not be read as a message.
    pub source_errors: Vec<SourceError>,
    /// How far the sources were read, all of the above included.
    pub offsets: Vec<SourceOffset>,
    /// Which findings people are to look at.
    pub alerts: Arc<AlertRules>,
    /// What [`Archive::pack`](crate::Archive::pack) made of `entries`, where it was called on them as they are.
    pub packed: Packed,
}

/// Parts of records that were packed before it was their turn to be written; nothing, where nobody did.
#[derive(Debug, Clone, Default)]
pub struct Packed(pub(crate) Arc<[PackedEntry]>);

/// What is packed of an entry.
#[derive(Debug)]
pub(crate) struct PackedEntry {
    /// Of which entry.
    pub(crate) message: Arc<Addressed>,
    pub(crate) content: proviso_seal::Packed,
    /// Absent where a name in it had no number yet.
    pub(crate) judgement: Option<proviso_seal::Packed>,
}

impl Packed {
    /// What is packed of the entry in that place.
    pub(crate) fn of(&self, place: usize, entry: &Entry) -> Option<&PackedEntry> {
        self.0
            .get(place)
            .filter(|packed| Arc::ptr_eq(&packed.message, &entry.message))
    }
}

/// One message and what follows from it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The message, with the digest that [`Archive::known`](crate::Archive::known) needed before and the source's own bytes.
    pub message: Arc<Addressed>,
    /// What the policies say. Its generation must have been recorded.
    pub verdict: Verdict,
    /// What the policies used in all.
    pub fuel: u64,
    /// How long it is to be kept; absent if nothing was decided.
    pub retention: Option<Arc<Decision>>,
    /// The version of the directory that it was judged by; absent where there was none.
    pub directory: Option<i64>,
    /// The lawful basis that was found for it; absent where nobody asked for one.
    pub basis: Option<Arc<Applied>>,
    /// The department of who sent or received it, as the directory has it at the time of the message; absent where that knows none, and where
    /// nobody will look at it.
    pub department: Option<Arc<str>>,
    /// The subjects that folds advanced on this message, none twice.
    pub advances: Vec<Advance>,
}

/// How a fold's subject went on by one message: its state before and after. The tenant is the message's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The fold.
    pub policy: PolicyId,
    /// The subject.
    pub key: Arc<str>,
    /// What the fold was given; kept with the message, so that a replay gives the same.
    pub before: Arc<[u8]>,
    /// What it returned: the subject's new state.
    pub after: Arc<[u8]>,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourcePlace {
    /// The source's name in the configuration.
    pub source: String,
    /// The file, as the source names it; for a request, what stands for a file.
    pub file: String,
    /// From 1; 0 where the source has no lines.
    pub line: u64,
}

/// Deliveries of messages that were there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// The source's name in the configuration.
    pub source: String,
    /// How many.
    pub count: u64,
}

/// A message that came under the identifier of another. The first is kept, and this one recorded beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The identifier of both.
    pub id: MessageId,
    /// Content digest of the refused one.
    pub refused: Digest,
    /// Bytes of the refused one, as [`Addressed::raw`]; empty where its lawful basis lets nothing but metadata be kept.
    pub refused_raw: Arc<str>,
    /// Where it was read.
    pub place: SourcePlace,
}

/// Something that could not be read as a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// Where.
    pub place: SourcePlace,
    /// Why; without the content.
    pub reason: String,
}

/// How far a file of a source was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceOffset {
    /// The source's name in the configuration.
    pub source: String,
    /// What tells the file from others: the source's own key, opaque here.
    pub file: String,
    /// Bytes that need not be read again.
    pub offset: u64,
    /// Lines before that offset.
    pub line: u64,
}

/// What a transaction wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Messages, each with its verdict.
    pub messages: u64,
    /// Findings.
    pub findings: u64,
    /// Messages that wait for a person.
    pub held: u64,
    /// Duplicates that were counted.
    pub duplicates: u64,
    /// Conflicts in the batch; one that was recorded before, with the same content, is not recorded again.
    pub conflicts: u64,
    /// Unreadable pieces of sources.
    pub source_errors: u64,
}

impl IngestBatch {
    /// A batch with nothing in it.
    pub fn new(received_at: Timestamp) -> Self {
        Self {
            received_at,
            entries: Vec::new(),
            duplicates: Vec::new(),
            conflicts: Vec::new(),
            source_errors: Vec::new(),
            offsets: Vec::new(),
            alerts: Arc::default(),
            packed: Packed::default(),
        }
    }
}
