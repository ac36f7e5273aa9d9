//! Digests of rows, as entries of the log have them: made from what is written, again from what was read, and by whoever verifies.

use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use std::collections::HashMap;

/// What an envelope says that no judgement changes, and what follows from the message alone.
pub struct Envelope<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// Where it came by.
    pub channel: &'a str,
    /// When its batch was received, in milliseconds since 1970.
    pub received_at: i64,
    /// When it was sent, likewise.
    pub sent_at: i64,
    /// The kind's name.
    pub kind: &'a str,
    /// The direction's code ([`codes`](crate::codes)).
    pub direction: i64,
    /// The sender's identifier in the channel.
    pub sender: &'a str,
    /// The conversation.
    pub conversation: &'a str,
}

impl Envelope<'_> {
    /// Of all of it.
    pub fn digest(&self) -> Digest {
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
pub struct Standing(DigestBuilder);

/// Digests of the texts that many rows name by a number.
#[derive(Default)]
pub struct Lists(HashMap<i64, Digest>);

impl Lists {
    /// The digest of a list by its number.
    pub fn digest(&mut self, number: i64, text: impl FnOnce() -> String) -> Digest {
        *self.0.entry(number).or_insert_with(|| Digest::of(text().as_bytes()))
    }
}

/// The columns of an envelope that a judgement gives it.
pub struct Judged<'a> {
    /// The generation that judged, as a text.
    pub generation: &'a str,
    /// Of the list of packs as it is stored.
    pub packs: Digest,
    /// 0 or 1, unless somebody altered it.
    pub held: i64,
    /// Why the content was withheld, by its name.
    pub withheld: Option<&'a str>,
    /// Of the list of rules that decided as it is stored.
    pub statutes: Option<Digest>,
    /// The ground's code.
    pub why: Option<i64>,
    /// The day until which it is kept, by its number.
    pub keep_until: Option<i64>,
    /// How often the message was judged again.
    pub round: i64,
    /// Version of the directory, digest of the basis, and clocks: none in what was written before there were any.
    pub facts: (Option<i64>, Option<Digest>, i64),
}

impl Standing {
    /// Of the columns; findings and faults are added.
    pub fn new(judged: &Judged<'_>) -> Self {
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
    pub fn finding(&mut self, policy: (&str, &str), rule: &str, severity: &str, shadow: i64) {
        self.0
            .part(b"finding")
            .part(policy.0.as_bytes())
            .part(policy.1.as_bytes())
            .part(rule.as_bytes())
            .part(severity.as_bytes())
            .part(flag(&shadow.to_be_bytes()));
    }

    /// Adds a fault; those of a message stand in the order of their numbers.
    pub fn fault(&mut self, policy: (&str, &str), cause: &str, detail: &str) {
        self.0
            .part(b"fault")
            .part(policy.0.as_bytes())
            .part(policy.1.as_bytes())
            .part(cause.as_bytes())
            .part(detail.as_bytes());
    }

    /// Of all of it.
    pub fn digest(self) -> Digest {
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

/// The digest of a row that an entry tells of: its values with their types, in the order of its columns.
pub struct RowDigest(DigestBuilder);

impl RowDigest {
    /// Of no value yet.
    #[expect(clippy::new_without_default, reason = "a row without values is none")]
    pub fn new() -> Self {
        Self(DigestBuilder::new("proviso log row 1"))
    }

    /// Adds a value that is absent.
    pub fn null(&mut self) -> &mut Self {
        self.0.part(b"null");
        self
    }

    /// Adds a number.
    pub fn integer(&mut self, integer: i64) -> &mut Self {
        self.0.part(b"integer").part(&integer.to_be_bytes());
        self
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.part(b"text").part(text.as_bytes());
        self
    }

    /// Adds bytes.
    pub fn blob(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.part(b"blob").part(bytes);
        self
    }

    /// The digest.
    pub fn finish(self) -> Digest {
        self.0.finish()
    }
}
