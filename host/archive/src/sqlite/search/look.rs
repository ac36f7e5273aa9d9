//! Opens messages and asks whether the query finds each, on as many threads as there are processors.

use super::masking::Examining;
use super::read::{Chunk, Wanted};
use crate::search::{Match, Search};
use crate::sqlite::Sqlite;
use crate::sqlite::evidence::OfSearches;
use crate::sqlite::holds;
use crate::sqlite::records::{CONTENT_COLUMNS, read_content};
use crate::sqlite::rows::read_time;
use crate::sqlite::threads::on_a_thread;
use crate::storage::StorageError;
use proviso_evidence::mask::Mask;
use proviso_model::directory::Directory;
use proviso_model::{Message, Timestamp};
use proviso_seal::TAG_BYTES;
use proviso_search::query::Flag;
use proviso_search::{Labels, Prepared};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

/// What is asked, and what is known of all messages beside them. Each thread has a share.
pub(super) struct Sought {
    store: Arc<Sqlite>,
    query: Arc<Prepared>,
    directory: Option<Directory>,
    recalled: HashSet<[u8; TAG_BYTES]>,
    /// Where names are not given.
    mask: Option<Mask<OfSearches>>,
}

/// A message that was opened, with what is known of it.
struct Opened {
    arrival: i64,
    received_at: Timestamp,
    message: Message,
    labels: Labels,
}

/// One that was opened; or its place, and why it cannot be.
type MayBeOpened = Result<Opened, (i64, String)>;

/// A message that was read: its place, and what became of it.
pub(super) type LookedAt = (i64, Look);

/// What became of a message that was read.
pub(super) enum Look {
    Found(Box<Match>),
    Other,
    /// Nobody can say whether it would be found.
    Unreadable(String),
}

impl Sqlite {
    pub(super) async fn sought(self: &Arc<Self>, asked: &Search, wanted: &Wanted) -> Result<Sought, StorageError> {
        let directory = if wanted.departments {
            self.directory(None).await?
        } else {
            None
        };
        let directory = directory.map(|record| Directory::new(record.imported.version, &record.rows, &asked.zone));
        let recalled = if wanted.has(Flag::Recalled) {
            self.reading(|mut reader| async move { recalled(&mut reader).await })
                .await?
        } else {
            HashSet::new()
        };
        let mask = if asked.masked {
            Some(self.mask(OfSearches(Arc::clone(self))).await?)
        } else {
            None
        };
        Ok(Sought {
            mask,
            store: Arc::clone(self),
            query: asked.prepared(),
            directory,
            recalled,
        })
    }

    pub(super) async fn look_at(
        &self,
        mut chunk: Chunk,
        wanted: &Wanted,
        sought: &Arc<Sought>,
    ) -> Result<Vec<LookedAt>, StorageError> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let part = chunk.rows.len().div_ceil(threads).max(1);
        let mut parts = Vec::new();
        while !chunk.rows.is_empty() {
            let rest = chunk.rows.split_off(part.min(chunk.rows.len()));
            parts.push(std::mem::replace(&mut chunk.rows, rest));
        }
        let chunk = Arc::new(chunk);
        let mut all = Vec::new();
        if wanted.has(Flag::Kept) || !wanted.holds.is_empty() {
            // An order asks the archive about the conversation of a message: one after the other, before any is looked at.
            for rows in parts {
                let (opening, chunk) = (Arc::clone(sought), Arc::clone(&chunk));
                let opened = on_a_thread(move || opening.open(&rows, &chunk)).await;
                let mut opened = opened.flatten().map_err(|error| self.storage(error))?;
                self.note_holds(&mut opened, &wanted.holds).await?;
                let mut examining = sought.examining();
                all.extend(opened.into_iter().map(|opened| sought.ask(opened, &mut examining)));
            }
            return Ok(all);
        }
        let looking: Vec<_> = parts
            .into_iter()
            .map(|rows| {
                let (sought, chunk) = (Arc::clone(sought), Arc::clone(&chunk));
                on_a_thread(move || sought.look_at(&rows, &chunk))
            })
            .collect();
        for part in looking {
            all.extend(part.await.flatten().map_err(|error| self.storage(error))?);
        }
        Ok(all)
    }

    /// Notes of each message whether an open hold keeps it, and which of some holds it fits.
    async fn note_holds(&self, opened: &mut [MayBeOpened], holds: &[i64]) -> Result<(), StorageError> {
        self.reading(|mut reader| async move {
            for one in opened.iter_mut().flatten() {
                let fitting = holds::fitting(&mut reader, one.arrival, &one.message, holds).await?;
                if fitting.iter().any(|hold| hold.is_open) {
                    one.labels.flags.push(Flag::Kept);
                }
                one.labels.holds.extend(fitting.iter().map(|hold| hold.number));
            }
            Ok(())
        })
        .await
    }
}

impl Sought {
    fn look_at(&self, rows: &[SqliteRow], chunk: &Chunk) -> Result<Vec<LookedAt>, sqlx::Error> {
        let mut examining = self.examining();
        rows.iter()
            .map(|row| Ok(self.ask(self.open_one(row, chunk)?, &mut examining)))
            .collect()
    }

    fn open(&self, rows: &[SqliteRow], chunk: &Chunk) -> Result<Vec<MayBeOpened>, sqlx::Error> {
        rows.iter().map(|row| self.open_one(row, chunk)).collect()
    }

    /// One that is damaged, or whose key is gone, keeps no other from being found.
    fn open_one(&self, row: &SqliteRow, chunk: &Chunk) -> Result<MayBeOpened, sqlx::Error> {
        let arrival: i64 = row.try_get(0)?;
        let message = match read_content(row, 0, &self.store.sealing) {
            Ok(message) => message,
            Err(error) => return Ok(Err((arrival, error.to_string()))),
        };
        let findings = chunk.findings.get(&arrival).cloned().unwrap_or_default();
        let is_recalled = !self.recalled.is_empty() && self.recalled.contains(&self.store.sealing.tag(&message.id));
        let flags = [
            (Flag::Withheld, row.try_get(CONTENT_COLUMNS + 1)?),
            (Flag::Held, row.try_get(CONTENT_COLUMNS + 2)?),
            (Flag::Reviewed, row.try_get(CONTENT_COLUMNS + 3)?),
            (Flag::Recalled, is_recalled),
            (Flag::Found, !findings.is_empty()),
            (Flag::Faulty, chunk.faulty.contains(&arrival)),
        ];
        let labels = Labels {
            departments: self.departments(&message),
            findings,
            flags: flags.into_iter().filter_map(|(flag, is)| is.then_some(flag)).collect(),
            holds: Vec::new(),
        };
        Ok(Ok(Opened {
            arrival,
            received_at: read_time(row, CONTENT_COLUMNS)?,
            message,
            labels,
        }))
    }

    /// As the source says, and as the directory does.
    fn departments(&self, message: &Message) -> Vec<String> {
        let of_source = message.parties().map(|party| party.department.as_str());
        let of_directory = message
            .parties()
            .filter_map(|party| self.directory.as_ref()?.department(message, &party.id));
        let all = of_source
            .chain(of_directory)
            .filter(|department| !department.is_empty());
        all.map(str::to_owned).collect()
    }

    /// What a thread examines messages with.
    fn examining(&self) -> Examining {
        Examining::new(&self.store, self.mask.as_ref())
    }

    fn ask(&self, opened: MayBeOpened, examining: &mut Examining) -> LookedAt {
        let opened = match opened {
            Ok(opened) => opened,
            Err((arrival, why)) => return (arrival, Look::Unreadable(why)),
        };
        let Opened {
            arrival,
            received_at,
            message,
            labels,
        } = opened;
        let severity = labels.findings.iter().map(|found| found.severity).max();
        let found = examining.find(&self.query, message, &labels).map(|(message, marks)| {
            Look::Found(Box::new(Match {
                arrival,
                received_at,
                message,
                marks,
                severity,
            }))
        });
        (arrival, found.unwrap_or(Look::Other))
    }
}

/// What messages that were recalled are known by.
async fn recalled(connection: &mut SqliteConnection) -> Result<HashSet<[u8; TAG_BYTES]>, sqlx::Error> {
    let rows = sqlx::query("SELECT recalled FROM recalls")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok(row.try_get::<&[u8], _>(0)?.try_into().unwrap_or_default()))
        .collect()
}
