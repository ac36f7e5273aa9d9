//! What the record says of generations that go live: their activation, what they differ in, what a set that failed was, and what was
//! live before.

use crate::approvals::Scores;
use crate::candidate::{Candidate, Parts, Refused, as_approved, record_of, recorded_asked_for};
use anyhow::Context;
use proviso_archive::{Activated, Activation, Archive, Cause, Change, FailedSet, GenerationRecord, TrustRecord};
use proviso_engine::Generation;
use proviso_model::{Digest, Principal};
use proviso_pipeline::places;

/// Entries of the history that are looked at.
pub(crate) const HISTORY_MAX: u32 = 1_000;

/// The last generation that was live by which something else was asked for: other approvals make no other one.
pub(crate) async fn before(archive: &Archive, asked: Digest) -> anyhow::Result<Option<GenerationRecord>> {
    let history = archive.history(HISTORY_MAX).await?;
    for id in history.iter().filter_map(|entry| entry.generation) {
        let record = archive
            .generation(&id)
            .await?
            .context("a generation of the history is not recorded")?;
        if recorded_asked_for(&record)? != asked {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// True if the last activation was a rollback away from what the set file still asks for. What other approvals made of a generation
/// counts as that generation.
pub(crate) async fn is_rolled_back(archive: &Archive, candidate: Digest) -> anyhow::Result<bool> {
    let history = archive.history(HISTORY_MAX).await?;
    let mut last = None;
    for (id, cause) in history
        .iter()
        .filter_map(|entry| Some((entry.generation?, entry.cause)))
    {
        let record = archive
            .generation(&id)
            .await?
            .context("a generation of the history is not recorded")?;
        let asked = recorded_asked_for(&record)?;
        match last {
            Some((of_last, led_to_it)) if of_last != asked => {
                return Ok(led_to_it == Cause::Rollback && asked == candidate);
            }
            _ => last = Some((asked, cause)),
        }
    }
    Ok(false)
}

/// A recorded generation as the approvals of now let it be; recorded anew where that is another.
pub(crate) async fn approved_again(
    parts: &Parts,
    generation: Generation,
    was: GenerationRecord,
    cause: Cause,
    by: &Principal,
) -> anyhow::Result<(Generation, Scores)> {
    let (scores, built) = as_approved(parts, &generation).await?;
    let Some(built) = built else {
        return Ok((generation, scores));
    };
    let record = record_of(&built, was.set_file, was.set_text);
    let changes: Vec<String> = scores.standings.iter().map(ToString::to_string).collect();
    let activation = activation(Activated::Built(record), None, cause, "", &changes);
    parts.archive.commit(Change::Activation(&activation), by).await?;
    Ok((built, scores))
}

pub(crate) async fn record(
    parts: &Parts,
    candidate: &Candidate,
    cause: Cause,
    by: &Principal,
    why: &str,
    changes: &[String],
) -> anyhow::Result<()> {
    let record = record_of(
        &candidate.generation,
        candidate.set_file.clone(),
        candidate.set_text.clone(),
    );
    let trust = Some(candidate.trust.clone());
    let activation = activation(Activated::Built(record), trust, cause, why, changes);
    parts.archive.commit(Change::Activation(&activation), by).await?;
    Ok(())
}

pub(crate) fn activation(
    generation: Activated,
    trust: Option<TrustRecord>,
    cause: Cause,
    why: &str,
    changes: &[String],
) -> Activation {
    Activation {
        generation,
        trust,
        at: places::now(),
        cause,
        why: why.to_owned(),
        changed: changes.join("; "),
    }
}

pub(crate) async fn record_refusal(
    parts: &Parts,
    refused: &Refused,
    cause: Cause,
    by: &Principal,
    why: &str,
) -> anyhow::Result<()> {
    let failed = FailedSet {
        at: places::now(),
        cause,
        why: why.to_owned(),
        set_file: refused.set_file.clone(),
        set_text: refused.set_text.clone(),
        problems: refused.problems.clone(),
    };
    parts.archive.commit(Change::FailedSet(&failed), by).await?;
    Ok(())
}

/// What an operator wants to know of a change: packs that came, went or changed, and settings.
pub(crate) fn changes_between(before: &Generation, after: &Generation) -> Vec<String> {
    let packs = |generation: &Generation| -> Vec<(String, Digest)> {
        generation
            .packs()
            .map(|pack| (pack.manifest().name.clone(), pack.digest()))
            .collect()
    };
    let (old, new) = (packs(before), packs(after));
    let mut changes = Vec::new();
    for (name, digest) in &new {
        match old.iter().find(|(known, _)| known == name) {
            None => changes.push(format!("{name} added")),
            Some((_, known)) if known != digest => {
                changes.push(format!("{name} changed from {} to {}", known.short(), digest.short()));
            }
            Some(_) => {}
        }
    }
    changes.extend(
        old.iter()
            .filter(|(name, _)| !new.iter().any(|(known, _)| known == name))
            .map(|(name, _)| format!("{name} removed")),
    );
    if before.set() != after.set() {
        changes.push("policy set changed".to_owned());
    }
    changes.dedup();
    changes
}
