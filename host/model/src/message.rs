//! A message of an archived conversation, whatever channel it came by.

use crate::consent::ConsentEvent;
use crate::digest::{Digest, DigestBuilder};
use crate::id::MessageId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// One message, or one event of the channel (a recall, a consent, a change of organisation), as a source hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Tenant, channel and native identifier.
    pub id: Arc<MessageId>,
    /// What kind of thing it is, whatever the channel calls it.
    pub kind: Kind,
    /// What the channel calls it (`msgtype` of WeCom); at most 256 bytes, kept for kinds unknown here.
    pub native_kind: String,
    /// Which way it went; derived from the classes of the parties unless the source says.
    pub direction: Direction,
    /// Who wrote it.
    pub sender: Party,
    /// Who received it, without the sender, in the source's order.
    pub recipients: Vec<Party>,
    /// The group, or the two sides of a direct conversation: 1-512 bytes, the same for every message of a conversation.
    pub conversation: String,
    /// When it was sent, as the channel says.
    pub sent_at: Timestamp,
    /// All that a person reads in it (text, titles, names of files, unpacked records), a part a line. Kept whole.
    pub text: String,
    /// Money that it moves.
    pub amount: Option<Money>,
    /// Files that it carries.
    pub attachments: Vec<Attachment>,
    /// Web addresses that it carries beside its text.
    pub links: Vec<String>,
    /// The native identifier of the message that this one withdraws.
    pub recalls: Option<String>,
    /// The consent that this event gives or takes.
    pub consent: Option<ConsentEvent>,
    /// What the source could not take over in full, for people: `nested content beyond 200 parts kept raw`.
    pub notes: Vec<String>,
    /// The source's own bytes for this message, as text. Never passed to a policy.
    pub raw: String,
}

/// What kind of thing a message is. The order and the names are those of `types.kind` in the plugin contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each is described in wit/v0.1.0/types.wit under the same name"
)]
pub enum Kind {
    Text,
    Markdown,
    Image,
    Voice,
    Video,
    Emotion,
    File,
    Document,
    Link,
    MiniProgram,
    Card,
    Location,
    ChatRecord,
    Mixed,
    Todo,
    Vote,
    Form,
    RedPacket,
    Transfer,
    Meeting,
    Calendar,
    News,
    Feed,
    Call,
    CallShare,
    Email,
    Recall,
    Consent,
    System,
    Other,
}

impl Kind {
    /// Every kind, in the contract's order.
    pub const ALL: [Kind; 30] = [
        Kind::Text,
        Kind::Markdown,
        Kind::Image,
        Kind::Voice,
        Kind::Video,
        Kind::Emotion,
        Kind::File,
        Kind::Document,
        Kind::Link,
        Kind::MiniProgram,
        Kind::Card,
        Kind::Location,
        Kind::ChatRecord,
        Kind::Mixed,
        Kind::Todo,
        Kind::Vote,
        Kind::Form,
        Kind::RedPacket,
        Kind::Transfer,
        Kind::Meeting,
        Kind::Calendar,
        Kind::News,
        Kind::Feed,
        Kind::Call,
        Kind::CallShare,
        Kind::Email,
        Kind::Recall,
        Kind::Consent,
        Kind::System,
        Kind::Other,
    ];

    /// The name as files and the contract write it: `mini-program`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Markdown => "markdown",
            Kind::Image => "image",
            Kind::Voice => "voice",
            Kind::Video => "video",
            Kind::Emotion => "emotion",
            Kind::File => "file",
            Kind::Document => "document",
            Kind::Link => "link",
            Kind::MiniProgram => "mini-program",
            Kind::Card => "card",
            Kind::Location => "location",
            Kind::ChatRecord => "chat-record",
            Kind::Mixed => "mixed",
            Kind::Todo => "todo",
            Kind::Vote => "vote",
            Kind::Form => "form",
            Kind::RedPacket => "red-packet",
            Kind::Transfer => "transfer",
            Kind::Meeting => "meeting",
            Kind::Calendar => "calendar",
            Kind::News => "news",
            Kind::Feed => "feed",
            Kind::Call => "call",
            Kind::CallShare => "call-share",
            Kind::Email => "email",
            Kind::Recall => "recall",
            Kind::Consent => "consent",
            Kind::System => "system",
            Kind::Other => "other",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// All parties are employees or robots.
    Internal,
    /// An employee or a robot wrote; at least one recipient is external.
    Outbound,
    /// An external contact wrote.
    Inbound,
    /// The source does not say enough to tell.
    Unknown,
}

impl Direction {
    /// From the classes of the parties. A sender of unknown class, or no recipients, gives `Unknown`.
    pub fn of(sender: PartyClass, recipients: impl IntoIterator<Item = PartyClass>) -> Direction {
        let mut any = false;
        let mut external = false;
        let mut unknown = false;
        for class in recipients {
            any = true;
            external |= class == PartyClass::External;
            unknown |= class == PartyClass::Unknown;
        }
        match sender {
            PartyClass::External => Direction::Inbound,
            PartyClass::Unknown => Direction::Unknown,
            PartyClass::Employee | PartyClass::Robot if external => Direction::Outbound,
            PartyClass::Employee | PartyClass::Robot if unknown || !any => Direction::Unknown,
            PartyClass::Employee | PartyClass::Robot => Direction::Internal,
        }
    }

    /// The name as files and the contract write it.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Internal => "internal",
            Direction::Outbound => "outbound",
            Direction::Inbound => "inbound",
            Direction::Unknown => "unknown",
        }
    }
}

/// What a party is to the archiving organisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyClass {
    /// A member of the organisation.
    Employee,
    /// Anybody else.
    External,
    /// A program that posts messages.
    Robot,
    /// The source does not say.
    #[default]
    Unknown,
}

impl PartyClass {
    /// The name as files and the contract write it.
    pub const fn name(self) -> &'static str {
        match self {
            PartyClass::Employee => "employee",
            PartyClass::External => "external",
            PartyClass::Robot => "robot",
            PartyClass::Unknown => "unknown",
        }
    }
}

/// One side of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Party {
    /// The channel's identifier, at most 256 bytes; empty if the source names none.
    pub id: String,
    /// What the party is to the organisation.
    pub class: PartyClass,
    /// The department as the source names it; empty if it does not. A policy set's own list comes first.
    pub department: String,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Money {
    /// In the currency's smallest unit (fen, cent).
    pub minor_units: u64,
    /// ISO 4217, three upper-case letters.
    pub currency: String,
}

/// A file that a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attachment {
    /// File name with its extension; empty if the source gives none.
    pub name: String,
    /// In bytes; 0 if the source does not say.
    pub size_bytes: u64,
    /// The source's own reference to the content (`sdkfileid`, a content digest); empty if none. Never passed to a policy.
    pub reference: String,
}

/// A message with the digest of its content, which is computed once: the archive knows a delivery by it, and a verdict
/// names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    message: Message,
    digest: Digest,
}

impl Addressed {
    /// [`Message::content_digest`], without computing it anew.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The message alone.
    pub fn into_message(self) -> Message {
        self.message
    }
}

impl From<Message> for Addressed {
    fn from(message: Message) -> Self {
        let digest = message.content_digest();
        Self { message, digest }
    }
}

impl std::ops::Deref for Addressed {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl Message {
    /// Digest of the message as its source delivered it: its fields, and `raw` without the white space between JSON tokens.
    /// Two deliveries of one message have the same; the same identifier with another content has not.
    pub fn content_digest(&self) -> Digest {
        let mut digest = DigestBuilder::new("proviso message 1");
        let digest = &mut digest;
        for part in [
            &self.id.tenant,
            &self.id.channel,
            &self.id.native,
            &self.native_kind,
            &self.conversation,
        ] {
            digest.part(part.as_bytes());
        }
        digest
            .part(self.kind.name().as_bytes())
            .part(self.direction.name().as_bytes());
        digest
            .part(&self.sent_at.as_millis().to_le_bytes())
            .part(self.text.as_bytes());
        digest.part(&(self.recipients.len() as u64).to_le_bytes());
        for party in std::iter::once(&self.sender).chain(&self.recipients) {
            digest
                .part(party.id.as_bytes())
                .part(party.class.name().as_bytes())
                .part(party.department.as_bytes());
        }
        if let Some(amount) = &self.amount {
            digest
                .part(b"amount")
                .part(&amount.minor_units.to_le_bytes())
                .part(amount.currency.as_bytes());
        }
        for attachment in &self.attachments {
            digest.part(b"attachment").part(attachment.name.as_bytes());
            digest
                .part(&attachment.size_bytes.to_le_bytes())
                .part(attachment.reference.as_bytes());
        }
        for link in &self.links {
            digest.part(b"link").part(link.as_bytes());
        }
        if let Some(recalls) = &self.recalls {
            digest.part(b"recalls").part(recalls.as_bytes());
        }
        if let Some(consent) = &self.consent {
            digest
                .part(b"consent")
                .part(consent.party.as_bytes())
                .part(consent.state.name().as_bytes());
            digest.part(&consent.at.as_millis().to_le_bytes());
        }
        digest.part(&without_json_white_space(&self.raw));
        std::mem::take(digest).finish()
    }

    /// Everybody who took part: the sender, then the recipients.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        std::iter::once(&self.sender).chain(&self.recipients)
    }
}

/// Copies what lies between runs of white space, and nothing where there is none, as in most deliveries.
fn without_json_white_space(raw: &str) -> Cow<'_, [u8]> {
    let bytes = raw.as_bytes();
    let mut kept = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at + 1),
            b' ' | b'\t' | b'\r' | b'\n' => {
                kept.extend_from_slice(&bytes[from..at]);
                from = at + 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    if from == 0 {
        return Cow::Borrowed(bytes);
    }
    kept.extend_from_slice(&bytes[from..]);
    Cow::Owned(kept)
}

/// Behind the quote that ends a string; the end of the text where none does.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn direction_follows_the_parties() {
        use PartyClass::{Employee, External, Robot, Unknown};
        let table: &[(PartyClass, &[PartyClass], Direction)] = &[
            (Employee, &[Employee], Direction::Internal),
            (Employee, &[Employee, External], Direction::Outbound),
            (Robot, &[External], Direction::Outbound),
            (External, &[Employee], Direction::Inbound),
            (External, &[], Direction::Inbound),
            (Employee, &[], Direction::Unknown),
            (Employee, &[Unknown], Direction::Unknown),
            (Unknown, &[Employee], Direction::Unknown),
        ];
        each_row(table, |(sender, recipients, expected)| {
            assert_eq!(
                Direction::of(*sender, recipients.iter().copied()),
                *expected,
                "{sender:?} {recipients:?}"
            );
        });
    }

    #[test]
    fn kinds_have_names_of_their_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn white_space_is_dropped_outside_strings_alone() {
        let table = [
            ("{ \"a b\\\" \" :\n 1 }", "{\"a b\\\" \":1}"),
            ("{\"a\":\"保 本\"}", "{\"a\":\"保 本\"}"),
            (" \t\r\n", ""),
            ("[1, 2]\n", "[1,2]"),
            ("\"unended \\", "\"unended \\"),
            ("", ""),
        ];
        each_row(table, |(raw, expected)| {
            assert_eq!(*without_json_white_space(raw), *expected.as_bytes(), "{raw:?}");
        });
    }
}
