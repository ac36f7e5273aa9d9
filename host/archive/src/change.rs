//! What the archive writes: one kind of thing, a [`Change`], by one function, [`Archive::commit`](crate::Archive::commit).

use crate::batch::{IngestBatch, IngestReport};
use crate::consents::{ConsentImport, ConsentReport};
use crate::directory::{DirectoryImport, DirectoryReport};
use crate::endings::{EndingImport, EndingReport};
use crate::history::{Activation, FailedSet};
use crate::keys::KeyError;
use crate::quarantines::Quarantined;
use crate::rejudge::{RejudgeReport, Rejudging};
use crate::storage::StorageError;
use crate::trust::{AllowedDowngrade, TrustRecord};
use proviso_model::directory::clashes;
use proviso_model::id::PolicyId;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{Digest, MessageId, Timestamp};

/// One change of the archive: all of it is kept, in one transaction, or nothing. It borrows what it writes.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// Messages with their verdicts and all that follows from them, and how far their sources were read.
    Messages(&'a IngestBatch),
    /// A generation goes live: it is recorded where it was not, with the trust file that admitted it, and enters the history.
    Activation(&'a Activation),
    /// A policy set could not become a generation. The running one goes on.
    FailedSet(&'a FailedSet),
    /// Another trust file admits the packs of the running generation. The same as the last is not recorded again.
    Trust(&'a TrustRecord),
    /// An older version of a pack may go live again.
    Downgrade(&'a AllowedDowngrade),
    /// A policy of a recorded generation is called no more.
    Quarantine {
        /// The generation that judged.
        generation: Digest,
        /// The policy, and why.
        quarantined: &'a Quarantined,
    },
    /// Quarantined policies are tried again.
    Retry {
        /// The policies.
        policies: &'a [PolicyId],
        /// When.
        at: Timestamp,
    },
    /// New verdicts on held messages take the place of earlier ones.
    Rejudged(&'a Rejudging),
    /// The waiting of held messages ends, of all or of none: somebody has looked at them, and says why. Their verdicts stay as
    /// they are.
    Release {
        /// The messages, each once, at most [`TRANSACTION_MESSAGES_MAX`].
        ids: &'a [MessageId],
        /// Why; may be empty.
        note: &'a str,
        /// When.
        at: Timestamp,
    },
    /// Statements of consent are handed in: those that are not known yet are added.
    Consents(&'a ConsentImport),
    /// A directory of employees is handed in: the next version, unless the newest says the same.
    Directory(&'a DirectoryImport),
    /// Ends are handed in, with the retention decisions that change by it.
    Endings(&'a EndingImport),
}

/// What a commit wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// A batch of messages.
    Messages(IngestReport),
    /// An entry of the history, by its number.
    History {
        /// From 1, rising.
        entry: i64,
    },
    /// Verdicts that took the place of others.
    Rejudged(RejudgeReport),
    /// Statements of consent.
    Consents(ConsentReport),
    /// The directory, as it is from here on.
    Directory(DirectoryReport),
    /// Ends, and how many messages were decided on anew.
    Endings(EndingReport),
    /// What the change says, and nothing more is to be told of it.
    Done,
}

/// A change was not written; nothing of it is in the archive.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// More messages than one transaction takes.
    #[error("{found} messages in one change: at most {TRANSACTION_MESSAGES_MAX} go into one transaction")]
    TooMany {
        /// Messages of the change.
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
    /// Ask [`Archive::known`](crate::Archive::known) again.
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
    /// A generation that was never recorded.
    #[error("generation {generation} was never recorded")]
    UnknownGeneration {
        /// The generation.
        generation: Digest,
    },
    /// A message that does not wait: unknown, never held, or released before.
    #[error("message {id} is not held")]
    NotHeld {
        /// The message.
        id: MessageId,
    },
    /// A directory whose rows contradict each other.
    #[error("row {row} of the directory contradicts another, from 1")]
    Contradictory {
        /// The row's number, from 1.
        row: usize,
    },
    /// A record could not be sealed: its tenant has no key, or the one that it was sealed under is not there.
    #[error("a record cannot be sealed: {0}")]
    Sealing(KeyError),
    /// The file could not be written. The same change may be given again.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Change<'_> {
    /// Refuses what is wrong whatever the archive holds.
    pub(crate) fn refuse_ill_formed(&self) -> Result<(), CommitError> {
        let entries = match self {
            Change::Messages(batch) => &batch.entries,
            Change::Rejudged(rejudging) => &rejudging.entries,
            Change::Release { ids, .. } if ids.len() > TRANSACTION_MESSAGES_MAX => {
                return Err(CommitError::TooMany { found: ids.len() });
            }
            Change::Directory(import) => {
                let clash = clashes(&import.rows).into_iter().next();
                return clash.map_or(Ok(()), |clash| Err(CommitError::Contradictory { row: clash.row() + 1 }));
            }
            _ => return Ok(()),
        };
        if entries.len() > TRANSACTION_MESSAGES_MAX {
            return Err(CommitError::TooMany { found: entries.len() });
        }
        match entries.iter().find(|entry| entry.verdict.message != entry.message.id) {
            Some(entry) => Err(CommitError::WrongVerdict {
                message: MessageId::clone(&entry.message.id),
                verdict: Box::new(MessageId::clone(&entry.verdict.message)),
            }),
            None => Ok(()),
        }
    }
}
