//! The messages of cases: the canonical fields, every one of them optional.

use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::limits::{ATTACHMENTS_MAX, CONVERSATION_BYTES_MAX, ID_BYTES_MAX, RECIPIENTS_MAX};
use proviso_model::message::{Attachment, Direction, Kind, Message, Money, Party, PartyClass};
use proviso_model::{MessageId, Timestamp};
use serde_json::{Map, Value};

/// Tenant and channel of every message of a case, if it does not say.
const PLACE: &str = "case";
/// The employee of every message of a case, if it does not say.
const EMPLOYEE: &str = "employee-1";
/// The external contact of every message of a case, if it does not say.
const CUSTOMER: &str = "customer-1";

/// What a message of a case has where it does not say.
pub(super) struct Defaults {
    /// The native identifier.
    pub(super) native_id: String,
    /// The conversation.
    pub(super) conversation: String,
    /// When it was sent.
    pub(super) sent_at: Timestamp,
}

/// What is wrong with a message: where (a JSON Pointer into it), and what.
pub(super) type FieldProblem = (String, String);

/// Reads a message: a text, or a table of canonical fields. It may be believed only if there are no problems.
pub(super) fn message(value: &Value, defaults: &Defaults) -> (Message, Vec<FieldProblem>) {
    let mut fields = Fields {
        pointer: String::new(),
        left: Map::new(),
        known: Vec::new(),
        problems: Vec::new(),
    };
    match value {
        Value::String(text) => {
            fields.left.insert("text".to_owned(), Value::String(text.clone()));
        }
        Value::Object(table) => fields.left.clone_from(table),
        _ => fields.problem("", "a message is a text or a table"),
    }
    let message = fields.message(defaults);
    fields.finish();
    (message, fields.problems)
}

/// A table whose known keys are being taken out.
struct Fields {
    pointer: String,
    left: Map<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<FieldProblem>,
}

impl Fields {
    fn message(&mut self, defaults: &Defaults) -> Message {
        let id = MessageId {
            tenant: self.origin("tenant").unwrap_or_else(|| PLACE.to_owned()),
            channel: self.origin("channel").unwrap_or_else(|| PLACE.to_owned()),
            native: self
                .id("id", ID_BYTES_MAX)
                .unwrap_or_else(|| defaults.native_id.clone()),
        };
        let kind = self
            .name("kind", &Kind::ALL.map(|kind| (kind.name(), kind)))
            .unwrap_or(Kind::Text);
        let native_kind = self.text("native_kind").unwrap_or_default();
        let sender = self
            .take("from")
            .and_then(|value| self.party("/from", &value))
            .unwrap_or_else(|| party(EMPLOYEE, PartyClass::Employee));
        let recipients = self.list("to", RECIPIENTS_MAX, Self::party).unwrap_or_else(|| {
            vec![match sender.class {
                PartyClass::External => party(EMPLOYEE, PartyClass::Employee),
                _ => party(CUSTOMER, PartyClass::External),
            }]
        });
        let directions = [
            Direction::Internal,
            Direction::Outbound,
            Direction::Inbound,
            Direction::Unknown,
        ];
        let direction = self
            .name("direction", &directions.map(|direction| (direction.name(), direction)))
            .unwrap_or_else(|| Direction::of(sender.class, recipients.iter().map(|party| party.class)));
        let sent_at = self.moment("sent_at").unwrap_or(defaults.sent_at);
        Message {
            id,
            kind,
            native_kind,
            direction,
            sender,
            recipients,
            conversation: self
                .id("conversation", CONVERSATION_BYTES_MAX)
                .unwrap_or_else(|| defaults.conversation.clone()),
            sent_at,
            text: self.text("text").unwrap_or_default(),
            amount: self.table("amount", Self::money),
            attachments: self
                .list("attachments", ATTACHMENTS_MAX, |fields, pointer, item| {
                    fields.inside(pointer, item, Self::attachment)
                })
                .unwrap_or_default(),
            links: self.texts("links"),
            recalls: self.id("recalls", ID_BYTES_MAX),
            consent: self.table("consent", |fields| fields.consent(sent_at)),
            notes: self.texts("notes"),
            raw: String::new(),
        }
    }

    /// A party: its id, or a table.
    fn party(&mut self, pointer: &str, value: &Value) -> Option<Party> {
        match value {
            Value::String(id) => Some(party(id, PartyClass::Unknown)),
            _ => self.inside(pointer, value, Self::party_table),
        }
    }

    fn party_table(&mut self) -> Party {
        let classes = [
            PartyClass::Employee,
            PartyClass::External,
            PartyClass::Robot,
            PartyClass::Unknown,
        ];
        Party {
            id: self.id("id", ID_BYTES_MAX).unwrap_or_default(),
            class: self
                .name("class", &classes.map(|class| (class.name(), class)))
                .unwrap_or_default(),
            department: self.text("department").unwrap_or_default(),
        }
    }

    fn money(&mut self) -> Money {
        let minor_units = self.number("minor_units");
        if minor_units.is_none() {
            self.problem("", "`minor_units` is missing here: the amount in fen or cents");
        }
        let currency = self.text("currency").unwrap_or_default();
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.problem(
                "/currency",
                format!("{currency:?} is not a currency: expected three letters of ISO 4217"),
            );
        }
        Money {
            minor_units: minor_units.unwrap_or_default(),
            currency,
        }
    }

    fn attachment(&mut self) -> Attachment {
        Attachment {
            name: self.text("name").unwrap_or_default(),
            size_bytes: self.number("size_bytes").unwrap_or_default(),
            reference: self.text("reference").unwrap_or_default(),
        }
    }

    fn consent(&mut self, sent_at: Timestamp) -> ConsentEvent {
        let states = [ConsentState::Agree, ConsentState::Disagree, ConsentState::DefaultAgree];
        let state = self.name("state", &states.map(|state| (state.name(), state)));
        let party = self.id("party", ID_BYTES_MAX);
        if state.is_none() || party.is_none() {
            self.problem(
                "",
                "a consent needs `party`, and `state`: agree, disagree or default-agree",
            );
        }
        ConsentEvent {
            party: party.unwrap_or_default(),
            state: state.unwrap_or(ConsentState::DefaultAgree),
            at: self.moment("at").unwrap_or(sent_at),
        }
    }

    fn texts(&mut self, key: &'static str) -> Vec<String> {
        match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(items)) if items.iter().all(Value::is_string) && items.len() <= ATTACHMENTS_MAX => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(other) => {
                self.wrong(key, &other, &format!("a list of at most {ATTACHMENTS_MAX} strings"));
                Vec::new()
            }
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key)
    }

    fn problem(&mut self, inside: &str, message: impl Into<String>) {
        self.problems
            .push((format!("{}{inside}", self.pointer), message.into()));
    }

    fn wrong(&mut self, key: &str, value: &Value, expected: &str) {
        self.problem(&format!("/{key}"), format!("`{key}` is {value}: expected {expected}"));
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(key, &other, "a string");
                None
            }
        }
    }

    fn id(&mut self, key: &'static str, bytes_max: usize) -> Option<String> {
        let id = self.text(key)?;
        if id.is_empty() || id.len() > bytes_max || id.chars().any(char::is_control) {
            self.wrong(
                key,
                &Value::String(id.clone()),
                &format!("1-{bytes_max} bytes without control characters"),
            );
        }
        Some(id)
    }

    /// Tenant or channel: `/` divides the parts of a message's printed id.
    fn origin(&mut self, key: &'static str) -> Option<String> {
        let id = self.id(key, ID_BYTES_MAX)?;
        if id.contains('/') {
            self.wrong(key, &Value::String(id.clone()), "no `/`");
        }
        Some(id)
    }

    fn number(&mut self, key: &'static str) -> Option<u64> {
        let value = self.take(key)?;
        if value.as_u64().is_none() {
            self.wrong(key, &value, "a whole number from 0");
        }
        value.as_u64()
    }

    fn moment(&mut self, key: &'static str) -> Option<Timestamp> {
        let value = self.take(key)?;
        let moment = match &value {
            Value::String(text) => Timestamp::from_rfc3339(text).ok(),
            other => other
                .as_i64()
                .and_then(|number| Timestamp::from_seconds_or_millis(number).ok()),
        };
        if moment.is_none() {
            self.wrong(
                key,
                &value,
                "RFC 3339 with an offset (2026-01-31T09:00:00+08:00), or seconds or milliseconds since 1970",
            );
        }
        moment
    }

    fn name<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        let value = self.take(key)?;
        let found = value
            .as_str()
            .and_then(|name| known.iter().find(|(known, _)| *known == name));
        if found.is_none() {
            let names = known
                .iter()
                .map(|(name, _)| format!("{name:?}"))
                .collect::<Vec<_>>()
                .join(", ");
            self.wrong(key, &value, &format!("one of {names}"));
        }
        found.map(|(_, value)| *value)
    }

    fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let value = self.take(key)?;
        self.inside(&format!("/{key}"), &value, read)
    }

    /// Reads a list; `read` gets the pointer of each item.
    fn list<T>(
        &mut self,
        key: &'static str,
        items_max: usize,
        read: impl Fn(&mut Self, &str, &Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(key)?;
        let Some(items) = value.as_array().filter(|items| items.len() <= items_max) else {
            self.problem(
                &format!("/{key}"),
                format!("`{key}` is not a list of at most {items_max}"),
            );
            return None;
        };
        let read = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| read(self, &format!("/{key}/{index}"), item));
        Some(read.collect())
    }

    /// Reads a table inside this one.
    fn inside<T>(&mut self, pointer: &str, value: &Value, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let Value::Object(table) = value else {
            self.problem(pointer, format!("{value}: expected a table"));
            return None;
        };
        let mut inner = Self {
            pointer: format!("{}{pointer}", self.pointer),
            left: table.clone(),
            known: Vec::new(),
            problems: Vec::new(),
        };
        let read = read(&mut inner);
        inner.finish();
        self.problems.append(&mut inner.problems);
        Some(read)
    }

    fn finish(&mut self) {
        let known = self
            .known
            .iter()
            .map(|key| format!("`{key}`"))
            .collect::<Vec<_>>()
            .join(", ");
        for key in std::mem::take(&mut self.left).keys() {
            self.problem(
                &format!("/{key}"),
                format!("unknown key `{key}`: expected one of {known}"),
            );
        }
    }
}

fn party(id: &str, class: PartyClass) -> Party {
    Party {
        id: id.to_owned(),
        class,
        department: String::new(),
    }
}
