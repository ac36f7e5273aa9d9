//! Which messages a rule is about: a part of settings that many plugins share.

use serde::Deserialize;

use crate::{Direction, Kind, Message, Party, PartyClass, Problems};

/// The settings of a [`MessageFilter`]. Every given key must hold; inside a key, any of its values.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageFilterSettings {
    /// The message is one of these.
    pub kinds: Option<Vec<Kind>>,
    /// It went one of these ways.
    pub directions: Option<Vec<Direction>>,
    /// The sender is one of these.
    pub sender_classes: Option<Vec<PartyClass>>,
    /// At least one recipient is one of these.
    pub recipient_classes: Option<Vec<PartyClass>>,
    /// The sender's department is one of these, exactly.
    pub sender_departments: Option<Vec<String>>,
    /// At least one recipient's department is.
    pub recipient_departments: Option<Vec<String>>,
    /// The sender's department is, or one recipient's.
    pub departments: Option<Vec<String>>,
    /// The sender's identifier is one of these, or one recipient's.
    pub parties: Option<Vec<String>>,
    /// It has so many recipients, 1 to 1,000.
    pub recipients_at_least: Option<u32>,
}

/// A checked filter.
#[derive(Debug, Clone)]
pub struct MessageFilter {
    kinds: Bits,
    directions: Bits,
    sender_classes: Bits,
    recipient_classes: Option<Bits>,
    sender_departments: Option<Vec<String>>,
    recipient_departments: Option<Vec<String>>,
    departments: Option<Vec<String>>,
    parties: Option<Vec<String>>,
    recipients_at_least: usize,
}

/// One bit for each case of an enumeration of at most 32.
#[derive(Debug, Clone, Copy)]
struct Bits(u32);

impl Bits {
    fn of<T: Copy>(items: Option<&[T]>, number: fn(T) -> u32) -> Self {
        Self(items.map_or(u32::MAX, |items| {
            items.iter().fold(0, |bits, &item| bits | 1 << number(item))
        }))
    }

    fn has(self, number: u32) -> bool {
        self.0 >> number & 1 == 1
    }
}

impl MessageFilter {
    /// One that every message passes.
    pub fn any() -> Self {
        Self::build(MessageFilterSettings::default())
    }

    /// Checks the settings that stand at `pointer`. A filter that names nothing, or an empty key, is a problem.
    pub fn compile(settings: MessageFilterSettings, pointer: &str, problems: &mut Problems) -> Self {
        let lengths = [
            ("kinds", settings.kinds.as_ref().map(Vec::len)),
            ("directions", settings.directions.as_ref().map(Vec::len)),
            ("sender_classes", settings.sender_classes.as_ref().map(Vec::len)),
            ("recipient_classes", settings.recipient_classes.as_ref().map(Vec::len)),
            ("sender_departments", settings.sender_departments.as_ref().map(Vec::len)),
            (
                "recipient_departments",
                settings.recipient_departments.as_ref().map(Vec::len),
            ),
            ("departments", settings.departments.as_ref().map(Vec::len)),
            ("parties", settings.parties.as_ref().map(Vec::len)),
            (
                "recipients_at_least",
                settings.recipients_at_least.map(|least| least as usize),
            ),
        ];
        if lengths.iter().all(|(_, len)| len.is_none()) {
            let keys: Vec<&str> = lengths.iter().map(|(key, _)| *key).collect();
            problems.push(
                pointer,
                format!("empty filter: name at least one of `{}`", keys.join("`, `")),
            );
        }
        for (key, _) in lengths[..8].iter().filter(|(_, len)| *len == Some(0)) {
            problems.push(
                format!("{pointer}/{key}"),
                "empty: nothing would pass; leave the key out or name something",
            );
        }
        if let Some(least) = settings.recipients_at_least.filter(|least| !(1..=1000).contains(least)) {
            problems.push(
                format!("{pointer}/recipients_at_least"),
                format!("{least} is out of range: must be 1 to 1000"),
            );
        }
        Self::build(settings)
    }

    fn build(settings: MessageFilterSettings) -> Self {
        Self {
            kinds: Bits::of(settings.kinds.as_deref(), |kind| kind as u32),
            directions: Bits::of(settings.directions.as_deref(), |direction| direction as u32),
            sender_classes: Bits::of(settings.sender_classes.as_deref(), |class| class as u32),
            recipient_classes: settings
                .recipient_classes
                .map(|classes| Bits::of(Some(&classes), |class| class as u32)),
            sender_departments: settings.sender_departments,
            recipient_departments: settings.recipient_departments,
            departments: settings.departments,
            parties: settings.parties,
            recipients_at_least: settings.recipients_at_least.unwrap_or(0) as usize,
        }
    }

    /// True if the message is one that the filter is about.
    pub fn passes(&self, message: &Message) -> bool {
        let sender = std::slice::from_ref(&message.sender);
        let recipients = message.recipients.as_slice();
        self.kinds.has(message.kind as u32)
            && self.directions.has(message.direction as u32)
            && self.sender_classes.has(message.sender.class as u32)
            && recipients.len() >= self.recipients_at_least
            && self
                .recipient_classes
                .is_none_or(|bits| recipients.iter().any(|party| bits.has(party.class as u32)))
            && self
                .sender_departments
                .as_deref()
                .is_none_or(|wanted| any_department(sender, wanted))
            && self
                .recipient_departments
                .as_deref()
                .is_none_or(|wanted| any_department(recipients, wanted))
            && self
                .departments
                .as_deref()
                .is_none_or(|wanted| any_department(sender, wanted) || any_department(recipients, wanted))
            && self
                .parties
                .as_deref()
                .is_none_or(|wanted| any_id(sender, wanted) || any_id(recipients, wanted))
    }
}

fn any_department(parties: &[Party], wanted: &[String]) -> bool {
    parties.iter().any(|party| wanted.contains(&party.department))
}

fn any_id(parties: &[Party], wanted: &[String]) -> bool {
    parties.iter().any(|party| wanted.contains(&party.id))
}
