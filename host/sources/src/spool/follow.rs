//! One file, read on from where it was left.

use super::SpoolOffset;
use super::key::{FileKey, HEAD_BYTES_MAX};
use crate::{Format, Item, Reader, SourceContext};
use std::io::{ErrorKind, SeekFrom};
use std::path::Path;
use std::time::SystemTime;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 128 << 10;
/// Bytes of an unfinished value that are kept between polls; more are read again.
const KEPT_BYTES_MAX: usize = 4 << 10;

/// What is known of a file between polls.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// `None` until the first item was given: the key covers it.
    key: Option<FileKey>,
    /// The first bytes that the reader was given, while there is no key.
    head: Vec<u8>,
    /// Offset behind the last item, and line feeds before it.
    position: (u64, u64),
    /// Reads the file, if what it holds is small.
    reader: Option<Reader>,
    /// Bytes of the file that the reader was given.
    read_to: u64,
    /// The file as it was when the last turn ended.
    seen: Option<Seen>,
    /// Nothing can be gained from the file as it was seen.
    settled: bool,
    /// What was last told of the file as a whole.
    told: Option<String>,
    /// Recorded offsets no longer count.
    begun: bool,
    turn: Option<Turn>,
}

/// The file while it is being read.
#[derive(Debug)]
struct Turn {
    file: File,
    piece: Vec<u8>,
    seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// What a file gives.
#[expect(
    clippy::large_enum_variant,
    reason = "one exists at a time, and is moved straight into the list of items"
)]
pub(super) enum Progress {
    /// The next item, and where it leaves the file.
    Item(SpoolOffset, Item),
    /// Something about the file as a whole.
    Trouble(String),
    /// Nothing more now.
    Waits,
}

impl Followed {
    /// The next item of the file at `path`. May be dropped between any two calls, or while it waits.
    pub(super) async fn next(
        &mut self,
        path: &Path,
        format: Format,
        context: &SourceContext,
        recorded: &[SpoolOffset],
    ) -> Progress {
        let progress = self.try_next(path, format, context, recorded).await;
        progress.unwrap_or_else(|error| {
            self.turn = None;
            self.reader = None;
            if error.kind() == ErrorKind::NotFound {
                return Progress::Waits;
            }
            let reason = format!("cannot be read: {error}");
            if self.told.as_ref() == Some(&reason) {
                return Progress::Waits;
            }
            self.told = Some(reason.clone());
            Progress::Trouble(reason)
        })
    }

    async fn try_next(
        &mut self,
        path: &Path,
        format: Format,
        context: &SourceContext,
        recorded: &[SpoolOffset],
    ) -> std::io::Result<Progress> {
        if self.turn.is_none()
            && let Some(progress) = self.begin_turn(path, recorded).await?
        {
            return Ok(progress);
        }
        let (position, turn) = (self.position, self.turn.as_mut().expect("a turn was begun"));
        if self.reader.is_none() {
            self.read_to = position.0;
            self.head.clear();
            turn.file.seek(SeekFrom::Start(self.read_to)).await?;
        }
        let reader = self
            .reader
            .get_or_insert_with(|| Reader::resume(format, context.clone(), position.0, position.1));
        loop {
            if let Some(item) = reader.next_item() {
                return Ok(self.gives(item, name_of(path)));
            }
            let length = turn.file.read(&mut turn.piece).await?;
            if length == 0 {
                break;
            }
            let bytes = &turn.piece[..length];
            if self.key.is_none() {
                self.head
                    .extend_from_slice(&bytes[..length.min(HEAD_BYTES_MAX - self.head.len())]);
            }
            self.read_to += length as u64;
            reader.push(bytes);
        }
        let seen = Seen::of(&turn.file.metadata().await?);
        let unchanged = self.seen == Some(seen) && seen == turn.seen;
        if unchanged && let Some(item) = reader.take_unended_line() {
            return Ok(self.gives(item, name_of(path)));
        }
        let waiting = reader.pending_bytes();
        if waiting <= KEPT_BYTES_MAX {
            reader.shrink();
        } else {
            self.reader = None;
        }
        // What was appended after the last read is in `seen` and was not read.
        self.settled = (unchanged || waiting == 0) && seen.bytes == self.read_to;
        self.seen = Some(seen);
        self.turn = None;
        Ok(Progress::Waits)
    }

    fn gives(&mut self, item: Item, name: &str) -> Progress {
        if let Some(reader) = &self.reader {
            self.position = reader.position();
        }
        self.told = None;
        let head = std::mem::take(&mut self.head);
        let key = self.key.get_or_insert_with(|| FileKey::of(name, &head)).clone();
        Progress::Item(
            SpoolOffset {
                key,
                offset: self.position.0,
                lines: self.position.1,
            },
            item,
        )
    }

    /// Opens the file and makes sure that it is still the same; `None` if there may be something to read.
    async fn begin_turn(&mut self, path: &Path, recorded: &[SpoolOffset]) -> std::io::Result<Option<Progress>> {
        if self.settled && self.seen == Some(Seen::of(&tokio::fs::metadata(path).await?)) {
            return Ok(Some(Progress::Waits));
        }
        let mut file = File::open(path).await?;
        let seen = Seen::of(&file.metadata().await?);
        let mut head = Vec::new();
        (&mut file).take(HEAD_BYTES_MAX as u64).read_to_end(&mut head).await?;
        if let Some(reason) = self.is_another(name_of(path), &head, seen, recorded) {
            *self = Self {
                begun: true,
                ..Self::default()
            };
            return Ok(Some(Progress::Trouble(format!(
                "{reason}: read again from its beginning"
            ))));
        }
        self.begun = true;
        if self.key.is_none() && (seen.bytes < self.read_to || !head.starts_with(&self.head)) {
            // Another file, of which nothing was given yet.
            self.reader = None;
        }
        // The reader goes on at `read_to`; reading the head has moved the file.
        if self.reader.is_some() {
            file.seek(SeekFrom::Start(self.read_to)).await?;
        }
        self.turn = Some(Turn {
            file,
            piece: vec![0; PIECE_BYTES],
            seen,
        });
        Ok(None)
    }

    /// Why the file cannot be the one that was read before. At its first sight, takes over what was recorded of it.
    fn is_another(&mut self, name: &str, head: &[u8], seen: Seen, recorded: &[SpoolOffset]) -> Option<&'static str> {
        const REPLACED: &str = "the file was replaced since it was last read";
        const TRUNCATED: &str = "the file was truncated since it was last read";
        if let Some(key) = &self.key {
            let shorter = seen.bytes < self.read_to.max(self.position.0);
            let other = || (!key.is_of(head)).then_some(REPLACED);
            return if shorter { Some(TRUNCATED) } else { other() };
        }
        if self.begun {
            return None;
        }
        let of_name = || {
            recorded
                .iter()
                .filter(|recorded| recorded.key.name() == name && recorded.offset > 0)
        };
        let longest = of_name()
            .filter(|recorded| recorded.key.is_of(head))
            .max_by_key(|recorded| recorded.key.head_bytes());
        match longest {
            Some(found) if found.offset <= seen.bytes => {
                self.key = Some(found.key.clone());
                self.position = (found.offset, found.lines);
                self.read_to = found.offset;
                None
            }
            Some(_) => Some(TRUNCATED),
            None if of_name().next().is_none() => None,
            None if of_name().all(|recorded| seen.bytes < recorded.offset) => Some(TRUNCATED),
            None => Some(REPLACED),
        }
    }
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

impl Seen {
    fn of(found: &std::fs::Metadata) -> Self {
        Self {
            bytes: found.len(),
            modified: found.modified().ok(),
        }
    }
}
