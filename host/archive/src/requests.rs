//! Acts that one person may not do alone, or not at once: what was asked for, who decided, and when it ran.

use crate::disposal::Going;
use proviso_evidence::{Asked, Views};
use proviso_model::digest::DigestBuilder;
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, Timestamp};
use proviso_proof::certificate::Bound;
use std::fmt;

/// Bytes of each text of a request or of an order to keep, at most.
pub const REQUEST_TEXT_BYTES_MAX: usize = 4 << 10;

/// Days for which people may be scored by one approval: an assessment is looked at again after a year.
pub const SCORING_DAYS_MAX: u32 = 366;

/// The exact act that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedAct {
    /// Messages go: these, each by these grounds, and no others.
    Disposal {
        /// 1 to [`TRANSACTION_MESSAGES_MAX`](proviso_model::limits::TRANSACTION_MESSAGES_MAX), in the order of arrival.
        messages: Vec<RequestedMessage>,
        /// The rules that decide, for whoever reads the request: law, article and period of each, once.
        rules: Vec<String>,
    },
    /// An order to keep ends.
    HoldRelease {
        /// Its number.
        hold: i64,
        /// Why it ends.
        note: String,
    },
    /// Messages are given away: these, in this form, to this recipient.
    Export(Box<RequestedExport>),
    /// People are scored by a machine, for a time. It never runs: it is in force from its approval to its end.
    Scoring(RequestedScoring),
}

impl RequestedAct {
    /// Its name in configuration, lists and the archive.
    pub const fn name(&self) -> &'static str {
        match self {
            RequestedAct::Disposal { .. } => "disposal",
            RequestedAct::HoldRelease { .. } => "hold-release",
            RequestedAct::Export(_) => "export",
            RequestedAct::Scoring(_) => "scoring",
        }
    }
}

/// A message that is to go, with the digest of what it goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestedMessage {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// [`Going::digest`].
    pub grounds: Digest,
}

/// All that decides what an export gives away, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedExport {
    /// Whose messages: of no other tenant are any looked for.
    pub tenant: String,
    /// What was asked for.
    pub asked: Asked,
    /// Why: 1 to [`REQUEST_TEXT_BYTES_MAX`] bytes.
    pub reason: String,
    /// For whom, likewise.
    pub to: String,
    /// The last day on which it is meant to be used.
    pub until: Option<Day>,
    /// Messages of the same conversation before and after each match.
    pub context: u32,
    /// In which times are shown, and whose days a query means: a name of the time zone database.
    pub zone: String,
    /// True if names, numbers and identifiers become pseudonyms.
    pub masked: bool,
    /// The forms beside the lines.
    pub views: Views,
    /// How many messages: at least one.
    pub messages: u64,
    /// The place of the last of them in the order of arrival: what arrived later is not in it.
    pub last: i64,
    /// SHA-256 over a fixed text, and the place and role of each.
    pub chosen: Digest,
}

/// All that decides who is scored, by what, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedScoring {
    /// Whose people.
    pub tenant: String,
    /// The impact assessment that covers it: the id that the policy set names.
    pub assessment: String,
    /// Why: 1 to [`REQUEST_TEXT_BYTES_MAX`] bytes.
    pub reason: String,
    /// From then on nobody is scored by it: at most [`SCORING_DAYS_MAX`] days behind the asking.
    pub until: Timestamp,
    /// What scores them, at least one, each once.
    pub applications: Vec<ScoringApplication>,
}

/// A pack that scores people, as a policy set applies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoringApplication {
    /// `vendor/name`.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// Whom the set's scope covers, for who reads the request.
    pub scope: String,
    /// SHA-256 over a fixed text, the pack's digest, and all that the set says of it: another scope or setting is another digest.
    pub digest: Digest,
}

impl Going {
    /// Of the message's place, and of all that it goes by: another rule, period, clock or day is another digest.
    pub fn digest(&self) -> Digest {
        let mut digest = DigestBuilder::new("proviso going 1");
        digest
            .part(&self.arrival.to_be_bytes())
            .part(self.clock.start.as_bytes())
            .part(&self.clock.start_ms.to_be_bytes())
            .part(&self.due_ms.to_be_bytes());
        for statute in &self.statutes {
            digest
                .part(statute.law.as_bytes())
                .part(statute.article.as_bytes())
                .part(match statute.bound {
                    Bound::Floor => b"floor",
                    Bound::Ceiling => b"ceiling",
                })
                .part(statute.period.as_bytes())
                .part(statute.source.as_bytes())
                .part(statute.verified_by.as_bytes());
        }
        digest.finish()
    }
}

/// A request as somebody makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Whose messages it is about.
    pub tenant: String,
    /// What is asked for.
    pub act: RequestedAct,
    /// Why.
    pub reason: String,
    /// Somebody else has to approve it before it runs.
    pub second_person: bool,
    /// Before then it does not run.
    pub not_before: Timestamp,
    /// From then on it does not run any more; after `not_before`.
    pub ends_at: Timestamp,
    /// When it is made.
    pub at: Timestamp,
}

/// A request as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// From 1, rising.
    pub number: i64,
    /// What was asked for.
    pub asked: NewRequest,
    /// SHA-256 of the act as it is stored.
    pub digest: Digest,
    /// Who asked.
    pub by: Principal,
    /// What somebody decided; `None` as long as nobody has.
    pub decision: Option<RequestDecision>,
    /// When it ran, and by whom.
    pub run: Option<(Timestamp, Principal)>,
    /// How one that was in force ended; `None` as long as nobody has ended it.
    pub end: Option<RequestEnd>,
}

/// How a request that was in force ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEnd {
    /// When.
    pub at: Timestamp,
    /// Who ended it.
    pub by: Principal,
    /// Why.
    pub note: String,
}

impl Request {
    /// What people are scored by at a time; `None` unless it is in force then: somebody else approved it, nobody ended it, and its
    /// time is not over.
    pub fn scoring_at(&self, at: Timestamp) -> Option<&RequestedScoring> {
        let RequestedAct::Scoring(scoring) = &self.asked.act else {
            return None;
        };
        let decision = self
            .decision
            .as_ref()
            .filter(|decision| decision.approved && decision.by != self.by);
        (decision.is_some() && self.end.is_none() && at < scoring.until).then_some(scoring)
    }

    /// Says why it does not run now, whoever runs it.
    ///
    /// # Errors
    /// It ran, ended or was refused, waits, or was approved by nobody who may.
    pub fn may_run(&self, at: Timestamp) -> Result<(), RequestRefusal> {
        self.is_open(at)?;
        let number = self.number;
        match &self.decision {
            Some(decision) if !decision.approved => {
                let (request, approved, by) = (number, false, decision.by.clone());
                return Err(RequestRefusal::Decided { request, approved, by });
            }
            Some(decision) if decision.by == self.by => {
                let (request, by) = (number, self.by.clone());
                return Err(RequestRefusal::OwnRequest { request, by });
            }
            None if self.asked.second_person => return Err(RequestRefusal::NotApproved(number)),
            _ => {}
        }
        if at < self.asked.not_before {
            let (request, until) = (number, self.asked.not_before);
            return Err(RequestRefusal::Waiting { request, until });
        }
        Ok(())
    }

    /// Refuses one that ran or ended.
    pub(crate) fn is_open(&self, at: Timestamp) -> Result<(), RequestRefusal> {
        let request = self.number;
        if let Some(end) = &self.end {
            return Err(RequestRefusal::Ended { request, at: end.at });
        }
        match self.run {
            Some((at, _)) => Err(RequestRefusal::Ran { request, at }),
            None if self.asked.ends_at <= at => {
                let at = self.asked.ends_at;
                Err(RequestRefusal::Ended { request, at })
            }
            None => Ok(()),
        }
    }
}

/// What somebody decided on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDecision {
    /// It may run.
    pub approved: bool,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// Why.
    pub note: String,
}

/// A decision on a request, to be made.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// Its number.
    pub request: i64,
    /// The act that the person has seen, by its digest: on another nothing is decided.
    pub digest: Digest,
    /// True to let it run.
    pub approve: bool,
    /// Why: 1 to 4,096 bytes.
    pub note: &'a str,
    /// When.
    pub at: Timestamp,
}

/// The end of a request that is in force. One person may do it.
#[derive(Debug, Clone, Copy)]
pub struct EndingRequest<'a> {
    /// Its number.
    pub request: i64,
    /// Why: 1 to 4,096 bytes.
    pub note: &'a str,
    /// When.
    pub at: Timestamp,
}

/// What somebody has to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Asked for it.
    Asked,
    /// Decides on it.
    Decides,
    /// Approved it.
    Approved,
    /// Runs it.
    Runs,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Asked => "asked for",
            Part::Decides => "decides on",
            Part::Approved => "approved",
            Part::Runs => "runs",
        })
    }
}

/// Why a request was not decided on, or does not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// There is none of that number.
    #[error("there is no request {0}")]
    Unknown(i64),
    /// Its time is over.
    #[error("request {request} ended at {at}: make another")]
    Ended {
        /// Its number.
        request: i64,
        /// When.
        at: Timestamp,
    },
    /// Somebody has decided on it.
    #[error("request {request} was {} by {by}", if *.approved { "approved" } else { "refused" })]
    Decided {
        /// Its number.
        request: i64,
        /// What was decided.
        approved: bool,
        /// Who decided.
        by: Principal,
    },
    /// Who asked cannot approve.
    #[error("{by} made request {request} and cannot approve it: somebody else has to")]
    OwnRequest {
        /// Its number.
        request: i64,
        /// Who asked.
        by: Principal,
    },
    /// The host, or a source of messages, is nobody who decides.
    #[error("{0} is no person: a person has to decide")]
    NoPerson(Principal),
    /// The act is another than the one that was looked at.
    #[error("request {0} asks for another act than the one that was named: look at it again")]
    OtherAct(i64),
    /// Nobody has approved it.
    #[error("request {0} waits for somebody else to approve it")]
    NotApproved(i64),
    /// It is to wait.
    #[error("request {request} waits until {until}")]
    Waiting {
        /// Its number.
        request: i64,
        /// Until when.
        until: Timestamp,
    },
    /// Whoever asks, decides or runs is a user who has no role for it, or not any more.
    #[error("{who} {did} request {request}, and may not decide on requests of its tenant: make another request")]
    NoRole {
        /// Its number.
        request: i64,
        /// Who.
        who: Principal,
        /// What that one does or did.
        did: Part,
    },
    /// It ran.
    #[error("request {request} ran at {at}: it runs once")]
    Ran {
        /// Its number.
        request: i64,
        /// When.
        at: Timestamp,
    },
    /// Nothing of it is in force that could end.
    #[error(
        "request {0} is not in force, so that there is nothing to end: `proviso request refuse` takes back one that waits"
    )]
    NotInForce(i64),
    /// Its texts or its times cannot be those of a request.
    #[error("the request cannot be made: {0}")]
    IllFormed(&'static str),
}

impl NewRequest {
    /// Refuses what no request can be.
    pub(crate) fn refuse_ill_formed(&self) -> Result<(), RequestRefusal> {
        let text = |text: &str| !text.trim().is_empty() && text.len() <= REQUEST_TEXT_BYTES_MAX;
        if !text(&self.tenant) || !text(&self.reason) {
            return Err(RequestRefusal::IllFormed("tenant and reason have 1-4,096 bytes"));
        }
        if !(self.at <= self.not_before && self.not_before < self.ends_at) {
            return Err(RequestRefusal::IllFormed("it ends before it could run"));
        }
        match &self.act {
            RequestedAct::Disposal { messages, rules } => {
                if messages.is_empty() || !messages.is_sorted_by(|one, next| one.arrival < next.arrival) {
                    return Err(RequestRefusal::IllFormed("it names no messages, or one twice"));
                }
                if rules.len() > messages.len() * 64 || rules.iter().any(|rule| !text(rule)) {
                    return Err(RequestRefusal::IllFormed("its rules have 1-4,096 bytes each"));
                }
            }
            RequestedAct::HoldRelease { note, .. } if !text(note) => {
                return Err(RequestRefusal::IllFormed("the note has 1-4,096 bytes"));
            }
            RequestedAct::HoldRelease { .. } => {}
            RequestedAct::Export(export) => {
                if export.tenant != self.tenant || export.reason != self.reason {
                    return Err(RequestRefusal::IllFormed(
                        "it is about another tenant than its export, or gives another reason",
                    ));
                }
                if !text(&export.to) || !text(&export.asked.text()) {
                    return Err(RequestRefusal::IllFormed(
                        "what is exported and its recipient have 1-4,096 bytes each",
                    ));
                }
                if export.messages == 0 {
                    return Err(RequestRefusal::IllFormed("it names no messages"));
                }
            }
            RequestedAct::Scoring(scoring) => scoring.refuse_ill_formed(self)?,
        }
        Ok(())
    }
}

impl RequestedScoring {
    fn refuse_ill_formed(&self, asked: &NewRequest) -> Result<(), RequestRefusal> {
        let refused = |why| Err(RequestRefusal::IllFormed(why));
        let text = |text: &str| !text.trim().is_empty() && text.len() <= REQUEST_TEXT_BYTES_MAX;
        if self.tenant != asked.tenant || self.reason != asked.reason {
            return refused("it is about another tenant than its scoring, or gives another reason");
        }
        if !asked.second_person {
            return refused("nobody is scored by one person's word");
        }
        if !text(&self.assessment) {
            return refused("the assessment has 1-4,096 bytes");
        }
        let longest = i64::from(SCORING_DAYS_MAX) * 86_400_000;
        if !(asked.ends_at <= self.until && self.until.as_millis() - asked.at.as_millis() <= longest) {
            return refused("the scoring ends before it could begin, or is longer than 366 days");
        }
        let all = &self.applications;
        let is_twice = |one: &ScoringApplication| all.iter().filter(|other| other.digest == one.digest).count() > 1;
        if all.is_empty() || all.iter().any(is_twice) {
            return refused("it names nothing that scores people, or one twice");
        }
        if all
            .iter()
            .any(|one| !text(&one.pack) || !text(&one.version) || !text(&one.scope))
        {
            return refused("pack, version and scope have 1-4,096 bytes each");
        }
        Ok(())
    }
}
