//! Watches the policy set, its packs and the plugin folders, and reloads when they have come to rest.

use crate::generations::{Asked, Generations};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long nothing may change before it is read.
const REST: Duration = Duration::from_millis(80);
/// How long a reload waits at most while things go on changing.
const REST_MAX: Duration = Duration::from_millis(400);

/// What sees the changes. It sees them from the moment on that it is made.
pub(crate) struct Watch {
    generations: Arc<Generations>,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    changed: mpsc::Receiver<()>,
}

impl Watch {
    /// Watches what the running generation is made of.
    pub(crate) fn new(generations: Arc<Generations>) -> anyhow::Result<Self> {
        let (sender, changed) = mpsc::channel::<()>(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // A full channel already says that something changed.
                let _ = sender.try_send(());
            }
        })?;
        let mut watch = Self {
            generations,
            watcher,
            watched: BTreeSet::new(),
            changed,
        };
        follow(&mut watch.watcher, &mut watch.watched, &watch.generations);
        Ok(watch)
    }

    /// Reloads on change until cancelled.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                change = self.changed.recv() => if change.is_none() { return Ok(()) },
            }
            let deadline = tokio::time::Instant::now() + REST_MAX;
            while tokio::time::timeout(REST, self.changed.recv()).await.is_ok()
                && tokio::time::Instant::now() < deadline
            {}
            if let Err(error) = self.generations.reload(Asked::Watch).await {
                tracing::error!(error = format!("{error:#}"), "policies could not be reloaded");
            }
            follow(&mut self.watcher, &mut self.watched, &self.generations);
        }
    }
}

/// Watches what the running generation is made of. A file is watched by its folder, for editors that replace it.
fn follow(watcher: &mut RecommendedWatcher, watched: &mut BTreeSet<PathBuf>, generations: &Generations) {
    for path in generations.watched() {
        let (folder, mode) = if path.is_dir() {
            (path, RecursiveMode::Recursive)
        } else {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            (
                parent.map_or_else(|| PathBuf::from("."), PathBuf::from),
                RecursiveMode::NonRecursive,
            )
        };
        if watched.contains(&folder) {
            continue;
        }
        match watcher.watch(&folder, mode) {
            Ok(()) => {
                watched.insert(folder);
            }
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "cannot be watched; changes count after a reload");
            }
        }
    }
}
