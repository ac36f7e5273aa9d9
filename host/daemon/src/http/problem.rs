//! What goes wrong with a request: the caller's to mend, or ours.
//!
//! The caller is told what to do. Of a fault of ours the caller is told a number, and the log has the whole chain under it:
//! nothing of the inside goes out.

use super::Shared;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a problem is, for programs. A name is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The query, a header or the body has not the form that is asked for.
    BadRequest,
    /// No token, or one that is not known, has ended or was revoked.
    NoToken,
    /// The token may not do this.
    NotPermitted,
    /// Nothing is there.
    NoSuchPath,
    /// The path takes another method.
    WrongMethod,
    /// No recorded generation is meant by what was said.
    UnknownGeneration,
    /// The archive has no such message.
    UnknownMessage,
    /// The archive has no such version of the directory.
    UnknownDirectory,
    /// The file of facts in the body has bad lines.
    BadFacts,
    /// The body came too slowly.
    TooSlow,
    /// The body is too large.
    TooLarge,
    /// The host is not one that this daemon is known by.
    ForeignHost,
    /// It is understood, and cannot be done as things are.
    NotPossible,
    /// There is no room now.
    Busy,
    /// The archive could not commit; nothing is lost if it is sent again.
    NotCommitted,
    /// A fault of ours.
    Fault,
    /// The daemon is shutting down.
    Ending,
}

/// Every code with its name and its status.
const CODES: [(Code, &str, StatusCode); 17] = [
    (Code::BadRequest, "bad-request", StatusCode::BAD_REQUEST),
    (Code::NoToken, "no-token", StatusCode::UNAUTHORIZED),
    (Code::NotPermitted, "not-permitted", StatusCode::FORBIDDEN),
    (Code::NoSuchPath, "no-such-path", StatusCode::NOT_FOUND),
    (Code::WrongMethod, "wrong-method", StatusCode::METHOD_NOT_ALLOWED),
    (Code::UnknownGeneration, "unknown-generation", StatusCode::NOT_FOUND),
    (Code::UnknownMessage, "unknown-message", StatusCode::NOT_FOUND),
    (Code::UnknownDirectory, "unknown-directory", StatusCode::NOT_FOUND),
    (Code::BadFacts, "bad-facts", StatusCode::UNPROCESSABLE_ENTITY),
    (Code::TooSlow, "too-slow", StatusCode::REQUEST_TIMEOUT),
    (Code::TooLarge, "too-large", StatusCode::PAYLOAD_TOO_LARGE),
    (Code::ForeignHost, "foreign-host", StatusCode::MISDIRECTED_REQUEST),
    (Code::NotPossible, "not-possible", StatusCode::UNPROCESSABLE_ENTITY),
    (Code::Busy, "busy", StatusCode::TOO_MANY_REQUESTS),
    (Code::NotCommitted, "not-committed", StatusCode::INTERNAL_SERVER_ERROR),
    (Code::Fault, "fault", StatusCode::INTERNAL_SERVER_ERROR),
    (Code::Ending, "ending", StatusCode::SERVICE_UNAVAILABLE),
];

impl Code {
    fn entry(self) -> (&'static str, StatusCode) {
        let entry = CODES.into_iter().find(|(code, ..)| *code == self);
        let (_, name, status) = entry.expect("a test sees every code in the table");
        (name, status)
    }

    /// True if the same request may do better later.
    fn comes_again(self) -> bool {
        matches!(self, Code::Busy | Code::Ending)
    }
}

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The caller's to mend; what to do is said.
    Yours(Code, String),
    /// A fault of ours.
    Ours {
        code: Code,
        /// What the caller is told: what became of the request, and nothing else.
        told: &'static str,
        error: anyhow::Error,
    },
}

impl ApiError {
    pub(crate) fn yours(code: Code, message: impl fmt::Display) -> Self {
        ApiError::Yours(code, message.to_string())
    }

    pub(crate) fn ours(told: &'static str, error: impl Into<anyhow::Error>) -> Self {
        let (code, error) = (Code::Fault, error.into());
        ApiError::Ours { code, told, error }
    }

    pub(super) fn ending() -> Self {
        ApiError::yours(
            Code::Ending,
            "the daemon is shutting down: send the same to the next one",
        )
    }
}

/// The answer that says what is wrong, in the one form for all of it.
pub(crate) fn said(status: StatusCode, name: &str, message: impl fmt::Display) -> Response {
    let error = json!({ "code": name, "message": message.to_string() });
    (status, Json(json!({ "error": error }))).into_response()
}

/// The same of a fault of ours, of which the daemon's log says more.
fn of_ours((name, status): (&'static str, StatusCode), told: &str, error: &anyhow::Error) -> Response {
    let incident = Incident::next();
    let error = format!("{error:#}");
    tracing::error!(%incident, error, "a request failed by a fault of the daemon");
    let message = format!("{told}; the daemon's log says more under incident {incident}");
    let error = json!({ "code": name, "message": message, "incident": incident.to_string() });
    let mut answer = (status, Json(json!({ "error": error }))).into_response();
    answer.extensions_mut().insert(Arc::new(incident));
    answer
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (code, mut answer) = match self {
            ApiError::Yours(code, message) => {
                let (name, status) = code.entry();
                (code, said(status, name, message))
            }
            ApiError::Ours { code, told, error } => (code, of_ours(code.entry(), told, &error)),
        };
        if code.comes_again() {
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if code == Code::NoToken {
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

/// The number of a fault: of this process's start, and counted.
struct Incident {
    start: u64,
    number: u64,
}

impl Incident {
    fn next() -> Self {
        static START: AtomicU64 = AtomicU64::new(0);
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |since| since.as_secs().max(1));
        // The first incident names the run; two at once agree on one of them.
        let start = START.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        Self {
            start: start.map_or_else(|start| start, |_| now),
            number: NUMBER.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.start, self.number)
    }
}

/// Counts what was refused and what failed.
pub(super) async fn tell(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => shared.metrics.http_requests_refused.add(1),
        StatusCode::UNAUTHORIZED => shared.metrics.http_requests_unauthorized.add(1),
        _ if answer.extensions().get::<Arc<Incident>>().is_some() => shared.metrics.incidents.add(1),
        _ => {}
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use serde_json::Value;

    async fn body(answer: Response) -> Value {
        serde_json::from_slice(&to_bytes(answer.into_body(), 1 << 16).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn the_caller_is_told_what_to_do_and_nothing_of_the_inside() {
        let answer = ApiError::yours(Code::Busy, "come again").into_response();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        assert_eq!(
            body(answer).await,
            json!({"error": {"code": "busy", "message": "come again"}})
        );

        let secret = anyhow::anyhow!("/var/lib/secret").context("SQL");
        let answer = ApiError::ours("nothing was changed", secret).into_response();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.headers().get(header::RETRY_AFTER).is_none());
        let told = body(answer).await;
        let incident = told["error"]["incident"].as_str().unwrap();
        let expected = format!("nothing was changed; the daemon's log says more under incident {incident}");
        assert_eq!(told["error"]["message"], expected);
        assert!(
            !told.to_string().contains("secret") && !told.to_string().contains("SQL"),
            "{told}"
        );
        let other = ApiError::ours("nothing was changed", anyhow::anyhow!("x")).into_response();
        assert_ne!(body(other).await["error"]["incident"], incident);
    }

    #[test]
    fn every_code_has_one_name_and_a_status_of_its_kind() {
        let names: std::collections::BTreeSet<_> = CODES.iter().map(|(_, name, _)| name).collect();
        assert_eq!(names.len(), CODES.len());
        for (code, name, status) in CODES {
            assert_eq!(code.entry(), (name, status));
            let ours = matches!(code, Code::Fault | Code::NotCommitted | Code::Ending);
            assert_eq!(status.is_server_error(), ours, "{name}");
        }
    }
}
