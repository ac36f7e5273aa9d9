//! A message's content as it is stored: all that its source delivered, in one piece. Nothing of it stands anywhere else.

use super::codes;
use super::unreadable::Unreadable;
use proviso_model::consent::ConsentEvent;
use proviso_model::message::{Attachment, Kind, Money, Party};
use proviso_model::{Addressed, Digest, Message, MessageId, Timestamp};
use serde::{Deserialize, Serialize};

/// The form of a whole message: the first byte.
const FORM: u8 = 1;
/// The form of what may be kept of a message: behind the first byte stands the digest of the whole, then what form 1 has.
const METADATA: u8 = 2;
/// Bytes of a digest.
const DIGEST_BYTES: usize = 32;

/// The raw bytes stand first: what follows says most of it again, and costs little once both are compressed.
#[derive(Serialize, Deserialize)]
struct ContentV1<'a> {
    raw: &'a str,
    native: &'a str,
    sent_at: i64,
    kind: &'a str,
    native_kind: &'a str,
    direction: u8,
    #[serde(borrow)]
    sender: PartyV1<'a>,
    #[serde(borrow)]
    recipients: Vec<PartyV1<'a>>,
    conversation: &'a str,
    recalls: Option<&'a str>,
    #[serde(borrow)]
    amount: Option<(u64, &'a str)>,
    #[serde(borrow)]
    attachments: Vec<AttachmentV1<'a>>,
    #[serde(borrow)]
    links: Vec<&'a str>,
    #[serde(borrow)]
    notes: Vec<&'a str>,
    text: &'a str,
    #[serde(borrow)]
    consent: Option<ConsentV1<'a>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct PartyV1<'a> {
    id: &'a str,
    class: u8,
    department: &'a str,
}

#[derive(Serialize, Deserialize)]
struct AttachmentV1<'a> {
    name: &'a str,
    size_bytes: u64,
    reference: &'a str,
}

#[derive(Serialize, Deserialize)]
struct ConsentV1<'a> {
    party: &'a str,
    state: u8,
    at: i64,
}

/// Writes a message; tenant and channel stand beside it.
pub fn write(message: &Addressed) -> Vec<u8> {
    match message.delivered() {
        None => bytes(message, message.raw(), vec![FORM]),
        Some(digest) => bytes(message, message.raw(), [&[METADATA], &digest.as_bytes()[..]].concat()),
    }
}

/// Writes a message that holds its raw bytes itself.
pub fn write_whole(message: &Message) -> Vec<u8> {
    bytes(message, &message.raw, vec![FORM])
}

/// `head` is what stands before the fields.
fn bytes(message: &Message, raw: &str, head: Vec<u8>) -> Vec<u8> {
    let content = ContentV1 {
        raw,
        native: &message.id.native,
        sent_at: message.sent_at.as_millis(),
        kind: message.kind.name(),
        native_kind: &message.native_kind,
        direction: codes::of_direction(message.direction),
        sender: party(&message.sender),
        recipients: message.recipients.iter().map(party).collect(),
        conversation: &message.conversation,
        recalls: message.recalls.as_deref(),
        amount: message
            .amount
            .as_ref()
            .map(|amount| (amount.minor_units, &*amount.currency)),
        attachments: message
            .attachments
            .iter()
            .map(|attachment| AttachmentV1 {
                name: &attachment.name,
                size_bytes: attachment.size_bytes,
                reference: &attachment.reference,
            })
            .collect(),
        links: message.links.iter().map(String::as_str).collect(),
        notes: message.notes.iter().map(String::as_str).collect(),
        text: &message.text,
        consent: message.consent.as_ref().map(|consent| ConsentV1 {
            party: &consent.party,
            state: codes::of_consent(consent.state),
            at: consent.at.as_millis(),
        }),
    };
    postcard::to_extend(&content, head).expect("texts, numbers and lists have no encoding that fails")
}

fn party(party: &Party) -> PartyV1<'_> {
    PartyV1 {
        id: &party.id,
        class: codes::of_class(party.class),
        department: &party.department,
    }
}

/// Reads a message of that tenant and channel; and the digest of the whole, where this is what may be kept of it.
pub fn read(bytes: &[u8], tenant: &str, channel: &str) -> Result<(Message, Option<Digest>), Unreadable> {
    let (content, digest): (ContentV1<'_>, _) = match bytes.split_first() {
        Some((&FORM, rest)) => (postcard::from_bytes(rest)?, None),
        Some((&METADATA, rest)) => {
            let cut_off = postcard::Error::DeserializeUnexpectedEnd;
            let (digest, rest) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or(cut_off)?;
            (postcard::from_bytes(rest)?, Some(Digest::from_bytes(*digest)))
        }
        Some((form, _)) => return Err(Unreadable::Form(*form)),
        None => return Err(Unreadable::Form(0)),
    };
    let consent = content.consent.map(|consent| {
        Ok::<_, Unreadable>(ConsentEvent {
            party: consent.party.to_owned(),
            state: codes::consent(consent.state)?,
            at: time(consent.at)?,
        })
    });
    let message = Message {
        id: MessageId {
            tenant: tenant.to_owned(),
            channel: channel.to_owned(),
            native: content.native.to_owned(),
        }
        .into(),
        sent_at: time(content.sent_at)?,
        kind: Kind::from_name(content.kind).ok_or_else(|| Unreadable::Code {
            what: "the kind",
            code: content.kind.to_owned(),
        })?,
        native_kind: content.native_kind.to_owned(),
        direction: codes::direction(content.direction)?,
        sender: read_party(&content.sender)?,
        recipients: content.recipients.iter().map(read_party).collect::<Result<_, _>>()?,
        conversation: content.conversation.to_owned(),
        recalls: content.recalls.map(str::to_owned),
        amount: content.amount.map(|(minor_units, currency)| Money {
            minor_units,
            currency: currency.to_owned(),
        }),
        attachments: content
            .attachments
            .into_iter()
            .map(|attachment| Attachment {
                name: attachment.name.to_owned(),
                size_bytes: attachment.size_bytes,
                reference: attachment.reference.to_owned(),
            })
            .collect(),
        links: content.links.into_iter().map(str::to_owned).collect(),
        notes: content.notes.into_iter().map(str::to_owned).collect(),
        text: content.text.to_owned(),
        consent: consent.transpose()?,
        raw: content.raw.into(),
    };
    Ok((message, digest))
}

fn read_party(party: &PartyV1<'_>) -> Result<Party, Unreadable> {
    Ok(Party {
        id: party.id.to_owned(),
        class: codes::class(party.class)?,
        department: party.department.to_owned(),
    })
}

fn time(millis: i64) -> Result<Timestamp, Unreadable> {
    Timestamp::from_millis(millis).map_err(|_| Unreadable::Code {
        what: "the time",
        code: millis.to_string(),
    })
}
