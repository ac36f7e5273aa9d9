//! Decrypted messages of the WeCom archive (会话内容存档). What each type becomes is told in docs/wecom.md.

mod draft;
mod envelope;
mod field;
mod nested;
mod payload;
mod strict;
mod wire;

use crate::SourceContext;
use crate::mend::mended;
use draft::Draft;
use envelope::Envelope;
use field::Field;
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::limits::ID_BYTES_MAX;
use proviso_model::message::{Kind, Message, Party};
use proviso_model::{MessageId, Timestamp};
use std::sync::Arc;

/// The channel of every message read here.
pub(crate) const CHANNEL: &str = "wecom";

/// One message from its JSON, which begins on that line of the source.
pub(crate) fn message(json: &str, line: u64, context: &SourceContext) -> Result<Message, String> {
    let Err(refused) = strict::check(json, line) else {
        return read(json, Draft::of(payload::TYPES), context);
    };
    let mended = mended(json).ok_or(refused)?;
    strict::check(&mended.text, line)?;
    let mut draft = Draft::of(payload::TYPES);
    mended.notes.iter().for_each(|note| draft.note(note));
    let mut message = read(&mended.text, draft, context)?;
    message.raw = json.into();
    Ok(message)
}

/// One message from JSON that was checked.
fn read(json: &str, mut draft: Draft, context: &SourceContext) -> Result<Message, String> {
    if !json.starts_with('{') {
        return Err("expected an object, found a list".to_owned());
    }
    let envelope: Envelope<'_> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let msgid = msgid(&envelope)?;
    let sent_at = sent_at(&envelope, &mut draft)?;
    let (kind, native_kind) = read_payload(json, &envelope, &mut draft);
    let (sender, recipients) = parties(&envelope, &mut draft);
    let room = draft.value(&envelope.roomid, "roomid").cloned().unwrap_or_default();
    let consent = consent(kind, &native_kind, &sender, sent_at, &mut draft);
    Ok(Message {
        direction: envelope::direction(&sender, &recipients, &msgid),
        conversation: envelope::conversation(&room, &sender, &recipients, &msgid),
        id: Arc::new(MessageId {
            tenant: context.tenant().to_owned(),
            channel: CHANNEL.to_owned(),
            native: msgid,
        }),
        kind,
        native_kind,
        sender,
        recipients,
        sent_at,
        text: draft.text,
        amount: draft.amount,
        attachments: draft.attachments,
        links: draft.links,
        recalls: draft.recalls,
        consent,
        notes: draft.notes,
        raw: json.into(),
    })
}

/// Checks what stands around the messages of a page of the pull API: the platform may report an error there.
pub(crate) fn page_frame(json: &str) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    struct Frame {
        #[serde(default)]
        errcode: Field<i64>,
        #[serde(default)]
        errmsg: Field<String>,
    }
    let frame: Frame = serde_json::from_str(json).map_err(|error| format!("not a page of messages: {error}"))?;
    match frame.errcode {
        Field::Absent | Field::Given(0) => Ok(()),
        Field::Given(code) => {
            let words: String = frame
                .errmsg
                .value()
                .map_or("", String::as_str)
                .chars()
                .take(200)
                .collect();
            Err(format!("the platform answered with error {code}: {words:?}"))
        }
        Field::Odd { found, .. } => Err(format!("`errcode` is {found}: expected a number")),
    }
}

fn msgid(envelope: &Envelope<'_>) -> Result<String, String> {
    match &envelope.msgid {
        _ if envelope.encrypt_chat_msg.is_some() && envelope.msgtype == Field::Absent => {
            Err("still encrypted (`encrypt_chat_msg`): decrypt the page first".to_owned())
        }
        Field::Given(id) if (1..=ID_BYTES_MAX).contains(&id.len()) && !id.chars().any(char::is_control) => {
            Ok(id.clone())
        }
        Field::Given(_) => Err(format!(
            "`msgid` is not 1 to {ID_BYTES_MAX} bytes without control characters"
        )),
        Field::Odd { found, .. } => Err(format!("`msgid` is {found}: expected a string")),
        Field::Absent => match envelope.errcode {
            Field::Given(code) if code != 0 => Err(format!("the platform answered with error {code}, and no messages")),
            _ => Err("no `msgid`".to_owned()),
        },
    }
}

fn sent_at(envelope: &Envelope<'_>, draft: &mut Draft) -> Result<Timestamp, String> {
    let (name, field) = if envelope.msgtime == Field::Absent {
        ("time", &envelope.time)
    } else {
        ("msgtime", &envelope.msgtime)
    };
    match field {
        Field::Given(value) => {
            if *value == 0 {
                draft.note(format_args!("`{name}` is 0: the platform gave no time"));
            }
            Timestamp::from_seconds_or_millis(*value).map_err(|_| format!("`{name}` is {value}: out of range"))
        }
        Field::Odd { found, .. } => Err(format!("`{name}` is {found}: expected milliseconds since 1970")),
        Field::Absent => Err("no `msgtime`: expected milliseconds since 1970".to_owned()),
    }
}

/// Reads the payload into the draft; what kind of message it is, and the platform's name for it.
fn read_payload(json: &str, envelope: &Envelope<'_>, draft: &mut Draft) -> (Kind, String) {
    let action = draft.value(&envelope.action, "action").cloned().unwrap_or_default();
    let name = match draft.value(&envelope.msgtype, "msgtype") {
        Some(name) => draft.id(name, "msgtype"),
        None if action == "recall" => "revoke".to_owned(),
        None if action == "switch" => return (Kind::System, action),
        None => String::new(),
    };
    let Some(known) = draft.type_of(&name) else {
        draft.note(if name.is_empty() {
            "no `msgtype`: kept raw"
        } else {
            "unknown `msgtype`: kept raw"
        });
        return (if action == "recall" { Kind::Recall } else { Kind::Other }, name);
    };
    let payload = envelope.payload(known.keys);
    // Some copies carry the payload's fields beside the common ones.
    let fields = payload.map_or(json, |payload| payload.get());
    if (known.read)(fields, draft).is_err() {
        draft.note(format_args!(
            "payload `{}` is not of the documented shape: kept as raw text",
            known.keys[0]
        ));
        draft.line(fields);
    } else if payload.is_none() && draft.is_empty() {
        draft.note(format_args!("no payload `{}`", known.keys[0]));
    }
    if known.kind == Kind::Recall && draft.recalls.is_none() {
        draft.note("no `pre_msgid`: the message that this recalls is not known");
    }
    (known.kind, name)
}

/// The sender, and the recipients without the sender.
fn parties(envelope: &Envelope<'_>, draft: &mut Draft) -> (Party, Vec<Party>) {
    let leaves = envelope::leaves(envelope.msgid.value().map_or("", String::as_str));
    let from = draft
        .value(&envelope.from, "from")
        .or_else(|| envelope.user.value())
        .map_or("", String::as_str);
    let sender = envelope::party(&draft.id(from, "from"), leaves);
    if from.is_empty() {
        draft.note("no `from`: the sender is not known");
    }
    let mut recipients = Vec::new();
    for id in draft.value(&envelope.tolist, "tolist").into_iter().flatten() {
        let Some(id) = draft.value(id, "tolist").filter(|id| !id.is_empty() && *id != from) else {
            continue;
        };
        recipients.push(envelope::party(&draft.id(id, "tolist"), leaves));
    }
    (sender, recipients)
}

fn consent(kind: Kind, name: &str, sender: &Party, sent_at: Timestamp, draft: &mut Draft) -> Option<ConsentEvent> {
    if kind != Kind::Consent {
        return None;
    }
    let (party, at) = std::mem::take(&mut draft.consent);
    let party = party.unwrap_or_else(|| sender.id.clone());
    if party.is_empty() {
        draft.note("no `userid`: whose consent it is is not known");
        return None;
    }
    let at = match at.map(Timestamp::from_seconds_or_millis) {
        Some(Ok(at)) => at,
        Some(Err(_)) => {
            draft.note("time of the consent is out of range: that of the message is taken");
            sent_at
        }
        None => sent_at,
    };
    let state = if name == "agree" {
        ConsentState::Agree
    } else {
        ConsentState::Disagree
    };
    Some(ConsentEvent {
        party: draft.id(&party, "userid"),
        state,
        at,
    })
}
