//! Reading messages: by identifier, by conversation, in the order of arrival.

use crate::batch::SourcePlace;
use crate::rejudge::EarlierVerdict;
use crate::verdicts::{StoredDecision, StoredVerdict};
use proviso_model::{Digest, Message, MessageId, Principal, Timestamp};

/// A conversation: its identifier means nothing outside its tenant and channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationKey {
    /// The tenant.
    pub tenant: String,
    /// The channel.
    pub channel: String,
    /// [`Message::conversation`].
    pub conversation: String,
}

impl ConversationKey {
    /// The conversation that a message belongs to.
    pub fn of(message: &Message) -> Self {
        Self {
            tenant: message.id.tenant.clone(),
            channel: message.id.channel.clone(),
            conversation: message.conversation.clone(),
        }
    }
}

/// The time in which a message was sent: from the first on, before the second. All times by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The moment behind the last.
    pub before: Option<Timestamp>,
}

/// A message's identifier and its place in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// From 1, rising, with gaps where messages were disposed of.
    pub arrival: i64,
    /// The message.
    pub id: MessageId,
}

/// All that the archive has of one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The message.
    pub message: Message,
    /// Its place in the order of arrival, from 1.
    pub arrival: i64,
    /// When its batch was received.
    pub received_at: Timestamp,
    /// Its content digest.
    pub digest: Digest,
    /// What the policies said.
    pub verdict: StoredVerdict,
    /// How long it is kept; absent if nothing was decided.
    pub retention: Option<StoredDecision>,
    /// True if it still waits for a person.
    pub held_open: bool,
    /// How its waiting ended; absent if it never waited, or still does.
    pub released: Option<Released>,
    /// What was said of it before it was judged again, the oldest first.
    pub earlier: Vec<EarlierVerdict>,
    /// Where rows of the archive say something else than the verdict that they were written from, for people; empty while
    /// nobody changed them.
    pub differences: Vec<String>,
    /// Identifiers of the messages that withdraw it.
    pub recalled_by: Vec<MessageId>,
    /// How many messages came under its identifier with another content.
    pub conflicts: u64,
}

/// The end of a held message's waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Principal,
    /// Why; begins with `judged again` where a new verdict released it.
    pub note: String,
}

/// A message that was refused because another had its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflicting {
    /// Content digest of the refused message.
    pub refused: Digest,
    /// Its bytes, as the source gave them.
    pub refused_raw: String,
    /// Where it was read.
    pub place: SourcePlace,
    /// When its batch was received.
    pub at: Timestamp,
}
