//! A message, whole: with its notes and its source's own bytes, since its digest is made of them.

use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::message::{Attachment, Direction, Kind, Money, Party, PartyClass};
use proviso_model::{Message, MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Which message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdV1 {
    tenant: String,
    channel: String,
    native: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MessageV1 {
    id: IdV1,
    kind: Kind,
    native_kind: String,
    direction: Direction,
    sender: PartyV1,
    recipients: Vec<PartyV1>,
    conversation: String,
    sent_at: Timestamp,
    text: String,
    amount: Option<MoneyV1>,
    attachments: Vec<AttachmentV1>,
    links: Vec<String>,
    recalls: Option<String>,
    consent: Option<ConsentV1>,
    notes: Vec<String>,
    raw: Arc<str>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PartyV1 {
    id: String,
    class: PartyClass,
    department: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct MoneyV1 {
    minor_units: u64,
    currency: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct AttachmentV1 {
    name: String,
    size_bytes: u64,
    reference: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct ConsentV1 {
    party: String,
    state: ConsentState,
    at: Timestamp,
}

impl fmt::Display for IdV1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.channel, self.native)
    }
}

impl From<MessageId> for IdV1 {
    fn from(id: MessageId) -> Self {
        let MessageId {
            tenant,
            channel,
            native,
        } = id;
        Self {
            tenant,
            channel,
            native,
        }
    }
}

impl From<IdV1> for MessageId {
    fn from(id: IdV1) -> Self {
        let IdV1 {
            tenant,
            channel,
            native,
        } = id;
        Self {
            tenant,
            channel,
            native,
        }
    }
}

impl From<Message> for MessageV1 {
    fn from(message: Message) -> Self {
        Self {
            id: Arc::unwrap_or_clone(message.id).into(),
            kind: message.kind,
            native_kind: message.native_kind,
            direction: message.direction,
            sender: message.sender.into(),
            recipients: message.recipients.into_iter().map(PartyV1::from).collect(),
            conversation: message.conversation,
            sent_at: message.sent_at,
            text: message.text,
            amount: message.amount.map(|amount| MoneyV1 {
                minor_units: amount.minor_units,
                currency: amount.currency,
            }),
            attachments: message.attachments.into_iter().map(AttachmentV1::from).collect(),
            links: message.links,
            recalls: message.recalls,
            consent: message.consent.map(|consent| ConsentV1 {
                party: consent.party,
                state: consent.state,
                at: consent.at,
            }),
            notes: message.notes,
            raw: message.raw,
        }
    }
}

impl From<MessageV1> for Message {
    fn from(wire: MessageV1) -> Self {
        Self {
            id: Arc::new(wire.id.into()),
            kind: wire.kind,
            native_kind: wire.native_kind,
            direction: wire.direction,
            sender: wire.sender.into(),
            recipients: wire.recipients.into_iter().map(Party::from).collect(),
            conversation: wire.conversation,
            sent_at: wire.sent_at,
            text: wire.text,
            amount: wire.amount.map(|amount| Money {
                minor_units: amount.minor_units,
                currency: amount.currency,
            }),
            attachments: wire.attachments.into_iter().map(Attachment::from).collect(),
            links: wire.links,
            recalls: wire.recalls,
            consent: wire.consent.map(|consent| ConsentEvent {
                party: consent.party,
                state: consent.state,
                at: consent.at,
            }),
            notes: wire.notes,
            raw: wire.raw,
        }
    }
}

impl From<Party> for PartyV1 {
    fn from(Party { id, class, department }: Party) -> Self {
        Self { id, class, department }
    }
}

impl From<PartyV1> for Party {
    fn from(PartyV1 { id, class, department }: PartyV1) -> Self {
        Self { id, class, department }
    }
}

impl From<Attachment> for AttachmentV1 {
    fn from(attachment: Attachment) -> Self {
        Self {
            name: attachment.name,
            size_bytes: attachment.size_bytes,
            reference: attachment.reference,
        }
    }
}

impl From<AttachmentV1> for Attachment {
    fn from(wire: AttachmentV1) -> Self {
        Self {
            name: wire.name,
            size_bytes: wire.size_bytes,
            reference: wire.reference,
        }
    }
}
