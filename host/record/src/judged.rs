//! What the log has of a message that was judged when it arrived: an entry that is made from digests of its record, under a salt that is
//! derived from the record's key.

use proviso_model::Digest;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};

/// The kind of the entry of another retention decision on a message.
pub const DECIDED: &str = "decided";
/// The kind of the entries of messages as they arrived.
pub const JUDGED: &str = "judged";
/// The kind of the entry of another verdict on a message.
pub const REJUDGED: &str = "rejudged";
/// Bytes of what a message is known by.
pub const TAG_BYTES: usize = 16;

/// What a message's record says, in digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfMessage {
    /// The place in the order of arrival, from 1.
    pub number: i64,
    /// Of the envelope, as far as no judgement changes it.
    pub envelope: Digest,
    /// Of the sealed content.
    pub content: Digest,
    /// Of the sealed judgement.
    pub verdict: Digest,
    /// Of what the judgement wrote beside it.
    pub standing: Digest,
}

impl OfMessage {
    /// The entry; `tag` is what the message is known by.
    pub fn entry(&self, tag: &[u8; TAG_BYTES]) -> Entry {
        let bytes = |digest: &Digest| Value::Bytes(digest.as_bytes().to_vec());
        let fields = [
            ("content", bytes(&self.content)),
            ("envelope", bytes(&self.envelope)),
            ("message", Value::Integer(self.number)),
            ("standing", bytes(&self.standing)),
            ("tag", Value::Bytes(tag.to_vec())),
            ("verdict", bytes(&self.verdict)),
        ];
        Entry::new(JUDGED, fields).expect("the fields have different names and a fixed length")
    }

    /// The commitment to that entry.
    pub fn commitment(&self, tag: &[u8; TAG_BYTES], salt: &Salt) -> Commitment {
        Commitment::of(salt, &self.entry(tag).to_bytes())
    }
}
