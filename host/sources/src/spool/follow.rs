//! One file, read on from where it was left.

use super::cursor::{BEFORE_BYTES_MAX, Before, Cursor};
use super::key::{FileKey, HEAD_BYTES_MAX};
use super::open;
use crate::not_text::NotText;
use crate::{Format, Item, Origin, Reader};
use std::io::{ErrorKind, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 128 << 10;
/// Bytes of an unfinished value that are kept between polls; more are read again.
const KEPT_BYTES_MAX: usize = 4 << 10;

const REPLACED: &str = "the file was replaced since it was last read";
const TRUNCATED: &str = "the file was truncated since it was last read";
const REWRITTEN: &str = "the file was rewritten with the same beginning since it was last read";

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
    /// What stands before `position`, as it was when it was read.
    before: Option<(u64, Before)>,
    /// The bytes of the file that end at `read_to`, from `BEFORE_BYTES_MAX` before `position` on at the latest.
    recent: Vec<u8>,
    /// The file as it was when the last turn ended.
    seen: Option<Seen>,
    /// Nothing can be gained from the file as it was seen.
    quiet: bool,
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

/// Where an item leaves its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) key: FileKey,
    pub(super) offset: u64,
    pub(super) lines: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Which file it is, and when anything of it last changed; a rewriting program can set the other time back.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

/// What a file gives.
#[expect(
    clippy::large_enum_variant,
    reason = "one exists at a time, and is moved straight into the list of items"
)]
pub(super) enum Progress {
    /// The next item, and where it leaves the file.
    Item(Place, Item),
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
        origin: &Arc<Origin>,
        recorded: &[Cursor],
    ) -> Progress {
        let progress = self.try_next(path, format, origin, recorded).await;
        progress.unwrap_or_else(|error| {
            self.look_before();
            self.turn = None;
            self.reader = None;
            if error.kind() == ErrorKind::NotFound {
                return Progress::Waits;
            }
            self.tells_once(open::reason(&error))
        })
    }

    /// The cursor of an item that was given. It holds what stands before it if no other item was given since.
    pub(super) fn cursor(&mut self, place: Place) -> Cursor {
        self.look_before();
        Cursor {
            before: self
                .before
                .filter(|(at, _)| *at == place.offset)
                .map(|(_, before)| before),
            key: place.key,
            offset: place.offset,
            lines: place.lines,
        }
    }

    /// Keeps what stands before the position. The bytes are those that were read, not those that the file has by now.
    fn look_before(&mut self) {
        let position = self.position.0;
        if self.before.is_some_and(|(at, _)| at == position) {
            return;
        }
        let unread = (self.read_to - position) as usize;
        let wanted = position.min(BEFORE_BYTES_MAX as u64) as usize;
        self.before = self.recent.len().checked_sub(unread).and_then(|end| {
            let bytes = &self.recent[end.checked_sub(wanted)?..end];
            Some((position, Before::of(bytes)))
        });
    }

    fn tells_once(&mut self, reason: String) -> Progress {
        if self.told.as_ref() == Some(&reason) {
            return Progress::Waits;
        }
        self.told = Some(reason.clone());
        Progress::Trouble(reason)
    }

    async fn try_next(
        &mut self,
        path: &Path,
        format: Format,
        origin: &Arc<Origin>,
        recorded: &[Cursor],
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
            .get_or_insert_with(|| Reader::resume(format, Arc::clone(origin), position.0, position.1));
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
            let unneeded = self
                .recent
                .len()
                .saturating_sub((self.read_to - reader.position().0) as usize + BEFORE_BYTES_MAX);
            self.recent.drain(..unneeded);
            self.recent.extend_from_slice(bytes);
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
        self.look_before();
        self.recent = match self.reader {
            Some(_) => self
                .recent
                .split_off(self.recent.len().saturating_sub(KEPT_BYTES_MAX + BEFORE_BYTES_MAX)),
            None => Vec::new(),
        };
        // What was appended after the last read is in `seen` and was not read.
        self.quiet = (unchanged || waiting == 0) && seen.bytes == self.read_to;
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
            Place {
                key,
                offset: self.position.0,
                lines: self.position.1,
            },
            item,
        )
    }

    /// Opens the file and makes sure that it is still the same; `None` if there may be something to read.
    async fn begin_turn(&mut self, path: &Path, recorded: &[Cursor]) -> std::io::Result<Option<Progress>> {
        if self.quiet && self.seen == Some(Seen::of(&tokio::fs::symlink_metadata(path).await?)) {
            return Ok(Some(Progress::Waits));
        }
        let (mut file, found) = open::regular(path).await?;
        let seen = Seen::of(&found);
        let mut head = Vec::new();
        (&mut file).take(HEAD_BYTES_MAX as u64).read_to_end(&mut head).await?;
        let mut another = self.is_another(name_of(path), &head, seen, recorded);
        let tail = if another.is_none() {
            tail_before(&mut file, self.position.0).await?
        } else {
            Vec::new()
        };
        if let Some((at, before)) = self.before
            && another.is_none()
            && at == self.position.0
            && Before::of(&tail) != before
        {
            another = Some(REWRITTEN);
        }
        if let Some(reason) = another {
            *self = Self {
                begun: true,
                ..Self::default()
            };
            return Ok(Some(Progress::Trouble(format!(
                "{reason}: read again from its beginning"
            ))));
        }
        self.begun = true;
        if self.key.is_none()
            && let Some(not_text) = NotText::of_head(&head)
        {
            self.seen = Some(seen);
            self.quiet = true;
            return Ok(Some(self.tells_once(not_text.to_string())));
        }
        if self.key.is_none() && (seen.bytes < self.read_to || !head.starts_with(&self.head)) {
            // Another file, of which nothing was given yet.
            self.reader = None;
        }
        // The reader goes on at `read_to`; reading the head has moved the file.
        if self.reader.is_some() {
            file.seek(SeekFrom::Start(self.read_to)).await?;
        } else {
            self.recent = tail;
        }
        self.turn = Some(Turn {
            file,
            piece: vec![0; PIECE_BYTES],
            seen,
        });
        Ok(None)
    }

    /// Why the file cannot be the one that was read before. At its first sight, takes over what was recorded of it.
    fn is_another(&mut self, name: &str, head: &[u8], seen: Seen, recorded: &[Cursor]) -> Option<&'static str> {
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
                self.before = found.before.map(|before| (found.offset, before));
                None
            }
            Some(_) => Some(TRUNCATED),
            None if of_name().next().is_none() => None,
            None if of_name().all(|recorded| seen.bytes < recorded.offset) => Some(TRUNCATED),
            None => Some(REPLACED),
        }
    }
}

/// The last bytes before that offset, at most `BEFORE_BYTES_MAX`; fewer if the file has just become shorter.
async fn tail_before(file: &mut File, offset: u64) -> std::io::Result<Vec<u8>> {
    let wanted = offset.min(BEFORE_BYTES_MAX as u64);
    let mut tail = Vec::with_capacity(wanted as usize);
    file.seek(SeekFrom::Start(offset - wanted)).await?;
    file.take(wanted).read_to_end(&mut tail).await?;
    Ok(tail)
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

impl Seen {
    fn of(found: &std::fs::Metadata) -> Self {
        Self {
            bytes: found.len(),
            modified: found.modified().ok(),
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt as _;
                (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
            },
        }
    }
}
