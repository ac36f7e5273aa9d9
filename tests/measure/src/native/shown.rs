//! What a plugin is shown of a message: the fields that its policy asks for, its own lists' hits, its preceding messages.

use proviso_model::limits;
use proviso_model::message::{Direction, Kind, Message, Party, PartyClass};
use proviso_model::set::PolicySet;
use proviso_pack::manifest::{Field, Policy as Declared, TimePrecision};
use proviso_scan::Hit;
use proviso_sdk as sdk;

/// A list that a policy does not see.
pub(super) const NOT_ASKED: u16 = u16::MAX;
/// Name of an attachment that policies see, in bytes.
const ATTACHMENT_NAME_BYTES_MAX: usize = 1_024;

/// How one policy sees messages.
pub(super) struct Lens {
    /// By number of a list in the matcher: its index in the policy's table.
    pub table: Vec<u16>,
    /// By [`Field`].
    fields: [bool; Field::ALL.len()],
    time: TimePrecision,
    /// By the host's kind: the contract's.
    kinds: [sdk::Kind; Kind::ALL.len()],
}

/// An earlier message, cut and scanned.
pub(super) struct Earlier<'a> {
    pub message: &'a Message,
    pub text: &'a str,
    pub hits: Vec<Hit>,
    /// The `[[apply]]` tables that may judge it: a policy sees of a conversation what it may judge of it.
    pub covered_by: Vec<usize>,
}

impl Lens {
    pub(super) fn new(declared: &Declared, table: Vec<u16>) -> Self {
        let kind = |kind: Kind| {
            serde_json::from_value(kind.name().into()).expect("the contract has every kind of the host under its name")
        };
        let mut fields = [false; Field::ALL.len()];
        for field in &declared.fields {
            fields[*field as usize] = true;
        }
        Self {
            table,
            fields,
            time: declared.time,
            kinds: Kind::ALL.map(kind),
        }
    }

    fn asks(&self, field: Field) -> bool {
        self.fields[field as usize]
    }

    pub(super) fn show(
        &self,
        set: &PolicySet,
        message: &Message,
        text: &str,
        (hits, cut): (&[Hit], bool),
        preceding: &[&Earlier<'_>],
    ) -> sdk::Message {
        let parties = self.asks(Field::Parties) || self.asks(Field::Departments);
        let some = |asked: bool, max: usize| if asked { max } else { 0 };
        let (seen, whole) = self.hits(hits);
        sdk::Message {
            id: if self.asks(Field::Id) {
                message.id.native.clone()
            } else {
                String::new()
            },
            kind: self.kinds[message.kind as usize],
            direction: direction(message.direction),
            sent_at: self.time_of(message),
            sender: if parties {
                self.party(set, message, &message.sender)
            } else {
                self.party(set, message, &Party::default())
            },
            recipients: message
                .recipients
                .iter()
                .take(some(parties, limits::RECIPIENTS_MAX))
                .map(|recipient| self.party(set, message, recipient))
                .collect(),
            conversation: if self.asks(Field::Conversation) {
                message.conversation.clone()
            } else {
                String::new()
            },
            text: if self.asks(Field::Text) {
                text.to_owned()
            } else {
                String::new()
            },
            amount: message
                .amount
                .as_ref()
                .filter(|_| self.asks(Field::Amount))
                .map(|amount| sdk::Money {
                    minor_units: amount.minor_units,
                    currency: amount.currency.clone(),
                }),
            attachments: message
                .attachments
                .iter()
                .take(some(self.asks(Field::Attachments), limits::ATTACHMENTS_MAX))
                .map(|attachment| sdk::Attachment {
                    name: attachment.name[..attachment.name.floor_char_boundary(ATTACHMENT_NAME_BYTES_MAX)].to_owned(),
                    size_bytes: attachment.size_bytes,
                })
                .collect(),
            links: message
                .links
                .iter()
                .take(some(self.asks(Field::Links), limits::ATTACHMENTS_MAX))
                .cloned()
                .collect(),
            hits: seen,
            truncated: cut || !whole,
            preceding: preceding
                .iter()
                .map(|earlier| sdk::PrecedingMessage {
                    direction: direction(earlier.message.direction),
                    same_sender: earlier.message.sender.id == message.sender.id,
                    sent_at: self.time_of(earlier.message),
                    text: earlier.text.to_owned(),
                    hits: self.hits(&earlier.hits).0,
                })
                .collect(),
        }
    }

    /// The time, as exactly as the policy is told.
    fn time_of(&self, message: &Message) -> i64 {
        self.time.told(message.sent_at.as_millis())
    }

    fn party(&self, set: &PolicySet, message: &Message, party: &Party) -> sdk::Party {
        sdk::Party {
            id: if self.asks(Field::Parties) {
                party.id.clone()
            } else {
                String::new()
            },
            class: match party.class {
                PartyClass::Employee => sdk::PartyClass::Employee,
                PartyClass::External => sdk::PartyClass::External,
                PartyClass::Robot => sdk::PartyClass::Robot,
                PartyClass::Unknown => sdk::PartyClass::Unknown,
            },
            department: set.department_of(party, message, None).to_owned(),
        }
    }

    /// The hits of the policy's own lists in its order, and whether these are all.
    fn hits(&self, hits: &[Hit]) -> (Vec<sdk::Hit>, bool) {
        let mut seen: Vec<sdk::Hit> = hits
            .iter()
            .filter_map(|hit| {
                let list = self.table[hit.list.0 as usize];
                let span = sdk::Span {
                    start: hit.start,
                    end: hit.end,
                };
                (list != NOT_ASKED).then_some(sdk::Hit {
                    list,
                    term: hit.term,
                    span,
                })
            })
            .collect();
        seen.sort_unstable_by_key(|hit| (hit.span.start, hit.span.end, hit.list, hit.term));
        let whole = seen.len() <= limits::HITS_MAX;
        seen.truncate(limits::HITS_MAX);
        (seen, whole)
    }
}

fn direction(direction: Direction) -> sdk::Direction {
    match direction {
        Direction::Internal => sdk::Direction::Internal,
        Direction::Outbound => sdk::Direction::Outbound,
        Direction::Inbound => sdk::Direction::Inbound,
        Direction::Unknown => sdk::Direction::Unknown,
    }
}
