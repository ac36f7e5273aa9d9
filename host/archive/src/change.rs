//! What the archive writes: one kind of thing, a [`Change`], by one function, [`Archive::commit`](crate::Archive::commit).

use crate::acts::Act;
use crate::batch::{IngestBatch, IngestReport};
use crate::clock::ClockTrouble;
use crate::consents::{ConsentImport, ConsentReport};
use crate::directory::{DirectoryImport, DirectoryReport};
use crate::disposal::{DisposalReport, Disposing, DisposingAgain, NewHold};
use crate::endings::{EndingImport, EndingReport};
use crate::history::{Activation, FailedSet};
use crate::index::Indexing;
use crate::keys::KeyError;
use crate::people_change::{PeopleChange, UserRefusal};
use crate::permissions::{ABOUT_BYTES_MAX, PERMISSION_BYTES_MAX, Permission, Permissions};
use crate::quarantines::Quarantined;
use crate::rejudge::{RejudgeReport, Rejudging};
use crate::requests::{Deciding, EndingRequest, NewRequest, REQUEST_TEXT_BYTES_MAX, RequestRefusal, RequestedAct};
use crate::reviews::{ReviewRefusal, Reviewing, ReviewingMany};
use crate::saved_queries::{DeletingQuery, NamedQuery, SavedQueryRefusal};
use crate::storage::StorageError;
use crate::terms::{self, NoTerm};
use crate::trust::{AllowedDowngrade, TrustRecord};
use proviso_model::directory::clashes;
use proviso_model::id::PolicyId;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{Digest, MessageId, Timestamp};
use proviso_proof::entry::{EntryError, Value};
use proviso_proof::leaf::LeafError;
use proviso_proof::tree::edge::EdgeError;
use proviso_seal::KeyInfo;

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
    /// All that is permitted from now on. What is as it was recorded last is not recorded again.
    Permissions(&'a Permissions),
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
    /// The record keys of the next records are wrapped by the newest keys of their tenants; those of the archive itself with the
    /// first. Repeat with `last` of [`Receipt::Rewrapped`] until that is `None`.
    Rewrap {
        /// The place of the last message that was looked at; 0 to begin.
        after: i64,
        /// When.
        at: Timestamp,
    },
    /// A version of a tenant's key was made, or is about to be destroyed: the log tells of it.
    Key {
        /// Whose; `None`: of all that have none of their own.
        tenant: Option<&'a str>,
        /// Which.
        key: &'a KeyInfo,
        /// What becomes of it.
        act: KeyAct,
        /// When.
        at: Timestamp,
    },
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
    /// Messages are to be kept, whatever their rules say.
    PlaceHold(&'a NewHold),
    /// An order to keep ends.
    ReleaseHold {
        /// Its number.
        hold: i64,
        /// The request that this runs; `None` where one person may do it alone.
        request: Option<i64>,
        /// Why: 1 to 4,096 bytes.
        note: &'a str,
        /// When.
        at: Timestamp,
    },
    /// A query is kept under a name.
    SaveQuery {
        /// The query.
        query: &'a NamedQuery,
        /// When.
        at: Timestamp,
    },
    /// A saved query goes, with its key.
    DeleteQuery(&'a DeletingQuery<'a>),
    /// Who signs in changes, or somebody does.
    People {
        /// What.
        change: PeopleChange<'a>,
        /// When.
        at: Timestamp,
    },
    /// Messages whose time is over go, if nothing holds them: their keys are destroyed, and their contents with them.
    Dispose(&'a Disposing),
    /// Messages of a restored backup go, which a newer log says were disposed of. Nothing keeps them: that was asked then.
    DisposeAgain(&'a DisposingAgain),
    /// Somebody asks for an act that one person may not do alone, or not at once.
    Ask(&'a NewRequest),
    /// Somebody decides on such a request.
    Decide(&'a Deciding<'a>),
    /// Somebody ends what such a request allowed, or its time is over.
    EndRequest(&'a EndingRequest<'a>),
    /// Statements of consent are handed in: those that are not known yet are added.
    Consents(&'a ConsentImport),
    /// A directory of employees is handed in: the next version, unless the newest says the same.
    Directory(&'a DirectoryImport),
    /// Ends are handed in, with the retention decisions that change by it.
    Endings(&'a EndingImport),
    /// Somebody reviews an alert.
    Review(&'a Reviewing<'a>),
    /// Somebody reviews many alerts at once, all of them or none.
    ReviewMany(&'a ReviewingMany<'a>),
    /// The index of searches goes on. The log has nothing of it: it can be built anew.
    Index(&'a Indexing),
    /// Nothing changes: the log tells of what somebody did.
    Noted(&'a Act<'a>),
    /// Nothing changes: the log tells of an export that is about to be given away ([`Archive::export`](crate::Archive::export)).
    Exported {
        /// Its number, which is the next one.
        number: u64,
        /// The kind of the entry.
        kind: &'static str,
        /// What the entry says, without who asked.
        fields: &'a [(&'static str, Value)],
        /// The request that this runs, and what it does; `None` where one person may do it alone.
        request: Option<(i64, &'a RequestedAct)>,
        /// When.
        at: Timestamp,
    },
}

/// What becomes of a version of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAct {
    /// It was made, and wraps from now on.
    Made,
    /// It goes, for good.
    Destroyed,
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
    /// Record keys that another key wraps now.
    Rewrapped {
        /// How many.
        records: u64,
        /// The place of the last message that was looked at; `None`: there are no more.
        last: Option<i64>,
    },
    /// An order to keep.
    Hold {
        /// From 1, rising.
        number: i64,
    },
    /// A saved query.
    SavedQuery {
        /// From 1, rising.
        number: i64,
    },
    /// A request.
    Request {
        /// From 1, rising.
        number: i64,
    },
    /// A user.
    User {
        /// From 1, rising.
        number: i64,
    },
    /// A session that was opened.
    Session {
        /// From 1, rising.
        number: i64,
    },
    /// What became of messages that were to go.
    Disposed(DisposalReport),
    /// What is permitted, as it changed.
    Permissions {
        /// How many differ from what was recorded last.
        changed: u64,
    },
    /// Statements of consent.
    Consents(ConsentReport),
    /// The directory, as it is from here on.
    Directory(DirectoryReport),
    /// Ends, and how many messages were decided on anew.
    Endings(EndingReport),
    /// A review.
    Reviewed {
        /// The version that the alert has by it.
        version: u32,
        /// Until when who made it may take it back; of a decision.
        undo_until: Option<Timestamp>,
    },
    /// Reviews of many alerts.
    ReviewedMany {
        /// How many.
        changed: u64,
    },
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
    /// What the log was to tell of it cannot be told. Without the log nothing is written.
    #[error("the log cannot tell of it")]
    Log(#[from] LogFailure),
    /// A text of an order or of a decision is too long, or is missing.
    #[error("the {what} has {found} bytes: expected 1 to {REQUEST_TEXT_BYTES_MAX}")]
    Text {
        /// Which.
        what: &'static str,
        /// Its bytes.
        found: usize,
    },
    /// An order that says in two ways what it keeps.
    #[error("an order has a query, or else a person, a conversation, times and terms: say all of it in the query")]
    TwoOrders,
    /// Terms of an order that cannot be looked for.
    #[error(transparent)]
    Term(#[from] NoTerm),
    /// What is permitted takes too many bytes to say.
    #[error(
        "the permission {about:?} has {about_bytes} bytes in its name and {found} in what it permits: expected at most \
         {ABOUT_BYTES_MAX} and {PERMISSION_BYTES_MAX}"
    )]
    Permission {
        /// The first 64 bytes of its name.
        about: String,
        /// All of them.
        about_bytes: usize,
        /// Bytes of what it permits.
        found: usize,
    },
    /// No such order, or it has ended.
    #[error("there is no open hold {hold}")]
    NoHold {
        /// Its number.
        hold: i64,
    },
    /// Another export took its number.
    #[error(
        "the export has the number {found}, and {expected} is next: another was made meanwhile, run the command again"
    )]
    ExportNumber {
        /// Its number.
        found: u64,
        /// The next one.
        expected: u64,
    },
    /// A request was not made or decided on, or does not run.
    #[error(transparent)]
    Request(#[from] RequestRefusal),
    /// A query was not saved, or not deleted.
    #[error(transparent)]
    SavedQuery(#[from] SavedQueryRefusal),
    /// People or sessions were not changed.
    #[error(transparent)]
    User(#[from] UserRefusal),
    /// An alert was not reviewed.
    #[error(transparent)]
    Review(#[from] ReviewRefusal),
    /// Messages that were to be indexed have gone meanwhile.
    #[error("messages that were to be indexed were disposed of meanwhile: index again")]
    Overtaken,
    /// Nothing is destroyed by a clock that may be wrong.
    #[error("nothing is disposed of: {0}")]
    Clock(ClockTrouble),
    /// The file could not be written. The same change may be given again.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why the log cannot tell of a change.
#[derive(Debug, thiserror::Error)]
pub enum LogFailure {
    /// The change says something that no entry says.
    #[error(transparent)]
    Entry(EntryError),
    /// The transaction has too many entries.
    #[error(transparent)]
    Leaf(LeafError),
    /// The log has all the leaves that it can have.
    #[error(transparent)]
    Full(EdgeError),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

impl Change<'_> {
    /// When it is made.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Change::Messages(batch) => batch.received_at,
            Change::Activation(activation) => activation.at,
            Change::FailedSet(failed) => failed.at,
            Change::Trust(trust) => trust.at,
            Change::Permissions(permissions) => permissions.at,
            Change::Downgrade(allowed) => allowed.at,
            Change::Quarantine { quarantined, .. } => quarantined.at,
            Change::Rejudged(rejudging) => rejudging.at,
            Change::Noted(act) => act.at,
            Change::Consents(import) => import.at,
            Change::Directory(import) => import.at,
            Change::Endings(import) => import.at,
            Change::PlaceHold(hold) => hold.at,
            Change::Dispose(disposing) => disposing.at,
            Change::DisposeAgain(again) => again.at,
            Change::Ask(request) => request.at,
            Change::Decide(deciding) => deciding.at,
            Change::EndRequest(ending) => ending.at,
            Change::Review(reviewing) => reviewing.at,
            Change::ReviewMany(reviewing) => reviewing.at,
            Change::Index(pass) => pass.at,
            Change::DeleteQuery(deleting) => deleting.at,
            Change::Retry { at, .. }
            | Change::Release { at, .. }
            | Change::Rewrap { at, .. }
            | Change::Key { at, .. }
            | Change::Exported { at, .. }
            | Change::SaveQuery { at, .. }
            | Change::People { at, .. }
            | Change::ReleaseHold { at, .. } => *at,
        }
    }

    /// Refuses what is wrong whatever the archive holds.
    pub(crate) fn refuse_ill_formed(&self) -> Result<(), CommitError> {
        let entries = match self {
            Change::Messages(batch) => &batch.entries,
            Change::Rejudged(rejudging) => &rejudging.entries,
            Change::Dispose(disposing) if disposing.messages.len() > TRANSACTION_MESSAGES_MAX => {
                return Err(CommitError::TooMany {
                    found: disposing.messages.len(),
                });
            }
            Change::DisposeAgain(again) if again.here.len() + again.elsewhere.len() > TRANSACTION_MESSAGES_MAX => {
                return Err(CommitError::TooMany {
                    found: again.here.len() + again.elsewhere.len(),
                });
            }
            Change::Ask(request) => return Ok(request.refuse_ill_formed()?),
            Change::People { change, .. } => return Ok(change.refuse_ill_formed()?),
            Change::PlaceHold(hold) => {
                let given = [("person", &hold.person), ("conversation", &hold.conversation)];
                let given = given.map(|(what, text)| (what, text.as_deref()));
                let texts = [("tenant", Some(&*hold.tenant)), ("reason", Some(&*hold.reason))];
                let mut all = given.into_iter().chain(texts);
                all.try_for_each(|(what, text)| bounded(what, text))?;
                let has_more = hold.person.is_some()
                    || hold.conversation.is_some()
                    || hold.sent_from.is_some()
                    || hold.sent_before.is_some()
                    || !hold.texts.is_empty();
                if hold.query.is_some() && has_more {
                    return Err(CommitError::TwoOrders);
                }
                return Ok(terms::refuse_ill_formed(&hold.texts)?);
            }
            Change::ReleaseHold { note, .. } => return bounded("note", Some(note)),
            Change::Noted(Act {
                inquiry: Some(inquiry), ..
            }) => return bounded("reason", Some(inquiry.reason)),
            Change::Permissions(permissions) => {
                let bounded = |one: &Permission| {
                    (1..=ABOUT_BYTES_MAX).contains(&one.about.len()) && one.permits.len() <= PERMISSION_BYTES_MAX
                };
                let unbounded = permissions.all.iter().find(|one| !bounded(one));
                return unbounded.map_or(Ok(()), |one| {
                    Err(CommitError::Permission {
                        about: cut(&one.about).to_owned(),
                        about_bytes: one.about.len(),
                        found: one.permits.len(),
                    })
                });
            }
            Change::Review(reviewing) => return Ok(reviewing.act.refuse_ill_formed()?),
            Change::ReviewMany(reviewing) => return Ok(reviewing.refuse_ill_formed()?),
            Change::Decide(deciding) => return bounded("note", Some(deciding.note)),
            Change::EndRequest(ending) => return bounded("note", Some(ending.note)),
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

/// As much of a value as an error shows.
fn cut(value: &str) -> &str {
    &value[..value.floor_char_boundary(64)]
}

/// Refuses a text of an order or a decision that says nothing, or more than a person reads.
fn bounded(what: &'static str, text: Option<&str>) -> Result<(), CommitError> {
    match text {
        Some(text) if text.trim().is_empty() || text.len() > REQUEST_TEXT_BYTES_MAX => Err(CommitError::Text {
            what,
            found: text.len(),
        }),
        _ => Ok(()),
    }
}
