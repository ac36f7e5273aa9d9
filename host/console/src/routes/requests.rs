//! Requests of two persons: what was asked for, approved, refused and run. The archive refuses whom it is not for, in the transaction.

use crate::body::{Body, Read};
use crate::console::Console;
use crate::operator::query;
use crate::problem::{Code, Refused};
use crate::request_forms::{RequestList, RequestRow};
use crate::rights::Right;
use crate::session::SignedIn;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Json;
use proviso_archive::{CommitError, Deciding, Request};
use proviso_daemon::requests::State as Standing;
use proviso_daemon::retention::RetentionError;
use proviso_daemon::services::RunError;
use proviso_model::Digest;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Requests of a page, and those that are read at a time.
const LISTED: u32 = 50;
/// Requests that one answer looks through, at most: what fits lies further back is asked for by `next`.
const LOOKED_MAX: u32 = 2_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// `open` (default), `decided` or `run`.
    view: Option<String>,
    tenant: Option<String>,
    /// `disposal`, `hold-release`, `export` or `scoring`.
    act: Option<String>,
    /// `next` of the page before.
    before: Option<i64>,
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideOnRequest {
    /// Of the act that was looked at.
    #[schema(value_type = String)]
    digest: Digest,
    approve: bool,
    /// Why: 1 to 4,096 bytes.
    note: String,
}

impl Body for DecideOnRequest {
    const FORM: &'static str = r#"{"digest": TEXT, "approve": true or false, "note": TEXT}"#;
}

/// Which requests a view has.
#[derive(Clone, Copy)]
enum View {
    Open,
    Decided,
    Run,
}

impl View {
    fn read(text: Option<&str>) -> Result<Self, Refused> {
        match text {
            None | Some("open") => Ok(View::Open),
            Some("decided") => Ok(View::Decided),
            Some("run") => Ok(View::Run),
            Some(_) => Err(Refused::new(Code::BadRequest, "`view` is open, decided or run")),
        }
    }

    fn has(self, standing: Standing) -> bool {
        match self {
            View::Open => matches!(
                standing,
                Standing::WaitsForApproval | Standing::WaitsForItsTime | Standing::MayRun
            ),
            View::Decided => matches!(standing, Standing::Refused | Standing::Ended | Standing::InForce),
            View::Run => standing == Standing::Ran,
        }
    }
}

impl From<RunError> for Refused {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Refused(RetentionError::NotPossible(why)) => Refused::new(Code::NotPossible, why),
            RunError::Refused(RetentionError::Commit(error @ (CommitError::Clock(_) | CommitError::NoHold { .. }))) => {
                Refused::new(Code::NotPossible, error)
            }
            RunError::Refused(RetentionError::Commit(error)) => error.into(),
            RunError::Refused(RetentionError::Storage(error)) => error.into(),
            RunError::Broken(error) => Refused::fault("the request did not run", error),
        }
    }
}

#[utoipa::path(get, path = "/api/requests", tag = "requests", params(ListQuery), responses((status = 200, body = RequestList),
    (status = 400, description = "bad-request")))]
pub(crate) async fn list(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    uri: Uri,
) -> Result<Json<RequestList>, Refused> {
    let asked: ListQuery = query(&uri)?;
    let (view, reach, at) = (
        View::read(asked.view.as_deref())?,
        who.reach(Right::DecideRequests),
        console.now(),
    );
    let fits = |one: &Request| {
        reach.has(&one.asked.tenant, None)
            && asked.tenant.as_ref().is_none_or(|tenant| *tenant == one.asked.tenant)
            && asked.act.as_ref().is_none_or(|act| act == one.asked.act.name())
            && view.has(Standing::of(one, at))
    };
    let (mut requests, mut before, mut looked) = (Vec::new(), asked.before.unwrap_or(i64::MAX), 0);
    loop {
        let page = console.archive().requests(before, LISTED).await?;
        let is_last = page.len() < LISTED as usize;
        looked += LISTED;
        for one in page {
            before = one.number;
            if fits(&one) {
                requests.push(RequestRow::of(one, at, &who.principal()));
            }
            if requests.len() == LISTED as usize {
                let next = Some(before);
                return Ok(Json(RequestList { requests, next }));
            }
        }
        if is_last || looked >= LOOKED_MAX {
            let next = (!is_last).then_some(before);
            return Ok(Json(RequestList { requests, next }));
        }
    }
}

/// A request that whoever asks may see; any other is not there.
async fn seen(console: &Console, who: &SignedIn, number: i64) -> Result<Request, Refused> {
    let found = console.archive().requests(number.saturating_add(1), 1).await?.pop();
    let found = found.filter(|one| one.number == number);
    let found = found.filter(|one| who.reach(Right::DecideRequests).has(&one.asked.tenant, None));
    found.ok_or_else(|| Refused::new(Code::NotFound, format!("there is no request {number}")))
}

#[utoipa::path(post, path = "/api/requests/{number}/decide", tag = "requests", params(("number" = i64, Path)),
    request_body = DecideOnRequest, responses((status = 200, body = RequestRow), (status = 404, description = "not-found"),
    (status = 422, description = "not-possible")))]
pub(crate) async fn decide(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
    Read(decision): Read<DecideOnRequest>,
) -> Result<Json<RequestRow>, Refused> {
    seen(&console, &who, number).await?;
    let deciding = Deciding {
        request: number,
        digest: decision.digest,
        approve: decision.approve,
        note: &decision.note,
        at: console.now(),
    };
    console.services().decide_request(&deciding, &who.principal()).await?;
    let decided = seen(&console, &who, number).await?;
    Ok(Json(RequestRow::of(decided, console.now(), &who.principal())))
}

#[utoipa::path(post, path = "/api/requests/{number}/run", tag = "requests", params(("number" = i64, Path)), responses(
    (status = 200, body = RequestRow), (status = 404, description = "not-found"), (status = 422, description = "not-possible")))]
pub(crate) async fn run(
    State(console): State<Console>,
    Extension(who): Extension<SignedIn>,
    Path(number): Path<i64>,
) -> Result<Json<RequestRow>, Refused> {
    seen(&console, &who, number).await?;
    console.services().run_request(number, who.principal()).await?;
    let ran = seen(&console, &who, number).await?;
    Ok(Json(RequestRow::of(ran, console.now(), &who.principal())))
}
