//! What an archive hands over of a message, to be written.

use proviso_model::id::PolicyId;
use proviso_model::time::Day;
use proviso_model::{Digest, Message, Timestamp, Verdict};
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::Entry;
use proviso_proof::entry_proof::Place;
use proviso_record::{codes, digests};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a message is in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is what was asked for.
    Match,
    /// It stands beside one in the same conversation.
    Context,
}

/// A message with all that the archive has of it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Its place in the order of arrival, from 1.
    pub number: i64,
    /// Why it is there.
    pub role: Role,
    /// When its batch was received.
    pub received_at: Timestamp,
    /// What its source delivered, with its bytes.
    pub message: Message,
    /// The digest of the whole, where the archive may keep a part alone.
    pub delivered: Option<Digest>,
    /// What was said of it.
    pub verdict: Verdict,
    /// What the policies used.
    pub fuel: u64,
    /// How long it is kept, as the archive's JSON.
    pub retention: Option<String>,
    /// The columns that the log has beside the judgement.
    pub standing: Standing,
    /// Whom the directory names for the accounts of its parties, by account.
    pub people: BTreeMap<String, Person>,
    /// What people did with it.
    pub reviews: Vec<Review>,
    /// What else the log tells of it.
    pub told: Vec<Told>,
    /// What the log has of its arrival; `None` of a message of before the log.
    pub judged: Option<JudgedAt>,
    /// What is sealed.
    pub sealed: Sealed,
    /// What it was judged with beside itself.
    pub judged_with: JudgedWith,
}

/// What it takes to judge a message again, beside the message, its verdict and the generation. The manifest alone vouches for it, save for
/// the messages before it: the verdict has a digest over them. Nothing of a masked export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgedWith {
    /// The numbers of the messages that its verdict names as preceding; `None` if one of them is not in the export.
    pub before: Option<Vec<i64>>,
    /// What the directory said of the parties to it and to those messages, where it knew them; `None` if that is not known any more.
    pub departments: Option<Vec<Department>>,
    /// The states of its subjects before it.
    pub folds: Vec<FoldBefore>,
}

/// In which department an account was on a day, which begins and ends in the time zone of the policy set that judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// The account in the message's channel.
    pub account: String,
    /// The day.
    pub day: Day,
    /// The department.
    pub department: String,
}

/// The state of a fold before a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldBefore {
    /// Whose.
    pub policy: PolicyId,
    /// Of which subject.
    pub key: Arc<str>,
    /// 0 bytes where the message was the first of its subject.
    pub state: Arc<[u8]>,
}

/// The log's entry of a message that arrived.
#[derive(Debug, Clone)]
pub struct JudgedAt {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub entry: Entry,
    /// What the leaf has of it.
    pub commitment: Commitment,
}

/// Another entry of the log.
#[derive(Debug, Clone)]
pub struct Told {
    /// Where it stands.
    pub place: Place,
    /// What its commitment was made with.
    pub salt: Salt,
    /// Its canonical bytes.
    pub entry: Vec<u8>,
}

/// The sealed parts of a record, and the key that opens this record alone.
#[derive(Clone)]
pub struct Sealed {
    /// The record's own key.
    pub key: [u8; 32],
    /// The content as it is stored.
    pub content: Vec<u8>,
    /// The judgement as it is stored.
    pub judgement: Vec<u8>,
    /// How often the message was judged or decided on again.
    pub round: u32,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// The columns and texts that the log has a digest of beside a judgement ([`proviso_record::digests::Standing`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The generation that judged.
    pub generation: String,
    /// The list of packs as it is stored.
    pub packs: String,
    /// 1 if the message waited for a person.
    pub held: i64,
    /// Why the content was withheld.
    pub withheld: Option<String>,
    /// The rules that decided, as they are stored.
    pub statutes: Option<String>,
    /// The ground of the decision, by its code.
    pub why: Option<i64>,
    /// The day until which it is kept, by its number from 1970-01-01.
    pub keep_until: Option<i64>,
    /// How often it was judged or decided on again.
    pub round: i64,
    /// The version of the directory.
    pub directory: Option<i64>,
    /// The lawful basis, as it is stored.
    pub basis: Option<String>,
    /// Clocks of its proposals, as bits.
    pub clocks: i64,
}

impl Standing {
    /// The digest that the log's entry has, with the findings and faults of the judgement.
    pub fn digest(&self, verdict: &Verdict) -> Digest {
        let of_text = |text: &String| Digest::of(text.as_bytes());
        let mut digest = digests::Standing::new(&digests::Judged {
            generation: &self.generation,
            packs: of_text(&self.packs),
            held: self.held,
            withheld: self.withheld.as_deref(),
            statutes: self.statutes.as_ref().map(of_text),
            why: self.why,
            keep_until: self.keep_until,
            round: self.round,
            facts: (self.directory, self.basis.as_ref().map(of_text), self.clocks),
        });
        for finding in &verdict.findings {
            let policy = (&*finding.pack, &*finding.policy);
            digest.finding(policy, &finding.rule, finding.severity.name(), finding.shadow.into());
        }
        for fault in &verdict.faults {
            digest.fault((&fault.pack, &fault.policy), fault.cause.name(), &fault.detail);
        }
        digest.digest()
    }
}

/// The digest that the log's entry has of a message's envelope, which was received at that time, in milliseconds since 1970.
pub fn envelope_digest(message: &Message, received_at: i64) -> Digest {
    let envelope = digests::Envelope {
        tenant: &message.id.tenant,
        channel: &message.id.channel,
        received_at,
        sent_at: message.sent_at.as_millis(),
        kind: message.kind.name(),
        direction: codes::of_direction(message.direction).into(),
        sender: &message.sender.id,
        conversation: &message.conversation,
    };
    envelope.digest()
}

/// Somebody whom the directory names for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// As the organisation numbers its people.
    pub person: String,
    /// The department.
    pub department: String,
    /// The class of the post.
    pub post: String,
}

/// What a person did with a message that waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub by: String,
    /// Why.
    pub note: String,
}

/// A generation that judged messages of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Its content address.
    pub id: String,
    /// When it was recorded first, in milliseconds since 1970.
    pub recorded_at: i64,
    /// The engine that built it.
    pub engine: String,
    /// The file of the policy set, as the operator named it.
    pub set_file: String,
    /// What the file held.
    pub set_text: String,
    /// The set's canonical JSON.
    pub set_json: String,
    /// Its packs, in the order of the set.
    pub packs: Vec<EnclosedPack>,
}

/// A pack of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnclosedPack {
    /// `vendor/name`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its content address.
    pub digest: String,
    /// Who signed it, as far as the archive's host knows; `None` where the pack was not at hand.
    pub signatures: Option<Vec<String>>,
    /// The member with the pack's file; `None` where it was not at hand.
    pub file: Option<String>,
}
