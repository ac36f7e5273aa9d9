//! Watches the policy set, its packs and the plugin folders, and reloads when they have come to rest.
//!
//! The kernel's word is a hint: what counts is the digest of what is there (`inputs.rs`). An attempt is made only when it is
//! another than before the last one, so nothing that the daemon writes itself, and no log beside the set, leads to one. Watches
//! are set anew from the paths (`paths.rs`) after each attempt, since what a path leads to may be another folder by then; and
//! once a minute everything is looked at, whatever the kernel said.

mod paths;
mod sight;

use crate::generations::Generations;
use paths::Places;
use proviso_model::Timestamp;
use proviso_pipeline::places;
use sight::Sight;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long nothing may change before it is read.
const REST: Duration = Duration::from_millis(80);
/// How long a reload waits at most while things go on changing.
const REST_MAX: Duration = Duration::from_millis(400);
/// How often everything is looked at although nothing was said of it.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How long nothing is tried after an attempt that ended in a fault of ours: the next one may find room on the disk.
const AGAIN_AFTER_FAULT: Duration = Duration::from_secs(2);

/// What is watched and when it was last looked at, for `policy status`.
#[derive(Debug, Clone, Default)]
pub struct Watching {
    /// The paths, as they were named.
    pub paths: BTreeSet<PathBuf>,
    /// When they were last compared with what was read before.
    pub looked_at: Option<Timestamp>,
    /// Files that somebody is writing at the moment: they are read when they are closed.
    pub being_written: Vec<PathBuf>,
    /// Folders that the kernel does not watch, each with its reason: a change in them is seen within a minute.
    pub unwatched: Vec<String>,
}

/// Where the watch says what it does.
#[derive(Debug, Clone, Default)]
pub struct WatchState(Arc<Mutex<Watching>>);

impl WatchState {
    /// What is watched now.
    pub fn get(&self) -> Watching {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Watching> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What sees the changes. It sees them from the moment on that it is made.
pub(crate) struct Watch {
    generations: Arc<Generations>,
    state: WatchState,
    sender: mpsc::Sender<()>,
    changed: mpsc::Receiver<()>,
    sight: Sight,
}

impl Watch {
    /// Watches what the running generation is made of.
    pub(crate) fn new(generations: Arc<Generations>, state: WatchState) -> anyhow::Result<Self> {
        let (sender, changed) = mpsc::channel::<()>(1);
        let sight = follow(&generations, &state, &sender)?;
        sight.begin();
        // What changed between the start and the first watch is seen by a look at once.
        let _ = sender.try_send(());
        Ok(Self {
            generations,
            state,
            sender,
            changed,
            sight,
        })
    }

    /// Reloads on change until cancelled.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = self.changed.recv() => self.rest().await,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if !self.is_closed() {
                continue;
            }
            match self.generations.look().await {
                Ok(None) => {}
                // Whatever came of it, the paths may lead elsewhere now.
                Ok(Some(_)) => self.follow_again(),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "policies could not be reloaded");
                    self.follow_again();
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(AGAIN_AFTER_FAULT) => {}
                    }
                }
            }
            self.state.lock().looked_at = Some(places::now());
        }
    }

    /// Waits until nothing changed for a moment.
    async fn rest(&mut self) {
        let deadline = tokio::time::Instant::now() + REST_MAX;
        while tokio::time::timeout(REST, self.changed.recv()).await.is_ok() && tokio::time::Instant::now() < deadline {}
    }

    /// True if nobody is in the middle of writing: the end of it comes as an event of its own.
    fn is_closed(&self) -> bool {
        let open = self.sight.still_open();
        let is_closed = open.is_empty();
        self.state.lock().being_written = open;
        is_closed
    }

    /// The new watches stand before the old ones go, so that nothing falls between.
    fn follow_again(&mut self) {
        match follow(&self.generations, &self.state, &self.sender) {
            Ok(sight) => {
                let earlier = std::mem::replace(&mut self.sight, sight);
                self.sight.take_over(earlier);
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "watches could not be set anew"),
        }
        // What changed while they were set is seen by another look.
        let _ = self.sender.try_send(());
    }
}

/// Sets watches for all that the next generation depends on.
fn follow(generations: &Generations, state: &WatchState, sender: &mpsc::Sender<()>) -> notify::Result<Sight> {
    let named = generations.inputs();
    let mut places = Places::default();
    for path in &named {
        places.add(path);
    }
    let (sight, unwatched) = Sight::new(&places, sender.clone())?;
    for (folder, error) in &unwatched {
        tracing::warn!(folder = %folder.display(), %error, "cannot be watched; a change is seen within a minute");
    }
    let mut state = state.lock();
    state.paths = named;
    state.unwatched = unwatched
        .iter()
        .map(|(folder, error)| format!("{}: {error}", folder.display()))
        .collect();
    Ok(sight)
}
