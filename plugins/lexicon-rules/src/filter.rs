//! Which messages a rule or condition is about.

use proviso_sdk::{Direction, Kind, Message, Party, PartyClass, Problems};

use crate::settings::FilterSettings;

/// Every given part must hold; inside a part, any.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    kinds: u32,
    directions: u32,
    sender_classes: u32,
    recipient_classes: Option<u32>,
    sender_departments: Option<Vec<String>>,
    recipient_departments: Option<Vec<String>>,
    recipients_at_least: usize,
}

impl Filter {
    /// One that every message passes.
    pub(crate) fn any() -> Self {
        Self {
            kinds: u32::MAX,
            directions: u32::MAX,
            sender_classes: u32::MAX,
            recipient_classes: None,
            sender_departments: None,
            recipient_departments: None,
            recipients_at_least: 0,
        }
    }

    pub(crate) fn compile(settings: FilterSettings, pointer: &str, problems: &mut Problems) -> Self {
        let mut empty = |key: &str, given: bool, len: usize| {
            if given && len == 0 {
                problems.push(
                    format!("{pointer}/{key}"),
                    "empty: nothing would pass; leave the key out or name something",
                );
            }
            given
        };
        let len = |list: &Option<Vec<String>>| list.as_ref().map_or(0, Vec::len);
        let given = [
            empty(
                "kinds",
                settings.kinds.is_some(),
                settings.kinds.as_ref().map_or(0, Vec::len),
            ),
            empty(
                "directions",
                settings.directions.is_some(),
                settings.directions.as_ref().map_or(0, Vec::len),
            ),
            empty(
                "sender_classes",
                settings.sender_classes.is_some(),
                settings.sender_classes.as_ref().map_or(0, Vec::len),
            ),
            empty(
                "recipient_classes",
                settings.recipient_classes.is_some(),
                settings.recipient_classes.as_ref().map_or(0, Vec::len),
            ),
            empty(
                "sender_departments",
                settings.sender_departments.is_some(),
                len(&settings.sender_departments),
            ),
            empty(
                "recipient_departments",
                settings.recipient_departments.is_some(),
                len(&settings.recipient_departments),
            ),
            settings.recipients_at_least.is_some(),
        ];
        if !given.contains(&true) {
            problems.push(pointer, "empty filter: name at least one of `kinds`, `directions`, `sender_classes`, `recipient_classes`, `sender_departments`, `recipient_departments`, `recipients_at_least`");
        }
        if settings
            .recipients_at_least
            .is_some_and(|least| !(1..=1000).contains(&least))
        {
            problems.push(format!("{pointer}/recipients_at_least"), "must be 1 to 1,000");
        }
        Self {
            kinds: settings
                .kinds
                .map_or(u32::MAX, |kinds| bits(&kinds, |&kind| kind as u32)),
            directions: settings
                .directions
                .map_or(u32::MAX, |directions| direction_bits(&directions)),
            sender_classes: settings.sender_classes.map_or(u32::MAX, |classes| class_bits(&classes)),
            recipient_classes: settings.recipient_classes.map(|classes| class_bits(&classes)),
            sender_departments: settings.sender_departments,
            recipient_departments: settings.recipient_departments,
            recipients_at_least: settings.recipients_at_least.unwrap_or(0) as usize,
        }
    }

    pub(crate) fn passes(&self, message: &Message) -> bool {
        let department = |party: &Party, wanted: &[String]| wanted.contains(&party.department);
        has(self.kinds, kind_bit(message.kind))
            && has(self.directions, direction_bit(message.direction))
            && has(self.sender_classes, class_bit(message.sender.class))
            && message.recipients.len() >= self.recipients_at_least
            && self
                .recipient_classes
                .is_none_or(|bits| message.recipients.iter().any(|party| has(bits, class_bit(party.class))))
            && self
                .sender_departments
                .as_deref()
                .is_none_or(|wanted| department(&message.sender, wanted))
            && self
                .recipient_departments
                .as_deref()
                .is_none_or(|wanted| message.recipients.iter().any(|party| department(party, wanted)))
    }
}

/// One bit for each direction.
pub(crate) fn direction_bits(directions: &[Direction]) -> u32 {
    bits(directions, |&direction| direction as u32)
}

/// True if the direction's bit is set.
pub(crate) fn has_direction(bits: u32, direction: Direction) -> bool {
    has(bits, direction_bit(direction))
}

fn class_bits(classes: &[PartyClass]) -> u32 {
    bits(classes, |&class| class as u32)
}

fn kind_bit(kind: Kind) -> u32 {
    kind as u32
}

fn direction_bit(direction: Direction) -> u32 {
    direction as u32
}

fn class_bit(class: PartyClass) -> u32 {
    class as u32
}

fn bits<T>(items: &[T], number: impl Fn(&T) -> u32) -> u32 {
    items.iter().fold(0, |bits, item| bits | 1 << number(item))
}

fn has(bits: u32, number: u32) -> bool {
    bits >> number & 1 == 1
}
