//! `proviso audit witness`: signs checkpoints of logs that it knows, each of which continues the last one of its log
//! (<https://c2sp.org/tlog-witness>). It keeps that last one of each log, and forgets none that it gave a signature for.

use crate::http::{Bounds, Connections, listen, serve};
use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use proviso_model::Digest;
use proviso_pack::regular_file;
use proviso_pipeline::places;
use proviso_proof::note::checkpoint::CheckpointError;
use proviso_proof::note::signed::NoteError;
use proviso_proof::note::witness::{Request, WitnessError, witness};
use proviso_proof::note::{Checkpoint, KeyKind, KeyName, LogTrust, Note, SignerKey, VerifierKey};
use std::collections::HashMap;
use std::io::{ErrorKind, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// A request in bytes, at most: 63 hashes and a note.
const REQUEST_BYTES_MAX: usize = 64 << 10;
/// How long a body may take: a connection that dribbles keeps one of few places.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// A file of a witness in bytes, at most.
const FILE_BYTES_MAX: usize = 128 << 10;
/// Connections at once.
const CONNECTIONS: usize = 64;
/// What answers 409 with a size.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// A witness: its key, the logs that it knows, and the folder in which it remembers.
pub struct WitnessServer {
    key: SignerKey,
    folder: PathBuf,
    logs: HashMap<String, Known>,
}

struct Known {
    trust: LogTrust,
    file: PathBuf,
    /// What was signed last. One request at a time: two would each continue the same.
    last: Mutex<Option<Checkpoint>>,
}

impl WitnessServer {
    /// Opens the folder, which is made where there is none, with a key in it under that name.
    ///
    /// # Errors
    /// The folder's files cannot be read or written, or are none of a witness; a log is named twice, or its key is of the wrong kind.
    pub fn open(folder: &Path, name: &str, logs: &[VerifierKey]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let key = key_of(&folder.join("witness-key"), name)?;
        let mut known = HashMap::new();
        for log in logs {
            let origin = log.name().as_str().to_owned();
            let file = folder.join(format!("{}.checkpoint", Digest::of(origin.as_bytes()).hex()));
            let last = last_of(&file, &origin)?;
            let trust = LogTrust::new(&origin, log.clone())?;
            let last = Mutex::new(last);
            if known.insert(origin.clone(), Known { trust, file, last }).is_some() {
                anyhow::bail!("the log {origin} is named twice");
            }
        }
        Ok(Self {
            key,
            folder: folder.to_owned(),
            logs: known,
        })
    }

    /// The public key, which who asks this witness has to know.
    pub fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Answers until it is to stop. `listening` is told the address.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn run(
        self,
        address: SocketAddr,
        listening: impl FnOnce(SocketAddr),
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let listener = listen(address).with_context(|| format!("cannot listen on {address}"))?;
        listening(listener.local_addr()?);
        let bounds = Bounds::of(Some(CONNECTIONS));
        let connections = Connections::new(bounds.connections_max);
        let router = Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .with_state(Arc::new(self));
        serve(listener, router, bounds, connections, stop).await
    }

    async fn answer(&self, body: &[u8]) -> Response {
        let refused = |status: StatusCode, why: String| (status, format!("{why}\n")).into_response();
        let text = String::from_utf8_lossy(body);
        let request = match Request::from_text(&text) {
            Ok(request) => request,
            Err(error) => return refused(StatusCode::BAD_REQUEST, error.to_string()),
        };
        let origin = request.note.lines().next().unwrap_or_default();
        let Some(known) = self.logs.get(origin) else {
            return refused(StatusCode::NOT_FOUND, "this log is not known here".to_owned());
        };
        let mut last = known.last.lock().await;
        let time_s = places::now().as_millis().unsigned_abs() / 1_000;
        let signed = witness(&request, last.as_ref(), &known.trust, &self.key, time_s);
        let (verified, signature) = match signed {
            Ok(signed) => signed,
            Err(WitnessError::Stale { last, .. }) => {
                let size = [(header::CONTENT_TYPE, SIZE_TYPE)];
                return (StatusCode::CONFLICT, size, format!("{last}\n")).into_response();
            }
            Err(error) => return refused(status_of(&error), error.to_string()),
        };
        // Kept before it is given away: whoever forgets what he signed signs a fork.
        let mut note = verified.note().clone();
        let kept = note.add(signature.clone()).map_err(anyhow::Error::from);
        let kept = kept.and_then(|()| Ok(regular_file::replace(&known.file, &note.to_string())?));
        if let Err(error) = kept {
            let error = format!("{error:#}");
            tracing::error!(error, folder = %self.folder.display(), "nothing is signed that cannot be kept");
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be kept".to_owned());
        }
        let checkpoint = verified.checkpoint();
        tracing::info!(log = origin, leaves = checkpoint.size(), "signed");
        *last = Some(checkpoint.clone());
        format!("{signature}\n").into_response()
    }
}

async fn add_checkpoint(State(server): State<Arc<WitnessServer>>, body: Body) -> Response {
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, REQUEST_BYTES_MAX)).await {
        Ok(Ok(body)) => server.answer(&body).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

fn status_of(error: &WitnessError) -> StatusCode {
    match error {
        WitnessError::Checkpoint(CheckpointError::Fork { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
        WitnessError::Checkpoint(
            CheckpointError::NotByLog(_) | CheckpointError::Note(NoteError::Unsigned | NoteError::Bad { .. }),
        ) => StatusCode::FORBIDDEN,
        WitnessError::Stale { .. } => StatusCode::CONFLICT,
        WitnessError::Key(_) => StatusCode::INTERNAL_SERVER_ERROR,
        WitnessError::Request(_) | WitnessError::Checkpoint(_) => StatusCode::BAD_REQUEST,
    }
}

/// The witness's key, which is made where there is none.
fn key_of(file: &Path, name: &str) -> anyhow::Result<SignerKey> {
    let what = || format!("the witness's key {}", file.display());
    match regular_file::read_text(file, FILE_BYTES_MAX) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            let key: SignerKey = text.trim_end().parse().with_context(what)?;
            anyhow::ensure!(
                key.verifier().kind() == KeyKind::Cosignature,
                "{} is of the wrong kind: it is a log's",
                what()
            );
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut seed = Zeroizing::new([0; 32]);
            let random = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut *seed));
            random.context("no randomness")?;
            let key = SignerKey::new(KeyName::new(name)?, KeyKind::Cosignature, &seed)?;
            let mut text = key.to_secret_text();
            text.push('\n');
            regular_file::replace(file, &text).with_context(what)?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(what),
    }
}

/// What was signed last of a log, as it was kept.
fn last_of(file: &Path, origin: &str) -> anyhow::Result<Option<Checkpoint>> {
    let what = || format!("the checkpoint {} that was signed last", file.display());
    match regular_file::read(file, FILE_BYTES_MAX) {
        Ok(bytes) => {
            let note = Note::parse(&bytes).with_context(what)?;
            let checkpoint = Checkpoint::from_text(note.text()).with_context(what)?;
            anyhow::ensure!(checkpoint.origin() == origin, "{} is of another log", file.display());
            Ok(Some(checkpoint))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(what),
    }
}
