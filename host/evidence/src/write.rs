//! Writes an export, message by message, and keeps no more of it in memory than a part of each member.

use crate::about::About;
use crate::evidence::{Evidence, Generation, Role};
use crate::form::{CountsV1, EXPORTED, MANIFEST, ManifestV1, MemberV1};
use crate::lines::{
    JUDGED_WITH, JudgedWithV1, MESSAGES, MaskedSealV1, MessageV1, PART_BYTES, PART_MESSAGES, SEALS, SealV1, to_line,
};
use crate::member::Sink;
use crate::parts::Parts;
use crate::proof_files::Proof;
use crate::views::{Views, Written};
use proviso_proof::entry::Value;
use proviso_proof::entry_proof::Place;
use proviso_proof::note::Note;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The member with what numbers in judgements stand for.
pub(crate) const MEANINGS: &str = "meanings.json";
/// The member with generations.
pub(crate) const GENERATIONS: &str = "generations.jsonl";
/// The member with the checkpoint that witnesses signed.
pub(crate) const WITNESSED: &str = "witnessed";

/// What numbers in sealed judgements stand for.
#[derive(Debug, Default, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeaningsV1 {
    /// Pack and policy.
    pub(crate) policies: BTreeMap<u32, (String, String)>,
    /// Proposals, as the archive's JSON.
    pub(crate) proposals: BTreeMap<u32, String>,
}

/// An export that is being written: first its messages, each once, those of one conversation together and in the order of arrival; then
/// [`Writer::finish`].
pub struct Writer<S> {
    members: Listed<S>,
    about: About,
    counts: CountsV1,
    conversation: Option<(String, String, String)>,
    messages: Parts,
    seals: Parts,
    judged_with: Parts,
    lines: usize,
    meanings: MeaningsV1,
    generations: Vec<Generation>,
    witnessed: Option<Note>,
    places: BTreeMap<u64, BTreeSet<u32>>,
    views: Written,
}

/// A sink whose members are listed.
struct Listed<S> {
    sink: S,
    members: Vec<MemberV1>,
}

impl<S: Sink> Listed<S> {
    fn member(&mut self, path: &str, bytes: &[u8]) -> Result<(), S::Error> {
        self.sink.member(path, bytes)?;
        self.members.push(MemberV1 {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(bytes)),
        });
        Ok(())
    }
}

impl<S: Sink> Writer<S> {
    /// An export without messages yet.
    pub fn new(sink: S, about: About, views: Views) -> Self {
        Self {
            members: Listed {
                sink,
                members: Vec::new(),
            },
            counts: CountsV1::default(),
            conversation: None,
            messages: Parts::new(MESSAGES, "jsonl", ""),
            seals: Parts::new(SEALS, "jsonl", ""),
            judged_with: Parts::new(JUDGED_WITH, "jsonl", ""),
            lines: 0,
            meanings: MeaningsV1::default(),
            generations: Vec::new(),
            witnessed: None,
            places: BTreeMap::new(),
            views: Written::new(views, &about),
            about,
        }
    }

    /// What a policy's number stands for in judgements of messages that follow or came before.
    pub fn policy(&mut self, number: u32, pack: &str, policy: &str) {
        let meaning = || (pack.to_owned(), policy.to_owned());
        self.meanings.policies.entry(number).or_insert_with(meaning);
    }

    /// What a proposal's number stands for.
    pub fn proposal(&mut self, number: u32, json: &str) {
        self.meanings.proposals.entry(number).or_insert_with(|| json.to_owned());
    }

    /// A file that an export encloses: a pack, under `packs/`.
    pub fn enclose(&mut self, path: &str, bytes: &[u8]) -> Result<(), S::Error> {
        self.members.member(path, bytes)
    }

    /// A generation that judged a message of the export.
    pub fn generation(&mut self, generation: Generation) {
        self.generations.push(generation);
    }

    /// The newest checkpoint of the log that witnesses signed as well, with all signatures. The export's own is to continue it.
    pub fn witnessed(&mut self, checkpoint: Note) {
        self.witnessed = Some(checkpoint);
    }

    /// Writes a message. What is masked comes masked ([`crate::mask`]), and what it was judged with is left out then.
    pub fn message(&mut self, evidence: &Evidence) -> Result<(), S::Error> {
        let id = &evidence.message.id;
        let conversation = (
            id.tenant.clone(),
            id.channel.clone(),
            evidence.message.conversation.clone(),
        );
        let begins = self.conversation.as_ref() != Some(&conversation);
        if begins {
            self.counts.conversations += 1;
            self.conversation = Some(conversation);
        }
        self.counts.messages += 1;
        self.counts.matches += u64::from(evidence.role == Role::Match);
        self.counts.untold += u64::from(evidence.judged.is_none());
        if let Some(judged) = &evidence.judged {
            self.note(judged.place);
        }
        let line = MessageV1::new(evidence, &self.about.zone, self.about.masked);
        self.messages.line(&to_line(&line));
        if self.about.masked {
            self.seals.line(&to_line(&MaskedSealV1::new(evidence)));
        } else {
            evidence.told.iter().for_each(|told| self.note(told.place));
            self.seals.line(&to_line(&SealV1::new(evidence)));
            self.judged_with
                .line(&to_line(&JudgedWithV1::of(evidence.number, &evidence.judged_with)));
        }
        self.lines += 1;
        for (path, bytes) in self.views.message(evidence, begins) {
            self.members.member(&path, &bytes)?;
        }
        if self.lines == PART_MESSAGES || self.part_bytes() >= PART_BYTES {
            self.part()?;
        }
        Ok(())
    }

    fn note(&mut self, place: Place) {
        self.places.entry(place.leaf).or_default().insert(place.entry);
    }

    fn part_bytes(&self) -> usize {
        self.messages.bytes() + self.seals.bytes() + self.judged_with.bytes()
    }

    fn part(&mut self) -> Result<(), S::Error> {
        self.lines = 0;
        let parts = [&mut self.messages, &mut self.seals, &mut self.judged_with];
        for (path, text) in parts.into_iter().filter_map(Parts::take) {
            self.members.member(&path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Ends with the manifest. The log is to be told next: of [`Unproven::exported`], by whoever asked; and then [`Unproven::prove`].
    pub fn finish(mut self) -> Result<Unproven<S>, S::Error> {
        self.part()?;
        let meanings = to_line(&self.meanings) + "\n";
        self.members.member(MEANINGS, meanings.as_bytes())?;
        let generations: String = self.generations.iter().map(|one| to_line(one) + "\n").collect();
        self.members.member(GENERATIONS, generations.as_bytes())?;
        if let Some(witnessed) = &self.witnessed {
            self.members.member(WITNESSED, witnessed.to_string().as_bytes())?;
        }
        for (path, bytes) in self.views.finish(&self.counts) {
            self.members.member(&path, &bytes)?;
        }
        let Listed { mut sink, members } = self.members;
        let manifest = ManifestV1::new(&self.about, self.counts, members);
        let bytes = manifest.to_bytes();
        sink.member(MANIFEST, &bytes)?;
        Ok(Unproven {
            sink,
            digest: Sha256::digest(&bytes).into(),
            manifest,
            places: self.places,
        })
    }
}

/// An export that the log has not told of. It shows nothing yet.
pub struct Unproven<S> {
    sink: S,
    manifest: ManifestV1,
    digest: [u8; 32],
    places: BTreeMap<u64, BTreeSet<u32>>,
}

impl<S: Sink> Unproven<S> {
    /// The kind of the entry that the log is to have of it, and its fields without who asked.
    pub fn exported(&self) -> (&'static str, Vec<(&'static str, Value)>) {
        (EXPORTED, self.manifest.exported(&self.digest))
    }

    /// SHA-256 of the manifest's bytes.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// How many messages there are.
    pub fn messages(&self) -> u64 {
        self.manifest.counts.messages
    }

    /// How many of them are what was asked for.
    pub fn matches(&self) -> u64 {
        self.manifest.counts.matches
    }

    /// How many conversations they are of.
    pub fn conversations(&self) -> u64 {
        self.manifest.counts.conversations
    }

    /// Entries of the log that the export names, by leaf.
    pub fn places(&self) -> &BTreeMap<u64, BTreeSet<u32>> {
        &self.places
    }

    /// Adds what shows that the log told of it. Then it is whole.
    pub fn prove(mut self, proof: &Proof) -> Result<S, S::Error> {
        proof.each(|path, bytes| self.sink.member(path, bytes))?;
        Ok(self.sink)
    }
}
