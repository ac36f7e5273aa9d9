//! The archive as the pipeline sees it: what it knows of the past, and what it keeps of a transaction.
//!
//! Judging is synchronous and runs on a thread for blocking work; each question waits there for the archive's answer.

use crate::ahead::Ahead;
use proviso_archive::{
    Advance, AlertRules, Archive, Change, CommitError, ConversationKey, Entry, Rejudging, StorageError,
};
use proviso_engine::{FoldStates, Input};
use proviso_model::basis::LawfulBases;
use proviso_model::consent::ConsentEvent;
use proviso_model::directory::Directory;
use proviso_model::id::FoldKey;
use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::retention::Endings;
use proviso_model::{Addressed, Message, Principal, Timestamp, Verdict};
use proviso_pipeline::{Keeper, Past, Settled, States};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Why the archive did not answer, or did not keep.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepingError {
    /// It could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nothing was written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// For new messages: what is in the archive now came before them, and what waits for its commit.
pub(crate) struct Arriving {
    pub(crate) archive: Archive,
    pub(crate) runtime: Handle,
    /// Of the batch before, which may not be committed yet.
    pub(crate) ahead: Option<Arc<Ahead>>,
    pub(crate) beside: Beside,
}

/// What is known beside the archive's messages.
#[derive(Clone, Default)]
pub(crate) struct Beside {
    /// As it is now.
    pub(crate) directory: Option<Arc<Directory>>,
    pub(crate) endings: Option<Arc<Endings>>,
    pub(crate) bases: Arc<LawfulBases>,
}

impl Past for Arriving {
    type Error = KeepingError;

    fn consents(&mut self, tenant: &str, channel: &str, parties: &[&str]) -> Result<Vec<ConsentEvent>, KeepingError> {
        let said = self.archive.consents_of(tenant, channel, parties);
        Ok(self.runtime.block_on(said)?)
    }

    fn preceding(&mut self, messages: &[&Addressed]) -> Result<Vec<Vec<Message>>, KeepingError> {
        let conversations: Vec<_> = messages.iter().map(|message| ConversationKey::of(message)).collect();
        let preceding = self.archive.preceding(&conversations, PRECEDING_MESSAGES_MAX);
        Ok(self.runtime.block_on(preceding)?)
    }

    fn directory(&mut self) -> Option<Arc<Directory>> {
        self.beside.directory.clone()
    }

    fn endings(&mut self) -> Option<Arc<Endings>> {
        self.beside.endings.clone()
    }

    fn bases(&mut self) -> Arc<LawfulBases> {
        Arc::clone(&self.beside.bases)
    }
}

impl States for Arriving {
    type Error = KeepingError;
    const CONTINUOUS: bool = true;

    fn before(&mut self, _: &Addressed, subjects: &[FoldKey]) -> Result<FoldStates, KeepingError> {
        let (mut states, others) = match &self.ahead {
            Some(ahead) => ahead.states(subjects),
            None => (FoldStates::new(), subjects.to_vec()),
        };
        states.extend(self.runtime.block_on(self.archive.fold_states(&others))?);
        Ok(states)
    }
}

/// For held messages that are judged again: each meets what it met when it arrived, save consent and the directory, which are
/// asked for anew.
pub(crate) struct Again {
    pub(crate) archive: Archive,
    pub(crate) runtime: Handle,
    pub(crate) at: Timestamp,
    pub(crate) by: Principal,
    pub(crate) note: String,
    /// As it is now: what the directory says of the message's own time may have been corrected since.
    pub(crate) beside: Beside,
    /// Which findings people are to look at.
    pub(crate) alerts: Arc<AlertRules>,
}

impl Past for Again {
    type Error = KeepingError;

    fn consents(&mut self, tenant: &str, channel: &str, parties: &[&str]) -> Result<Vec<ConsentEvent>, KeepingError> {
        let said = self.archive.consents_of(tenant, channel, parties);
        Ok(self.runtime.block_on(said)?)
    }

    fn preceding(&mut self, messages: &[&Addressed]) -> Result<Vec<Vec<Message>>, KeepingError> {
        let mut found = Vec::with_capacity(messages.len());
        for message in messages {
            let preceding = self.archive.preceding_of(&message.id, PRECEDING_MESSAGES_MAX);
            found.push(self.runtime.block_on(preceding)?);
        }
        Ok(found)
    }

    fn directory(&mut self) -> Option<Arc<Directory>> {
        self.beside.directory.clone()
    }

    fn endings(&mut self) -> Option<Arc<Endings>> {
        self.beside.endings.clone()
    }

    fn bases(&mut self) -> Arc<LawfulBases> {
        Arc::clone(&self.beside.bases)
    }
}

impl States for Again {
    type Error = KeepingError;
    const CONTINUOUS: bool = false;

    fn before(&mut self, message: &Addressed, subjects: &[FoldKey]) -> Result<FoldStates, KeepingError> {
        let states = self.archive.fold_states_at(&message.id, subjects);
        Ok(self.runtime.block_on(states)?)
    }
}

impl Keeper for Again {
    type Receipt = Vec<Entry>;

    fn commit(&mut self, admitted: Vec<Input>, settled: Vec<Settled>) -> Result<Vec<Entry>, KeepingError> {
        let rejudging = Rejudging {
            at: self.at,
            note: self.note.clone(),
            entries: entries(admitted, settled),
            alerts: Arc::clone(&self.alerts),
        };
        self.runtime
            .block_on(self.archive.commit(Change::Rejudged(&rejudging), &self.by))?;
        Ok(rejudging.entries)
    }
}

/// What the archive keeps of messages that were judged.
pub(crate) fn entries(admitted: Vec<Input>, settled: Vec<Settled>) -> Vec<Entry> {
    let pairs = admitted.into_iter().zip(settled);
    pairs.map(|(admitted, settled)| entry(admitted, settled)).collect()
}

/// What the archive keeps of one message.
fn entry(admitted: Input, settled: Settled) -> Entry {
    let steps = settled.outcome.steps.into_iter();
    let department = department(&admitted, &settled.outcome.verdict);
    Entry {
        department,
        message: admitted.message,
        fuel: settled.outcome.fuel,
        directory: admitted.directory.as_deref().map(Directory::version),
        basis: admitted.basis,
        retention: Some(settled.retention),
        advances: steps
            .map(|step| Advance {
                policy: step.key.policy.clone(),
                key: Arc::clone(&step.key.key),
                before: step.before,
                after: step.after,
            })
            .collect(),
        verdict: settled.outcome.verdict,
    }
}

/// The department of who sent a message, or else of the first who received it, that the directory knows: of one that somebody may be to look at.
fn department(admitted: &Input, verdict: &Verdict) -> Option<Arc<str>> {
    if !verdict.held && verdict.findings.iter().all(|finding| finding.shadow) {
        return None;
    }
    let directory = admitted.directory.as_deref()?;
    let message = &admitted.message;
    let mut known = message
        .parties()
        .filter_map(|party| directory.department(message, &party.id));
    known.find(|department| !department.is_empty()).map(Arc::from)
}
