//! What kind of thing a message is, whatever the channel calls it.

use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
