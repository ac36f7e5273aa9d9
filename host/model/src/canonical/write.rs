//! From a message to its canonical JSON.

use crate::message::{Message, Party, PartyClass};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

/// Writes a message as one line of canonical JSON, without a line break. Fields that are empty, or that reading would fill
/// in as they are, are left out; `raw` is not written. [`super::from_json`] gives the same message again, apart from `raw`.
pub fn to_json(message: &Message) -> String {
    serde_json::to_string(&Wire {
        id: &message.id.native,
        tenant: &message.id.tenant,
        channel: &message.id.channel,
        kind: message.kind.name(),
        native_kind: &message.native_kind,
        sent_at: message.sent_at.to_string(),
        conversation: &message.conversation,
        direction: message.direction.name(),
        from: (message.sender != Party::default()).then_some(WireParty(&message.sender)),
        to: message.recipients.iter().map(WireParty).collect(),
        text: &message.text,
        amount: message.amount.as_ref().map(|amount| WireMoney {
            minor_units: amount.minor_units,
            currency: &amount.currency,
        }),
        attachments: message
            .attachments
            .iter()
            .map(|it| WireAttachment {
                name: &it.name,
                size_bytes: it.size_bytes,
                reference: &it.reference,
            })
            .collect(),
        links: &message.links,
        recalls: message.recalls.as_deref(),
        consent: message.consent.as_ref().map(|consent| WireConsent {
            party: &consent.party,
            state: consent.state.name(),
            at: consent.at.to_string(),
        }),
        notes: &message.notes,
    })
    .expect("texts and whole numbers can be written as JSON")
}

#[derive(Serialize)]
struct Wire<'a> {
    id: &'a str,
    tenant: &'a str,
    channel: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    native_kind: &'a str,
    sent_at: String,
    conversation: &'a str,
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<WireParty<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<WireParty<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<WireMoney<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<WireAttachment<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    links: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    recalls: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<WireConsent<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct WireMoney<'a> {
    minor_units: u64,
    currency: &'a str,
}

#[derive(Serialize)]
struct WireAttachment<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    size_bytes: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    reference: &'a str,
}

#[derive(Serialize)]
struct WireConsent<'a> {
    party: &'a str,
    state: &'static str,
    at: String,
}

struct WireParty<'a>(&'a Party);

impl Serialize for WireParty<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Party { id, class, department } = self.0;
        if *class == PartyClass::Unknown && department.is_empty() {
            return serializer.serialize_str(id);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", id)?;
        map.serialize_entry("class", class.name())?;
        if !department.is_empty() {
            map.serialize_entry("department", department)?;
        }
        map.end()
    }
}
