//! Digests of rows, as entries of the log have them: made from what is written, and again from what was read.

use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, Value as _, ValueRef as _};
use std::collections::HashMap;

/// What an envelope says that no judgement changes, and what follows from the message alone.
pub(in crate::sqlite) struct Envelope<'a> {
    pub(in crate::sqlite) tenant: &'a str,
    pub(in crate::sqlite) channel: &'a str,
    pub(in crate::sqlite) received_at: i64,
    pub(in crate::sqlite) sent_at: i64,
    pub(in crate::sqlite) kind: &'a str,
    pub(in crate::sqlite) direction: i64,
    pub(in crate::sqlite) sender: &'a str,
    pub(in crate::sqlite) conversation: &'a str,
}

impl Envelope<'_> {
    pub(in crate::sqlite) fn digest(&self) -> Digest {
        let mut digest = DigestBuilder::new("proviso log envelope 1");
        digest
            .part(self.tenant.as_bytes())
            .part(self.channel.as_bytes())
            .part(&self.received_at.to_be_bytes())
            .part(&self.sent_at.to_be_bytes())
            .part(self.kind.as_bytes())
            .part(&self.direction.to_be_bytes())
            .part(self.sender.as_bytes())
            .part(self.conversation.as_bytes());
        digest.finish()
    }
}

/// What the columns and rows beside a sealed judgement say of it.
pub(in crate::sqlite) struct Standing(DigestBuilder);

/// Digests of the texts that many rows name by a number.
#[derive(Default)]
pub(in crate::sqlite) struct Lists(HashMap<i64, Digest>);

impl Lists {
    /// The digest of a list by its number.
    pub(in crate::sqlite) fn digest(&mut self, number: i64, text: impl FnOnce() -> String) -> Digest {
        *self.0.entry(number).or_insert_with(|| Digest::of(text().as_bytes()))
    }
}

/// The columns of an envelope that a judgement gives it.
pub(in crate::sqlite) struct Judged<'a> {
    pub(in crate::sqlite) generation: &'a str,
    pub(in crate::sqlite) packs: Digest,
    /// 0 or 1, unless somebody altered it.
    pub(in crate::sqlite) held: i64,
    pub(in crate::sqlite) withheld: Option<&'a str>,
    pub(in crate::sqlite) statutes: Option<Digest>,
    pub(in crate::sqlite) why: Option<i64>,
    pub(in crate::sqlite) keep_until: Option<i64>,
    /// How often the message was judged again.
    pub(in crate::sqlite) round: i64,
    /// Version of the directory, digest of the basis, and clocks: none in what was written before there were any.
    pub(in crate::sqlite) facts: (Option<i64>, Option<Digest>, i64),
}

impl Standing {
    pub(in crate::sqlite) fn new(judged: &Judged<'_>) -> Self {
        let mut digest = DigestBuilder::new("proviso log standing 1");
        let number = |number: Option<i64>| number.map(i64::to_be_bytes);
        digest
            .part(judged.generation.as_bytes())
            .part(judged.packs.as_bytes())
            .part(flag(&judged.held.to_be_bytes()))
            .part(judged.withheld.unwrap_or_default().as_bytes())
            .part(judged.statutes.as_ref().map_or(&[], |digest| digest.as_bytes()))
            .part(number(judged.why).as_ref().map_or(&[], |bytes| bytes))
            .part(number(judged.keep_until).as_ref().map_or(&[], |bytes| bytes))
            .part(&judged.round.to_be_bytes());
        let (directory, basis, clocks) = &judged.facts;
        if directory.is_some() || basis.is_some() || *clocks != 0 {
            digest
                .part(b"facts")
                .part(number(*directory).as_ref().map_or(&[], |bytes| bytes))
                .part(basis.as_ref().map_or(&[], |digest| digest.as_bytes()))
                .part(&clocks.to_be_bytes());
        }
        Self(digest)
    }

    /// Adds a finding; those of a message stand in the order of their numbers, before its faults. `shadow` is 0 or 1, unless somebody
    /// altered it.
    pub(in crate::sqlite) fn finding(&mut self, policy: (&str, &str), rule: &str, severity: &str, shadow: i64) {
        self.0
            .part(b"finding")
            .part(policy.0.as_bytes())
            .part(policy.1.as_bytes())
            .part(rule.as_bytes())
            .part(severity.as_bytes())
            .part(flag(&shadow.to_be_bytes()));
    }

    /// Adds a fault; those of a message stand in the order of their numbers.
    pub(in crate::sqlite) fn fault(&mut self, policy: (&str, &str), cause: &str, detail: &str) {
        self.0
            .part(b"fault")
            .part(policy.0.as_bytes())
            .part(policy.1.as_bytes())
            .part(cause.as_bytes())
            .part(detail.as_bytes());
    }

    pub(in crate::sqlite) fn digest(self) -> Digest {
        self.0.finish()
    }
}

/// What a flag adds to a digest: one byte, and all of it where it is more than a byte.
fn flag(bytes: &[u8; 8]) -> &[u8] {
    match bytes {
        [0, 0, 0, 0, 0, 0, 0, _] => &bytes[7..],
        _ => bytes,
    }
}

/// The digest of a row's values with their types, whatever its columns are.
pub(in crate::sqlite) fn of_row(row: &SqliteRow) -> Result<Digest, sqlx::Error> {
    let mut digest = DigestBuilder::new("proviso log row 1");
    for at in 0..row.len() {
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            digest.part(b"null");
            continue;
        }
        let value = sqlx::ValueRef::to_owned(&value);
        match value.type_info().name() {
            "INTEGER" => digest
                .part(b"integer")
                .part(&value.try_decode_unchecked::<i64>()?.to_be_bytes()),
            "TEXT" => digest
                .part(b"text")
                .part(value.try_decode_unchecked::<&str>()?.as_bytes()),
            "BLOB" => digest.part(b"blob").part(value.try_decode_unchecked::<&[u8]>()?),
            other => return Err(super::super::rows::damaged(at, format!("a value of type {other}"))),
        };
    }
    Ok(digest.finish())
}
