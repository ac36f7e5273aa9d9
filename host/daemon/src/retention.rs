//! The end of messages: which may go, by which rules, and their disposal.
//!
//! What a message's rules said is made again from what is recorded. Where that comes to something else than what was decided, or
//! nobody is named who compared a rule with its text, the message stays. What its tenant asks for before it goes is in `requests`.

use crate::config::Config;
use crate::config_requests::DISPOSAL;
use crate::laws::Rulebook;
use crate::pauses::Pauses;
use proviso_archive::certificate::{Bound, Clock, Statute};
use proviso_archive::{
    Archive, Change, CommitError, DisposalReport, Disposing, Due, Going, Hash, KeptBy, Receipt, RequestedAct, Retained,
    StorageError,
};
use proviso_model::retention::{self, Decision, Laws, SourceText};
use proviso_model::time::Day;
use proviso_model::{Digest, MessageId, Principal, Verdict};
use proviso_pipeline::places;
use std::collections::HashMap;

/// Messages of a page at most.
const PAGE: u32 = 256;
const DAY_MS: u64 = 86_400_000;

/// A message whose time is over, with what becomes of it.
#[derive(Debug)]
pub struct Planned {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The message; `None` if it cannot be read.
    pub id: Option<MessageId>,
    /// The last day on which it had to be kept.
    pub until: Option<Day>,
    /// The rules that decide.
    pub rules: Vec<String>,
    /// What it goes by, or why it stays.
    pub going: Result<Going, String>,
    /// What its tenant asks for before it goes; `None` where one person may dispose of it, and at once.
    pub asks: Option<Asks>,
}

/// What a tenant asks for before a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// A request that nobody has made yet.
    Request,
    /// This request names it, by these grounds.
    Asked(i64),
}

impl Planned {
    /// Why it stays for now; `None` where it may go at once.
    pub fn stays(&self) -> Option<String> {
        match (&self.going, self.asks) {
            (Err(why), _) => Some(why.clone()),
            (Ok(_), None) => None,
            (Ok(_), Some(Asks::Request)) => {
                Some("its tenant wants a request first: `proviso request disposal`".to_owned())
            }
            (Ok(_), Some(Asks::Asked(request))) => Some(format!("request {request} is about it")),
        }
    }
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
    /// It cannot be done as things are.
    #[error("{0}")]
    NotPossible(String),
}

/// Messages whose time is over, behind a place in the order of arrival, at most 256: none if there are no more.
///
/// # Errors
/// The archive cannot be read.
pub async fn plan(rulebook: &mut Rulebook, archive: &Archive, after: i64) -> Result<Vec<Planned>, RetentionError> {
    let today = Day::begun_everywhere(places::now());
    rulebook.catch_up().await?;
    let asked = Asked::read(rulebook.config(), archive).await?;
    let mut planned = Vec::new();
    for due in archive.due(today, after, PAGE).await? {
        let mut one = of_due(rulebook, due, today).await;
        one.asks = asked.of(rulebook.config(), &one);
        planned.push(one);
    }
    Ok(planned)
}

/// The messages of open requests for disposal, each with the request's number.
struct Asked(HashMap<(i64, Digest), i64>);

impl Asked {
    async fn read(config: &Config, archive: &Archive) -> Result<Self, StorageError> {
        let mut asked = HashMap::new();
        if config.requests.first(DISPOSAL).is_none() {
            return Ok(Self(asked));
        }
        for request in archive.open_requests(places::now()).await? {
            if let RequestedAct::Disposal { messages, .. } = request.asked.act {
                asked.extend(messages.iter().map(|one| ((one.arrival, one.grounds), request.number)));
            }
        }
        Ok(Self(asked))
    }

    fn of(&self, config: &Config, planned: &Planned) -> Option<Asks> {
        let (id, going) = (planned.id.as_ref()?, planned.going.as_ref().ok()?);
        config.requests.asking(&id.tenant, DISPOSAL, places::now())?;
        let request = self.0.get(&(going.arrival, going.digest()));
        Some(request.map_or(Asks::Request, |request| Asks::Asked(*request)))
    }
}

async fn of_due(rulebook: &mut Rulebook, due: Due, today: Day) -> Planned {
    let mut planned = Planned {
        arrival: due.arrival,
        id: None,
        until: due.until,
        rules: Vec::new(),
        going: Err("it is damaged: see `proviso audit verify`".to_owned()),
        asks: None,
    };
    let Some(retained) = &due.retained else { return planned };
    planned.id = Some(MessageId::clone(&retained.message.id));
    match rulebook.decide(retained).await {
        Ok((again, laws)) => {
            let rules = again.decided_by.iter().map(|statute| statute.rule.clone());
            planned.rules = rules.collect();
            planned.going = match due.kept_by {
                Some(KeptBy::Holds(1)) => Err("a hold keeps it".to_owned()),
                Some(KeptBy::Holds(holds)) => Err(format!("{holds} holds keep it")),
                Some(KeptBy::Waiting) => Err("it waits for a person".to_owned()),
                Some(KeptBy::Damaged) => Err("it is damaged: see `proviso audit verify`".to_owned()),
                None => going(retained, &again, laws, today),
            };
        }
        Err(error) => planned.going = Err(format!("{error:#}")),
    }
    planned
}

/// The end of one message as it stands now, if it is due: for who runs a request that named it.
pub(crate) async fn of_arrival(
    rulebook: &mut Rulebook,
    archive: &Archive,
    arrival: i64,
) -> Result<Option<Planned>, RetentionError> {
    let today = Day::begun_everywhere(places::now());
    match archive.due(today, arrival - 1, 1).await?.pop() {
        Some(due) if due.arrival == arrival => Ok(Some(of_due(rulebook, due, today).await)),
        _ => Ok(None),
    }
}

/// What became of a page of messages whose time is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DisposedPage {
    /// Of those that were ready to go.
    pub report: DisposalReport,
    /// All that are still there, those that were ready included.
    pub stay: u64,
    /// The last place that was looked at; `None` if there are no more.
    pub last: Option<i64>,
}

/// Disposes of those of the next page that one person may dispose of at once. What is judged in the daemon whose `pauses` these are is
/// judged before it or behind it.
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
) -> Result<DisposedPage, RetentionError> {
    let planned = plan(rulebook, archive, after).await?;
    let mut page = DisposedPage {
        report: DisposalReport::default(),
        stay: planned.len() as u64,
        last: planned.last().map(|planned| planned.arrival),
    };
    let at_once = planned.into_iter().filter(|planned| planned.asks.is_none());
    let messages: Vec<Going> = at_once.filter_map(|planned| planned.going.ok()).collect();
    if messages.is_empty() {
        return Ok(page);
    }
    let _pause = pauses.pause().await;
    let disposing = Disposing {
        at: places::now(),
        clock_is_right,
        request: None,
        messages,
    };
    match archive.commit(Change::Dispose(&disposing), by).await? {
        Receipt::Disposed(report) => {
            page.report = report;
            page.stay -= report.disposed;
            Ok(page)
        }
        other => unreachable!("a disposal is answered by its report, not by {other:?}"),
    }
}

/// What a message goes by.
fn going(retained: &Retained, again: &Decision, laws: &Laws, today: Day) -> Result<Going, String> {
    let recorded = retained.decision.as_ref();
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
        .map(|decided| statute(decided, &retained.verdict, laws, until))
        .collect();
    let first = again.decided_by.first().ok_or("no rule decided")?;
    let starts = first.starts.ok_or("its clock has no known start")?;
    Ok(Going {
        arrival: retained.arrival,
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
