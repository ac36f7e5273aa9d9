//! What is gathered of a message while its payload is read.

use super::envelope::made_id;
use super::field::Field;
use proviso_model::limits::ID_BYTES_MAX;
use proviso_model::message::{Attachment, Kind, Money};
use std::fmt;

/// One `msgtype` of the platform.
#[derive(Debug)]
pub(super) struct MessageType {
    /// The `msgtype`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The keys under which the payload may stand, the documented one first.
    pub(super) keys: &'static [&'static str],
    /// Reads the payload's JSON. On an error nothing was added.
    pub(super) read: fn(&str, &mut Draft) -> serde_json::Result<()>,
}

/// The parts of a message that its payload fills.
#[derive(Debug)]
pub(super) struct Draft {
    /// What messages and their nested parts may be.
    types: &'static [MessageType],
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    pub(super) links: Vec<String>,
    pub(super) amount: Option<Money>,
    pub(super) recalls: Option<String>,
    /// Who said it, and when.
    pub(super) consent: (Option<String>, Option<i64>),
    pub(super) notes: Vec<String>,
    /// Nested parts so far.
    pub(super) nodes: usize,
    /// Nested parts that the current one stands in.
    pub(super) depth: usize,
}

impl Draft {
    /// Nothing yet of a message that is of one of these types.
    pub(super) const fn of(types: &'static [MessageType]) -> Self {
        Self {
            types,
            text: String::new(),
            attachments: Vec::new(),
            links: Vec::new(),
            amount: None,
            recalls: None,
            consent: (None, None),
            notes: Vec::new(),
            nodes: 0,
            depth: 0,
        }
    }

    /// The type of that name.
    pub(super) fn type_of(&self, name: &str) -> Option<&'static MessageType> {
        self.types.iter().find(|known| known.name == name)
    }

    /// True if nothing was gathered yet.
    pub(super) fn is_empty(&self) -> bool {
        let said = self.amount.is_some() || self.recalls.is_some() || self.consent != (None, None);
        self.text.is_empty() && self.attachments.is_empty() && self.links.is_empty() && !said
    }

    /// Adds a note, once.
    pub(super) fn note(&mut self, note: impl fmt::Display) {
        let note = note.to_string();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds a part to the text, on a line of its own. Parts without text are passed over.
    pub(super) fn line(&mut self, part: &str) {
        if part.is_empty() {
            return;
        }
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(part);
    }

    /// The field's value, with a note if it is not what it should be.
    pub(super) fn value<'f, T>(&mut self, field: &'f Field<T>, name: &str) -> Option<&'f T> {
        match field {
            Field::Odd { found, value: Some(_) } => self.note(format_args!("`{name}` is {found}: taken as it is")),
            Field::Odd { found, value: None } => self.note(format_args!("`{name}` is {found}: left in the original")),
            Field::Given(_) | Field::Absent => {}
        }
        field.value()
    }

    /// Adds a field to the text.
    pub(super) fn field(&mut self, field: &Field<String>, name: &str) {
        if let Some(text) = self.value(field, name) {
            self.line(text);
        }
    }

    /// Adds the elements of a list to the text, each on a line of its own.
    pub(super) fn fields(&mut self, fields: &Field<Vec<Field<String>>>, name: &str) {
        for field in self.value(fields, name).into_iter().flatten() {
            self.field(field, name);
        }
    }

    /// Adds a web address.
    pub(super) fn link(&mut self, field: &Field<String>, name: &str) {
        if let Some(link) = self.value(field, name).filter(|link| !link.is_empty()) {
            self.links.push(link.clone());
        }
    }

    /// What identifies something, made to fit with a note where it is too long or holds control characters.
    pub(super) fn id(&mut self, text: &str, name: &str) -> String {
        let Some(made) = made_id(text) else {
            return text.to_owned();
        };
        self.note(format_args!(
            "`{name}` is longer than {ID_BYTES_MAX} bytes or holds control characters: made to fit"
        ));
        made
    }
}
