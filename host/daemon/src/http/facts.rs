//! Facts that people hand in: a file in the body, taken whole or not at all.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::looking::{at_most, query, tell_of_list, unread};
use super::problem::{ApiError, Code};
use crate::facts::{Facts, Request};
use crate::token::Caller;
use crate::wire::{
    ConsentReportV1, ConsentsV1, DirectoryReportV1, DirectoryV1, DirectoryVersionsV1, EndingReportV1, EndingsV1,
};
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Json, Response};
use proviso_archive::{ActKind, ConsentImport, DirectoryImport};
use proviso_model::Problems;
use proviso_model::limits::{HTTP_ANSWER_BYTES_MAX, HTTP_LIST_BYTES_MAX, LINES_LISTED_MAX};
use proviso_pipeline::places;
use serde::Deserialize;
use std::path::Path;
use tokio::sync::oneshot;

/// What stands for a file's name where facts come by a request.
const FILE: &str = "request";
/// Versions of the directory that one answer lists.
const VERSIONS_MAX: u32 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinesQuery {
    #[serde(default)]
    after: i64,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    version: Option<i64>,
}

/// `POST /v1/directory`: a directory of employees in CSV.
pub(super) async fn directory(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let rows = read(&shared, body, |file| {
        proviso_facts::read_directory(Path::new(FILE), file)
    })
    .await?;
    let import = DirectoryImport {
        rows,
        file: FILE.to_owned(),
        at: places::now(),
    };
    let (done, answer) = oneshot::channel();
    hand_in(&shared, Facts::Directory(import, done), caller).await?;
    let report = answer.await.map_err(|_| ApiError::ending())?.map_err(not_kept)?;
    Ok(Json(DirectoryReportV1::from(report)).into_response())
}

/// `POST /v1/consents`: statements of consent in CSV. Days begin in the time zone of the set that judges.
pub(super) async fn hand_in_consents(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let (at, generation) = (places::now(), shared.generations.current());
    let zone = generation.set().time_zone.clone();
    let read_all = move |file: &[u8]| proviso_facts::read_consents(Path::new(FILE), file, &zone, at);
    let rows = read(&shared, body, read_all).await?;
    let (done, answer) = oneshot::channel();
    hand_in(&shared, Facts::Consents(ConsentImport { rows, at }, done), caller).await?;
    let report = answer.await.map_err(|_| ApiError::ending())?.map_err(not_kept)?;
    Ok(Json(ConsentReportV1::from(report)).into_response())
}

/// `GET /v1/consents/lines?after=&limit=`: the ledger of consent, in the order in which it was heard.
pub(super) async fn consents(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let LinesQuery { after, limit } = query(&uri)?;
    let limit = at_most("limit", limit, LINES_LISTED_MAX)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let lines = shared.archive.consents(after, limit).await.map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "consents", lines.len()).await?;
    room.answer(ConsentsV1::from(lines)).await
}

/// `POST /v1/endings`: ends of relationships, contracts, products and disputes in CSV. The answer tells how many messages were
/// decided on anew.
pub(super) async fn hand_in_endings(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let rows = read(&shared, body, |file| proviso_facts::read_endings(Path::new(FILE), file)).await?;
    let (done, answer) = oneshot::channel();
    hand_in(&shared, Facts::Endings(rows, places::now(), done), caller).await?;
    let report = answer.await.map_err(|_| ApiError::ending())?.map_err(not_kept)?;
    Ok(Json(EndingReportV1::from(report)).into_response())
}

/// `GET /v1/endings/lines?after=&limit=`: the ledger of ends, in the order in which they were handed in.
pub(super) async fn endings(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let LinesQuery { after, limit } = query(&uri)?;
    let limit = at_most("limit", limit, LINES_LISTED_MAX)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let lines = shared.archive.endings(after, limit).await.map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "endings", lines.len()).await?;
    room.answer(EndingsV1::from(lines)).await
}

/// `GET /v1/directory/version?version=`: a version of the directory with its rows, the newest where none is named.
pub(super) async fn version(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let VersionQuery { version } = query(&uri)?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    let record = shared.archive.directory(version).await.map_err(unread)?;
    let record = record.ok_or_else(|| {
        let what = version.map_or_else(
            || "no directory was imported".to_owned(),
            |it| format!("no version {it} of the directory"),
        );
        ApiError::yours(Code::UnknownDirectory, what)
    })?;
    tell_of_list(&shared, caller, ActKind::Search, "directory", record.rows.len()).await?;
    room.answer(DirectoryV1::from(record)).await
}

/// `GET /v1/directory/versions`: the versions of the directory, the newest first.
pub(super) async fn versions(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, ApiError> {
    let room = Room::take(&shared.answers, HTTP_LIST_BYTES_MAX).await?;
    let versions = shared.archive.directory_versions(VERSIONS_MAX).await.map_err(unread)?;
    tell_of_list(&shared, caller, ActKind::Search, "directory-versions", versions.len()).await?;
    room.answer(DirectoryVersionsV1::from(versions)).await
}

/// Reads a file on a thread of its own: it may be as large as a body is at most.
async fn read<T: Send + 'static>(
    shared: &Shared,
    body: Received,
    read_all: impl FnOnce(&[u8]) -> Result<T, Problems> + Send + 'static,
) -> Result<T, ApiError> {
    let rows = shared.reading_facts.run("reading facts", move || read_all(&body.bytes));
    let rows = rows
        .await
        .map_err(|error| ApiError::ours("the facts could not be read", error))?;
    rows.map_err(|problems| bad(&problems))
}

/// Gives facts to the writer, which answers by the channel that they carry.
async fn hand_in(shared: &Shared, facts: Facts, caller: Caller) -> Result<(), ApiError> {
    if shared.is_draining() {
        return Err(ApiError::ending());
    }
    let by = caller.principal;
    let sent = shared.facts.send(Request { facts, by }).await;
    sent.map_err(|_| ApiError::ending())
}

/// Every bad line, each on a line of its own.
fn bad(problems: &Problems) -> ApiError {
    ApiError::yours(Code::BadFacts, format!("{problems}\nnothing was imported"))
}

fn not_kept(error: impl Into<anyhow::Error>) -> ApiError {
    ApiError::Ours {
        code: Code::NotCommitted,
        told: "the archive could not commit; nothing is lost if you send the same again",
        error: error.into(),
    }
}
