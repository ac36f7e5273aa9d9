//! Relativity Short Message Format 1.0.0: a mail with one attachment, `rsmf.zip`, which holds `rsmf_manifest.json`. At most 10,000 events a
//! file, and a conversation is cut only where it has more.

use super::Full;
use super::mime;
use super::zip::Zip;
use crate::about::About;
use crate::evidence::{Evidence, Role};
use proviso_model::time::Zone;
use proviso_model::{Message, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Events of one file.
const EVENTS_MAX: usize = 10_000;
/// Bytes of bodies at which a file ends with its conversation, and at which it ends in any case.
const FULL_BYTES: usize = 4 * 1024 * 1024;
const BYTES_MAX: usize = 24 * 1024 * 1024;
/// The boundary of the mail's parts: no line of base64 begins so.
const BOUNDARY: &str = "=_proviso_rsmf";

#[derive(Serialize)]
struct ManifestV1<'a> {
    version: &'static str,
    participants: Vec<&'a Participant>,
    conversations: Vec<&'a Conversation>,
    events: &'a [Event],
}

#[derive(Serialize)]
struct Participant {
    id: String,
    display: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom: Vec<Custom>,
}

#[derive(Serialize)]
struct Conversation {
    id: String,
    display: String,
    platform: String,
    #[serde(rename = "type")]
    kind: &'static str,
    participants: Vec<String>,
}

#[derive(Serialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    conversation: String,
    participant: String,
    timestamp: String,
    body: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attached>,
    custom: Vec<Custom>,
}

#[derive(Serialize)]
struct Attached {
    id: String,
    display: String,
    size: u64,
}

#[derive(Serialize)]
struct Custom {
    name: &'static str,
    value: String,
}

pub(super) struct Rsmf {
    zone: Zone,
    program: String,
    participants: BTreeMap<String, Participant>,
    conversations: BTreeMap<String, Conversation>,
    events: Vec<Event>,
    bytes: usize,
    times: Option<(Timestamp, Timestamp)>,
    written: u32,
}

impl Rsmf {
    pub(super) fn new(about: &About) -> Self {
        Self {
            zone: about.zone.clone(),
            program: about.program.clone(),
            participants: BTreeMap::new(),
            conversations: BTreeMap::new(),
            events: Vec::new(),
            bytes: 0,
            times: None,
            written: 0,
        }
    }

    pub(super) fn message(&mut self, evidence: &Evidence, begins: bool) -> Option<Full> {
        let is_full = self.events.len() == EVENTS_MAX || self.bytes >= BYTES_MAX;
        let ends = begins && (self.events.len() >= EVENTS_MAX / 2 || self.bytes >= FULL_BYTES);
        let full = if is_full || ends { self.finish() } else { None };
        self.add(evidence);
        full
    }

    fn add(&mut self, evidence: &Evidence) {
        let message = &evidence.message;
        let key = conversation_key(message);
        let parties: Vec<String> = message.parties().map(|party| party_key(message, &party.id)).collect();
        for (party, key) in message.parties().zip(&parties) {
            self.participants.entry(key.clone()).or_insert_with(|| Participant {
                id: key.clone(),
                display: if party.id.is_empty() {
                    "—".to_owned()
                } else {
                    party.id.clone()
                },
                custom: evidence.people.get(&party.id).map_or_else(Vec::new, |person| {
                    vec![
                        Custom {
                            name: "person",
                            value: person.person.clone(),
                        },
                        Custom {
                            name: "department",
                            value: person.department.clone(),
                        },
                    ]
                }),
            });
        }
        let conversation = self.conversations.entry(key.clone()).or_insert_with(|| Conversation {
            id: key.clone(),
            display: message.conversation.clone(),
            platform: message.id.channel.clone(),
            kind: if message.recipients.len() == 1 {
                "direct"
            } else {
                "channel"
            },
            participants: Vec::new(),
        });
        for party in &parties {
            if !conversation.participants.contains(party) {
                conversation.participants.push(party.clone());
            }
        }
        let role = match evidence.role {
            Role::Match => "match",
            Role::Context => "context",
        };
        let mut custom = vec![
            Custom {
                name: "role",
                value: role.to_owned(),
            },
            Custom {
                name: "id",
                value: message.id.to_string(),
            },
            Custom {
                name: "kind",
                value: message.kind.name().to_owned(),
            },
        ];
        custom.extend(evidence.verdict.findings.iter().map(|finding| Custom {
            name: "finding",
            value: format!(
                "{} {}:{}:{}",
                finding.severity, finding.pack, finding.policy, finding.rule
            ),
        }));
        custom.extend(message.links.iter().map(|link| Custom {
            name: "link",
            value: link.clone(),
        }));
        self.bytes += message.text.len() + 512;
        let at = message.sent_at;
        let (first, last) = self.times.unwrap_or((at, at));
        self.times = Some((first.min(at), last.max(at)));
        self.events.push(Event {
            id: evidence.number.to_string(),
            kind: "message",
            conversation: key,
            participant: parties[0].clone(),
            timestamp: at.to_string(),
            body: message.text.clone(),
            attachments: message
                .attachments
                .iter()
                .map(|one| Attached {
                    id: one.reference.clone(),
                    display: one.name.clone(),
                    size: one.size_bytes,
                })
                .collect(),
            custom,
        });
    }

    pub(super) fn finish(&mut self) -> Option<Full> {
        let (first, last) = self.times.take()?;
        let events = std::mem::take(&mut self.events);
        let participants = std::mem::take(&mut self.participants);
        let conversations = std::mem::take(&mut self.conversations);
        self.bytes = 0;
        self.written += 1;
        let manifest = serde_json::to_vec(&ManifestV1 {
            version: "1.0.0",
            participants: participants.values().collect(),
            conversations: conversations.values().collect(),
            events: &events,
        });
        let mut zip = Zip::default();
        zip.file("rsmf_manifest.json", &manifest.expect("texts are written as JSON"));
        let zip = zip.finish();
        let mut mail = String::with_capacity(zip.len() * 3 / 2 + 1024);
        let _ = write!(mail, "Date: {}\r\n", mime::date(first, &self.zone));
        mail.push_str("From: Proviso <export@proviso.invalid>\r\nTo: undisclosed-recipients:;\r\n");
        mime::header("Subject", &format!("{} messages", events.len()), &mut mail);
        mail.push_str("X-RSMF-Version: 1.0.0\r\n");
        mime::header("X-RSMF-Generator", &self.program, &mut mail);
        let _ = write!(mail, "X-RSMF-BeginDate: {first}\r\nX-RSMF-EndDate: {last}\r\n");
        let _ = write!(mail, "X-RSMF-EventCount: {}\r\n", events.len());
        let _ = write!(
            mail,
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n--{BOUNDARY}\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        );
        mime::body(preview(&events, &participants).as_bytes(), &mut mail);
        let _ = write!(
            mail,
            "\r\n--{BOUNDARY}\r\nContent-Type: application/zip; name=\"rsmf.zip\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"rsmf.zip\"\r\n\r\n"
        );
        mime::body(&zip, &mut mail);
        let _ = write!(mail, "\r\n--{BOUNDARY}--\r\n");
        Some((format!("rsmf/{:04}.rsmf", self.written), mail.into_bytes()))
    }
}

/// The text that is searched where nothing reads the attachment.
fn preview(events: &[Event], participants: &BTreeMap<String, Participant>) -> String {
    let mut text = String::new();
    for event in events {
        let who = participants
            .get(&event.participant)
            .map_or("", |who| who.display.as_str());
        let _ = writeln!(text, "{} {who}: {}", event.timestamp, event.body);
    }
    text
}

fn conversation_key(message: &Message) -> String {
    format!("{}/{}/{}", message.id.tenant, message.id.channel, message.conversation)
}

fn party_key(message: &Message, id: &str) -> String {
    format!("{}/{}/{id}", message.id.tenant, message.id.channel)
}
