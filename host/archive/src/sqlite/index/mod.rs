//! The index in its tables: segments of messages, in pages that are sealed one by one, and the messages that are in none.
//!
//! Every message that is not in a segment is pending, or arrived behind `search_progress`; a search opens each of those. A disposal
//! destroys the segment that its message is in, with its key, in its own transaction: the others of that segment are pending until
//! the next pass. Whatever cannot be read is built anew; nothing of it needs to be kept.
//!
//! `segments` holds the statements, `pages` reads pages through a cache of those that were asked for last, `membership` finds the segment of a message that
//! goes, `build` and `merge` make segments, `candidates` looks for messages in all of them.

mod build;
pub(in crate::sqlite) mod candidates;
mod fitting;
mod labels;
mod membership;
mod merge;
mod months;
mod pages;
mod segments;
mod write;

pub(in crate::sqlite) use labels::rules;
pub(in crate::sqlite) use membership::part_with;
pub(in crate::sqlite) use segments::{rewrap, wrapped};
pub(in crate::sqlite) use write::write;

use pages::PageCache;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// What a process knows of the index.
pub(in crate::sqlite) struct Index {
    /// The line in which passes of indexing wait.
    line: tokio::sync::Mutex<Line>,
    cache: PageCache,
    /// Segments that could not be read.
    unreadable: Mutex<BTreeSet<i64>>,
    /// Told whenever there may be something to do.
    wanted: Notify,
}

/// What only the pass that runs has.
struct Line {
    /// Whether messages that could not be opened were tried again since the archive was opened.
    has_tried_again: bool,
}

impl Index {
    pub(in crate::sqlite) fn new() -> Self {
        Self {
            line: tokio::sync::Mutex::new(Line { has_tried_again: false }),
            cache: PageCache::new(),
            unreadable: Mutex::default(),
            wanted: Notify::new(),
        }
    }

    /// Messages came or went: there is something to do.
    pub(in crate::sqlite) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Waits until there may be something to do.
    pub(in crate::sqlite) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Notes that a segment cannot be read: the next pass of indexing gives it up.
    fn note_unreadable(&self, segment: i64) {
        self.unreadable().insert(segment);
        self.want();
    }

    fn unreadable(&self) -> std::sync::MutexGuard<'_, BTreeSet<i64>> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
