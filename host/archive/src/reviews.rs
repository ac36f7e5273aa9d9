//! Reviews: what becomes of alerts, each an entry of its history that never changes.

use crate::alert_filter::{AlertFilter, Sight};
use proviso_model::{Principal, Timestamp};

/// Bytes of a comment, at most.
pub const COMMENT_BYTES_MAX: usize = 4_096;
/// Bytes of a reason's code, at most.
pub const REASON_BYTES_MAX: usize = 64;
/// Bytes of the name of a user to whom an alert is assigned, at most.
pub const ASSIGNEE_BYTES_MAX: usize = 64;
/// Alerts that are reviewed at once, at most.
pub const REVIEWED_TOGETHER_MAX: usize = 10_000;
/// Minutes in which a decision may be taken back.
pub const UNDO_MINUTES: i64 = 10;

/// What a reviewer says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertDecision {
    /// The rule was right to ask, and nothing is wrong.
    NoIssue,
    /// A rule was broken.
    Violation,
    /// The rule found what it was not meant to find.
    FalsePositive,
    /// Somebody else has to decide: it stays open, and is assigned to nobody.
    Escalate,
    /// Nobody can say.
    Unclear,
}

impl AlertDecision {
    /// Every decision.
    pub const ALL: [AlertDecision; 5] = [
        AlertDecision::NoIssue,
        AlertDecision::Violation,
        AlertDecision::FalsePositive,
        AlertDecision::Escalate,
        AlertDecision::Unclear,
    ];

    /// The name as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            AlertDecision::NoIssue => "no-issue",
            AlertDecision::Violation => "violation",
            AlertDecision::FalsePositive => "false-positive",
            AlertDecision::Escalate => "escalate",
            AlertDecision::Unclear => "unclear",
        }
    }

    /// That of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.name() == name)
    }
}

/// A decision that stands on an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What was decided.
    pub decision: AlertDecision,
    /// Who decided.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
}

/// What a review did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertAct {
    /// It was given to somebody, or to nobody.
    Assigned,
    /// A decision that closed it.
    Decided,
    /// The decision that somebody else has to decide.
    Escalated,
    /// The last decision was taken back.
    Undone,
    /// A comment, and nothing more.
    Commented,
    /// It was opened again: by somebody, or because a later verdict found it again.
    Reopened,
    /// It ended by itself: its message waits no more.
    Released,
    /// It ended by itself: a later verdict found it no more, and nobody had reviewed it.
    Withdrawn,
    /// It ended by itself: its message was disposed of.
    Disposed,
}

impl AlertAct {
    const ALL: [AlertAct; 9] = [
        AlertAct::Assigned,
        AlertAct::Decided,
        AlertAct::Escalated,
        AlertAct::Undone,
        AlertAct::Commented,
        AlertAct::Reopened,
        AlertAct::Released,
        AlertAct::Withdrawn,
        AlertAct::Disposed,
    ];

    /// The name as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            AlertAct::Assigned => "assigned",
            AlertAct::Decided => "decided",
            AlertAct::Escalated => "escalated",
            AlertAct::Undone => "undone",
            AlertAct::Commented => "commented",
            AlertAct::Reopened => "reopened",
            AlertAct::Released => "released",
            AlertAct::Withdrawn => "withdrawn",
            AlertAct::Disposed => "disposed",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// An entry of an alert's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// From 1, rising, over all alerts.
    pub number: i64,
    /// Which of the alert's reviews it is, from 1.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Principal,
    /// What they did.
    pub act: AlertAct,
    /// What was decided; of a decision alone.
    pub decision: Option<AlertDecision>,
    /// The code of the reason.
    pub reason: Option<String>,
    /// To whom it was assigned; absent also where to nobody.
    pub to: Option<String>,
    /// True if they wrote a comment, whether it is still there or not.
    pub has_comment: bool,
    /// What they wrote; gone with the message.
    pub comment: Option<String>,
}

/// What somebody does with one alert.
#[derive(Debug, Clone, Copy)]
pub struct Reviewing<'a> {
    /// Its number.
    pub alert: i64,
    /// The version that they saw. A comment is added whatever version there is.
    pub version: u32,
    /// What they do.
    pub act: ReviewAct<'a>,
    /// What they may see: an alert outside is not there.
    pub sight: &'a Sight,
    /// When.
    pub at: Timestamp,
}

/// What is done with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewAct<'a> {
    /// It is decided on.
    Decide {
        /// What is decided.
        decision: AlertDecision,
        /// The code of the reason: 1 to [`REASON_BYTES_MAX`] bytes of `a-z`, `0-9` and `-`.
        reason: Option<&'a str>,
        /// 1 to [`COMMENT_BYTES_MAX`] bytes.
        comment: Option<&'a str>,
    },
    /// The last decision is taken back, by who made it, within [`UNDO_MINUTES`].
    Undo,
    /// It is given to a user, or to nobody.
    Assign {
        /// The user's name: 1 to [`ASSIGNEE_BYTES_MAX`] bytes of `a-z`, `0-9`, `.`, `_` and `-`.
        to: Option<&'a str>,
    },
    /// Something is said of it.
    Comment {
        /// 1 to [`COMMENT_BYTES_MAX`] bytes.
        comment: &'a str,
    },
    /// It is opened again.
    Reopen {
        /// The code of the reason, as of a decision.
        reason: &'a str,
    },
}

/// What somebody does with many alerts at once: with all that are open of those that are chosen, or with none.
#[derive(Debug, Clone, Copy)]
pub struct ReviewingMany<'a> {
    /// Which.
    pub which: WhichAlerts<'a>,
    /// How many they saw.
    pub expected: u64,
    /// What they do.
    pub act: BulkAct<'a>,
    /// When.
    pub at: Timestamp,
}

/// Which alerts.
#[derive(Debug, Clone, Copy)]
pub enum WhichAlerts<'a> {
    /// Those of a list.
    Filter(&'a AlertFilter),
    /// Those of these numbers that may be seen.
    Numbers(&'a [i64], &'a Sight),
}

/// What may be done with many alerts at once. Their parts are those of [`ReviewAct`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkAct<'a> {
    /// They are decided on.
    Decide {
        /// What is decided.
        decision: AlertDecision,
        /// The code of the reason.
        reason: Option<&'a str>,
        /// A comment, on each.
        comment: Option<&'a str>,
    },
    /// They are given to a user, or to nobody.
    Assign {
        /// The user's name.
        to: Option<&'a str>,
    },
}

impl<'a> BulkAct<'a> {
    pub(crate) fn of_one(self) -> ReviewAct<'a> {
        match self {
            BulkAct::Decide {
                decision,
                reason,
                comment,
            } => ReviewAct::Decide {
                decision,
                reason,
                comment,
            },
            BulkAct::Assign { to } => ReviewAct::Assign { to },
        }
    }
}

/// Why an alert was not reviewed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefusal {
    /// There is none of that number, or none that may be seen.
    #[error("there is no alert {0}")]
    Unknown(i64),
    /// Somebody reviewed it meanwhile.
    #[error("alert {alert} has {found} reviews and not {seen}: look at it again")]
    Changed {
        /// Its number.
        alert: i64,
        /// The version that was named.
        seen: u32,
        /// The version that it has.
        found: u32,
    },
    /// It is closed.
    #[error("alert {0} is closed: open it again first")]
    Closed(i64),
    /// It is open.
    #[error("alert {0} is open: there is nothing to open again")]
    Open(i64),
    /// Its message is gone, and with it what a comment is sealed under.
    #[error("the message of alert {0} was disposed of: nothing can be added to it")]
    Gone(i64),
    /// Its message waits no more.
    #[error("the message of alert {0} waits no more: there is nothing to decide on")]
    WaitsNoMore(i64),
    /// The last thing that happened is no decision.
    #[error("alert {0} has no decision that could be taken back")]
    NothingToUndo(i64),
    /// The decision is somebody else's.
    #[error("the decision on alert {alert} is that of {by}, who alone can take it back: open it again")]
    OfAnother {
        /// Its number.
        alert: i64,
        /// Who decided.
        by: Principal,
    },
    /// The decision is too old.
    #[error(
        "alert {alert} was decided on at {at}: a decision is taken back within {UNDO_MINUTES} minutes, later open the alert again"
    )]
    TooLate {
        /// Its number.
        alert: i64,
        /// When it was decided on.
        at: Timestamp,
    },
    /// No code of a reason.
    #[error("the reason {0:?} is none: expected 1 to {REASON_BYTES_MAX} bytes of a-z, 0-9 and -")]
    Reason(String),
    /// No name of a user.
    #[error("{0:?} is no name of a user: expected 1 to {ASSIGNEE_BYTES_MAX} bytes of a-z, 0-9, ., _ and -")]
    Assignee(String),
    /// A comment that says nothing, or more than somebody reads.
    #[error("the comment has {0} bytes: expected 1 to {COMMENT_BYTES_MAX}, and not blanks alone")]
    Comment(usize),
    /// Others than were seen.
    #[error("there are {found} such alerts and not {expected}: look at them again")]
    CountDiffers {
        /// As many as were seen.
        expected: u64,
        /// As many as there are; one more than [`REVIEWED_TOGETHER_MAX`] where there are more than that.
        found: u64,
    },
    /// More than one change takes.
    #[error("{0} alerts at once: expected at most {REVIEWED_TOGETHER_MAX}")]
    TooMany(u64),
}

impl ReviewRefusal {
    fn cut(text: &str) -> String {
        text[..text.floor_char_boundary(64)].to_owned()
    }
}

impl ReviewAct<'_> {
    /// Refuses what is wrong whatever the alert is.
    pub(crate) fn refuse_ill_formed(&self) -> Result<(), ReviewRefusal> {
        let (reason, comment, to) = match self {
            ReviewAct::Decide { reason, comment, .. } => (*reason, *comment, None),
            ReviewAct::Undo => (None, None, None),
            ReviewAct::Assign { to } => (None, None, *to),
            ReviewAct::Comment { comment } => (None, Some(*comment), None),
            ReviewAct::Reopen { reason } => (Some(*reason), None, None),
        };
        let is_code = |text: &str, max: usize, others: &[u8]| {
            let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || others.contains(&byte);
            (1..=max).contains(&text.len()) && text.bytes().all(is_known)
        };
        if let Some(reason) = reason.filter(|reason| !is_code(reason, REASON_BYTES_MAX, b"-")) {
            return Err(ReviewRefusal::Reason(ReviewRefusal::cut(reason)));
        }
        if let Some(to) = to.filter(|to| !is_code(to, ASSIGNEE_BYTES_MAX, b"._-")) {
            return Err(ReviewRefusal::Assignee(ReviewRefusal::cut(to)));
        }
        match comment {
            Some(comment) if comment.trim().is_empty() || comment.len() > COMMENT_BYTES_MAX => {
                Err(ReviewRefusal::Comment(comment.len()))
            }
            _ => Ok(()),
        }
    }
}

impl ReviewingMany<'_> {
    pub(crate) fn refuse_ill_formed(&self) -> Result<(), ReviewRefusal> {
        let named = match self.which {
            WhichAlerts::Filter(_) => 0,
            WhichAlerts::Numbers(numbers, _) => numbers.len() as u64,
        };
        let most = self.expected.max(named);
        if most > REVIEWED_TOGETHER_MAX as u64 {
            return Err(ReviewRefusal::TooMany(most));
        }
        self.act.of_one().refuse_ill_formed()
    }
}
