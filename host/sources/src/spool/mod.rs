//! A folder of growing files, followed from recorded cursors.
//!
//! - this file: the folder: which files there are, whose turn it is, what a poll gives
//! - `key`: how a file is known again by its beginning, so that a replaced one is noticed
//! - `cursor`: how far a file was read and what stood there, so that a rewritten one is noticed
//! - `follow`: one file: reading on from where it was left
//! - `open`: which files are opened at all

mod cursor;
mod follow;
mod key;
mod open;

pub use cursor::{BadCursor, Cursor, StoredCursor};

use crate::{Delivery, Format, Item, LineError, Origin, not_text};
use follow::{Followed, Place, Progress};
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Original text of the items that one poll gives, in bytes; the last item may exceed it.
const POLL_BYTES_MAX: usize = 2 * SOURCE_VALUE_BYTES_MAX;
/// Endings of the names of files that are read.
const ENDINGS: [&str; 3] = [".json", ".jsonl", ".ndjson"];

/// Follows the files of one folder whose names end in `.json`, `.jsonl` or `.ndjson`, in the order of their names. Names that
/// begin with `.` are passed over, and so are folders: a program that writes a file in one go may write it under such a name,
/// or one ending in `.tmp` or `.part`, and rename it. A link, a pipe, a compressed file and one that is not UTF-8 text are told
/// once and not read; the folder itself may be a link.
///
/// Nothing wakes it: whoever owns it calls [`Spool::poll`] when something may have changed. Memory is bounded whatever the
/// size of the files: one unfinished value, one piece of a file, and the items of one poll.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    format: Format,
    origin: Arc<Origin>,
    files: BTreeMap<String, Followed>,
    /// Recorded cursors of files that were not seen yet.
    recorded: Vec<Cursor>,
    /// Files whose turn is still to come in this round.
    round: VecDeque<String>,
    /// Items that were read and not handed out, because a poll was cancelled.
    ready: Vec<Ready>,
}

/// An item and the file it comes from.
#[derive(Debug)]
struct Ready {
    file: String,
    /// Where it leaves the file; `None` for an error with the file itself.
    place: Option<Place>,
    item: Item,
}

/// Why a spool cannot be followed. It does not pass by waiting: whoever owns the spool tells the operator and ends.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The folder is not there, is none, or may not be listed.
    #[error("cannot list the spool folder {folder:?}")]
    CannotList {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Spool {
    /// Follows that folder, every file from its beginning until cursors are set. Its lines speak for what `origin` may.
    pub fn new(folder: impl Into<PathBuf>, format: Format, origin: impl Into<Arc<Origin>>) -> Self {
        Self {
            folder: folder.into(),
            format,
            origin: origin.into(),
            files: BTreeMap::new(),
            recorded: Vec::new(),
            round: VecDeque::new(),
            ready: Vec::new(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Goes on from recorded cursors. A cursor counts if the file still begins as it did, is at least as long, and has the same
    /// bytes before the place that the cursor names. To be called before the first poll, or to go back after a failure:
    /// everything behind these cursors is given again.
    pub fn set_cursors(&mut self, cursors: impl IntoIterator<Item = Cursor>) {
        self.recorded = cursors.into_iter().collect();
        self.files.clear();
        self.round.clear();
        self.ready.clear();
    }

    /// The next items, at most `budget`, a delivery for each file in turn: fewer, or none, if the files hold no more now.
    ///
    /// A value that is not finished yet waits. A last line without a line feed is taken when it is a whole object and the
    /// file was the same at the poll before. A file that cannot be read, or was truncated, replaced or rewritten, gives an error
    /// item on line 0; one that was truncated, replaced or rewritten is read again from its beginning. If the returned future is dropped, the next
    /// poll gives what this one would have given.
    ///
    /// # Errors
    /// The folder cannot be listed. Files that were read before are not forgotten.
    pub async fn poll(&mut self, budget: usize) -> Result<Vec<Delivery>, SpoolError> {
        if self.round.is_empty() && self.ready.is_empty() {
            self.begin_round().await?;
        }
        let mut bytes = self.ready.iter().map(size_of).sum::<usize>();
        while self.ready.len() < budget && bytes < POLL_BYTES_MAX {
            let Some(name) = self.round.front() else { break };
            let Some(file) = self.files.get_mut(name) else {
                self.round.pop_front();
                continue;
            };
            match file
                .next(&self.folder.join(name), self.format, &self.origin, &self.recorded)
                .await
            {
                Progress::Item(place, item) => {
                    let item = Ready {
                        file: name.clone(),
                        place: Some(place),
                        item,
                    };
                    bytes += size_of(&item);
                    self.ready.push(item);
                }
                Progress::Trouble(reason) => self.ready.push(Ready::about_file(name, reason)),
                Progress::Waits => {
                    self.round.pop_front();
                }
            }
        }
        let rest = self.ready.split_off(self.ready.len().min(budget));
        let given = std::mem::replace(&mut self.ready, rest);
        Ok(self.deliveries(given))
    }

    /// Puts the items of one file together. The cursor is that of the last of them.
    fn deliveries(&mut self, items: Vec<Ready>) -> Vec<Delivery> {
        let mut deliveries: Vec<(Delivery, Option<Place>)> = Vec::new();
        for Ready { file, place, item } in items {
            if deliveries.last().is_none_or(|(delivery, _)| delivery.file != file) {
                let delivery = Delivery {
                    origin: Arc::clone(&self.origin),
                    file,
                    items: Vec::new(),
                    cursor: None,
                };
                deliveries.push((delivery, None));
            }
            let (delivery, last) = deliveries.last_mut().expect("one was pushed if there was none");
            delivery.items.push(item);
            *last = place.or(last.take());
        }
        for (delivery, place) in &mut deliveries {
            if let (Some(place), Some(file)) = (place.take(), self.files.get_mut(&delivery.file)) {
                delivery.cursor = Some(file.cursor(place));
            }
        }
        deliveries.into_iter().map(|(delivery, _)| delivery).collect()
    }

    /// Lists the folder: the files in the order of their names are the next round.
    async fn begin_round(&mut self) -> Result<(), SpoolError> {
        let listed = list(&self.folder).await;
        let (mut names, refused) = listed.map_err(|source| SpoolError::CannotList {
            folder: self.folder.clone(),
            source,
        })?;
        names.sort_unstable();
        let is_there =
            |name: &String| names.binary_search(name).is_ok() || refused.iter().any(|(other, _)| other == name);
        self.files.retain(|name, _| is_there(name));
        for (name, reason) in refused {
            // Kept among the files so that it is told once.
            if !self.files.contains_key(&name) {
                self.ready.push(Ready::about_file(&name, reason.to_owned()));
                self.files.insert(name, Followed::default());
            }
        }
        for name in &names {
            self.files.entry(name.clone()).or_default();
        }
        self.round = names.into();
        Ok(())
    }
}

impl Ready {
    fn about_file(name: &str, reason: String) -> Self {
        let item = Item {
            line: 0,
            offset_end: 0,
            result: Err(LineError::new(reason)),
        };
        Self {
            file: name.to_owned(),
            place: None,
            item,
        }
    }
}

fn size_of(item: &Ready) -> usize {
    item.item.result.as_ref().map_or(0, |message| message.raw.len())
}

const NOT_UTF8: &str = "the file's name is not UTF-8: rename it";
const COMPRESSED: &str = "it is compressed: unpack it first, under a name that ends in .json, .jsonl or .ndjson";

/// The names of the files to read; and of those that are not, as far as they can be shown, with the reason.
async fn list(folder: &Path) -> std::io::Result<(Vec<String>, Vec<(String, &'static str)>)> {
    let (mut names, mut refused) = (Vec::new(), Vec::new());
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let compressed = not_text::is_compressed(&shown);
        if shown.starts_with('.') || !(compressed || ENDINGS.iter().any(|ending| shown.ends_with(ending))) {
            continue;
        }
        // What vanished meanwhile, or is neither file nor folder, is told when it is opened.
        if entry.file_type().await.is_ok_and(|found| found.is_dir()) {
            continue;
        }
        match name.into_string() {
            Ok(name) if compressed => refused.push((name, COMPRESSED)),
            Ok(name) => names.push(name),
            Err(name) => refused.push((name.to_string_lossy().into_owned(), NOT_UTF8)),
        }
    }
    Ok((names, refused))
}
