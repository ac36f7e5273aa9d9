//! What is gathered of a message while its payload is read.

use super::envelope::made_id;
use super::field::Field;
use proviso_model::limits::ID_BYTES_MAX;
use proviso_model::message::{Attachment, Money};
use std::fmt;

/// The parts of a message that its payload fills.
#[derive(Debug, Default)]
pub(super) struct Draft {
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
