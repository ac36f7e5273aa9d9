//! The end of messages: which may go, by which rules, and their disposal.
//!
//! What a message's rules said is made again from what is recorded. Where that comes to something else than what was decided, or
//! nobody is named who compared a rule with its text, the message stays.

use crate::endings;
use crate::laws::Rulebook;
use crate::pauses::Pauses;
use proviso_archive::certificate::{Bound, Clock, Statute};
use proviso_archive::{
    Archive, Change, CommitError, DisposalReport, Disposing, Due, Going, Hash, KeptBy, Receipt, StorageError,
};
use proviso_model::retention::{self, Decision, Laws, SourceText};
use proviso_model::time::{Day, Zone};
use proviso_model::{MessageId, Principal, Timestamp, Verdict};
use proviso_pipeline::places;

/// Messages of a page at most.
const PAGE: u32 = 256;
/// The westernmost zone is so far behind UTC: a day that has begun there has begun everywhere.
const WESTERNMOST_MS: i64 = 12 * 3_600_000;
const DAY_MS: u64 = 86_400_000;

/// A message whose time is over, with what becomes of it.
#[derive(Debug)]
pub struct Planned {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message.
    pub id: MessageId,
    /// The last day on which it had to be kept.
    pub until: Option<Day>,
    /// The rules that decide.
    pub rules: Vec<String>,
    /// What it goes by, or why it stays.
    pub going: Result<Going, String>,
}

/// Messages could not be planned for, or did not go.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// They were not disposed of: none of the page.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// The day that has begun everywhere.
fn today(now: Timestamp) -> Day {
    let behind = Timestamp::from_millis(now.as_millis() - WESTERNMOST_MS);
    Zone::utc().day(behind.unwrap_or(now))
}

/// Messages whose time is over, behind a place in the order of arrival, at most 256: none if there are no more.
///
/// # Errors
/// The archive cannot be read.
pub async fn plan(rulebook: &mut Rulebook, archive: &Archive, after: i64) -> Result<Vec<Planned>, RetentionError> {
    let today = today(places::now());
    rulebook.know(endings::all(archive).await?);
    let mut planned = Vec::new();
    for due in archive.due(today, after, PAGE).await? {
        planned.push(of_due(rulebook, due, today).await);
    }
    Ok(planned)
}

async fn of_due(rulebook: &mut Rulebook, due: Due, today: Day) -> Planned {
    let (rules, going) = match rulebook.decide(&due.retained).await {
        Ok((again, laws)) => {
            let rules = again.decided_by.iter().map(|statute| statute.rule.clone());
            (rules.collect(), going(&due, &again, laws, today))
        }
        Err(error) => (Vec::new(), Err(format!("{error:#}"))),
    };
    Planned {
        arrival: due.retained.arrival,
        id: MessageId::clone(&due.retained.message.id),
        until: due.until,
        rules,
        going,
    }
}

/// Disposes of those of the next page that may go; what became of them, and the last place that was looked at: `None` if there
/// are no more. What is judged in the daemon whose `pauses` these are is judged before it or behind it.
///
/// # Errors
/// The archive cannot be read or written, or the clock may be wrong.
pub async fn dispose(
    rulebook: &mut Rulebook,
    archive: &Archive,
    pauses: &Pauses,
    after: i64,
    clock_is_right: bool,
    by: &Principal,
) -> Result<(DisposalReport, Option<i64>), RetentionError> {
    let planned = plan(rulebook, archive, after).await?;
    let last = planned.last().map(|planned| planned.arrival);
    let messages: Vec<Going> = planned.into_iter().filter_map(|planned| planned.going.ok()).collect();
    if messages.is_empty() {
        return Ok((DisposalReport::default(), last));
    }
    let _pause = pauses.pause().await;
    let at = places::now();
    let disposing = Disposing {
        at,
        today: today(at),
        clock_is_right,
        messages,
    };
    match archive.commit(Change::Dispose(&disposing), by).await? {
        Receipt::Disposed(report) => Ok((report, last)),
        other => unreachable!("a disposal is answered by its report, not by {other:?}"),
    }
}

/// What a message goes by.
fn going(due: &Due, again: &Decision, laws: &Laws, today: Day) -> Result<Going, String> {
    match due.kept_by {
        Some(KeptBy::Holds(holds)) => return Err(format!("{holds} holds keep it")),
        Some(KeptBy::Waiting) => return Err("it waits for a person".to_owned()),
        None => {}
    }
    let recorded = due.retained.decision.as_ref();
    let recorded = recorded.ok_or("nothing is recorded of how long it is kept")?;
    if recorded.until != again.until || recorded.why != again.why {
        return Err("its rules come to something else than what was decided: see `archive show --why`".to_owned());
    }
    if !again.allows_disposal_on(today) {
        return Err("its rules do not let it go".to_owned());
    }
    let until = again.until;
    let until = until.ok_or("its consent is gone, and no rule with a text says how long it may stay")?;
    let statutes: Result<Vec<Statute>, String> = again
        .decided_by
        .iter()
        .map(|decided| statute(decided, &due.retained.verdict, laws, until))
        .collect();
    let first = again.decided_by.first().ok_or("no rule decided")?;
    let starts = first.starts.ok_or("its clock has no known start")?;
    Ok(Going {
        arrival: due.retained.arrival,
        statutes: statutes?,
        clock: Clock {
            start: first.clock.name().to_owned(),
            start_ms: midnight(starts),
        },
        due_ms: midnight(until) + DAY_MS,
    })
}

/// The beginning of a day by UTC, in milliseconds since 1970; 0 of a day before.
fn midnight(day: Day) -> u64 {
    u64::try_from(day.number()).unwrap_or(0) * DAY_MS
}

/// A rule as a certificate cites it: with the digest of its text, and by whom it was compared.
fn statute(decided: &retention::Statute, verdict: &Verdict, laws: &Laws, until: Day) -> Result<Statute, String> {
    let name = &decided.rule;
    let is_it = |law: &str, article: &str| law == decided.law && article == decided.article;
    let mut rules = laws
        .iter()
        .filter(|rule| rule.rule == *name && is_it(&rule.law, &rule.article));
    let rule = rules
        .next()
        .ok_or_else(|| format!("the words of rule {name} are not at hand"))?;
    let verification = rule.verification.as_ref().filter(|_| rule.verified && decided.verified);
    let verification =
        verification.ok_or_else(|| format!("nobody is named who verified rule {name} (`verified_by`)"))?;
    let source = match rule.source.as_ref().map(|source| source.text) {
        Some(SourceText::Digest(digest)) => Hash::from_bytes(*digest.as_bytes()),
        _ => return Err(format!("rule {name} has no digest of its text (`source.text`)")),
    };
    let (bound, of): (_, fn(&retention::Proposal) -> _) = if decided.floor_until == Some(until) {
        (Bound::Floor, |proposal| proposal.floor)
    } else {
        (Bound::Ceiling, |proposal| proposal.ceiling)
    };
    let proposals = verdict.proposals.iter().map(|one| &one.proposal);
    let mut proposals = proposals.filter(|one| one.rule == *name && is_it(&one.law, &one.article));
    let period = proposals.find_map(of);
    let period = period.ok_or_else(|| format!("rule {name} proposed no such period"))?;
    Ok(Statute {
        law: decided.law.clone(),
        article: decided.article.clone(),
        bound,
        period: period.to_string(),
        source,
        verified_by: verification.by.clone(),
    })
}
