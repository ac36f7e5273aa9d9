//! What goes wrong with a request, for programs and for people. The form is the daemon's.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Json;
use axum::response::{IntoResponse, Response};
use proviso_archive::{CommitError, RequestRefusal, ReviewRefusal, StorageError, UserRefusal};
use proviso_daemon::services;
use serde_json::json;
use std::fmt;

/// What a problem is, for programs. A name is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The path, the query or the body has not the form that is asked for.
    BadRequest,
    /// Name, password or code is not right; which, nobody is told.
    SignInFailed,
    /// Name and password are right, and a code is asked for.
    SecondFactorWanted,
    /// No session, or one that has ended.
    NoSession,
    /// The password was set by somebody else, and has to be changed first.
    PasswordChangeWanted,
    /// The password has to be shown again.
    StepUpWanted,
    /// The request comes from another place than the console's own pages.
    ForeignOrigin,
    /// No role allows it.
    NotPermitted,
    /// Nothing is there, or nothing that whoever asks may see.
    NotFound,
    /// It was changed since it was looked at.
    Changed,
    /// There are more or fewer than were looked at.
    CountDiffers,
    /// It is understood, and cannot be done as things are.
    NotPossible,
    /// Too many failures, or no room now.
    Busy,
    /// The archive could not commit.
    NotCommitted,
}

/// Every code with its name and its status.
const CODES: [(Code, &str, StatusCode); 14] = [
    (Code::BadRequest, "bad-request", StatusCode::BAD_REQUEST),
    (Code::SignInFailed, "sign-in-failed", StatusCode::UNAUTHORIZED),
    (Code::SecondFactorWanted, "code-wanted", StatusCode::UNAUTHORIZED),
    (Code::NoSession, "no-session", StatusCode::UNAUTHORIZED),
    (
        Code::PasswordChangeWanted,
        "password-change-wanted",
        StatusCode::FORBIDDEN,
    ),
    (Code::StepUpWanted, "step-up-wanted", StatusCode::FORBIDDEN),
    (Code::ForeignOrigin, "foreign-origin", StatusCode::FORBIDDEN),
    (Code::NotPermitted, "not-permitted", StatusCode::FORBIDDEN),
    (Code::NotFound, "not-found", StatusCode::NOT_FOUND),
    (Code::Changed, "changed", StatusCode::CONFLICT),
    (Code::CountDiffers, "count-differs", StatusCode::CONFLICT),
    (Code::NotPossible, "not-possible", StatusCode::UNPROCESSABLE_ENTITY),
    (Code::Busy, "busy", StatusCode::TOO_MANY_REQUESTS),
    (Code::NotCommitted, "not-committed", StatusCode::INTERNAL_SERVER_ERROR),
];

impl Code {
    fn entry(self) -> (&'static str, StatusCode) {
        let entry = CODES.into_iter().find(|(code, ..)| *code == self);
        let (_, name, status) = entry.expect("a test sees every code in the table");
        (name, status)
    }
}

/// Why a request was not done, as an answer.
#[derive(Debug)]
pub(crate) struct Refused(Box<Response>);

impl Refused {
    /// The caller's to mend; `message` says what to do.
    pub(crate) fn new(code: Code, message: impl fmt::Display) -> Self {
        let (name, status) = code.entry();
        services::refusal(status, name, message).into()
    }

    /// The same, and when it may be tried again.
    pub(crate) fn busy(seconds: u64, message: impl fmt::Display) -> Self {
        let mut refused = Self::new(Code::Busy, message);
        let after = HeaderValue::from(seconds.max(1));
        refused.0.headers_mut().insert(header::RETRY_AFTER, after);
        refused
    }

    /// A fault of ours: what became of the request, and a number.
    pub(crate) fn fault(told: &'static str, error: impl Into<anyhow::Error>) -> Self {
        services::fault(told, error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Refused {
    fn from(answer: Response) -> Self {
        Self(Box::new(answer))
    }
}

impl From<StorageError> for Refused {
    fn from(error: StorageError) -> Self {
        services::unread(error).into()
    }
}

impl From<UserRefusal> for Refused {
    fn from(refusal: UserRefusal) -> Self {
        let code = match refusal {
            UserRefusal::Unknown(_) | UserRefusal::NoSession(_) => Code::NotFound,
            UserRefusal::Text { .. } | UserRefusal::Roles(_) => Code::BadRequest,
            UserRefusal::Overtaken | UserRefusal::CodeUsed => Code::SignInFailed,
            _ => Code::NotPossible,
        };
        Self::new(code, refusal)
    }
}

impl From<ReviewRefusal> for Refused {
    fn from(refusal: ReviewRefusal) -> Self {
        let code = match &refusal {
            ReviewRefusal::Unknown(_) => Code::NotFound,
            ReviewRefusal::Changed { .. } => Code::Changed,
            ReviewRefusal::Reason(_)
            | ReviewRefusal::Assignee(_)
            | ReviewRefusal::Comment(_)
            | ReviewRefusal::TooMany(_) => Code::BadRequest,
            ReviewRefusal::CountDiffers { found, .. } => {
                let (name, status) = Code::CountDiffers.entry();
                let error = json!({ "code": name, "message": refusal.to_string(), "found": found });
                return (status, Json(json!({ "error": error }))).into_response().into();
            }
            _ => Code::NotPossible,
        };
        Self::new(code, refusal)
    }
}

impl From<RequestRefusal> for Refused {
    fn from(refusal: RequestRefusal) -> Self {
        let code = match &refusal {
            RequestRefusal::Unknown(_) => Code::NotFound,
            RequestRefusal::OtherAct(_) => Code::Changed,
            RequestRefusal::IllFormed(_) => Code::BadRequest,
            _ => Code::NotPossible,
        };
        Self::new(code, refusal)
    }
}

impl From<CommitError> for Refused {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::User(refusal) => refusal.into(),
            CommitError::Review(refusal) => refusal.into(),
            CommitError::Request(refusal) => refusal.into(),
            CommitError::Text { .. } => Self::new(Code::BadRequest, error),
            error => Self::fault("nothing was changed", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_documentation_names_every_code() {
        let document = include_str!("../../../docs/console.md");
        for (_, name, _) in CODES {
            assert!(document.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn every_code_has_one_name() {
        let names: BTreeSet<_> = CODES.iter().map(|(_, name, _)| name).collect();
        assert_eq!(names.len(), CODES.len());
        for (code, name, status) in CODES {
            assert_eq!(code.entry(), (name, status));
            assert_eq!(Refused::new(code, "x").into_response().status(), status);
        }
    }
}
