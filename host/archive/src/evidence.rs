//! Exports that verify themselves: messages that are given away with what shows that they are whole and of this archive.

use crate::change::CommitError;
use crate::opening::ArchiveError;
use crate::requests::{RequestedAct, RequestedExport};
use crate::storage::StorageError;
use proviso_evidence::{About, Asked, EnclosedPack, Role, Views};
use proviso_model::digest::DigestBuilder;
use proviso_model::time::{Day, Zone};
use proviso_model::{Digest, Timestamp};

/// Messages before and after a match that may go with it, at most.
pub const CONTEXT_MAX: u32 = 1_000;
/// Messages of one export, at most.
pub const EXPORT_MESSAGES_MAX: usize = 1_000_000;

/// What is to be exported, why, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// What was asked for.
    pub asked: Asked,
    /// Why: 1 to [`REQUEST_TEXT_BYTES_MAX`](crate::REQUEST_TEXT_BYTES_MAX) bytes.
    pub reason: String,
    /// For whom, likewise.
    pub to: String,
    /// The last day on which it is meant to be used.
    pub until: Option<Day>,
    /// Messages of the same conversation before and after each match: at most [`CONTEXT_MAX`].
    pub context: u32,
    /// In which times are shown.
    pub zone: Zone,
    /// True if names, numbers and identifiers become pseudonyms.
    pub masked: bool,
    /// The forms beside the lines.
    pub views: Views,
    /// When it is begun. When the log is told is another time.
    pub at: Timestamp,
    /// The program that makes it, with its version.
    pub program: String,
    /// The request that this runs; `None` where one person may do it alone.
    pub request: Option<ExportRun>,
}

/// The request of two persons that an export runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRun {
    /// Its number.
    pub number: i64,
    /// Whose messages it is about.
    pub tenant: String,
}

/// A message that goes into an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// Why.
    pub role: Role,
}

/// A pack's file, for an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackAtHand {
    /// Who signed it.
    pub signatures: Vec<String>,
    /// Its bytes.
    pub file: Vec<u8>,
}

/// The port by which packs are had that judged. What is not at hand is named by its digest alone.
pub trait Packs {
    /// A pack by its content address.
    fn pack(&self, digest: &Digest) -> Option<PackAtHand>;
}

/// No pack is at hand.
#[derive(Debug, Clone, Copy)]
pub struct NoPacks;

impl Packs for NoPacks {
    fn pack(&self, _digest: &Digest) -> Option<PackAtHand> {
        None
    }
}

/// What was given away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The number of the export.
    pub number: u64,
    /// SHA-256 of its manifest, in hexadecimal digits.
    pub manifest: String,
    /// How many messages.
    pub messages: u64,
    /// How many of them are what was asked for.
    pub matches: u64,
    /// How many conversations.
    pub conversations: u64,
    /// The leaf of the log that tells of it, from 0.
    pub leaf: u64,
    /// The public key of the log, which its reader is to be given by another way.
    pub key: String,
}

/// Nothing was given away.
#[derive(Debug, thiserror::Error)]
pub enum ExportError<E: std::error::Error + 'static> {
    /// The archive cannot be read, or is not what its log tells.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log or its checkpoint.
    #[error(transparent)]
    Log(#[from] ArchiveError),
    /// The log cannot tell of it.
    #[error("the log cannot tell of the export, and nothing is given without")]
    Commit(#[from] CommitError),
    /// It cannot be written.
    #[error("the export cannot be written")]
    Write(#[source] E),
    /// Nothing was found.
    #[error("nothing was found, and nothing is exported")]
    Nothing,
    /// Too many messages.
    #[error("{0} messages were found: an export has at most {EXPORT_MESSAGES_MAX}; ask for less at a time")]
    TooMany(usize),
    /// A message went meanwhile.
    #[error("message {0} went while it was exported: run the command again")]
    Gone(i64),
}

impl ExportRequest {
    /// What somebody else is to approve: all that decides what is given away, with the messages of the tenant that were chosen.
    pub fn act(&self, tenant: &str, chosen: &[Chosen]) -> RequestedAct {
        let mut digest = DigestBuilder::new("proviso chosen 1");
        for one in chosen {
            let role: &[u8] = match one.role {
                Role::Match => b"match",
                Role::Context => b"context",
            };
            digest.part(&one.arrival.to_be_bytes()).part(role);
        }
        RequestedAct::Export(Box::new(RequestedExport {
            tenant: tenant.to_owned(),
            asked: self.asked.clone(),
            reason: self.reason.clone(),
            to: self.to.clone(),
            until: self.until,
            context: self.context,
            zone: self.zone.name().to_owned(),
            masked: self.masked,
            views: self.views,
            messages: chosen.len() as u64,
            last: chosen.iter().map(|one| one.arrival).max().unwrap_or_default(),
            chosen: digest.finish(),
        }))
    }

    pub(crate) fn about(&self, number: u64, log: String, by: &proviso_model::Principal) -> About {
        About {
            number,
            log,
            made_at: self.at,
            zone: self.zone.clone(),
            by: by.to_string(),
            to: self.to.clone(),
            reason: self.reason.clone(),
            until: self.until,
            asked: if self.masked {
                masked(&self.asked)
            } else {
                self.asked.clone()
            },
            context: self.context,
            masked: self.masked,
            program: self.program.clone(),
        }
    }
}

/// What was asked for may name somebody: where the log began to tell of the export, it has it.
fn masked(asked: &Asked) -> Asked {
    let text = "(masked)".to_owned();
    match asked {
        Asked::Query(_) => Asked::Query(text),
        Asked::Conversation(_) => Asked::Conversation(text),
    }
}

/// The path of an enclosed pack.
pub(crate) fn pack_path(digest: &str) -> String {
    format!("packs/{}.pack", digest.trim_start_matches("sha256:"))
}

/// A pack as a generation names it, with what is at hand of it.
pub(crate) fn enclosed(name: &str, version: &str, digest: &Digest, at_hand: Option<&PackAtHand>) -> EnclosedPack {
    EnclosedPack {
        name: name.to_owned(),
        version: version.to_owned(),
        digest: digest.to_string(),
        signatures: at_hand.map(|pack| pack.signatures.clone()),
        file: at_hand.map(|_| pack_path(&digest.to_string())),
    }
}
