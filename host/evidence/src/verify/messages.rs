//! That each message is what the log has of it: its sealed record opens by its own key, the log's entry was made under that key and over those
//! sealed bytes, and what is to be read is what was in them.

use super::NotRead;
use super::fault::Faults;
use super::judged::NotJudged;
use super::judging::Again;
use super::log::{Places, read_told};
use super::meanings::{Known, meanings};
use super::members::text;
use super::unsealer::{SealedPart, Unsealer};
use crate::base64;
use crate::evidence::{JudgedWith, Role, envelope_digest};
use crate::form::{CountsV1, MANIFEST, ManifestV1};
use crate::lines::{JUDGED_WITH, JudgedWithV1, LINE_BYTES_MAX, MESSAGES, MaskedSealV1, MessageV1, SEALS, SealV1};
use crate::local_time::local;
use crate::member::Members;
use crate::parts::part_path;
use proviso_model::canonical;
use proviso_model::time::Zone;
use proviso_model::{Digest, Message, Timestamp, Verdict};
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::entry_proof::Place;
use proviso_record::digests::RowDigest;
use proviso_record::judged::{DECIDED, OfMessage, REJUDGED, TAG_BYTES};
use proviso_record::judgement::{self, Beside, Decided};
use proviso_record::{content, decision, part};
use std::collections::HashSet;

/// The kind of the entry of a message whose waiting ended.
const RELEASED: &str = "released";

/// The walk over all messages.
pub(super) struct Walk<'a> {
    manifest: &'a ManifestV1,
    zone: Zone,
    unsealer: &'a mut dyn Unsealer,
    pub(super) places: Places,
    pub(super) opened: u64,
    pub(super) masked: u64,
    pub(super) untold: u64,
    pub(super) entries: u64,
    numbers: HashSet<i64>,
    counts: CountsV1,
    conversation: Option<(String, String, String)>,
    /// Of who judges again.
    pub(super) again: Option<Again<'a>>,
}

/// What is looked at of a message before its record is opened; all of it is compared afterwards.
#[derive(serde::Deserialize)]
struct HeadV1 {
    id: String,
    tenant: String,
    channel: String,
    sent_at: String,
    conversation: String,
}

/// The lines of a message.
#[derive(Clone, Copy)]
struct Texts<'t> {
    message: &'t str,
    seal: &'t str,
    /// What it was judged with, where the export has that.
    with: Option<&'t str>,
}

/// What is wrong with a message, in words that say nothing of it.
type Wrong = String;

impl<'a> Walk<'a> {
    pub(super) fn new(
        manifest: &'a ManifestV1,
        zone: Zone,
        unsealer: &'a mut dyn Unsealer,
        exported: Option<&(Place, Commitment)>,
    ) -> Self {
        let mut places = Places::new();
        if let Some((place, commitment)) = exported {
            places.entry(place.leaf).or_default().insert(place.entry, *commitment);
        }
        Self {
            manifest,
            zone,
            unsealer,
            places,
            opened: 0,
            masked: 0,
            untold: 0,
            entries: 0,
            numbers: HashSet::new(),
            counts: CountsV1::default(),
            conversation: None,
            again: None,
        }
    }

    /// Reads every line.
    pub(super) fn all<M: Members>(
        &mut self,
        members: &mut M,
        faults: &mut Faults,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), NotRead<M::Error>> {
        let known = meanings(members, faults)?;
        let of = |folder: &str| {
            let prefix = format!("{folder}/");
            let members = self.manifest.members.iter();
            members.filter(move |member| member.path.starts_with(&prefix)).count()
        };
        if of(MESSAGES) != of(SEALS) {
            faults.add(MANIFEST, None, "it lists other members of messages than of seals");
        }
        let has_judged_with = of(JUDGED_WITH) > 0;
        if let Some(again) = &mut self.again {
            again.begin(members, has_judged_with)?;
        }
        if has_judged_with && of(MESSAGES) != of(JUDGED_WITH) {
            faults.add(
                MANIFEST,
                None,
                "it lists other members of messages than of what they were judged with",
            );
        }
        for number in 1..=of(MESSAGES) as u32 {
            let (path, seals) = (part_path(MESSAGES, number, "jsonl"), part_path(SEALS, number, "jsonl"));
            let (messages, sealed) = (text(members, &path, faults)?, text(members, &seals, faults)?);
            let (Some(messages), Some(sealed)) = (messages, sealed) else {
                continue;
            };
            let with = if has_judged_with {
                let path = part_path(JUDGED_WITH, number, "jsonl");
                let with = text(members, &path, faults)?.unwrap_or_default();
                if with.lines().count() != messages.lines().count() {
                    faults.add(&path, None, "it has another number of lines than there are messages");
                }
                Some(with)
            } else {
                None
            };
            let mut with = with.as_deref().map(str::lines);
            let (mut messages, mut sealed) = (messages.lines(), sealed.lines());
            for line in 1.. {
                let (message, seal) = match (messages.next(), sealed.next()) {
                    (Some(message), Some(seal)) => (message, seal),
                    (None, None) => break,
                    _ => {
                        faults.add(&seals, Some(line), format!("it has other lines than {path}"));
                        break;
                    }
                };
                let with = with.as_mut().and_then(Iterator::next);
                let longest = [message.len(), seal.len(), with.map_or(0, str::len)].into_iter().max();
                if longest > Some(LINE_BYTES_MAX) {
                    faults.add(
                        &path,
                        Some(line),
                        format!("the line has more than {LINE_BYTES_MAX} bytes"),
                    );
                    continue;
                }
                let texts = Texts { message, seal, with };
                if let Err(wrong) = self.line(line, texts, &known) {
                    faults.add(&path, Some(line), wrong);
                    self.not_judged(NotJudged::Altered);
                }
            }
            if let Some(again) = &mut self.again {
                again.judge_all(members, &path)?;
            }
            progress(self.counts.messages);
        }
        if let Some(again) = &mut self.again {
            again.not_reached(self.manifest.counts.messages);
        }
        self.counts.untold = self.untold;
        if self.counts != self.manifest.counts {
            faults.add(
                MANIFEST,
                None,
                "it counts other messages, matches or conversations than there are",
            );
        }
        Ok(())
    }

    fn line(&mut self, at: u64, texts: Texts<'_>, known: &Known) -> Result<(), Wrong> {
        let line: MessageV1 = serde_json::from_str(texts.message).map_err(|error| of_form("message", &error))?;
        let read: HeadV1 = serde_json::from_str(line.message.get()).map_err(|error| of_form("message", &error))?;
        let sent_at = Timestamp::from_rfc3339(&read.sent_at).map_err(|_| "its message was sent at no time")?;
        self.counts.messages += 1;
        self.counts.matches += u64::from(line.role == Role::Match);
        let conversation = (read.tenant.clone(), read.channel.clone(), read.conversation.clone());
        if self.conversation.as_ref() != Some(&conversation) {
            self.counts.conversations += 1;
            self.conversation = Some(conversation);
        }
        if !self.numbers.insert(line.number) {
            return Err(format!("message {} is there twice", line.number));
        }
        let received = Timestamp::from_millis(line.received_at_ms).map_err(|_| "it was received at no time")?;
        for (what, written, expected) in [
            ("id", &line.id, format!("{}/{}/{}", read.tenant, read.channel, read.id)),
            ("sent_at", &line.sent_at, local(sent_at, &self.zone)),
            ("received_at", &line.received_at, local(received, &self.zone)),
        ] {
            if *written != expected {
                return Err(format!("its {what} is not the one that the message has"));
            }
        }
        if self.manifest.masked {
            self.masked(&line, texts.seal)?;
            self.not_judged(NotJudged::Masked);
            return Ok(());
        }
        let seal: SealV1 = serde_json::from_str(texts.seal).map_err(|error| of_form("seal", &error))?;
        if seal.number != line.number {
            return Err(format!("its seal is that of message {}", seal.number));
        }
        let with = texts.with.map(|with| judged_with(line.number, with)).transpose()?;
        let (message, verdict) = self.sealed(&line, &read, &seal, known)?;
        match &mut self.again {
            Some(again) => again.add(at, line, message, verdict, with),
            None => Ok(()),
        }
    }

    fn masked(&mut self, line: &MessageV1, seal: &str) -> Result<(), Wrong> {
        let seal: MaskedSealV1 = serde_json::from_str(seal).map_err(|error| of_form("seal", &error))?;
        if seal.number != line.number {
            return Err(format!("its seal is that of message {}", seal.number));
        }
        let Some(at) = seal.at else {
            self.untold += 1;
            return Ok(());
        };
        let commitment = Hash::from_hex(&at.commitment).map_err(|_| "its commitment is no hash")?;
        self.masked += 1;
        self.place(at.leaf, at.place, Commitment::from_hash(commitment))
    }

    fn place(&mut self, leaf: u64, place: u32, commitment: Commitment) -> Result<(), Wrong> {
        match self.places.entry(leaf).or_default().insert(place, commitment) {
            None => Ok(()),
            Some(_) => Err(format!("two of the export stand at place {place} of leaf {leaf}")),
        }
    }

    /// The message and its verdict, as they were sealed.
    fn sealed(
        &mut self,
        line: &MessageV1,
        read: &HeadV1,
        seal: &SealV1,
        known: &Known,
    ) -> Result<(Message, Verdict), Wrong> {
        let key = base64::decode(&seal.key).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.ok_or("its key is no key of 32 bytes")?;
        let sealed_content = base64::decode(&seal.content).ok_or("its sealed content is no base64")?;
        let sealed_judgement = base64::decode(&seal.judgement).ok_or("its sealed judgement is no base64")?;
        let number = line.number.unsigned_abs();
        let mut open = |part: u64, sealed: &[u8], what: &str| {
            let part = SealedPart {
                tenant: &read.tenant,
                number,
                part,
            };
            let opened = self.unsealer.open(&key, part, sealed);
            opened.map_err(|why| format!("its sealed {what} does not open: {why}"))
        };
        let opened = open(part::CONTENT, &sealed_content, "content")?;
        let judged = open(part::judgement(seal.round), &sealed_judgement, "judgement")?;
        let salt = Salt::new(self.unsealer.salt(&key));
        let now = self.entries_of(line, seal, &salt, &Digest::of(&sealed_content))?;

        let (message, delivered) = content::read(&opened, &read.tenant, &read.channel)
            .map_err(|_| "its sealed content is not of a form that this program reads")?;
        if canonical::to_json(&message) != line.message.get()
            || *message.raw != *line.raw.as_deref().unwrap_or_default()
            || delivered != line.delivered
        {
            return Err("what is to be read of the message is not what was sealed".to_owned());
        }
        let standing = &line.standing;
        let beside = Beside {
            message: &message,
            generation: standing.generation.parse().map_err(|_| "its generation is no digest")?,
            packs: serde_json::from_str::<Vec<Digest>>(&standing.packs)
                .map_err(|_| "its list of packs is none")?
                .into(),
        };
        let judgement = judgement::read(&judged, beside, known)
            .map_err(|_| "its sealed judgement is not one on this message, or its numbers stand for something else")?;
        let retention = match &judgement.decision {
            Decided::Nothing => None,
            Decided::Decision(made) => Some(decision::write(made)),
            Decided::Text(json) => Some(json.clone()),
        };
        if judgement.verdict.to_canonical_json() != line.verdict.get()
            || judgement.fuel != line.fuel
            || retention.as_deref() != line.retention.as_deref().map(serde_json::value::RawValue::get)
        {
            return Err("what is to be read of the verdict is not what was sealed".to_owned());
        }
        if u64::try_from(standing.round) != Ok(u64::from(seal.round)) {
            return Err("its round is not the one that its judgement was sealed in".to_owned());
        }
        let verdict = judgement.verdict;
        let Some(now) = now else {
            self.untold += 1;
            return Ok((message, verdict));
        };
        if envelope_digest(&message, line.received_at_ms) != now.envelope {
            return Err("its envelope is not the one that the log has".to_owned());
        }
        if Digest::of(&sealed_judgement) != now.verdict {
            return Err("its sealed judgement is not the last one that the log has".to_owned());
        }
        if standing.digest(&verdict) != now.standing {
            return Err("what stands beside its judgement is not what the log has".to_owned());
        }
        self.opened += 1;
        Ok((message, verdict))
    }

    fn not_judged(&mut self, why: NotJudged) {
        if let Some(again) = &mut self.again {
            again.not(why);
        }
    }

    /// Notes the entries of a message, and answers with what the last of them have: `None` if the log tells of none.
    fn entries_of(
        &mut self,
        line: &MessageV1,
        seal: &SealV1,
        salt: &Salt,
        content: &Digest,
    ) -> Result<Option<Now>, Wrong> {
        let mut now = None;
        if let Some(judged) = &seal.judged {
            let of = OfMessage {
                number: line.number,
                envelope: digest("envelope", &judged.envelope)?,
                content: digest("content", &judged.content)?,
                verdict: digest("verdict", &judged.verdict)?,
                standing: digest("standing", &judged.standing)?,
            };
            let mut tag = [0; TAG_BYTES];
            hex::decode_to_slice(&judged.tag, &mut tag).map_err(|_| "its tag has not 16 bytes")?;
            if of.content != *content {
                return Err("its sealed content is not the one that the log has".to_owned());
            }
            self.place(judged.leaf, judged.place, of.commitment(&tag, salt))?;
            now = Some(Now {
                envelope: of.envelope,
                verdict: of.verdict,
                standing: of.standing,
            });
        }
        let mut released = Vec::new();
        let mut last = None;
        for told in &seal.told {
            let (place, commitment, entry) = read_told(told).ok_or("an entry of it is none, or spelled otherwise")?;
            if entry.field("message") != Some(&Value::Integer(line.number)) {
                return Err("an entry of it is about another message".to_owned());
            }
            if last.is_some_and(|last| last >= place) {
                return Err("its entries do not stand in their order".to_owned());
            }
            last = Some(place);
            self.place(place.leaf, place.entry, commitment)?;
            self.entries += 1;
            if [REJUDGED, DECIDED].contains(&entry.kind())
                && let Some(now) = &mut now
            {
                now.verdict = digest_of(&entry, "verdict")?;
                now.standing = digest_of(&entry, "standing")?;
            }
            if entry.kind() == RELEASED {
                released.push(digest_of(&entry, "row")?);
            }
        }
        if now.is_some() {
            let reviews = line.reviews.iter().map(|review| {
                let mut row = RowDigest::new();
                row.integer(line.number)
                    .integer(review.at)
                    .text(&review.by)
                    .text(&review.note);
                row.finish()
            });
            // A row has the last of them.
            if !reviews.eq(released.last().copied()) {
                return Err("its reviews are not those that the log has".to_owned());
            }
        }
        Ok(now)
    }
}

/// What the log has of a message as it stands.
struct Now {
    envelope: Digest,
    verdict: Digest,
    standing: Digest,
}

fn judged_with(number: i64, text: &str) -> Result<JudgedWith, Wrong> {
    let with: JudgedWithV1 =
        serde_json::from_str(text).map_err(|error| of_form("line of what it was judged with", &error))?;
    if with.number != number {
        return Err(format!("what it was judged with is that of message {}", with.number));
    }
    with.read()
        .ok_or_else(|| "a state that it was judged with is no base64".to_owned())
}

fn of_form(what: &str, error: &serde_json::Error) -> Wrong {
    format!("its {what} is not of the form of one at column {}", error.column())
}

fn digest(what: &str, text: &str) -> Result<Digest, Wrong> {
    let bytes = Hash::from_hex(text).map_err(|_| format!("the {what} of its entry is no digest"))?;
    Ok(Digest::from_bytes(*bytes.as_bytes()))
}

fn digest_of(entry: &Entry, field: &str) -> Result<Digest, Wrong> {
    match entry.field(field) {
        Some(Value::Bytes(bytes)) => <[u8; 32]>::try_from(&bytes[..]).map(Digest::from_bytes).ok(),
        _ => None,
    }
    .ok_or_else(|| format!("an entry of it has no {field}"))
}
