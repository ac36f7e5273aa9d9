//! Segments of the messages that are in none.

use super::months;
use super::segments;
use crate::change::{Change, CommitError};
use crate::index::{IndexPass, Indexing, NewSegment, Partition};
use crate::keys::KeyError;
use crate::sqlite::Sqlite;
use crate::sqlite::records::{CONTENT_COLUMNS, content_columns, read_content};
use crate::sqlite::sealing::{OpenRecord, Part};
use crate::sqlite::threads::on_a_thread;
use crate::storage::StorageError;
use proviso_model::time::Day;
use proviso_model::{Principal, Timestamp};
use proviso_search::segment::{Builder, NotAdded, WriteError};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Messages of one pass, and the memory of its builders, in bytes, at which it takes no more.
const PASS_MESSAGES: usize = 65_536;
const PASS_BYTES: usize = 160 << 20;
/// Messages that are read at once, and the sealed bytes at which no more are.
const CHUNK: u32 = 1_024;
const CHUNK_BYTES: u64 = 8 << 20;
/// How often a pass is made anew because messages that it read were disposed of.
const ATTEMPTS: u32 = 4;

/// Messages that are in no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Dealt with before, and pending again.
    Pending,
    /// Behind all that were dealt with.
    New,
}

impl Waiting {
    const fn sizes(self) -> &'static str {
        match self {
            Waiting::Pending => {
                "SELECT c.message, length(c.content) FROM search_pending n JOIN contents c USING (message)
                 WHERE n.unreadable = 0 AND n.message > ? ORDER BY n.message LIMIT ?"
            }
            Waiting::New => "SELECT message, length(content) FROM contents WHERE message > ? ORDER BY message LIMIT ?",
        }
    }

    const fn rows(self) -> &'static str {
        match self {
            Waiting::Pending => concat!(
                "SELECT ",
                content_columns!(),
                ", e.keep_until FROM search_pending n JOIN envelopes e USING (message) JOIN streams s USING (stream)
                 JOIN contents c USING (message) WHERE n.unreadable = 0 AND n.message > ? AND n.message <= ? ORDER BY n.message"
            ),
            Waiting::New => concat!(
                "SELECT ",
                content_columns!(),
                ", e.keep_until FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
                 WHERE e.message > ? AND e.message <= ? ORDER BY e.message"
            ),
        }
    }
}

impl Sqlite {
    pub(crate) async fn index(self: &Arc<Self>, at: Timestamp, by: &Principal) -> Result<IndexPass, CommitError> {
        let mut line = self.index.line.lock().await;
        self.give_up_unreadable(at, by, !line.has_tried_again).await?;
        line.has_tried_again = true;
        let mut attempts = 1..ATTEMPTS;
        let mut pass = loop {
            match self.build(at, by).await {
                Err(CommitError::Overtaken) if attempts.next().is_some() => {}
                built => break built?,
            }
        };
        pass.merged = self.merge(at, by, pass.is_idle()).await?;
        self.clear_page_cache().await?;
        Ok(pass)
    }

    /// Gives up segments that could not be read, and has messages tried again that could not be opened.
    async fn give_up_unreadable(&self, at: Timestamp, by: &Principal, tries_again: bool) -> Result<(), CommitError> {
        let given_up: Vec<i64> = std::mem::take(&mut *self.index.unreadable()).into_iter().collect();
        let (progress, has_unreadable) = self
            .reading(|mut reader| async move {
                let (progress, _) = segments::progress(&mut reader).await?;
                let unreadable = "SELECT EXISTS (SELECT 1 FROM search_pending WHERE unreadable = 1)";
                Ok((progress, sqlx::query_scalar(unreadable).fetch_one(&mut *reader).await?))
            })
            .await?;
        let tries_again = tries_again && has_unreadable;
        if given_up.is_empty() && !tries_again {
            return Ok(());
        }
        let pass = Indexing {
            given_up,
            tries_again,
            ..Indexing::of(at, progress)
        };
        self.commit(Change::Index(&pass), by).await.map(drop)
    }

    /// What is not there any more leaves the memory.
    pub(in crate::sqlite) async fn clear_page_cache(&self) -> Result<(), StorageError> {
        let there = self
            .reading(|mut reader| async move { segments::wrapped(&mut reader).await })
            .await?;
        self.index
            .cache
            .keep_only(&there.iter().map(|(segment, ..)| *segment).collect());
        Ok(())
    }

    async fn build(self: &Arc<Self>, at: Timestamp, by: &Principal) -> Result<IndexPass, CommitError> {
        let (progress, last_segment) = self
            .reading(|mut reader| async move { segments::progress(&mut reader).await })
            .await?;
        let mut building = Building::new(Arc::clone(self), Indexing::of(at, progress));
        // Numbers of a segment ascend, and those that are pending are below all new ones.
        for (waiting, start) in [(Waiting::Pending, 0), (Waiting::New, progress)] {
            let mut chunk = self.waiting(waiting, start).await?;
            while let Some(last) = chunk.last {
                let adding = on_a_thread(move || {
                    building.add(waiting, &chunk.rows);
                    building
                });
                let (added, next) = tokio::join!(adding, self.waiting(waiting, last));
                building = added.map_err(|error| self.storage(error))?;
                if waiting == Waiting::New {
                    building.pass.to = last;
                }
                if !building.has_room(waiting) {
                    break;
                }
                chunk = next?;
            }
        }
        let written = on_a_thread(move || building.written(last_segment)).await;
        let pass = written
            .map_err(|error| self.storage(error))?
            .map_err(CommitError::Sealing)?;
        let done = IndexPass {
            indexed: pass.segments.iter().map(|segment| segment.members.len() as u64).sum(),
            unreadable: pass.pending.iter().filter(|(_, is_unreadable)| *is_unreadable).count() as u64,
            merged: 0,
        };
        if pass.to > pass.from || !done.is_idle() {
            self.commit(Change::Index(&pass), by).await?;
        }
        Ok(done)
    }

    async fn waiting(&self, waiting: Waiting, after: i64) -> Result<Chunk, StorageError> {
        self.reading(|mut reader| async move {
            let sizes: Vec<(i64, i64)> = sqlx::query_as(waiting.sizes())
                .bind(after)
                .bind(CHUNK)
                .fetch_all(&mut *reader)
                .await?;
            let mut bytes = 0;
            let taken = sizes.iter().take_while(|(_, length)| {
                let is_room = bytes < CHUNK_BYTES;
                bytes += length.unsigned_abs();
                is_room
            });
            let last = taken.last().map(|(message, _)| *message);
            let rows = sqlx::query(waiting.rows())
                .bind(after)
                .bind(last)
                .fetch_all(&mut *reader)
                .await?;
            Ok(Chunk { rows, last })
        })
        .await
    }
}

/// Messages that were read together.
struct Chunk {
    rows: Vec<SqliteRow>,
    /// The last of them; `None` where there are none.
    last: Option<i64>,
}

/// Segments that are being built.
struct Building {
    store: Arc<Sqlite>,
    pass: Indexing,
    groups: BTreeMap<Partition, (Builder, Vec<i64>)>,
    messages: usize,
}

impl Building {
    fn new(store: Arc<Sqlite>, pass: Indexing) -> Self {
        Self {
            store,
            pass,
            groups: BTreeMap::new(),
            messages: 0,
        }
    }

    /// Half of a pass is for messages that are new, so that they do not wait for those that are pending.
    fn has_room(&self, waiting: Waiting) -> bool {
        let most = match waiting {
            Waiting::Pending => PASS_MESSAGES / 2,
            Waiting::New => PASS_MESSAGES,
        };
        let bytes: usize = self.groups.values().map(|(builder, _)| builder.memory_bytes()).sum();
        self.messages < most && bytes < PASS_BYTES
    }

    fn add(&mut self, waiting: Waiting, rows: &[SqliteRow]) {
        for row in rows {
            // A row without its number is none: what cannot be read of it is for the next pass.
            let Ok(number) = row.try_get::<i64, _>(0) else { continue };
            self.messages += 1;
            match self.add_one(number, row) {
                Ok(()) if waiting == Waiting::Pending => self.pass.done.push(number),
                Ok(()) => {}
                Err(Left::Unreadable) => self.pass.pending.push((number, true)),
                Err(Left::Full) => self.pass.pending.push((number, false)),
            }
        }
    }

    fn add_one(&mut self, number: i64, row: &SqliteRow) -> Result<(), Left> {
        let message = read_content(row, 0, &self.store.sealing).map_err(|_| Left::Unreadable)?;
        let until: Option<i32> = row.try_get(CONTENT_COLUMNS).map_err(|_| Left::Unreadable)?;
        let partition = Partition {
            month: months::of_millis(message.sent_at.as_millis()).ok_or(Left::Unreadable)?,
            ends: until.and_then(Day::from_number).map(months::of_day),
            tenant: message.id.tenant.clone(),
        };
        let (builder, members) = self.groups.entry(partition).or_default();
        match builder.add(number.unsigned_abs(), &message) {
            Ok(()) => {
                members.push(number);
                Ok(())
            }
            Err(NotAdded::Full | NotAdded::Order { .. }) => Err(Left::Full),
        }
    }

    /// The pass with its segments, which have the numbers behind the last one.
    fn written(self, last_segment: i64) -> Result<Indexing, KeyError> {
        let Self {
            store,
            mut pass,
            groups,
            ..
        } = self;
        let groups = groups.into_iter().filter(|(_, (builder, _))| !builder.is_empty());
        for (number, (partition, (builder, members))) in (last_segment + 1..).zip(groups) {
            let mut record = store.sealing.segment(&partition.tenant, number)?;
            let mut pages = Vec::new();
            builder
                .write(|page| seal(&mut record, &mut pages, &page))
                .map_err(not_written)?;
            pass.segments.push(NewSegment {
                number,
                partition,
                members,
                key: *record.wrapped(),
                pages,
            });
        }
        Ok(pass)
    }
}

/// Why a message is in no segment.
enum Left {
    Unreadable,
    Full,
}

/// Seals a page behind those before it.
pub(super) fn seal(record: &mut OpenRecord, pages: &mut Vec<Vec<u8>>, page: &[u8]) -> Result<(), KeyError> {
    pages.push(record.seal(Part::Page(pages.len() as u32), page)?);
    Ok(())
}

/// Why a segment was not written.
pub(super) fn not_written(error: WriteError<KeyError>) -> KeyError {
    match error {
        WriteError::Sink { source, .. } => source,
        WriteError::Apart { .. } => {
            unreachable!("messages of one month have numbers and times that are near each other")
        }
    }
}
