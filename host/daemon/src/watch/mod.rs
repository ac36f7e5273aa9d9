//! Watches the policy set, its packs and the plugin folders, and reloads when they have come to rest.
//!
//! The kernel's word is a hint: what counts is the digest of what is there (`inputs.rs`). An attempt is made only when it is
//! another than before the last one, so nothing that the daemon writes itself, and no log beside the set, leads to one. Watches
//! are set anew from the paths (`paths.rs`) after each attempt, since what a path leads to may be another folder by then; and
//! once a minute everything is looked at, whatever the kernel said.

mod paths;

use crate::generations::Generations;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use paths::Places;
use proviso_model::Timestamp;
use proviso_pipeline::places;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
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
/// A file that was written and never closed is taken all the same when nothing was written to it for so long.
const OPEN_MAX: Duration = Duration::from_mins(1);

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

/// Files that were written to and not closed since, as one watcher saw it.
#[derive(Debug, Default)]
struct Written {
    /// When each was written to last.
    open: BTreeMap<PathBuf, Instant>,
    /// Those whose end this watcher saw, as long as another one may still tell of them.
    ended: Option<BTreeSet<PathBuf>>,
}

impl Written {
    /// Takes note of an event; true if it may mean a change.
    fn note(&mut self, event: &notify::Event) -> bool {
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                self.forget(event);
                true
            }
            // Reading a file or listing a folder, which the daemon does itself.
            EventKind::Access(_) => false,
            EventKind::Modify(ModifyKind::Data(_)) => {
                let now = Instant::now();
                self.open.extend(event.paths.iter().map(|path| (path.clone(), now)));
                true
            }
            _ => true,
        }
    }

    fn forget(&mut self, event: &notify::Event) {
        for path in &event.paths {
            self.open.remove(path);
            if let Some(ended) = &mut self.ended {
                ended.insert(path.clone());
            }
        }
    }

    /// Takes over what a watcher knew that is gone now. Two watchers tell of one write at their own times: what this one saw
    /// the end of stays ended, whatever the other says late.
    fn take_over(&mut self, earlier: &Self) {
        let ended = self.ended.take().unwrap_or_default();
        for (path, written) in earlier.open.iter().filter(|(path, _)| !ended.contains(*path)) {
            self.open.entry(path.clone()).or_insert(*written);
        }
    }

    fn still_open(&mut self) -> Vec<PathBuf> {
        self.open.retain(|_, written| written.elapsed() < OPEN_MAX);
        self.open.keys().cloned().collect()
    }
}

/// What sees the changes. It sees them from the moment on that it is made.
pub(crate) struct Watch {
    generations: Arc<Generations>,
    state: WatchState,
    written: Arc<Mutex<Written>>,
    sender: mpsc::Sender<()>,
    changed: mpsc::Receiver<()>,
    /// Kept for its effect alone: it sends what it sees.
    watcher: RecommendedWatcher,
}

impl Watch {
    /// Watches what the running generation is made of.
    pub(crate) fn new(generations: Arc<Generations>, state: WatchState) -> anyhow::Result<Self> {
        let (sender, changed) = mpsc::channel::<()>(1);
        let (watcher, written) = follow(&generations, &state, &sender)?;
        // There is none before it.
        lock(&written).take_over(&Written::default());
        // What changed between the start and the first watch is seen by a look at once.
        let _ = sender.try_send(());
        Ok(Self {
            generations,
            state,
            written,
            sender,
            changed,
            watcher,
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
        let open = lock(&self.written).still_open();
        let is_closed = open.is_empty();
        self.state.lock().being_written = open;
        is_closed
    }

    /// The new watches stand before the old ones go, so that nothing falls between.
    fn follow_again(&mut self) {
        match follow(&self.generations, &self.state, &self.sender) {
            Ok((watcher, written)) => {
                self.watcher = watcher;
                let earlier = std::mem::replace(&mut self.written, written);
                lock(&self.written).take_over(&lock(&earlier));
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "watches could not be set anew"),
        }
        // What changed while they were set is seen by another look.
        let _ = self.sender.try_send(());
    }
}

fn lock(written: &Mutex<Written>) -> MutexGuard<'_, Written> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets watches for all that the next generation depends on.
fn follow(
    generations: &Generations,
    state: &WatchState,
    sender: &mpsc::Sender<()>,
) -> notify::Result<(RecommendedWatcher, Arc<Mutex<Written>>)> {
    let named = generations.inputs();
    let mut places = Places::default();
    for path in &named {
        places.add(path);
    }
    let written = Arc::new(Mutex::new(Written {
        open: BTreeMap::new(),
        ended: Some(BTreeSet::new()),
    }));
    let (meant, seen, sender) = (places.clone(), Arc::clone(&written), sender.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let wakes = match event {
            Ok(event) if event.need_rescan() => true,
            Ok(event) => event.paths.iter().any(|path| meant.concern(path)) && lock(&seen).note(&event),
            Err(_) => true,
        };
        if wakes {
            // A full channel already says that something changed.
            let _ = sender.try_send(());
        }
    })?;
    let whole = places.folders.iter().map(|folder| (folder, RecursiveMode::Recursive));
    let parents: BTreeSet<&PathBuf> = places.entries.iter().map(|(folder, _)| folder).collect();
    let parents = parents
        .into_iter()
        .filter(|folder| !places.folders.iter().any(|whole| folder.starts_with(whole)))
        .map(|folder| (folder, RecursiveMode::NonRecursive));
    let mut unwatched = Vec::new();
    for (folder, mode) in whole.chain(parents) {
        // One that is not there is noticed by the folder above it.
        if let Err(error) = watcher.watch(folder, mode)
            && folder.is_dir()
        {
            tracing::warn!(folder = %folder.display(), %error, "cannot be watched; a change is seen within a minute");
            unwatched.push(format!("{}: {error}", folder.display()));
        }
    }
    let mut state = state.lock();
    state.paths = named;
    state.unwatched = unwatched;
    Ok((watcher, written))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange};

    #[test]
    fn a_watcher_that_is_gone_keeps_nothing_open_whose_end_was_seen() {
        let written =
            |path: &str| notify::Event::new(EventKind::Modify(ModifyKind::Data(DataChange::Any))).add_path(path.into());
        let closed =
            notify::Event::new(EventKind::Access(AccessKind::Close(AccessMode::Write))).add_path("ended".into());
        let (mut earlier, mut later) = (Written::default(), Written::default());
        later.ended = Some(BTreeSet::new());
        later.note(&closed);
        // The earlier one tells late.
        earlier.note(&written("ended"));
        earlier.note(&written("open"));
        later.take_over(&earlier);
        assert_eq!(later.still_open(), [PathBuf::from("open")]);
    }

    #[test]
    fn what_is_written_waits_for_the_end_and_reading_wakes_nobody() {
        let event = |kind| notify::Event::new(kind).add_path("list.txt".into());
        let mut written = Written::default();
        let table = [
            ("open", EventKind::Access(AccessKind::Open(AccessMode::Any)), false, 0),
            ("create", EventKind::Create(CreateKind::File), true, 0),
            ("write", EventKind::Modify(ModifyKind::Data(DataChange::Any)), true, 1),
            (
                "write again",
                EventKind::Modify(ModifyKind::Data(DataChange::Any)),
                true,
                1,
            ),
            (
                "close a reader",
                EventKind::Access(AccessKind::Close(AccessMode::Read)),
                false,
                1,
            ),
            (
                "close",
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                true,
                0,
            ),
        ];
        for (what, kind, wakes, open) in table {
            assert_eq!(
                (written.note(&event(kind)), written.still_open().len()),
                (wakes, open),
                "{what}"
            );
        }
    }
}
