//! The canonical form of a message: one JSON object a line, documented field by field in docs/message-format.md.
//!
//! - this file: what it gives and how it fails; from the wire form to a [`Message`], with every default and limit
//! - `wire`: the JSON object as it is written, read without copying
//! - `write`: from a [`Message`] to the wire form

#[cfg(test)]
mod tests;
mod wire;
mod write;

pub use write::to_json;

use crate::consent::{ConsentEvent, ConsentState};
use crate::digest::DigestBuilder;
use crate::foreign::Foreign;
use crate::id::MessageId;
use crate::limits::{CONVERSATION_BYTES_MAX, ID_BYTES_MAX, SOURCE_VALUE_BYTES_MAX};
use crate::message::{Attachment, Direction, Kind, Message, Money, Party, PartyClass};
use crate::time::Timestamp;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What a source says once for all its messages, where they do not say it themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// For messages without `tenant`.
    pub tenant: Option<String>,
    /// For messages without `channel`.
    pub channel: Option<String>,
}

/// What an error shows of a value at most, in bytes.
const SHOWN_BYTES_MAX: usize = 64;

/// A text that is not a message in canonical form: which field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field with the way to it, `to[2].class`; empty if the whole text is meant.
    pub field: String,
    /// What is wrong, with the value quoted and what is expected.
    pub problem: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "`{}`: ", self.field)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for FieldError {}

/// Reads one message from one JSON object; `raw` of the message is `text` as it is.
///
/// Called for every message of a canonical source.
///
/// # Errors
/// The first field found to be wrong: not JSON, unknown, given twice, of another type, out of range, missing.
pub fn from_json(text: &str, defaults: &Defaults) -> Result<Message, FieldError> {
    if text.len() > SOURCE_VALUE_BYTES_MAX {
        let problem = format!("{} bytes: a message has at most {SOURCE_VALUE_BYTES_MAX}", text.len());
        return Err(FieldError::new("", problem));
    }
    let wire = wire::read(text)?;
    let id = MessageId {
        tenant: origin("tenant", wire.tenant, defaults.tenant.as_ref())?,
        channel: origin("channel", wire.channel, defaults.channel.as_ref())?,
        native: owned(id_of("id", wire.id.ok_or_else(|| missing("id"))?)?),
    };
    let kind = wire.kind.map_or(Ok(Kind::Text), |name| {
        Kind::from_name(&name).ok_or_else(|| one_of("kind", &name, &Kind::ALL.map(Kind::name)))
    })?;
    let sent_at = time_of("sent_at", wire.sent_at.ok_or_else(|| missing("sent_at"))?)?;
    let sender = wire
        .from
        .map_or_else(|| Ok(Party::default()), |party| party_of("from", party))?;
    let mut recipients = Vec::with_capacity(wire.to.len());
    for (index, party) in wire.to.into_iter().enumerate() {
        recipients.push(party_of_indexed(index, party)?);
    }
    let consent = wire.consent.map(|consent| consent_of(consent, sent_at)).transpose()?;
    let conversation = match wire.conversation {
        Some(text) => owned(within("conversation", text, 1, CONVERSATION_BYTES_MAX)?),
        None => conversation_of(&sender, &recipients, consent.as_ref())?,
    };
    let direction = match wire.direction {
        Some(name) => direction_of(&name)?,
        None => Direction::of(sender.class, recipients.iter().map(|party| party.class)),
    };
    let amount = wire.amount.map(money_of).transpose()?;
    let mut attachments = Vec::with_capacity(wire.attachments.len());
    for attachment in wire.attachments {
        attachments.push(Attachment {
            name: attachment.name.map_or_else(String::new, Cow::into_owned),
            size_bytes: attachment.size_bytes.unwrap_or(0),
            reference: attachment.reference.map_or_else(String::new, Cow::into_owned),
        });
    }
    Ok(Message {
        id: Arc::new(id),
        kind,
        native_kind: wire.native_kind.map_or(Ok(String::new()), |text| {
            within("native_kind", text, 0, ID_BYTES_MAX).map(owned)
        })?,
        direction,
        sender,
        recipients,
        conversation,
        sent_at,
        text: wire.text.map_or_else(String::new, Cow::into_owned),
        amount,
        attachments,
        links: wire.links.into_iter().map(Cow::into_owned).collect(),
        recalls: wire.recalls.map(|text| id_of("recalls", text).map(owned)).transpose()?,
        consent,
        notes: wire.notes.into_iter().map(Cow::into_owned).collect(),
        raw: text.into(),
    })
}

fn owned(text: Cow<'_, str>) -> String {
    text.into_owned()
}

fn missing(field: &str) -> FieldError {
    FieldError::new(field, "missing")
}

fn one_of(field: &str, found: &str, expected: &[&str]) -> FieldError {
    let expected: Vec<_> = expected.iter().map(|name| format!("{name:?}")).collect();
    FieldError::new(
        field,
        format!("{}: expected one of {}", Foreign(found).quoted(), expected.join(", ")),
    )
}

/// The beginning of a value or a key that is too long to quote in full.
fn shown(text: &str) -> Cow<'_, str> {
    match text.floor_char_boundary(SHOWN_BYTES_MAX) {
        end if end < text.len() => format!("{}…", &text[..end]).into(),
        _ => text.into(),
    }
}

fn within<'a>(field: &str, text: Cow<'a, str>, min: usize, max: usize) -> Result<Cow<'a, str>, FieldError> {
    if !(min..=max).contains(&text.len()) {
        let problem = format!(
            "{} is {} bytes long: expected {min} to {max}",
            Foreign(&text).quoted(),
            text.len()
        );
        return Err(FieldError::new(field, problem));
    }
    if has_control(&text) {
        return Err(FieldError::new(
            field,
            format!("{} holds a control character", Foreign(&text).quoted()),
        ));
    }
    Ok(text)
}

fn has_control(text: &str) -> bool {
    // U+0080 to U+009F are C2 80 to C2 9F in UTF-8; a loop over bytes is several times faster than one over characters.
    let bytes = text.as_bytes();
    bytes.iter().any(|&byte| byte < 0x20 || byte == 0x7f)
        || bytes.windows(2).any(|pair| pair[0] == 0xc2 && pair[1] < 0xa0)
}

fn id_of<'a>(field: &str, text: Cow<'a, str>) -> Result<Cow<'a, str>, FieldError> {
    within(field, text, 1, ID_BYTES_MAX)
}

/// Tenant or channel: `/` divides the parts of a message's printed id.
fn origin(field: &str, text: Option<Cow<'_, str>>, default: Option<&String>) -> Result<String, FieldError> {
    let text = text.or_else(|| default.map(Into::into));
    let text = id_of(
        field,
        text.ok_or_else(|| FieldError::new(field, "missing, and the source names no default"))?,
    )?;
    if text.contains('/') {
        return Err(FieldError::new(
            field,
            format!("{} holds a `/`", Foreign(&text).quoted()),
        ));
    }
    Ok(owned(text))
}

fn time_of(field: &str, time: wire::Time<'_>) -> Result<Timestamp, FieldError> {
    let read = match time {
        wire::Time::Text(text) => Timestamp::from_rfc3339(&text),
        wire::Time::Number(number) => Timestamp::from_seconds_or_millis(number),
    };
    read.map_err(|error| FieldError::new(field, error.to_string()))
}

fn party_of_indexed(index: usize, party: wire::Party<'_>) -> Result<Party, FieldError> {
    party_of("to", party).map_err(|error| {
        let rest = error.field.strip_prefix("to").unwrap_or_default();
        FieldError::new(format!("to[{index}]{rest}"), error.problem)
    })
}

fn party_of(field: &str, party: wire::Party<'_>) -> Result<Party, FieldError> {
    let below = |mut error: FieldError| {
        error.field = if party.is_object {
            format!("{field}.{}", error.field)
        } else {
            field.to_owned()
        };
        error
    };
    let class = match party.class.as_deref() {
        None | Some("unknown") => PartyClass::Unknown,
        Some("employee") => PartyClass::Employee,
        Some("external") => PartyClass::External,
        Some("robot") => PartyClass::Robot,
        Some(other) => {
            return Err(below(one_of(
                "class",
                other,
                &["employee", "external", "robot", "unknown"],
            )));
        }
    };
    let id = within("id", party.id.unwrap_or_default(), 0, ID_BYTES_MAX).map_err(below)?;
    let department = within("department", party.department.unwrap_or_default(), 0, ID_BYTES_MAX).map_err(below)?;
    Ok(Party {
        id: owned(id),
        class,
        department: owned(department),
    })
}

fn direction_of(name: &str) -> Result<Direction, FieldError> {
    let all = [
        Direction::Internal,
        Direction::Outbound,
        Direction::Inbound,
        Direction::Unknown,
    ];
    let found = all.into_iter().find(|direction| direction.name() == name);
    found.ok_or_else(|| one_of("direction", name, &all.map(Direction::name)))
}

fn money_of(money: wire::Money<'_>) -> Result<Money, FieldError> {
    let minor_units = money.minor_units.ok_or_else(|| missing("amount.minor_units"))?;
    let currency = money.currency.ok_or_else(|| missing("amount.currency"))?;
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let problem = format!(
            "{}: expected three upper-case letters of ISO 4217, as in \"CNY\"",
            Foreign(&currency).quoted()
        );
        return Err(FieldError::new("amount.currency", problem));
    }
    Ok(Money {
        minor_units,
        currency: owned(currency),
    })
}

fn consent_of(consent: wire::Consent<'_>, sent_at: Timestamp) -> Result<ConsentEvent, FieldError> {
    let party = id_of("consent.party", consent.party.ok_or_else(|| missing("consent.party"))?)?;
    let name = consent.state.ok_or_else(|| missing("consent.state"))?;
    let all = [ConsentState::Agree, ConsentState::Disagree, ConsentState::DefaultAgree];
    let state = all.into_iter().find(|state| state.name() == name);
    Ok(ConsentEvent {
        party: owned(party),
        state: state.ok_or_else(|| one_of("consent.state", &name, &all.map(ConsentState::name)))?,
        at: consent.at.map_or(Ok(sent_at), |at| time_of("consent.at", at))?,
    })
}

/// The conversation of those parties: the same for every message between them, whoever writes.
fn conversation_of(sender: &Party, recipients: &[Party], consent: Option<&ConsentEvent>) -> Result<String, FieldError> {
    let parties = std::iter::once(sender).chain(recipients);
    let mut ids: Vec<&str> = parties
        .map(|party| party.id.as_str())
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        let party = consent.map(|consent| consent.party.as_str());
        ids.push(party.ok_or_else(|| FieldError::new("conversation", "missing, and no party to derive it from"))?);
    }
    ids.sort_unstable();
    ids.dedup();
    let bytes = ids.iter().map(|id| id.len() + 1).sum::<usize>() - 1;
    if bytes <= CONVERSATION_BYTES_MAX && !ids.iter().any(|id| id.contains('|')) {
        return Ok(ids.join("|"));
    }
    let mut digest = DigestBuilder::new("proviso conversation 1");
    for id in ids {
        digest.part(id.as_bytes());
    }
    Ok(digest.finish().to_string())
}
