//! Verifies an export by nothing but itself: that every member is what the manifest lists, that the log told of that manifest, that each
//! message is what the log has of it, and that all of it leads to one signed checkpoint.
//!
//! Whose signature that is, only the reader can say: the public key comes with the export, and is to be compared with one that came by
//! another way. Where [`Expected`] has it, that is done here.

mod fault;
mod judged;
mod judging;
mod log;
mod meanings;
mod members;
mod messages;
mod unsealer;

pub use fault::{FAULTS_NAMED_MAX, Fault};
pub use judged::{JudgedAgain, NotJudged};
pub use judging::{Judges, ToJudge, Unbuilt};
pub use unsealer::{PART_BYTES_MAX, SealedPart, Unsealer};

use crate::form::{MANIFEST, ManifestV1};
use crate::member::Members;
use fault::Faults;
use proviso_model::time::{Day, Zone};
use proviso_proof::note::VerifierKey;
use std::fmt;

/// What the reader knows of an export by another way.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The public key of the archive's log.
    pub key: Option<VerifierKey>,
    /// The public keys of witnesses that must have signed the log.
    pub witnesses: Vec<VerifierKey>,
}

/// What an export shows.
#[derive(Debug)]
pub struct Report {
    /// What it says of itself; `None` if that cannot be read.
    pub about: Option<Told>,
    /// The key that vouches for it: of the reader where there was one, else the export's own.
    pub key: Option<String>,
    /// True if the key is one that the reader knew.
    pub is_key_known: bool,
    /// The checkpoint: leaves of the log, and its root.
    pub checkpoint: Option<(u64, String)>,
    /// When the log told of the export, in milliseconds since 1970, by the archive's clock.
    pub told_at_ms: Option<u64>,
    /// Messages whose sealed record was opened, and is what the log has and what is to be read.
    pub opened: u64,
    /// Messages that are masked: the log has something in their places, and the manifest alone vouches for what is to be read.
    pub masked: u64,
    /// Messages of before the log: the manifest alone vouches for them.
    pub untold: u64,
    /// Other entries of the log about these messages.
    pub entries: u64,
    /// The first [`FAULTS_NAMED_MAX`] faults.
    pub faults: Vec<Fault>,
    /// All of them.
    pub faults_count: u64,
    /// Members of kinds that this verifier does not know: their digests were compared, and nothing else.
    pub unknown_members: u64,
    /// What witnesses signed; `None` if the export has nothing of it.
    pub cosigned: Option<Cosigned>,
    /// What came of judging again; `None` if nobody did.
    pub judged: Option<JudgedAgain>,
}

/// A checkpoint that witnesses signed, and that the export's checkpoint continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// How many leaves they saw.
    pub size: u64,
    /// The witnesses that the reader knows, by their keys, each with its time in seconds since 1970.
    pub known: Vec<(String, u64)>,
    /// Names of signatures by others, which nobody verified.
    pub unknown: Vec<String>,
}

impl Report {
    /// True if nothing was found, all was there, and somebody vouches for it.
    pub fn is_whole(&self) -> bool {
        self.faults_count == 0 && self.about.is_some() && self.key.is_some() && self.told_at_ms.is_some()
    }

    /// True if it is whole, and no verdict that was given again differs.
    pub fn is_well(&self) -> bool {
        self.is_whole() && self.judged.as_ref().is_none_or(JudgedAgain::is_well)
    }
}

/// What an export says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number among those of the archive.
    pub number: u64,
    /// The name of the log.
    pub log: String,
    /// When it was made, with the offset of its zone.
    pub made_at: String,
    /// The zone.
    pub zone: String,
    /// Who asked.
    pub by: String,
    /// For whom.
    pub to: String,
    /// Why.
    pub reason: String,
    /// The last day on which it is meant to be used.
    pub until: Option<Day>,
    /// `query` or `conversation`, and what of it.
    pub asked: (String, String),
    /// Messages beside each match.
    pub context: u32,
    /// True if names are pseudonyms.
    pub masked: bool,
    /// The program that made it.
    pub program: String,
    /// SHA-256 of the manifest.
    pub manifest: String,
    /// How many messages.
    pub messages: u64,
    /// How many of them are what was asked for.
    pub matches: u64,
    /// How many conversations.
    pub conversations: u64,
    /// How many members it lists.
    pub members: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// An export could not be read.
#[derive(Debug)]
pub struct NotRead<E> {
    /// The member.
    pub member: String,
    /// Why.
    pub source: E,
}

impl<E> fmt::Display for NotRead<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not be read", fault::cut(&self.member))
    }
}

impl<E: std::error::Error + 'static> std::error::Error for NotRead<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Verifies an export, and judges its messages again where somebody does. `progress` is told of messages that were looked at, now and then.
pub fn verify<M: Members>(
    members: &mut M,
    unsealer: &mut dyn Unsealer,
    judges: Option<&mut dyn Judges>,
    expected: &Expected,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, NotRead<M::Error>> {
    let mut faults = Faults::default();
    let mut report = Report {
        about: None,
        key: None,
        is_key_known: false,
        checkpoint: None,
        told_at_ms: None,
        opened: 0,
        masked: 0,
        untold: 0,
        entries: 0,
        faults: Vec::new(),
        faults_count: 0,
        unknown_members: 0,
        cosigned: None,
        judged: None,
    };
    let read = members::manifest(members, &mut faults)?;
    if let Some((manifest, digest)) = &read {
        report.about = Some(told(manifest, digest));
        report.unknown_members = members::unknown(manifest);
        members::listed(members, manifest, &mut faults)?;
        let vouched = log::vouched(members, expected, manifest, digest, &mut faults)?;
        if let Some(vouched) = vouched {
            report.key = Some(vouched.key.to_string());
            report.is_key_known = expected.key.is_some();
            let checkpoint = &vouched.checkpoint;
            report.checkpoint = Some((checkpoint.size(), checkpoint.root().to_hex()));
            let zone = match Zone::named(&manifest.zone) {
                Ok(zone) => zone,
                Err(error) => {
                    faults.add(MANIFEST, None, error.to_string());
                    Zone::utc()
                }
            };
            let mut walk = messages::Walk::new(manifest, zone, unsealer, vouched.exported.as_ref());
            if let Some(judges) = judges {
                walk.again = Some(judging::Again::new(judges));
            }
            walk.all(members, &mut faults, progress)?;
            (report.opened, report.masked, report.untold, report.entries) =
                (walk.opened, walk.masked, walk.untold, walk.entries);
            report.judged = walk.again.map(judging::Again::finish);
            let places = walk.places;
            report.cosigned = log::cosigned(members, manifest, &vouched, &expected.witnesses, &mut faults)?;
            report.told_at_ms = log::leads(members, &vouched, &places, &mut faults)?;
        }
    }
    report.faults_count = faults.count;
    report.faults = faults.named;
    Ok(report)
}

fn told(manifest: &ManifestV1, digest: &[u8; 32]) -> Told {
    Told {
        number: manifest.number,
        log: manifest.log.clone(),
        made_at: manifest.made_at.clone(),
        zone: manifest.zone.clone(),
        by: manifest.by.clone(),
        to: manifest.to.clone(),
        reason: manifest.reason.clone(),
        until: manifest.until,
        asked: (manifest.asked.kind.clone(), manifest.asked.text.clone()),
        context: manifest.context,
        masked: manifest.masked,
        program: manifest.program.clone(),
        manifest: hex::encode(digest),
        messages: manifest.counts.messages,
        matches: manifest.counts.matches,
        conversations: manifest.counts.conversations,
        members: manifest.members.len() as u64,
        bytes: manifest
            .members
            .iter()
            .map(|member| member.bytes)
            .fold(0, u64::saturating_add),
    }
}
