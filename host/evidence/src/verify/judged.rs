//! What came of judging the messages of an export again.

use super::fault::Fault;
use std::collections::{BTreeMap, BTreeSet};

/// Why a message was not judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotJudged {
    /// Names are pseudonyms: the message is not the one that was judged.
    Masked,
    /// The export was made by a version that did not enclose what messages were judged with.
    OlderExport,
    /// What the export has of it is at fault.
    Altered,
    /// A message that it was judged with is not in the export.
    Preceding,
    /// What the directory said of its parties is not in the export.
    Directory,
    /// Its generation is not in the export.
    Generation,
    /// A pack of its generation is not in the export.
    Pack,
    /// Packs or set in the export are others than those of its generation.
    OtherPacks,
    /// This program cannot build its generation.
    NotBuilt,
    /// A policy ran out of time, now or then: that depends on the machine.
    Deadline,
}

impl NotJudged {
    /// The name for programs: `older-export`.
    pub const fn name(self) -> &'static str {
        match self {
            NotJudged::Masked => "masked",
            NotJudged::OlderExport => "older-export",
            NotJudged::Altered => "altered",
            NotJudged::Preceding => "preceding",
            NotJudged::Directory => "directory",
            NotJudged::Generation => "generation",
            NotJudged::Pack => "pack",
            NotJudged::OtherPacks => "other-packs",
            NotJudged::NotBuilt => "not-built",
            NotJudged::Deadline => "deadline",
        }
    }
}

/// What came of judging again. Each message of the export is in one of the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgedAgain {
    /// Messages with the very bytes of the verdict in the export.
    pub equal: u64,
    /// Messages with another verdict.
    pub different: u64,
    /// Messages that were not judged again, by the reason.
    pub not: BTreeMap<NotJudged, u64>,
    /// What judged.
    pub by: String,
    /// What had judged then, where it was something else.
    pub recorded_by: BTreeSet<String>,
    /// Verdicts that differ, and packs that are not what they are called: the first [`FAULTS_NAMED_MAX`](super::FAULTS_NAMED_MAX).
    pub differences: Vec<Fault>,
    /// All of them.
    pub differences_count: u64,
    /// Why generations judge nothing, where something is missing: as many at most.
    pub lacks: Vec<Fault>,
}

impl JudgedAgain {
    /// How many messages were not judged again.
    pub fn not_judged(&self) -> u64 {
        self.not.values().sum()
    }

    /// True if nothing that was judged again differs.
    pub fn is_well(&self) -> bool {
        self.differences_count == 0
    }
}
