//! Canonical messages.

use crate::SourceContext;
use proviso_model::message::{Direction, Kind, Message, Party, PartyClass};
use proviso_model::{MessageId, Timestamp};

/// One line, which holds more than white space.
pub(crate) fn message(text: &str, context: &SourceContext) -> Result<Message, String> {
    #[derive(serde::Deserialize)]
    struct Line {
        id: String,
        sent_at: String,
        text: String,
        conversation: String,
    }
    let line: Line = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Ok(Message {
        id: MessageId {
            tenant: context.tenant().into(),
            channel: context.channel().into(),
            native: line.id,
        },
        kind: Kind::Text,
        native_kind: "text".into(),
        direction: Direction::Unknown,
        sender: Party {
            id: String::new(),
            class: PartyClass::Unknown,
            department: String::new(),
        },
        recipients: vec![],
        conversation: line.conversation,
        sent_at: Timestamp::from_rfc3339(&line.sent_at).map_err(|e| e.to_string())?,
        text: line.text,
        amount: None,
        attachments: vec![],
        links: vec![],
        recalls: None,
        consent: None,
        notes: vec![],
        raw: text.into(),
    })
}
