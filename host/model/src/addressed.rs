//! The digest of a message's content, and a message that carries it.

use crate::digest::{Digest, DigestBuilder};
use crate::message::Message;
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A message with the digest of its content, which is computed once: the archive knows a delivery by it, and a verdict
/// names it.
///
/// A copy costs nothing: content and raw bytes are shared. The raw bytes stand beside the content, so that whoever remembers
/// a message for those that follow it ([`Addressed::without_raw`]) does not keep them in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    content: Arc<Content>,
    raw: Arc<str>,
}

#[derive(Debug, PartialEq, Eq)]
struct Content {
    /// Its `raw` is empty.
    message: Message,
    digest: Digest,
    /// The digest of the whole message, where this is what may be kept of it.
    delivered: Option<Digest>,
    remembered: Remembered,
}

/// What a stage keeps with a message while it is in memory, so that it is not worked out again. No part of the message: of
/// two that are equal, one may have it and the other not.
#[derive(Default)]
struct Remembered(Mutex<Option<Arc<dyn Any + Send + Sync>>>);

impl Remembered {
    fn slot(&self) -> MutexGuard<'_, Option<Arc<dyn Any + Send + Sync>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remembered").field(&self.slot().is_some()).finish()
    }
}

impl PartialEq for Remembered {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Remembered {}

impl Addressed {
    /// [`Message::content_digest`], without computing it anew.
    pub fn digest(&self) -> Digest {
        self.content.digest
    }

    /// What may be kept of a message whose content may not: who wrote to whom, when, where and what kind it was. Text,
    /// attachments, links, sums, notes and the source's own bytes are left out.
    #[must_use]
    pub fn metadata(&self) -> Self {
        let message = Message {
            text: String::new(),
            amount: None,
            attachments: Vec::new(),
            links: Vec::new(),
            notes: Vec::new(),
            raw: Arc::default(),
            ..Message::clone(self)
        };
        Self {
            content: Arc::new(Content {
                digest: message.content_digest(),
                message,
                delivered: Some(self.delivered().unwrap_or(self.digest())),
                remembered: Remembered::default(),
            }),
            raw: Arc::default(),
        }
    }

    /// The digest of the message as it was delivered, where this is only what may be kept of it ([`Addressed::metadata`]).
    pub fn delivered(&self) -> Option<Digest> {
        self.content.delivered
    }

    /// What was last kept with it, or with a copy of it, if it is of that type.
    pub fn remembered<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.content.remembered.slot().clone()?.downcast().ok()
    }

    /// Keeps something with it, in the place of what was kept before. Whoever keeps it bounds its size: it lives as long as
    /// the message is in memory.
    pub fn remember<T: Send + Sync + 'static>(&self, what: Arc<T>) {
        *self.content.remembered.slot() = Some(what);
    }

    /// [`Message::raw`] as the source gave it; empty where it was left behind.
    pub fn raw(&self) -> &Arc<str> {
        &self.raw
    }

    /// The same message and digest, sharing the content, without the source's own bytes.
    #[must_use]
    pub fn without_raw(&self) -> Self {
        Self {
            content: Arc::clone(&self.content),
            raw: Arc::default(),
        }
    }
}

impl From<Message> for Addressed {
    fn from(mut message: Message) -> Self {
        let digest = message.content_digest();
        let raw = std::mem::take(&mut message.raw);
        Self {
            content: Arc::new(Content {
                message,
                digest,
                delivered: None,
                remembered: Remembered::default(),
            }),
            raw,
        }
    }
}

impl std::ops::Deref for Addressed {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.content.message
    }
}

impl AsRef<Message> for Addressed {
    fn as_ref(&self) -> &Message {
        self
    }
}

impl AsRef<Message> for Message {
    fn as_ref(&self) -> &Message {
        self
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
    use crate::canonical::{Defaults, from_json};

    fn message() -> Message {
        let json = r#"{"id":"m","tenant":"t","channel":"c","sent_at":0,"from":"a","text":"a text"}"#;
        from_json(json, &Defaults::default()).unwrap()
    }

    #[test]
    fn no_byte_is_copied_on_the_way_of_a_message() {
        let message = message();
        let (text, raw, digest) = (
            message.text.as_ptr(),
            Arc::clone(&message.raw),
            message.content_digest(),
        );
        let addressed = Addressed::from(message);
        assert_eq!(addressed.digest(), digest);
        assert_eq!(addressed.text.as_ptr(), text, "the text was moved");
        assert!(Arc::ptr_eq(addressed.raw(), &raw), "the raw bytes are shared");
        assert_eq!(addressed.clone().text.as_ptr(), text, "a copy shares both");
        assert!(Arc::ptr_eq(addressed.clone().raw(), &raw));
    }

    #[test]
    fn what_is_remembered_of_a_message_lets_its_raw_bytes_go() {
        let addressed = Addressed::from(message());
        let raw = Arc::downgrade(addressed.raw());
        let remembered = addressed.without_raw();
        assert_eq!(
            remembered.text.as_ptr(),
            addressed.text.as_ptr(),
            "the content is shared"
        );
        assert_eq!(remembered.digest(), addressed.digest());
        drop(addressed);
        assert!(raw.upgrade().is_none(), "nobody keeps the raw bytes");
        assert_eq!((remembered.text.as_str(), &**remembered.raw()), ("a text", ""));
    }

    #[test]
    fn metadata_has_nothing_of_the_content_and_knows_the_delivery() {
        let json = r#"{"id":"m","tenant":"t","channel":"c","sent_at":0,"from":"a","text":"a text","links":["l"],
            "attachments":[{"name":"n"}],"amount":{"minor_units":1,"currency":"CNY"}}"#;
        let whole = Addressed::from(from_json(json, &Defaults::default()).unwrap());
        let kept = whole.metadata();
        assert_eq!((kept.delivered(), whole.delivered()), (Some(whole.digest()), None));
        assert_eq!(kept.metadata().delivered(), Some(whole.digest()));
        assert_eq!(kept.digest(), kept.content_digest());
        assert_eq!(
            (kept.text.as_str(), &**kept.raw(), kept.sender.id.as_str()),
            ("", "", "a")
        );
        assert!(kept.links.is_empty() && kept.attachments.is_empty() && kept.amount.is_none());
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
        for (raw, expected) in table {
            assert_eq!(*without_json_white_space(raw), *expected.as_bytes(), "{raw:?}");
        }
    }
}
