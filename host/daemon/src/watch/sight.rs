//! What one set of watches sees: that something changed, and which files are in the middle of being written.

use super::paths::Places;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// A file that was written and never closed is taken all the same when nothing was written to it for so long.
const OPEN_MAX: Duration = Duration::from_mins(1);

/// Watches of the kernel over some places. It sees from the moment on that it is made.
pub(super) struct Sight {
    written: Arc<Mutex<Written>>,
    watcher: RecommendedWatcher,
}

impl Sight {
    /// Watches those places and sends a word when something changes there; a full channel already says so. Beside it are the
    /// folders that are there and that the kernel does not watch, each with its reason.
    pub(super) fn new(
        places: &Places,
        sender: mpsc::Sender<()>,
    ) -> notify::Result<(Self, Vec<(PathBuf, notify::Error)>)> {
        let written = Arc::new(Mutex::new(Written::default()));
        let (meant, seen) = (places.clone(), Arc::clone(&written));
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let wakes = match event {
                Ok(event) if event.need_rescan() => true,
                Ok(event) => event.paths.iter().any(|path| meant.concern(path)) && lock(&seen).note(&event),
                Err(_) => true,
            };
            if wakes {
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
                unwatched.push((folder.clone(), error));
            }
        }
        Ok((Self { written, watcher }, unwatched))
    }

    /// Takes over what another one knows, which then goes. It must have seen beside this one since this one was made.
    ///
    /// The other one hears of things later than they happen. It is asked to answer first: what happened before this one was
    /// made is then known. Else a file whose end only the other could see would count as open for [`OPEN_MAX`].
    pub(super) fn take_over(&mut self, mut earlier: Self) {
        // It changes nothing; the thread that answers has read what the kernel had to tell. Where it cannot answer it is gone.
        let _ = earlier.watcher.configure(notify::Config::default());
        lock(&self.written).take_over(&lock(&earlier.written));
    }

    /// Says that there is none whose knowledge it could take over.
    pub(super) fn begin(&self) {
        lock(&self.written).take_over(&Written::default());
    }

    /// The files that somebody is writing.
    pub(super) fn still_open(&self) -> Vec<PathBuf> {
        lock(&self.written).still_open()
    }
}

fn lock(written: &Mutex<Written>) -> MutexGuard<'_, Written> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Files that were written to and not closed since, as one watcher saw it.
#[derive(Debug, Default)]
struct Written {
    /// When each was written to last.
    open: BTreeMap<PathBuf, Instant>,
    /// Those whose end this watcher saw before it took over what another one knew.
    ended: BTreeSet<PathBuf>,
    has_taken_over: bool,
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
            if !self.has_taken_over {
                self.ended.insert(path.clone());
            }
        }
    }

    /// Takes over what a watcher knew that is gone now. Two watchers tell of one write at their own times: what this one saw
    /// the end of stays ended, whatever the other says late.
    fn take_over(&mut self, earlier: &Self) {
        self.has_taken_over = true;
        let ended = std::mem::take(&mut self.ended);
        for (path, written) in earlier.open.iter().filter(|(path, _)| !ended.contains(*path)) {
            self.open.entry(path.clone()).or_insert(*written);
        }
    }

    fn still_open(&mut self) -> Vec<PathBuf> {
        self.open.retain(|_, written| written.elapsed() < OPEN_MAX);
        self.open.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange};
    use std::io::Write as _;

    #[test]
    fn a_watcher_that_is_gone_keeps_nothing_open_whose_end_was_seen() {
        let written =
            |path: &str| notify::Event::new(EventKind::Modify(ModifyKind::Data(DataChange::Any))).add_path(path.into());
        let closed =
            notify::Event::new(EventKind::Access(AccessKind::Close(AccessMode::Write))).add_path("ended".into());
        let (mut earlier, mut later) = (Written::default(), Written::default());
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

    #[test]
    fn an_end_that_the_watcher_before_has_not_told_yet_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        let mut places = Places::default();
        places.add(folder.path());
        let (sender, mut changed) = mpsc::channel(1);
        let made = || Sight::new(&places, sender.clone()).unwrap().0;
        let earlier = made();
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all("a word".as_bytes()).unwrap();
        let begun = Instant::now();
        while earlier.still_open().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the writing is not seen");
            std::thread::yield_now();
        }
        // Whoever holds this keeps the earlier one from taking note.
        let unnoted = Arc::clone(&earlier.written);
        let unnoted = lock(&unnoted);
        drop(file);
        let mut later = made();
        drop(unnoted);
        later.take_over(earlier);
        assert_eq!(later.still_open(), Vec::<PathBuf>::new());
        assert_eq!(changed.try_recv(), Ok(()), "the writing was seen");
    }
}
