//! What becomes of messages whose time is over, and orders to keep them.

use crate::endings::Retained;
use crate::hold_query::HoldQuery;
use proviso_model::time::Day;
use proviso_model::{Principal, Timestamp};
use proviso_proof::Hash;
use proviso_proof::certificate::{Clock, Statute};

/// The kind of the entry of a disposal that was carried out again.
pub(crate) const DISPOSED_AGAIN: &str = "disposed-again";
/// The kind of the entry of a message that was disposed of and was never here.
pub(crate) const DISPOSED_ELSEWHERE: &str = "disposed-elsewhere";

/// An order to keep. All that is given must fit; nothing given fits every message of the tenant. Each text has 1 to 4,096 bytes, each term
/// 1 to 256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Whose messages.
    pub tenant: String,
    /// Why, for the record.
    pub reason: String,
    /// The identifier of somebody who sent or received the message, or wrote in its conversation.
    pub person: Option<String>,
    /// Its conversation.
    pub conversation: Option<String>,
    /// Sent then or later; of what the person wrote, also what was sent before, where others of the conversation fit.
    pub sent_from: Option<Timestamp>,
    /// Sent before then.
    pub sent_before: Option<Timestamp>,
    /// Terms, at most 64, of which the message has one; none: whatever it says. They are compared as people read them.
    pub texts: Vec<String>,
    /// A query that finds it, in the place of person, conversation, times and terms.
    pub query: Option<HoldQuery>,
    /// When the order is given.
    pub at: Timestamp,
}

/// An order to keep, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// From 1, rising.
    pub number: i64,
    /// What it says.
    pub order: NewHold,
    /// Who gave it.
    pub by: Principal,
    /// When it ended, who ended it, and why; `None` while it is open.
    pub released: Option<(Timestamp, Principal, String)>,
}

/// A message that may be disposed of, unless something holds it.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message; `None` if it cannot be read.
    pub retained: Option<Retained>,
    /// The last day on which it had to be kept; `None` where its consent is gone and nothing else keeps it.
    pub until: Option<Day>,
    /// What keeps it all the same.
    pub kept_by: Option<KeptBy>,
}

/// Why a message that is due stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy {
    /// So many open holds.
    Holds(u64),
    /// It waits for a person, because a policy failed on it.
    Waiting,
    /// It cannot be read, or is not what the log tells of it.
    Damaged,
}

/// Messages that are to go, in one transaction: at most
/// [`TRANSACTION_MESSAGES_MAX`](proviso_model::limits::TRANSACTION_MESSAGES_MAX).
#[derive(Debug, Clone)]
pub struct Disposing {
    /// When.
    pub at: Timestamp,
    /// A person has looked at the clock: a long pause before the archive was opened is no reason to doubt it.
    pub clock_is_right: bool,
    /// The request that this runs; `None` where one person may do it alone, and at once.
    pub request: Option<i64>,
    /// Each once.
    pub messages: Vec<Going>,
}

/// A message that is to go, and why it may: by one statute or more, whose clock started before it was due, and that was before now.
#[derive(Debug, Clone)]
pub struct Going {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The rules that decided.
    pub statutes: Vec<Statute>,
    /// From when they run.
    pub clock: Clock,
    /// From when it was to go, in milliseconds since 1970.
    pub due_ms: u64,
}

/// What became of messages that were to go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DisposalReport {
    /// Their keys and contents are gone.
    pub disposed: u64,
    /// A hold keeps them.
    pub held: u64,
    /// They wait for a person.
    pub waiting: u64,
    /// They cannot be read, or are not what the log tells of them.
    pub damaged: u64,
    /// They are not due any more, or went before.
    pub not_due: u64,
}

/// What is left of a message that was disposed of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposed {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Principal,
    /// The leaf of the log that tells of it.
    pub leaf: u64,
    /// The place of the disposal's entry in the leaf; the hold check stands before it.
    pub place: u32,
    /// What its certificate says, as canonical JSON.
    pub said: String,
}

/// A disposal that a newer log tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggedDisposal {
    pub(crate) leaf: u64,
    pub(crate) place: u32,
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The message's place in the order of arrival; `None` where it was never in the archive of that log either.
    pub(crate) number: Option<i64>,
    /// SHA-256 over a fixed text and what the message is known by.
    pub(crate) record: Hash,
    /// SHA-256 of what its certificate says.
    pub(crate) certificate: Hash,
}

/// Disposals that are carried out again, or of whose messages only tombstones are left, in one transaction: together at most
/// [`TRANSACTION_MESSAGES_MAX`](proviso_model::limits::TRANSACTION_MESSAGES_MAX).
#[derive(Debug, Clone)]
pub struct DisposingAgain {
    pub(crate) at: Timestamp,
    /// The name of the log that tells of them.
    pub(crate) log: String,
    /// Of messages that are here, by their numbers.
    pub(crate) here: Vec<(i64, LoggedDisposal)>,
    /// Of messages that are not.
    pub(crate) elsewhere: Vec<LoggedDisposal>,
}
