//! Checkpoints of the log: its size and root, signed, outside the database: `<archive>.checkpoint`.
//!
//! The file is written after a commit and never before, so that a whole database is never behind it; at most once a second, and when
//! the archive is closed.

use super::key::Signers;
use crate::log::LogTrouble;
use crate::opening::beside;
use crate::sqlite::whole_file::replace;
use proviso_proof::Hash;
use proviso_proof::note::signed::NoteError;
use proviso_proof::note::{Checkpoint, Note};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Time between two checkpoints.
const EVERY: Duration = Duration::from_secs(1);
/// The longest checkpoint that is read: what a signed note may have.
const FILE_BYTES_MAX: u64 = 128 * 1024;

/// `<archive>.checkpoint`.
pub(in crate::sqlite) fn path_of(archive: &Path) -> PathBuf {
    beside(archive, ".checkpoint")
}

/// A checkpoint as it was found.
pub(in crate::sqlite) struct FoundNote {
    pub(in crate::sqlite) path: PathBuf,
    pub(in crate::sqlite) bytes: Vec<u8>,
}

/// Reads a checkpoint's file; `None` where there is none.
pub(in crate::sqlite) fn read(path: PathBuf) -> Result<Option<FoundNote>, LogTrouble> {
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(FoundNote { path, bytes })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LogTrouble::Io { path, source }),
    }
}

/// Signs and writes the checkpoints of an archive.
pub(in crate::sqlite) struct Checkpoints {
    shared: Arc<Shared>,
    task: Option<tokio::task::JoinHandle<()>>,
}

struct Shared {
    /// The file beside the archive first, then the witness's.
    places: Vec<PathBuf>,
    keys: Signers,
    state: Mutex<State>,
}

struct State {
    /// The log as it was committed last.
    latest: (u64, Hash),
    /// Leaves of the checkpoint in the file.
    written: u64,
    at: Instant,
    /// True while a task is there that writes what is latest.
    waiting: bool,
    /// True while it cannot be written, so that the log says so once.
    failing: bool,
}

impl Checkpoints {
    /// For a log as it is, of which a checkpoint is written at once.
    pub(super) fn new(places: Vec<PathBuf>, keys: Signers, latest: (u64, Hash)) -> Result<Self, LogTrouble> {
        let shared = Shared {
            places,
            keys,
            state: Mutex::new(State {
                latest,
                written: latest.0,
                at: Instant::now(),
                waiting: false,
                failing: false,
            }),
        };
        let written = shared.write(latest);
        written.map_err(|(path, source)| LogTrouble::Io { path, source })?;
        Ok(Self {
            shared: Arc::new(shared),
            task: None,
        })
    }

    /// After a commit.
    pub(super) fn note(&mut self, size: u64, root: Hash) {
        let mut state = self.shared.state();
        state.latest = (size, root);
        if !state.waiting {
            state.waiting = true;
            drop(state);
            self.task = Some(tokio::spawn(Arc::clone(&self.shared).write_in_turn()));
        }
    }

    /// Writes what is latest, and nothing after it.
    pub(in crate::sqlite) async fn close(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // Whether it was cut short or not: what is written below is not older than what it wrote.
            let _ = task.await;
        }
        let shared = Arc::clone(&self.shared);
        // A panic in there is told by its own.
        let _ = tokio::task::spawn_blocking(move || shared.write_latest()).await;
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes once the second is over, and again as long as there is something newer.
    async fn write_in_turn(self: Arc<Self>) {
        loop {
            let due = self.state().at + EVERY;
            tokio::time::sleep_until(due).await;
            let shared = Arc::clone(&self);
            let _ = tokio::task::spawn_blocking(move || shared.write_latest()).await;
            let mut state = self.state();
            if state.latest.0 == state.written || state.failing {
                state.waiting = false;
                return;
            }
        }
    }

    /// The lock is held while the file is written: two writers would leave the older one.
    fn write_latest(&self) {
        let mut state = self.state();
        if state.written == state.latest.0 {
            return;
        }
        state.at = Instant::now();
        match self.write(state.latest) {
            Ok(()) => {
                state.written = state.latest.0;
                state.failing = false;
            }
            Err((path, error)) => {
                if !state.failing {
                    tracing::error!(
                        %error, path = %path.display(),
                        "no checkpoint is written: an older copy put in the archive's place would not be noticed"
                    );
                }
                state.failing = true;
            }
        }
    }

    /// To every place; the first that failed.
    fn write(&self, (size, root): (u64, Hash)) -> Result<(), (PathBuf, std::io::Error)> {
        let origin = self.keys.log.verifier().name().as_str();
        let note = Checkpoint::new(origin, size, root).map_err(std::io::Error::other);
        let note = note.and_then(|checkpoint| self.keys.sign(&checkpoint).map_err(std::io::Error::other));
        let text = note.map_err(|error| (self.places[0].clone(), error))?.to_string();
        let failed = |place: &PathBuf| Some((place.clone(), replace(place, &text).err()?));
        // One that fails keeps no other from its checkpoint.
        let failures: Vec<_> = self.places.iter().filter_map(failed).collect();
        failures.into_iter().next().map_or(Ok(()), Err)
    }
}

impl Signers {
    /// The note of a checkpoint, with a line of each key.
    fn sign(&self, checkpoint: &Checkpoint) -> Result<Note, NoteError> {
        let mut note = checkpoint.sign(&self.log)?;
        if let Some(sm2) = &self.sm2 {
            note.sign(sm2)?;
        }
        Ok(note)
    }
}
