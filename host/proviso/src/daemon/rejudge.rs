//! Held messages, judged again under the generation that runs now.
//!
//! A message is given what it met when it arrived: the messages before it in its conversation, and the states that its folds
//! had then. What it does to those states is thrown away, since later messages stand on the present ones. Consent is asked
//! for anew: nothing is judged on a consent that was withdrawn meanwhile.

use super::intake::entry;
use super::quarantine::Quarantine;
use crate::pipeline::{self, Intake, Settled, conversation_key};
use anyhow::Context;
use proviso_archive::{Archive, Entry, RejudgeError, Rejudging};
use proviso_engine::{Generation, Input};
use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::{Addressed, MessageId};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Messages of one request. The commands send more in several.
pub(crate) const REQUEST_MESSAGES_MAX: usize = 64;

/// Held messages that somebody wants judged again.
pub(crate) struct Request {
    pub(crate) ids: Vec<MessageId>,
    pub(crate) who: String,
    pub(crate) note: String,
    pub(crate) done: oneshot::Sender<Result<Vec<Again>, RejudgeFailure>>,
}

/// Why messages were not judged again. Their verdicts stand.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RejudgeFailure {
    /// It is not there, or does not wait.
    #[error("message {0} is not held")]
    NotHeld(MessageId),
    /// A fault of ours, the disk's, and the like.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) message: MessageId,
    /// True if it still waits.
    pub(crate) held: bool,
    pub(crate) findings: usize,
    /// The policies that failed, each with its cause.
    pub(crate) faults: Vec<String>,
}

impl Again {
    /// For the HTTP interface.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "message": self.message.to_string(), "held": self.held, "findings": self.findings, "faults": self.faults,
        })
    }
}

/// What judges, and where it is kept.
#[derive(Clone, Copy)]
pub(crate) struct Judging<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) generation: &'a Arc<Generation>,
    pub(crate) quarantine: &'a Quarantine,
    pub(crate) workers: usize,
}

/// Judges held messages again and writes their new verdicts, all in one transaction.
pub(crate) async fn rejudge(
    judging: Judging<'_>,
    ids: &[MessageId],
    who: &str,
    note: &str,
) -> Result<Vec<Again>, RejudgeFailure> {
    let Judging {
        archive,
        generation,
        quarantine,
        ..
    } = judging;
    let mut entries: Vec<Entry> = Vec::with_capacity(ids.len());
    let mut tripped = Vec::new();
    while entries.len() < ids.len() {
        let (done, left) = (entries.len(), ids.len() - entries.len());
        let slice = &ids[done..done + quarantine.slice(done, left)];
        let (admitted, settled) = judge(judging, slice).await?;
        let verdicts = settled.iter().map(|settled| &settled.outcome.verdict);
        tripped.extend(quarantine.observe(generation.id(), generation.take_triggered(), verdicts));
        let pairs = admitted.into_iter().zip(settled);
        entries.extend(pairs.map(|(admitted, settled)| entry(admitted, settled)));
    }
    let rejudging = Rejudging {
        at: crate::places::now(),
        who: who.to_owned(),
        note: note.to_owned(),
        entries,
    };
    let written = archive.rejudge(&rejudging).await;
    quarantine.tell(generation.id(), &tripped).await;
    written.map_err(|error| match error {
        RejudgeError::NotHeld { id } => RejudgeFailure::NotHeld(id),
        other => RejudgeFailure::Fault(other.into()),
    })?;
    let again = rejudging.entries.into_iter().map(|entry| Again {
        held: entry.verdict.held,
        findings: entry.verdict.findings.len(),
        faults: entry
            .verdict
            .faults
            .iter()
            .map(|fault| format!("{}: {}", fault.policy_id(), fault.cause.name()))
            .collect(),
        message: MessageId::clone(&entry.verdict.message),
    });
    Ok(again.collect())
}

async fn judge(judging: Judging<'_>, ids: &[MessageId]) -> Result<(Vec<Input>, Vec<Settled>), RejudgeFailure> {
    let Judging {
        archive,
        generation,
        quarantine,
        workers,
    } = judging;
    let given = quarantine.given(generation.id());
    let mut intake = Intake::default();
    let mut admitted = Vec::with_capacity(ids.len());
    let messages = archive.messages(ids).await.map_err(anyhow::Error::from)?;
    for (message, id) in messages.into_iter().zip(ids) {
        let message = message.ok_or_else(|| RejudgeFailure::NotHeld(id.clone()))?;
        if !intake.knows_channel(&id.tenant, &id.channel) {
            let events = archive.consent_states(&id.tenant, &id.channel).await;
            intake.recall_consents(&id.tenant, &id.channel, &events.map_err(anyhow::Error::from)?);
        }
        let preceding = archive.preceding_of(id, PRECEDING_MESSAGES_MAX).await;
        let preceding = preceding.map_err(anyhow::Error::from)?.into_iter();
        let preceding = preceding.map(|message| Arc::new(Addressed::from(message)));
        intake.recall_conversation(conversation_key(&message), preceding);
        admitted.push(Input {
            quarantined: given.clone(),
            ..intake.admit(generation.set(), Arc::new(Addressed::from(message)))
        });
    }
    let (evaluating, admitted) = (Arc::clone(generation), Arc::new(admitted));
    let shared = Arc::clone(&admitted);
    let judged = tokio::task::spawn_blocking(move || pipeline::evaluate_on(workers, &evaluating, &shared)).await;
    let judged = judged.context("judging ended in a panic")?;
    let mut settled = Vec::with_capacity(ids.len());
    for (at, (judged, id)) in judged.into_iter().zip(ids).enumerate() {
        // Each from the states that it met itself.
        let judged = vec![judged];
        let keys = generation.fold_keys(&judged);
        let states = archive.fold_states_at(id, &keys).await;
        let mut states = states.map_err(anyhow::Error::from)?;
        let (settling, shared) = (Arc::clone(generation), Arc::clone(&admitted));
        let one = tokio::task::spawn_blocking(move || {
            pipeline::settle(&settling, std::slice::from_ref(&shared[at]), judged, &mut states)
        });
        settled.extend(one.await.context("judging ended in a panic")?);
    }
    let admitted = Arc::try_unwrap(admitted).unwrap_or_else(|shared| shared.as_ref().clone());
    Ok((admitted, settled))
}
