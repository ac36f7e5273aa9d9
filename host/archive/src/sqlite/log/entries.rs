//! What a change tells the log, collected while its rows are written.

use super::rows::Rows;
use crate::change::{CommitError, LogFailure};
use crate::sqlite::failure::Failure;
use proviso_model::{Digest, Principal};
use proviso_proof::commitment::{Commitment, SALT_BYTES, Salt};
use proviso_proof::entry::{Entry, Value};
use sqlx::SqliteConnection;

/// The entries of one transaction: those of judged messages first, then the others.
pub(in crate::sqlite) struct Entries {
    by: String,
    pub(super) judged: Option<Judged>,
    pub(super) told: Vec<Told>,
}

/// Messages with numbers one behind the other. Their entries are made again from their rows.
pub(super) struct Judged {
    pub(super) first: i64,
    pub(super) commitments: Vec<Commitment>,
}

/// An entry that is kept.
pub(super) struct Told {
    pub(super) entry: Entry,
    /// The message that it is about.
    pub(super) message: Option<i64>,
    pub(super) salt: Salt,
    pub(super) commitment: Commitment,
}

impl Told {
    pub(super) fn new(entry: Entry, message: Option<i64>, salt: Salt) -> Self {
        let commitment = Commitment::of(&salt, &entry.to_bytes());
        Self {
            entry,
            message,
            salt,
            commitment,
        }
    }
}

/// A field of an entry.
pub(in crate::sqlite) type Field = (&'static str, Value);

pub(in crate::sqlite) fn text(name: &'static str, text: impl Into<String>) -> Field {
    (name, Value::Text(text.into()))
}

pub(in crate::sqlite) fn integer(name: &'static str, integer: i64) -> Field {
    (name, Value::Integer(integer))
}

pub(in crate::sqlite) fn digest(name: &'static str, digest: &Digest) -> Field {
    (name, Value::Bytes(digest.as_bytes().to_vec()))
}

impl From<LogFailure> for Failure {
    fn from(failure: LogFailure) -> Self {
        Failure::Refused(CommitError::Log(failure))
    }
}

impl Entries {
    /// None yet. `by` is who makes the change.
    pub(in crate::sqlite) fn new(by: &Principal) -> Self {
        Self {
            by: by.to_string(),
            judged: None,
            told: Vec::new(),
        }
    }

    /// Tells something, of a message or of none.
    pub(in crate::sqlite) fn tell(
        &mut self,
        kind: &'static str,
        message: Option<i64>,
        fields: Vec<Field>,
    ) -> Result<(), Failure> {
        let about = message.map(|message| integer("message", message));
        let fields = fields.into_iter().chain(about).chain([text("by", self.by.clone())]);
        let entry = Entry::new(kind, fields).map_err(LogFailure::Entry)?;
        self.told.push(Told::new(entry, message, salt()?));
        Ok(())
    }

    /// Tells of a row that was written, with the digest of what stands there now.
    pub(in crate::sqlite) async fn tell_row(
        &mut self,
        connection: &mut SqliteConnection,
        rows: &'static Rows,
        number: i64,
        message: Option<i64>,
        mut fields: Vec<Field>,
    ) -> Result<(), Failure> {
        let row = rows.digest(connection, number).await?.ok_or(sqlx::Error::RowNotFound)?;
        fields.push(integer("number", number));
        fields.push(digest("row", &row));
        self.tell(rows.kind, message, fields)
    }

    /// Where the next entry that is told will stand in the leaf, where no messages are told of as judged.
    pub(in crate::sqlite) fn next_place(&self) -> u32 {
        self.told.len() as u32
    }

    /// Tells of messages that were judged when they arrived, in the order of their numbers, which follow each other.
    pub(in crate::sqlite) fn judged(&mut self, first: i64, commitments: Vec<Commitment>) {
        if !commitments.is_empty() {
            self.judged = Some(Judged { first, commitments });
        }
    }
}

/// A salt that nobody can guess.
pub(super) fn salt() -> Result<Salt, LogFailure> {
    let mut bytes = [0; SALT_BYTES];
    getrandom::fill(&mut bytes).map_err(LogFailure::Random)?;
    Ok(Salt::new(bytes))
}
