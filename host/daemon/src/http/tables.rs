//! `POST /v1/archive/tables`: tables for analysts, as a tar. They are written into files without names first, as exports are.

use super::Shared;
use super::body::Received;
use super::export::{Pieces, nameless};
use super::problem::{ApiError, Code};
use crate::tabling;
use crate::token::Caller;
use crate::wire::{EXPORT_HEADER, TablesV1};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use proviso_evidence::Sink as _;
use proviso_evidence::tar::TarWriter;
use proviso_tables::{FINDINGS, MANIFEST, MESSAGES, RETENTION};
use std::fs::File;
use std::io::{self, BufWriter, Seek as _};
use tokio::runtime::Handle;

pub(super) async fn tables(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let asked: TablesV1 = body.json()?;
    tabling::check(&asked).map_err(|error| ApiError::yours(Code::BadRequest, error))?;
    // One at a time with exports: each takes a thread, and room on the disk.
    let turn = shared.exports.clone().try_acquire_owned();
    let turn = turn.map_err(|_| ApiError::yours(Code::Busy, "another export is being made: ask again later"))?;
    let runtime = Handle::current();
    let work = move || {
        let _turn = turn;
        let failed = |error: io::Error| ApiError::ours("the tables could not be written", error);
        let file = || nameless(&shared.config.data_dir).map_err(failed);
        let outs = [file()?, file()?, file()?];
        let made = tabling::tables(&shared.archive, &asked, outs, &caller.principal, &|_| {});
        let made = runtime.block_on(made).map_err(|error| {
            if error.is_of_the_caller() {
                ApiError::yours(Code::NotPossible, error)
            } else {
                ApiError::ours("there are no tables, or none are given", error)
            }
        })?;
        let tar = tar(
            nameless(&shared.config.data_dir).map_err(failed)?,
            made.outs,
            &made.manifest,
        );
        tar.map(|tar| (tar, made.tabled)).map_err(failed)
    };
    let made = tokio::task::spawn_blocking(work).await;
    let (file, tabled) = made.map_err(|error| ApiError::ours("there are no tables", error))??;
    let about = serde_json::to_string(&tabled).map_err(|error| ApiError::ours("nothing is given", error))?;
    let about = HeaderValue::from_str(&about).map_err(|error| ApiError::ours("nothing is given", error))?;
    let mut response = Body::new(Pieces::of(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(EXPORT_HEADER, about);
    Ok(response)
}

/// The files in one, to be read from its beginning.
fn tar(into: File, files: [File; 3], manifest: &[u8]) -> io::Result<File> {
    let mut tar = TarWriter::new(BufWriter::new(into));
    for (path, mut file) in [MESSAGES, FINDINGS, RETENTION].into_iter().zip(files) {
        let bytes = file.seek(io::SeekFrom::End(0))?;
        file.rewind()?;
        tar.copy(path, bytes, &mut file)?;
    }
    tar.member(MANIFEST, manifest)?;
    let mut file = tar.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}
