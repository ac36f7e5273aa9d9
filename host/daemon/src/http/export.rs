//! `POST /v1/archive/export`: messages with what shows that they are whole and of this archive, as a tar; and the requests of two persons for it.
//!
//! It is written into a file without a name first, in the data folder: nothing goes out before the log has told of it, and nothing of it is left if the
//! daemon ends meanwhile.

use super::Shared;
use super::answer::Room;
use super::body::Received;
use super::problem::{ApiError, Code};
use crate::exporting::{self, ExportingError};
use crate::token::Caller;
use crate::wire::{AskedV1, EXPORT_HEADER, ExportV1, UnmaskV1};
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Json, Response};
use http_body::Frame;
use proviso_evidence::tar::TarWriter;
use proviso_model::limits::HTTP_ANSWER_BYTES_MAX;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Bytes that are read of the file at once.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for the peer.
const PIECES_WAITING: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunBody {
    request: i64,
}

/// What is to be exported.
enum What {
    /// As somebody asks who may do it alone.
    Asked(Box<ExportV1>),
    /// As a request says.
    Requested(i64),
}

pub(super) async fn export(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let asked: ExportV1 = body.json()?;
    exporting::check(&asked).map_err(|error| ApiError::yours(Code::BadRequest, error))?;
    given(shared, caller, What::Asked(Box::new(asked))).await
}

/// `POST /v1/requests/export`: asks for an export that one person may not make alone.
pub(super) async fn ask(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let asked: ExportV1 = body.json()?;
    exporting::check(&asked).map_err(|error| ApiError::yours(Code::BadRequest, error))?;
    // A task of its own: whoever asked may go away, and it goes on to its end.
    let work = tokio::spawn(async move {
        let here = (&shared.archive, &*shared.config);
        exporting::ask(here, &asked, &caller.principal, &|_| {}).await
    });
    let told = "nothing was asked for";
    let made = work.await.map_err(|error| ApiError::ours(told, error))?;
    let (request, messages) = made.map_err(|error| answered(told, error))?;
    let (requests, messages) = (vec![request], Some(messages));
    Ok(Json(AskedV1 { requests, messages }).into_response())
}

/// `POST /v1/requests/run-export`: makes an export as it was asked for, once.
pub(super) async fn run(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let RunBody { request } = body.json()?;
    given(shared, caller, What::Requested(request)).await
}

fn answered(told: &'static str, error: ExportingError<io::Error>) -> ApiError {
    if error.is_of_the_caller() {
        ApiError::yours(Code::NotPossible, error)
    } else {
        ApiError::ours(told, error)
    }
}

/// The tar, once the log was told of it.
async fn given(shared: Shared, caller: Caller, what: What) -> Result<Response, ApiError> {
    // One at a time: each takes a thread, and room on the disk.
    let turn = shared.exports.clone().try_acquire_owned();
    let turn = turn.map_err(|_| ApiError::yours(Code::Busy, "another export is being made: ask again later"))?;
    let runtime = Handle::current();
    let work = move || {
        let _turn = turn;
        let failed = |error: io::Error| ApiError::ours("the export could not be written", error);
        let file = nameless(&shared.config.data_dir).map_err(failed)?;
        let sink = TarWriter::new(Bounded::new(file, shared.config.export_bytes_max));
        let (here, by) = ((&shared.archive, &*shared.config), &caller.principal);
        let made = runtime.block_on(async {
            match what {
                What::Asked(asked) => exporting::export(here, &asked, sink, by, &|_| {}).await,
                What::Requested(request) => {
                    let ran = exporting::run(here, request, sink, by, &|_| {}).await;
                    if ran.is_ok() {
                        tracing::info!(request, who = %by, "a request ran");
                    }
                    ran
                }
            }
        });
        let (sink, given) = made.map_err(|error| match too_large(&error) {
            Some(error) => ApiError::yours(Code::NotPossible, error),
            None => answered("nothing was exported, or nothing is given", error),
        })?;
        let file = sink.finish().and_then(Bounded::into_file);
        file.map(|file| (file, given)).map_err(|error| match too_large(&error) {
            Some(error) => ApiError::yours(Code::NotPossible, error),
            None => failed(error),
        })
    };
    let made = tokio::task::spawn_blocking(work).await;
    let (mut file, given) = made.map_err(|error| ApiError::ours("nothing was exported", error))??;
    file.rewind()
        .map_err(|error| ApiError::ours("the export could not be read", error))?;
    let about = serde_json::to_string(&given).map_err(|error| ApiError::ours("nothing is given", error))?;
    let about = HeaderValue::from_str(&about).map_err(|error| ApiError::ours("nothing is given", error))?;
    let mut response = Body::new(Pieces::of(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(EXPORT_HEADER, about);
    Ok(response)
}

/// `POST /v1/archive/unmask`: what a pseudonym of an export stands for. It may look at every message.
pub(super) async fn unmask(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    body: Received,
) -> Result<Response, ApiError> {
    let asked: UnmaskV1 = body.json()?;
    let room = Room::take(&shared.answers, HTTP_ANSWER_BYTES_MAX).await?;
    match exporting::unmask(&shared.archive, &asked, &caller.principal).await {
        Ok(unmasked) => room.answer(unmasked).await,
        Err(error) if error.is_of_the_caller() => Err(ApiError::yours(Code::BadRequest, error)),
        Err(error) => Err(ApiError::ours("nothing was looked for, or nothing is given", error)),
    }
}

/// A file that nobody else finds: its name is gone before anything is in it.
pub(super) fn nameless(folder: &Path) -> io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".export-{}-{number}", std::process::id()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// More than the disk is to hold of one export.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "the export has more than {0} bytes, and nothing is given: ask for less at a time, or for fewer forms; or raise `[http] export_mebibytes`, where \
     the disk of the data folder has the room"
)]
struct TooLarge(u64);

/// The bound that an export went over, where that is why it failed.
fn too_large(error: &(dyn std::error::Error + 'static)) -> Option<TooLarge> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut errors = causes.filter_map(|error| error.downcast_ref::<io::Error>()?.get_ref());
    errors.find_map(|error| error.downcast_ref().copied())
}

/// A file that takes so many bytes, and no more.
struct Bounded {
    out: BufWriter<File>,
    left: u64,
    bytes_max: u64,
}

impl Bounded {
    fn new(file: File, bytes_max: u64) -> Self {
        Self {
            out: BufWriter::new(file),
            left: bytes_max,
            bytes_max,
        }
    }

    fn into_file(self) -> io::Result<File> {
        self.out.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::Error::other(TooLarge(self.bytes_max)));
        }
        let written = self.out.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file as the body of an answer, read as the peer takes it.
pub(super) struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl Pieces {
    pub(super) fn of(mut file: File) -> Self {
        let (pieces, waiting) = mpsc::channel(PIECES_WAITING);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut piece = Vec::with_capacity(PIECE_BYTES);
                let read = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece);
                let is_end = !matches!(read, Ok(1..));
                let piece = match read {
                    Ok(0) => return,
                    Ok(_) => Ok(Bytes::from(piece)),
                    Err(error) => Err(error),
                };
                // A peer that is gone wants no more.
                if pieces.blocking_send(piece).is_err() || is_end {
                    return;
                }
            }
        });
        Self(waiting)
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_archive::ExportError;
    use proviso_evidence::Sink as _;

    #[test]
    fn an_export_over_its_bound_is_told_by_its_bound_and_any_other_fault_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut tar = TarWriter::new(Bounded::new(nameless(folder.path()).unwrap(), 2_048));
        // Each has a header, and is filled up to a block.
        tar.member("a", &[7; 500]).unwrap();
        let error = tar.member("b", &[7; 513]).unwrap_err();
        let error: ExportingError<io::Error> = ExportError::Write(error).into();
        assert_eq!(too_large(&error).map(|bound| bound.0), Some(2_048));
        let full: ExportingError<io::Error> = ExportError::Write(io::Error::other("no room")).into();
        assert!(too_large(&full).is_none());
        let mut tar = TarWriter::new(Bounded::new(nameless(folder.path()).unwrap(), 2_048));
        tar.member("a", &[7; 500]).unwrap();
        let file = tar.finish().and_then(Bounded::into_file).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 2_048);
    }
}
