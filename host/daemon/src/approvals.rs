//! Which requests to score people are in force, and how long what runs may judge by them.
//!
//! The end counts by the clock on the wall and by the time that passed, whichever comes first, and is recorded: no clock that goes back
//! brings a request again.

use crate::config_requests::{RequestRules, SCORING};
use crate::scoring::{Approval, Standing, approved};
use anyhow::Context as _;
use proviso_archive::{Archive, Change, CommitError, EndingRequest, RequestRefusal};
use proviso_engine::ResolvedSet;
use proviso_model::set::PolicySet;
use proviso_model::{Principal, Timestamp};
use proviso_pipeline::places;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the log says of a request whose time is over.
const TIME_IS_OVER: &str = "its time is over";

/// Which requests are in force. Knows the clock, and does not believe one that went back.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    pub(crate) rules: Arc<RequestRules>,
    /// By request: when its time is over, whatever the clock on the wall shows by then.
    ends: Mutex<BTreeMap<i64, Instant>>,
}

impl Approvals {
    pub(crate) fn new(rules: Arc<RequestRules>) -> Self {
        let ends = Mutex::default();
        Self { rules, ends }
    }

    /// Ends the requests whose time is over, in the archive, so that no clock brings them again; gives those that are in force.
    ///
    /// # Errors
    /// The archive cannot be read or written.
    pub(crate) async fn catch_up(&self, archive: &Archive) -> anyhow::Result<Vec<Approval>> {
        if self.rules.second_person(SCORING).next().is_none() {
            return Ok(Vec::new());
        }
        let (requests, seen) = archive
            .scorings()
            .await
            .context("the approvals of scoring cannot be read")?;
        let shown = places::now();
        let now = seen.map_or(shown, |seen| seen.max(shown));
        let mut in_force = Vec::new();
        for request in &requests {
            match Approval::at(request, now) {
                Some(approval) if !self.is_over(&approval, shown) => in_force.push(approval),
                _ => self.end(archive, request.number, shown).await?,
            }
        }
        Ok(in_force)
    }

    /// True if so much time passed that the request is over, though the clock may show less.
    fn is_over(&self, approval: &Approval, shown: Timestamp) -> bool {
        let left = approval.until.as_millis().saturating_sub(shown.as_millis());
        let now = Instant::now();
        let end = now + Duration::from_millis(left.max(0).unsigned_abs());
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let first = ends.entry(approval.request).or_insert(end);
        *first = end.min(*first);
        *first <= now
    }

    async fn end(&self, archive: &Archive, request: i64, at: Timestamp) -> anyhow::Result<()> {
        let ending = EndingRequest {
            request,
            note: TIME_IS_OVER,
            at,
        };
        match archive
            .commit(Change::EndRequest(&ending), &Principal::system("approvals"))
            .await
        {
            Ok(_) => {
                tracing::warn!(
                    request,
                    "the time of a request is over: nobody is scored by it any more"
                );
                Ok(())
            }
            // Somebody was faster.
            Err(CommitError::Request(RequestRefusal::Ended { .. })) => Ok(()),
            Err(error) => Err(anyhow::Error::from(error).context("a request whose time is over could not be ended")),
        }
    }

    /// When the first of these requests ends: what the clock shows then, and the moment, whatever it shows.
    fn first_end(&self, requests: &[(i64, Timestamp)]) -> Option<(Timestamp, Instant)> {
        let until = requests.iter().map(|(_, until)| *until).min()?;
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = requests.iter().filter_map(|(request, _)| ends.get(request)).min();
        Some((until, moment.copied().unwrap_or_else(Instant::now)))
    }
}

/// Whom a generation scores by whose approval, and how long it may judge for that.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    pub(crate) standings: Vec<Standing>,
    end: Option<(Timestamp, Instant)>,
    is_withdrawn: AtomicBool,
}

impl Scores {
    /// What a set may score by these approvals, and the set without the rest.
    pub(crate) fn of(resolved: &ResolvedSet, approvals: &Approvals, in_force: &[Approval]) -> (Self, PolicySet) {
        let (standings, set) = approved(resolved, &approvals.rules, in_force);
        let by: Vec<_> = standings.iter().filter_map(|one| one.approved).collect();
        let scores = Self {
            end: approvals.first_end(&by),
            standings,
            is_withdrawn: AtomicBool::new(false),
        };
        (scores, set)
    }

    /// True if what it scores by is in force: asked before each batch.
    pub(crate) fn hold(&self, shown: Timestamp, now: Instant) -> bool {
        let is_over = self.end.is_some_and(|(until, moment)| until <= shown || moment <= now);
        !is_over && !self.is_withdrawn.load(Ordering::Acquire)
    }

    /// How long it may judge yet; `None`: as long as nobody says otherwise.
    pub(crate) fn left(&self, shown: Timestamp, now: Instant) -> Option<Duration> {
        let (until, moment) = self.end?;
        let by_the_clock = until
            .as_millis()
            .saturating_sub(shown.as_millis())
            .max(0)
            .unsigned_abs();
        Some(
            moment
                .saturating_duration_since(now)
                .min(Duration::from_millis(by_the_clock)),
        )
    }

    /// A request ended: the generation judges no more, if it scores by it.
    pub(crate) fn withdraw(&self, request: i64) {
        if self
            .standings
            .iter()
            .any(|one| one.approved.is_some_and(|(by, _)| by == request))
        {
            self.is_withdrawn.store(true, Ordering::Release);
        }
    }

    /// What began or ended since another generation, for people.
    pub(crate) fn changes_since(&self, before: &Scores) -> Vec<String> {
        let is_new = |one: &&Standing| !before.standings.contains(one);
        self.standings.iter().filter(is_new).map(Standing::to_string).collect()
    }

    /// Says who is scored, and of whom nobody is.
    pub(crate) fn tell(&self) {
        for one in &self.standings {
            if one.approved.is_some() {
                tracing::info!(tenant = one.tenant, assessment = one.assessment, "{one}");
            } else {
                tracing::warn!(tenant = one.tenant, assessment = one.assessment, "{one}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_archive::ScoringApplication;
    use proviso_model::Digest;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).unwrap()
    }

    fn approval(until: &str) -> Approval {
        Approval {
            request: 7,
            tenant: "bank".to_owned(),
            assessment: "PIA-1".to_owned(),
            until: at(until),
            applications: Vec::new(),
        }
    }

    #[test]
    fn a_clock_that_goes_back_prolongs_nothing() {
        let approvals = Approvals::default();
        let approval = approval("2027-06-30T10:00:00Z");
        assert!(!approvals.is_over(&approval, at("2027-06-30T09:00:00Z")));
        let by = [(approval.request, approval.until)];
        let first = approvals.first_end(&by);
        // A day is gained on the wall, and none in time.
        assert!(!approvals.is_over(&approval, at("2027-06-29T09:00:00Z")));
        assert_eq!(approvals.first_end(&by), first);
        // One that goes forward ends it sooner.
        assert!(approvals.is_over(&approval, at("2027-06-30T10:00:00Z")));
        assert!(approvals.is_over(&approval, at("2027-06-29T09:00:00Z")), "it was over");
    }

    #[test]
    fn a_generation_judges_until_the_first_of_its_ends_by_either_clock() {
        let now = Instant::now();
        let until = at("2027-06-30T10:00:00Z");
        let scores = Scores {
            end: Some((until, now + HOUR)),
            ..Scores::default()
        };
        let before = at("2027-06-30T09:59:59Z");
        assert!(scores.hold(before, now));
        assert!(!scores.hold(until, now), "the clock shows the end");
        assert!(
            !scores.hold(at("2020-01-01T00:00:00Z"), now + HOUR),
            "so much time passed"
        );
        assert_eq!(scores.left(before, now), Some(Duration::from_secs(1)));
        assert_eq!(scores.left(at("2020-01-01T00:00:00Z"), now), Some(HOUR));
        assert_eq!(scores.left(at("2030-01-01T00:00:00Z"), now), Some(Duration::ZERO));
        let nothing = Scores::default();
        assert!(nothing.hold(until, now + HOUR));
        assert_eq!(nothing.left(until, now), None);
    }

    #[test]
    fn a_request_that_ends_stops_the_generation_that_scores_by_it_and_no_other() {
        let standing = |approved| Standing {
            apply: 0,
            tenant: "bank".to_owned(),
            assessment: "PIA-1".to_owned(),
            application: ScoringApplication {
                pack: "test/scores".to_owned(),
                version: "1.0.0".to_owned(),
                scope: "everybody".to_owned(),
                digest: Digest::of(b"application"),
            },
            approved,
        };
        let until = at("2027-06-30T10:00:00Z");
        let scores = Scores {
            standings: vec![standing(None), standing(Some((7, until)))],
            ..Scores::default()
        };
        scores.withdraw(8);
        assert!(scores.hold(until, Instant::now()));
        scores.withdraw(7);
        assert!(!scores.hold(until, Instant::now()));
    }
}
