//! Looking for messages: those of the archive are opened, the last one that arrived first, and each is asked whether the query finds it.
//!
//! A chunk is read by one statement, and opened and looked at on as many threads as there are processors. A message that is disposed of
//! meanwhile is in a chunk that was read before, or nowhere.

use super::Sqlite;
use super::holds;
use super::records::{CONTENT_COLUMNS, content_columns, read_content};
use super::rows::{read_name, read_time};
use crate::search::{Match, NotOpened, Page, SEARCH_LISTED_MAX, SEARCH_PAGE_BYTES, SEARCH_TIME_MAX, Search};
use crate::storage::StorageError;
use proviso_model::directory::Directory;
use proviso_model::{Message, Timestamp};
use proviso_seal::TAG_BYTES;
use proviso_search::query::Flag;
use proviso_search::{Examiner, Found, Label, Labels, Prepared};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// Messages that are read at once, and the sealed bytes at which no more are.
const CHUNK: u32 = 1_024;
const CHUNK_BYTES: u64 = 8 << 20;

/// How large the messages before one are, the last first: what one statement then reads of them is bounded.
const SIZES: &str =
    "SELECT e.message, length(c.content) FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
     WHERE e.message < ?1 AND (?2 IS NULL OR s.tenant = ?2) AND e.sent_at BETWEEN ?4 AND ?5 ORDER BY e.message DESC LIMIT ?3";

/// The messages from one on and before another, the last first.
const CHUNK_OF: &str = concat!(
    "SELECT ",
    content_columns!(),
    ", e.received_at, e.withheld IS NOT NULL, h.message IS NOT NULL AND h.released_at IS NULL, h.released_at IS NOT NULL
     FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message) LEFT JOIN held_messages h USING (message)
     WHERE e.message < ?1 AND (?2 IS NULL OR s.tenant = ?2) AND e.sent_at BETWEEN ?4 AND ?5 AND e.message >= ?3
     ORDER BY e.message DESC"
);

/// What a query asks that stands outside of the messages.
struct Wanted {
    findings: bool,
    departments: bool,
    flags: Vec<Flag>,
}

impl Wanted {
    fn of(query: &Prepared) -> Self {
        let mut wanted = Self {
            findings: false,
            departments: false,
            flags: Vec::new(),
        };
        for label in query.labels() {
            match label {
                Label::Is(flag) => wanted.flags.push(*flag),
                Label::Department(_) => wanted.departments = true,
                Label::Pack(_) | Label::Policy(_) | Label::Rule(_) | Label::Severity(..) => wanted.findings = true,
            }
        }
        wanted.findings |= wanted.has(Flag::Found);
        wanted
    }

    fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// What is asked, and what is known of all messages beside them. Each thread has a share.
struct Sought {
    store: Arc<Sqlite>,
    query: Arc<Prepared>,
    directory: Option<Directory>,
    recalled: HashSet<[u8; TAG_BYTES]>,
}

/// Messages that were read together, with what is known of each. The last first.
struct Chunk {
    rows: Vec<SqliteRow>,
    findings: HashMap<i64, Vec<Found>>,
    faulty: HashSet<i64>,
    /// True if there may be messages before it.
    has_more: bool,
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
type LookedAt = (i64, Look);

/// What became of a message that was read.
enum Look {
    Found(Box<Match>),
    Other,
    /// Nobody can say whether it would be found.
    Unreadable(String),
}

impl Sqlite {
    pub(crate) async fn search(self: &Arc<Self>, asked: &Search) -> Result<Page, StorageError> {
        let until = Instant::now() + asked.time.min(SEARCH_TIME_MAX);
        let limit = asked.limit.clamp(1, SEARCH_LISTED_MAX) as usize;
        let wanted = Wanted::of(&asked.query);
        let sought = Arc::new(self.sought(asked, &wanted).await?);
        let mut page = Page {
            matches: Vec::new(),
            looked_at: 0,
            next: None,
            is_cut_short: false,
            unreadable: None,
        };
        if asked.query.sent().is_empty() {
            return Ok(page);
        }
        let (mut before, mut bytes) = (asked.before.unwrap_or(i64::MAX), 0);
        loop {
            let chunk = self.chunk(before, asked, &wanted).await?;
            let has_more = chunk.has_more;
            for (arrival, look) in self.look_at(chunk, &wanted, &sought).await? {
                (page.looked_at, before) = (page.looked_at + 1, arrival);
                let found = match look {
                    Look::Found(found) => *found,
                    Look::Other => continue,
                    Look::Unreadable(why) => {
                        let first = NotOpened {
                            messages: 0,
                            first: why,
                        };
                        page.unreadable.get_or_insert(first).messages += 1;
                        continue;
                    }
                };
                bytes += found.message.raw.len() + found.message.text.len();
                page.matches.push(found);
                if page.matches.len() == limit || bytes >= SEARCH_PAGE_BYTES {
                    page.next = Some(before);
                    return Ok(page);
                }
            }
            if !has_more {
                return Ok(page);
            }
            if Instant::now() >= until {
                (page.next, page.is_cut_short) = (Some(before), true);
                return Ok(page);
            }
        }
    }

    async fn sought(self: &Arc<Self>, asked: &Search, wanted: &Wanted) -> Result<Sought, StorageError> {
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
        Ok(Sought {
            store: Arc::clone(self),
            query: Arc::clone(&asked.query),
            directory,
            recalled,
        })
    }

    async fn chunk(&self, before: i64, asked: &Search, wanted: &Wanted) -> Result<Chunk, StorageError> {
        let (tenant, sent) = (asked.tenant.clone(), asked.query.sent());
        self.reading(|mut reader| async move {
            let sizes = sqlx::query_as::<_, (i64, i64)>(SIZES)
                .bind(before)
                .bind(tenant.clone())
                .bind(CHUNK)
                .bind(*sent.start())
                .bind(*sent.end())
                .fetch_all(&mut *reader)
                .await?;
            let mut bytes = 0;
            let taken = sizes.iter().take_while(|(_, length)| {
                let is_room = bytes < CHUNK_BYTES;
                bytes += length.unsigned_abs();
                is_room
            });
            let taken = taken.count();
            let Some((from, _)) = taken.checked_sub(1).map(|last| sizes[last]) else {
                return Ok(Chunk {
                    rows: Vec::new(),
                    findings: HashMap::new(),
                    faulty: HashSet::new(),
                    has_more: false,
                });
            };
            let rows = sqlx::query(CHUNK_OF)
                .bind(before)
                .bind(tenant)
                .bind(from)
                .bind(*sent.start())
                .bind(*sent.end())
                .fetch_all(&mut *reader)
                .await?;
            Ok(Chunk {
                rows,
                findings: if wanted.findings {
                    findings(&mut reader, (from, before)).await?
                } else {
                    HashMap::new()
                },
                faulty: if wanted.has(Flag::Faulty) {
                    faulty(&mut reader, (from, before)).await?
                } else {
                    HashSet::new()
                },
                has_more: taken < sizes.len() || sizes.len() == CHUNK as usize,
            })
        })
        .await
    }

    async fn look_at(
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
        if wanted.has(Flag::Kept) {
            // An order asks the archive about the conversation of a message: one after the other, before any is looked at.
            for rows in parts {
                let (opening, chunk) = (Arc::clone(sought), Arc::clone(&chunk));
                let opened = on_a_thread(move || opening.open(&rows, &chunk)).await;
                let mut opened = opened.map_err(|error| self.storage(error))?;
                self.note_kept(&mut opened).await?;
                let mut examiner = Examiner::default();
                all.extend(opened.into_iter().map(|opened| sought.ask(opened, &mut examiner)));
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
            all.extend(part.await.map_err(|error| self.storage(error))?);
        }
        Ok(all)
    }

    /// Notes of each message whether an open hold keeps it.
    async fn note_kept(&self, opened: &mut [MayBeOpened]) -> Result<(), StorageError> {
        self.reading(|mut reader| async move {
            for one in opened.iter_mut().flatten() {
                if holds::count(&mut reader, one.arrival, &one.message).await? > 0 {
                    one.labels.flags.push(Flag::Kept);
                }
            }
            Ok(())
        })
        .await
    }
}

/// Runs something where it holds no task up. It begins at once.
fn on_a_thread<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, sqlx::Error> + Send + 'static,
) -> impl Future<Output = Result<T, sqlx::Error>> {
    let running = tokio::task::spawn_blocking(act);
    async move { running.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed)) }
}

impl Sought {
    fn look_at(&self, rows: &[SqliteRow], chunk: &Chunk) -> Result<Vec<LookedAt>, sqlx::Error> {
        let mut examiner = Examiner::default();
        rows.iter()
            .map(|row| Ok(self.ask(self.open_one(row, chunk)?, &mut examiner)))
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

    fn ask(&self, opened: MayBeOpened, examiner: &mut Examiner) -> LookedAt {
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
        let found = examiner.examine(&self.query, &message, &labels).map(|marks| {
            Look::Found(Box::new(Match {
                arrival,
                received_at,
                message,
                marks,
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

/// The findings of the messages from one on and before another.
async fn findings(
    connection: &mut SqliteConnection,
    (from, before): (i64, i64),
) -> Result<HashMap<i64, Vec<Found>>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT f.message, p.pack, p.name, f.rule, f.severity FROM findings f JOIN policies p USING (policy)
         WHERE f.message >= ? AND f.message < ?",
    )
    .bind(from)
    .bind(before)
    .fetch_all(connection)
    .await?;
    let mut findings: HashMap<i64, Vec<Found>> = HashMap::new();
    for row in &rows {
        findings.entry(row.try_get(0)?).or_default().push(Found {
            pack: row.try_get(1)?,
            policy: row.try_get(2)?,
            rule: row.try_get(3)?,
            severity: read_name(row, 4)?,
        });
    }
    Ok(findings)
}

/// The messages from one on and before another that a policy failed on.
async fn faulty(connection: &mut SqliteConnection, (from, before): (i64, i64)) -> Result<HashSet<i64>, sqlx::Error> {
    let rows = sqlx::query_scalar("SELECT DISTINCT message FROM faults WHERE message >= ? AND message < ?")
        .bind(from)
        .bind(before)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}
