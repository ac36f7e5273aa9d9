//! Writing a batch: everything that follows from it in one transaction.

pub(crate) mod write;

use crate::open::Archive;
use crate::storage::{StorageError, breaks_unique};
use proviso_model::id::PolicyId;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{Addressed, Digest, MessageId, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What one transaction writes. All of it is kept, or nothing.
#[derive(Debug, Clone)]
pub struct IngestBatch {
    /// When the batch was received: the archive reads no clock.
    pub received_at: Timestamp,
    /// New messages with their verdicts, in the order of arrival; at most [`TRANSACTION_MESSAGES_MAX`]. Each must have been
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
}

/// One message and what follows from it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The message, with the digest that [`Archive::known`] needed before and the source's own bytes.
    pub message: Arc<Addressed>,
    /// What the policies say. Its generation must have been recorded.
    pub verdict: Verdict,
    /// What the policies used in all.
    pub fuel: u64,
    /// How long it is to be kept; absent if nothing was decided.
    pub retention: Option<Retention>,
    /// The folds that this message advanced, none twice for one key.
    pub steps: Vec<FoldStep>,
}

/// A retention decision, as the model's arithmetic gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// The whole decision as JSON; kept as given.
    pub decision_json: String,
    /// The last day on which the message must be kept, as `2026-01-31`; absent if that is not known.
    pub keep_until: Option<String>,
    /// The rules that decided, in the decision's order; empty if none did.
    pub statutes: Vec<Statute>,
}

/// A rule of law, or of the organisation, that decided how long a message is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statute {
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
}

/// A fold's state before and after a message of its key. The tenant is the message's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldStep {
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
    /// Bytes of the refused one, as [`Addressed::raw`].
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

/// A batch was not written; nothing of it is in the archive.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// More entries than one transaction takes.
    #[error("a batch of {found} messages: at most {TRANSACTION_MESSAGES_MAX} go into one transaction")]
    TooMany {
        /// Entries in the batch.
        found: usize,
    },
    /// A verdict on another message.
    #[error("message {message} comes with the verdict on {verdict}")]
    WrongVerdict {
        /// The message.
        message: MessageId,
        /// What its verdict names.
        verdict: Box<MessageId>,
    },
    /// A message that is in the archive, or in the batch twice: it was judged on a state that is no longer the last one.
    /// Ask [`Archive::known`] again.
    #[error("message {id} is not new")]
    NotNew {
        /// The message.
        id: MessageId,
    },
    /// A conflict with a message that is not there.
    #[error("a conflict with message {id}, which is not in the archive")]
    ConflictWithNothing {
        /// The message.
        id: MessageId,
    },
    /// A verdict of a generation that was never recorded.
    #[error("generation {generation} was never recorded")]
    UnknownGeneration {
        /// The generation.
        generation: Digest,
    },
    /// The file could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
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
        }
    }
}

impl Archive {
    /// Writes a batch in one transaction. `Ok` means that it is on disk. After an error nothing of it is there, and the same
    /// batch may be given again where the error is [`IngestError::Storage`]; dropping the future leaves either all of it or
    /// nothing.
    pub async fn ingest(&self, batch: &IngestBatch) -> Result<IngestReport, IngestError> {
        refuse_ill_formed(batch)?;
        let mut names = (*self.names()).clone();
        let mut transaction = self
            .writer()?
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| self.storage(error))?;
        let written = write::batch(&mut transaction, &mut names, batch).await;
        let report = match written {
            Ok(report) => report,
            Err(failure) => {
                // The failure is what matters to the caller; a transaction that cannot be rolled back ends with its connection.
                if let Err(error) = transaction.rollback().await {
                    tracing::warn!(%error, "rolling back failed");
                }
                return Err(self.explain(failure, batch).await);
            }
        };
        transaction.commit().await.map_err(|error| self.storage(error))?;
        if names.take_grown() {
            self.set_names(names);
        }
        Ok(report)
    }

    async fn explain(&self, failure: write::Failure, batch: &IngestBatch) -> IngestError {
        match failure {
            write::Failure::UnknownGeneration(generation) => IngestError::UnknownGeneration { generation },
            write::Failure::ConflictWithNothing(id) => IngestError::ConflictWithNothing { id },
            write::Failure::Sql(error) if breaks_unique(&error, "messages.stream, messages.native") => {
                let wanted: Vec<_> = batch
                    .entries
                    .iter()
                    .map(|entry| (&*entry.message.id, entry.message.digest()))
                    .collect();
                match self.known(&wanted).await {
                    Ok(known) => known
                        .iter()
                        .zip(&batch.entries)
                        .find(|(known, _)| !matches!(known, crate::Known::New))
                        .map_or_else(
                            || self.storage(error).into(),
                            |(_, entry)| IngestError::NotNew {
                                id: MessageId::clone(&entry.message.id),
                            },
                        ),
                    Err(error) => error.into(),
                }
            }
            write::Failure::Sql(error) => self.storage(error).into(),
        }
    }
}

fn refuse_ill_formed(batch: &IngestBatch) -> Result<(), IngestError> {
    if batch.entries.len() > TRANSACTION_MESSAGES_MAX {
        return Err(IngestError::TooMany {
            found: batch.entries.len(),
        });
    }
    match batch
        .entries
        .iter()
        .find(|entry| entry.verdict.message != entry.message.id)
    {
        Some(entry) => Err(IngestError::WrongVerdict {
            message: MessageId::clone(&entry.message.id),
            verdict: Box::new(MessageId::clone(&entry.verdict.message)),
        }),
        None => Ok(()),
    }
}
