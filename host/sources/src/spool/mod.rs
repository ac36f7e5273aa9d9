//! A folder of growing files, followed from recorded offsets.
//!
//! - this file: the folder: which files there are, whose turn it is, what a poll gives
//! - `key`: how a file is known again, so that a truncated or replaced one is noticed
//! - `follow`: one file: reading on from where it was left

mod follow;
mod key;

pub use key::{BadFileKey, FileKey};

use crate::{Format, Item, LineError, SourceContext};
use follow::{Followed, Progress};
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

/// Original text of the items that one poll gives, in bytes; the last item may exceed it.
const POLL_BYTES_MAX: usize = 2 * SOURCE_VALUE_BYTES_MAX;
/// Endings of the names of files that are read.
const ENDINGS: [&str; 3] = [".json", ".jsonl", ".ndjson"];

/// Follows the files of one folder whose names end in `.json`, `.jsonl` or `.ndjson`, in the order of their names. Names that
/// begin with `.` are passed over, and so are folders: a program that writes a file in one go may write it under such a name,
/// or one ending in `.tmp` or `.part`, and rename it.
///
/// Nothing wakes it: whoever owns it calls [`Spool::poll`] when something may have changed. Memory is bounded whatever the
/// size of the files: one unfinished value, one piece of a file, and the items of one poll.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    format: Format,
    context: SourceContext,
    files: BTreeMap<String, Followed>,
    /// Recorded offsets of files that were not seen yet.
    recorded: Vec<SpoolOffset>,
    /// Files whose turn is still to come in this round.
    round: VecDeque<String>,
    /// Items that were read and not handed out, because a poll was cancelled.
    ready: Vec<SpoolItem>,
}

/// An item and the file it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolItem {
    /// The file's name within the folder, for people.
    pub file: String,
    /// What to record beside `offset` once the item is kept; `None` for an error with the file itself.
    pub offset: Option<SpoolOffset>,
    /// The message, or why there is none.
    pub item: Item,
}

/// How far a file was read: recorded with the items, and given back by `set_offsets` after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolOffset {
    /// Which file.
    pub key: FileKey,
    /// Bytes before the place where reading goes on.
    pub offset: u64,
    /// Line feeds before that place.
    pub lines: u64,
}

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read folder {folder:?}")]
pub struct SpoolError {
    folder: PathBuf,
    source: std::io::Error,
}

impl Spool {
    /// Follows that folder, every file from its beginning until offsets are set.
    pub fn new(folder: impl Into<PathBuf>, format: Format, context: SourceContext) -> Self {
        Self {
            folder: folder.into(),
            format,
            context,
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

    /// Goes on from recorded offsets. An offset counts if the file is still the one
    /// that its key names and is at least that long. To be called before the first poll, or to go back after a failure:
    /// everything behind these offsets is given again.
    pub fn set_offsets(&mut self, offsets: impl IntoIterator<Item = SpoolOffset>) {
        self.recorded = offsets.into_iter().collect();
        self.files.clear();
        self.round.clear();
        self.ready.clear();
    }

    /// The next items, at most `budget`: fewer, or none, if the files hold no more now.
    ///
    /// A value that is not finished yet waits. A last line without a line feed is taken when it is a whole object and the
    /// file was the same at the poll before. A file that cannot be read, or was truncated or replaced, gives an error item
    /// on line 0; a truncated or replaced one is read again from its beginning. If the returned future is dropped, the next
    /// poll gives what this one would have given.
    ///
    /// # Errors
    /// The folder cannot be listed. Files that were read before are not forgotten.
    pub async fn poll(&mut self, budget: usize) -> Result<Vec<SpoolItem>, SpoolError> {
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
                .next(&self.folder.join(name), self.format, &self.context, &self.recorded)
                .await
            {
                Progress::Item(offset, item) => {
                    let item = SpoolItem {
                        file: name.clone(),
                        offset: Some(offset),
                        item,
                    };
                    bytes += size_of(&item);
                    self.ready.push(item);
                }
                Progress::Trouble(reason) => self.ready.push(SpoolItem::about_file(name, reason)),
                Progress::Waits => {
                    self.round.pop_front();
                }
            }
        }
        let rest = self.ready.split_off(self.ready.len().min(budget));
        Ok(std::mem::replace(&mut self.ready, rest))
    }

    /// Lists the folder: the files in the order of their names are the next round.
    async fn begin_round(&mut self) -> Result<(), SpoolError> {
        let (mut names, unreadable) = list(&self.folder).await.map_err(|source| SpoolError {
            folder: self.folder.clone(),
            source,
        })?;
        names.sort_unstable();
        self.files
            .retain(|name, _| names.binary_search(name).is_ok() || unreadable.contains(name));
        for name in unreadable {
            // Kept among the files so that it is told once.
            if !self.files.contains_key(&name) {
                self.ready.push(SpoolItem::about_file(
                    &name,
                    "the file's name is not UTF-8: rename it".to_owned(),
                ));
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

impl SpoolItem {
    fn about_file(name: &str, reason: String) -> Self {
        let item = Item {
            line: 0,
            offset_end: 0,
            result: Err(LineError::new(reason)),
        };
        Self {
            file: name.to_owned(),
            offset: None,
            item,
        }
    }
}

fn size_of(item: &SpoolItem) -> usize {
    item.item.result.as_ref().map_or(0, |message| message.raw.len())
}

/// The names of the files to read, and those among them that are not UTF-8, as far as they can be shown.
async fn list(folder: &Path) -> std::io::Result<(Vec<String>, Vec<String>)> {
    let (mut names, mut unreadable) = (Vec::new(), Vec::new());
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if shown.starts_with('.') || !ENDINGS.iter().any(|ending| shown.ends_with(ending)) {
            continue;
        }
        // Links are followed. What vanished meanwhile, or cannot be looked at, is told when it is opened.
        let plain = entry.file_type().await.is_ok_and(|found| found.is_file());
        if !plain
            && tokio::fs::metadata(entry.path())
                .await
                .is_ok_and(|found| !found.is_file())
        {
            continue;
        }
        match name.into_string() {
            Ok(name) => names.push(name),
            Err(name) => unreadable.push(name.to_string_lossy().into_owned()),
        }
    }
    Ok((names, unreadable))
}
