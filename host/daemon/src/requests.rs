//! Acts that one person may not do alone, or not at once: they are asked for, approved, and run as they were asked for.

use crate::config::Config;
use crate::config_requests::{Asking, DISPOSAL, HOLD_RELEASE, SCORING};
use crate::laws::Rulebook;
use crate::pauses::Pauses;
use crate::retention::{Asks, Planned, RetentionError, of_arrival, plan};
use crate::scoring::Standing;
use proviso_archive::{
    Archive, Change, DisposalReport, Disposing, Going, NewRequest, Receipt, Request, RequestRefusal, RequestedAct,
    RequestedMessage, RequestedScoring, SCORING_DAYS_MAX,
};
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::{Principal, Timestamp};
use proviso_pipeline::places;
use std::collections::BTreeSet;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Somebody else has to approve it.
    WaitsForApproval,
    /// Its time has not come.
    WaitsForItsTime,
    /// It may run.
    MayRun,
    /// It ran.
    Ran,
    /// People are scored by it.
    InForce,
    /// Somebody refused it, or took it back.
    Refused,
    /// Its time is over, or somebody ended it.
    Ended,
}

impl State {
    /// Of a request, at a time.
    pub fn of(request: &Request, at: Timestamp) -> Self {
        match &request.decision {
            _ if request.run.is_some() => State::Ran,
            Some(decision) if !decision.approved => State::Refused,
            _ if request.end.is_some() => State::Ended,
            Some(_) if matches!(request.asked.act, RequestedAct::Scoring(_)) => match request.scoring_at(at) {
                Some(_) => State::InForce,
                None => State::Ended,
            },
            _ if request.asked.ends_at <= at => State::Ended,
            None if request.asked.second_person => State::WaitsForApproval,
            _ if at < request.asked.not_before => State::WaitsForItsTime,
            _ => State::MayRun,
        }
    }

    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            State::WaitsForApproval => "waits-for-approval",
            State::WaitsForItsTime => "waits-for-its-time",
            State::MayRun => "may-run",
            State::Ran => "ran",
            State::InForce => "in-force",
            State::Refused => "refused",
            State::Ended => "ended",
        }
    }
}

/// What a request brought when it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// What became of its messages.
    Disposal(DisposalReport),
    /// The hold that ended.
    HoldRelease(i64),
}

/// Why a hold of a tenant does not end by one person's word; `None` where it does.
///
/// # Errors
/// The archive cannot be read.
pub async fn release_asks(config: &Config, archive: &Archive, hold: i64) -> Result<Option<String>, RetentionError> {
    let tenant = tenant_of(archive, hold).await?;
    let asking = tenant.and_then(|tenant| config.requests.asking(&tenant, HOLD_RELEASE, places::now()));
    Ok(asking.map(|_| format!("its tenant wants two persons: `proviso request hold-release {hold}`")))
}

/// Whose an open hold is.
async fn tenant_of(archive: &Archive, hold: i64) -> Result<Option<String>, RetentionError> {
    let holds = archive.holds().await?;
    let found = holds
        .into_iter()
        .find(|one| one.number == hold && one.released.is_none());
    Ok(found.map(|hold| hold.order.tenant))
}

/// Asks for the end of a hold; the request's number.
///
/// # Errors
/// The tenant asks for no request, or there is no such hold; the archive cannot be read or written.
pub async fn ask_release(
    config: &Config,
    archive: &Archive,
    (hold, note): (i64, &str),
    reason: &str,
    by: &Principal,
) -> Result<i64, RetentionError> {
    let tenant = tenant_of(archive, hold).await?;
    let tenant = tenant.ok_or_else(|| RetentionError::NotPossible(format!("there is no open hold {hold}")))?;
    let act = RequestedAct::HoldRelease {
        hold,
        note: note.to_owned(),
    };
    ask(config, archive, &tenant, act, reason, by).await
}

/// What is asked for where people are to be scored.
#[derive(Debug, Clone)]
pub struct AskedScoring {
    /// Whose people.
    pub tenant: String,
    /// The assessment that the policy set names.
    pub assessment: String,
    /// Why.
    pub reason: String,
    /// From then on nobody is scored by it.
    pub until: Timestamp,
}

/// Asks for the scoring of a tenant's people by what the policy set applies under an assessment, as it is now; the request's number.
///
/// # Errors
/// The tenant asks for no request, the set applies nothing of the kind, or the time is over or too far; the archive cannot be read or
/// written.
pub async fn ask_scoring(
    config: &Config,
    archive: &Archive,
    standings: &[Standing],
    asked: AskedScoring,
    by: &Principal,
) -> Result<i64, RetentionError> {
    let AskedScoring {
        tenant,
        assessment,
        reason,
        until,
    } = asked;
    let at = places::now();
    let not_possible = |why| Err(RetentionError::NotPossible(why));
    if config.requests.asking(&tenant, SCORING, at).is_none() {
        let shown = &tenant[..tenant.floor_char_boundary(64)];
        return not_possible(format!(
            "tenant {shown:?} asks for no request for {SCORING:?}: the assessment that the policy set names is enough"
        ));
    }
    if until <= at {
        return not_possible(format!("{until} is over: name a later --until"));
    }
    let latest = at.as_millis() + i64::from(SCORING_DAYS_MAX) * 86_400_000;
    if until.as_millis() > latest {
        return not_possible(format!(
            "{until} is more than {SCORING_DAYS_MAX} days ahead: an assessment is looked at again within a year"
        ));
    }
    let of_tenant = || standings.iter().filter(|one| one.tenant == tenant);
    let applications = of_tenant().filter(|one| one.assessment == assessment);
    let mut applications: Vec<_> = applications.map(|one| one.application.clone()).collect();
    applications.dedup_by(|one, next| one.digest == next.digest);
    if applications.is_empty() {
        let names: BTreeSet<&str> = of_tenant().map(|one| one.assessment.as_str()).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let shown = &assessment[..assessment.floor_char_boundary(64)];
        let why = if names.is_empty() {
            format!("the policy set applies nothing that scores people of tenant {tenant:?} by an assessment")
        } else {
            format!("the policy set applies nothing by assessment {shown:?} to tenant {tenant:?}: it names {names}")
        };
        return not_possible(why);
    }
    let act = RequestedAct::Scoring(RequestedScoring {
        tenant: tenant.clone(),
        assessment,
        reason: reason.clone(),
        until,
        applications,
    });
    ask(config, archive, &tenant, act, &reason, by).await
}

/// Asks for the disposal of all messages of a tenant that are ready to go and that no open request is about: one request for each
/// 512 of them. The numbers of the requests, and how many messages they are about; `looked` is told how many were looked at.
///
/// # Errors
/// The tenant asks for no request, or nothing of it is ready; the archive cannot be read or written. Requests that were made
/// before an error stay.
pub async fn ask_disposal(
    rulebook: &mut Rulebook,
    archive: &Archive,
    tenant: &str,
    reason: &str,
    by: &Principal,
    mut looked: impl FnMut(u64),
) -> Result<(Vec<i64>, u64), RetentionError> {
    let config = rulebook.config().clone();
    if config.requests.asking(tenant, DISPOSAL, places::now()).is_none() {
        let why = format!("tenant {tenant:?} asks for no request: `proviso retention dispose` does it at once");
        return Err(RetentionError::NotPossible(why));
    }
    let (mut requests, mut messages, mut after) = (Vec::new(), 0, 0);
    let mut ready: Vec<Going> = Vec::new();
    loop {
        let page = plan(rulebook, archive, after).await?;
        let Some(last) = page.last() else { break };
        after = last.arrival;
        looked(page.len() as u64);
        ready.extend(page.into_iter().filter_map(|planned| ready_of(planned, tenant)));
        while ready.len() >= TRANSACTION_MESSAGES_MAX {
            let rest = ready.split_off(TRANSACTION_MESSAGES_MAX);
            requests.push(ask(&config, archive, tenant, act_of(&ready), reason, by).await?);
            messages += ready.len() as u64;
            ready = rest;
        }
    }
    if !ready.is_empty() {
        requests.push(ask(&config, archive, tenant, act_of(&ready), reason, by).await?);
        messages += ready.len() as u64;
    }
    if requests.is_empty() {
        let why = format!(
            "no message of tenant {tenant:?} is ready to go that no request is about: `proviso retention plan`"
        );
        return Err(RetentionError::NotPossible(why));
    }
    Ok((requests, messages))
}

/// What a message goes by that waits for a request of its tenant.
fn ready_of(planned: Planned, tenant: &str) -> Option<Going> {
    let is_of = planned.id.as_ref().is_some_and(|id| id.tenant == tenant);
    if is_of && planned.asks == Some(Asks::Request) {
        planned.going.ok()
    } else {
        None
    }
}

fn act_of(ready: &[Going]) -> RequestedAct {
    let rules: BTreeSet<String> = ready
        .iter()
        .flat_map(|going| &going.statutes)
        .map(|statute| format!("{} {}: {}", statute.law, statute.article, statute.period))
        .collect();
    let messages = ready.iter().map(|going| RequestedMessage {
        arrival: going.arrival,
        grounds: going.digest(),
    });
    RequestedAct::Disposal {
        messages: messages.collect(),
        rules: rules.into_iter().collect(),
    }
}

/// How a tenant's act is asked for; refused where one person may do it alone, and at once.
pub(crate) fn asking(config: &Config, tenant: &str, act: &str, at: Timestamp) -> Result<Asking, RetentionError> {
    let asking = config.requests.asking(tenant, act, at);
    asking.ok_or_else(|| {
        RetentionError::NotPossible(format!(
            "tenant {tenant:?} asks for no request for {act:?}: do it at once"
        ))
    })
}

/// Asks for an act of a tenant; the request's number.
pub(crate) async fn ask(
    config: &Config,
    archive: &Archive,
    tenant: &str,
    act: RequestedAct,
    reason: &str,
    by: &Principal,
) -> Result<i64, RetentionError> {
    let at = places::now();
    let asking = asking(config, tenant, act.name(), at)?;
    let ends_at = match &act {
        RequestedAct::Scoring(scoring) => asking.ends_at.min(scoring.until),
        _ => asking.ends_at,
    };
    let request = NewRequest {
        tenant: tenant.to_owned(),
        act,
        reason: reason.to_owned(),
        second_person: asking.second_person,
        not_before: asking.not_before,
        ends_at,
        at,
    };
    match archive.commit(Change::Ask(&request), by).await? {
        Receipt::Request { number } => Ok(number),
        other => unreachable!("a request is answered by its number, not by {other:?}"),
    }
}

/// A request by its number.
pub(crate) async fn find(archive: &Archive, number: i64) -> Result<Request, RetentionError> {
    let found = archive.requests(number.saturating_add(1), 1).await?.pop();
    let found = found.filter(|request| request.number == number);
    found.ok_or_else(|| RetentionError::Commit(RequestRefusal::Unknown(number).into()))
}

/// Runs a request as it was asked for, but an export, which [`exporting::run`](crate::exporting::run) makes. Messages that are held now, or that go by other rules than it names, stay. What is judged in
/// the daemon whose `pauses` these are is judged before it or behind it.
///
/// # Errors
/// It may not run, or nothing of it may go now; the archive cannot be read or written, or the clock may be wrong.
pub async fn run(
    rulebook: &mut Rulebook,
    (archive, pauses): (&Archive, &Pauses),
    number: i64,
    clock_is_right: bool,
    by: &Principal,
) -> Result<Ran, RetentionError> {
    let request = find(archive, number).await?;
    let messages = match &request.asked.act {
        RequestedAct::HoldRelease { hold, note } => {
            let release = Change::ReleaseHold {
                hold: *hold,
                request: Some(number),
                note,
                at: places::now(),
            };
            archive.commit(release, by).await?;
            return Ok(Ran::HoldRelease(*hold));
        }
        RequestedAct::Export(_) => {
            return Err(RetentionError::NotPossible(format!(
                "request {number} gives messages away: `proviso request run {number} --out FOLDER|FILE.tar`"
            )));
        }
        RequestedAct::Scoring(_) => {
            return Err(RetentionError::NotPossible(format!(
                "request {number} does not run: it is in force from its approval on, until `proviso request end {number}` or its time"
            )));
        }
        RequestedAct::Disposal { messages, .. } => messages,
    };
    rulebook.catch_up().await?;
    let (mut going, mut stays) = (Vec::new(), None);
    for one in messages {
        let planned = of_arrival(rulebook, archive, one.arrival).await?;
        match planned.map(|planned| planned.going) {
            Some(Ok(now)) if now.digest() == one.grounds => going.push(now),
            Some(Ok(_)) => stays = Some("it goes by other rules now: make another request".to_owned()),
            Some(Err(why)) => stays = Some(why),
            None => stays = Some("it is not due any more, or went before".to_owned()),
        }
    }
    let left = messages.len() - going.len();
    if let (true, State::MayRun, Some(why)) = (going.is_empty(), State::of(&request, places::now()), stays) {
        return Err(RetentionError::NotPossible(format!(
            "nothing of request {number} may go now: {why}"
        )));
    }
    let _pause = pauses.pause().await;
    let disposing = Disposing {
        at: places::now(),
        clock_is_right,
        request: Some(number),
        messages: going,
    };
    match archive.commit(Change::Dispose(&disposing), by).await? {
        Receipt::Disposed(mut report) => {
            report.not_due += left as u64;
            Ok(Ran::Disposal(report))
        }
        other => unreachable!("a disposal is answered by its report, not by {other:?}"),
    }
}
