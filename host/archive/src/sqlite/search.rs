//! Looking for messages, the last one that arrived first. Those that the index says a query may find, and those that are in no segment of it,
//! are opened, and each is asked whether the query finds it.
//!
//! A chunk is opened and looked at on as many threads as there are processors. A message that is disposed of meanwhile is in a chunk that
//! was read before, or nowhere.

use super::Sqlite;
use super::bulk::{Lookup, Values};
use super::holds;
use super::index::candidates::{Numbers, Scope, Trouble};
use super::records::{CONTENT_COLUMNS, content_columns, read_content};
use super::rows::{read_name, read_time};
use super::threads::on_a_thread;
use crate::search::{Counted, Match, NotOpened, Page, SEARCH_LISTED_MAX, SEARCH_PAGE_BYTES, SEARCH_TIME_MAX, Search};
use crate::storage::StorageError;
use proviso_model::directory::Directory;
use proviso_model::{Message, Timestamp};
use proviso_seal::TAG_BYTES;
use proviso_search::query::Flag;
use proviso_search::{Examiner, Found, Label, Labels, Prepared};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// Messages that are read at once, and the sealed bytes at which no more are.
const CHUNK: u32 = 1_024;
const CHUNK_BYTES: u64 = 8 << 20;
/// Candidates that are read first: most of them are found, and a page is full with few.
const FIRST_CANDIDATES: usize = 64;

/// How large the messages are that arrived between two, the last first: what is then read of them is bounded.
const SIZES: &str =
    "SELECT e.message, length(c.content) FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
     WHERE e.message > ?1 AND e.message < ?2 AND (?3 IS NULL OR s.tenant = ?3) AND e.sent_at BETWEEN ?4 AND ?5
     ORDER BY e.message DESC LIMIT ?6";
/// How large messages are, by their numbers.
const SIZES_OF: Lookup = Lookup {
    columns: &["message"],
    select: "SELECT e.message, length(c.content) FROM wanted w CROSS JOIN envelopes e ON e.message = w.message
             CROSS JOIN streams s ON s.stream = e.stream CROSS JOIN contents c ON c.message = e.message
             WHERE (? IS NULL OR s.tenant = ?) AND e.sent_at BETWEEN ? AND ?",
};
const MESSAGES: Lookup = Lookup {
    columns: &["message"],
    select: concat!(
        "SELECT ",
        content_columns!(),
        ", e.received_at, e.withheld IS NOT NULL, h.message IS NOT NULL AND h.released_at IS NULL, h.released_at IS NOT NULL
         FROM wanted w CROSS JOIN envelopes e ON e.message = w.message CROSS JOIN streams s ON s.stream = e.stream
         CROSS JOIN contents c ON c.message = e.message LEFT JOIN held_messages h ON h.message = e.message"
    ),
};
const FINDINGS: Lookup = Lookup {
    columns: &["message"],
    select: "SELECT f.message, p.pack, p.name, f.rule, f.severity FROM wanted w CROSS JOIN findings f ON f.message = w.message
             CROSS JOIN policies p ON p.policy = f.policy",
};
const FAULTY: Lookup = Lookup {
    columns: &["message"],
    select: "SELECT DISTINCT f.message FROM wanted w CROSS JOIN faults f ON f.message = w.message",
};

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

/// A search that runs.
struct Looking {
    scope: Scope,
    wanted: Wanted,
    sought: Arc<Sought>,
}

/// Messages that were read together, with what is known of each. The last first.
struct Chunk {
    rows: Vec<SqliteRow>,
    findings: HashMap<i64, Vec<Found>>,
    faulty: HashSet<i64>,
}

/// Which messages are read, the last first.
enum Which<'a> {
    /// Those between two, as many as there is room for.
    Between(i64, i64),
    /// Those of these numbers, which descend.
    These(&'a [i64]),
}

/// What was read, and up to which message all were.
struct Read {
    chunk: Chunk,
    /// None where all were read that were asked for.
    down_to: Option<i64>,
}

/// Where a search stands.
struct Progress {
    page: Page,
    /// Messages of the page; none where all that are found are counted, and none is kept.
    limit: Option<usize>,
    /// Messages that were found and are not kept.
    counted: u64,
    /// Bytes of what was found.
    bytes: usize,
    /// All from this one on were looked at.
    before: i64,
    until: Instant,
}

/// Whether a search goes on.
enum Goes {
    On,
    /// The page is full, or the time over.
    NoFurther,
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
        let limit = asked.limit.clamp(1, SEARCH_LISTED_MAX) as usize;
        let mut progress = Progress::new(asked, Some(limit));
        if let Some(looking) = self.looking(asked).await? {
            while self.search_on(&looking, &mut progress).await?.is_none() {}
        }
        Ok(progress.page)
    }

    pub(crate) async fn count_found(self: &Arc<Self>, asked: &Search) -> Result<Counted, StorageError> {
        let mut progress = Progress::new(asked, None);
        if let Some(looking) = self.looking(asked).await? {
            let until = progress.until;
            while self.search_on(&looking, &mut progress).await?.is_none() {
                if Instant::now() >= until {
                    progress.page.is_cut_short = true;
                    break;
                }
                // A segment that was counted may be another one now.
                progress = Progress::new(asked, None);
                progress.until = until;
            }
        }
        Ok(Counted {
            messages: progress.counted,
            looked_at: progress.page.looked_at,
            is_cut_short: progress.page.is_cut_short,
            unreadable: progress.page.unreadable,
        })
    }

    /// What is looked for; none where nothing can be found.
    async fn looking(self: &Arc<Self>, asked: &Search) -> Result<Option<Looking>, StorageError> {
        let scope = Scope {
            query: Arc::clone(&asked.query),
            tenant: asked.tenant.clone(),
            sent: asked.query.sent(),
        };
        if scope.sent.is_empty() {
            return Ok(None);
        }
        let wanted = Wanted::of(&asked.query);
        let sought = Arc::new(self.sought(asked, &wanted).await?);
        Ok(Some(Looking { scope, wanted, sought }))
    }

    /// Looks at what is in no segment, and then at candidates. None where the index changed meanwhile, and the search goes on from there.
    async fn search_on(
        self: &Arc<Self>,
        looking: &Looking,
        progress: &mut Progress,
    ) -> Result<Option<()>, StorageError> {
        let plan = self.plan(&looking.scope).await?;
        while progress.before > plan.progress.saturating_add(1) {
            let read = self
                .read(looking, Which::Between(plan.progress, progress.before))
                .await?;
            let looks = self.look_at(read.chunk, looking).await?;
            if let Goes::NoFurther = progress.take(looks) {
                return Ok(Some(()));
            }
            progress.before = read.down_to.unwrap_or(plan.progress.saturating_add(1));
            if progress.is_over() {
                return Ok(Some(()));
            }
        }
        let mut numbers = Numbers::new(Arc::clone(self), looking.scope.clone(), plan, progress.before);
        if progress.limit.is_none() {
            numbers = numbers.counting();
        }
        let (mut queue, mut most) = (VecDeque::new(), FIRST_CANDIDATES);
        loop {
            let taken = match numbers.take(most, progress.until).await {
                Ok((rest, taken)) => {
                    numbers = rest;
                    taken
                }
                Err(Trouble::Changed) => return Ok(None),
                Err(Trouble::Storage(error)) => return Err(error),
            };
            progress.counted += taken.counted;
            queue.extend(taken.numbers);
            most = (most * 2).min(CHUNK as usize);
            while !queue.is_empty() {
                let read = self.read(looking, Which::These(queue.make_contiguous())).await?;
                let looks = self.look_at(read.chunk, looking).await?;
                if let Goes::NoFurther = progress.take(looks) {
                    return Ok(Some(()));
                }
                match read.down_to {
                    Some(last) => queue.retain(|number| *number < last),
                    None => queue.clear(),
                }
                progress.before = queue.front().map_or(taken.below, |next| next + 1);
                if !queue.is_empty() && progress.is_over() {
                    return Ok(Some(()));
                }
            }
            progress.before = taken.below;
            if taken.is_end || progress.is_over() {
                return Ok(Some(()));
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

    async fn read(&self, looking: &Looking, which: Which<'_>) -> Result<Read, StorageError> {
        let (Scope { tenant, sent, .. }, wanted) = (&looking.scope, &looking.wanted);
        self.reading(|mut reader| async move {
            let number = |values: &mut Values, number: &i64| {
                values.int(*number);
            };
            let sizes: Vec<(i64, i64)> = match which {
                Which::Between(after, before) => {
                    sqlx::query_as(SIZES)
                        .bind(after)
                        .bind(before)
                        .bind(tenant.clone())
                        .bind(*sent.start())
                        .bind(*sent.end())
                        .bind(CHUNK)
                        .fetch_all(&mut *reader)
                        .await?
                }
                Which::These(numbers) => {
                    let of_scope = |values: &mut Values| {
                        values.maybe_text(tenant.as_deref()).maybe_text(tenant.as_deref());
                        values.int(*sent.start()).int(*sent.end());
                    };
                    let rows = SIZES_OF.run_with(&mut reader, numbers, number, of_scope).await?;
                    let sizes = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
                    let mut sizes = sizes.collect::<Result<Vec<(i64, i64)>, sqlx::Error>>()?;
                    sizes.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
                    sizes
                }
            };
            let mut bytes = 0;
            let taken = sizes.iter().take_while(|(_, length)| {
                let is_room = bytes < CHUNK_BYTES;
                bytes += length.unsigned_abs();
                is_room
            });
            let taken: Vec<i64> = taken.map(|(number, _)| *number).collect();
            let may_be_more = matches!(which, Which::Between(..)) && sizes.len() == CHUNK as usize;
            let down_to = taken
                .last()
                .copied()
                .filter(|_| may_be_more || taken.len() < sizes.len());
            let mut rows = Vec::with_capacity(taken.len());
            for row in MESSAGES.run(&mut reader, &taken, number).await? {
                rows.push((row.try_get::<i64, _>(0)?, row));
            }
            rows.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
            let chunk = Chunk {
                rows: rows.into_iter().map(|(_, row)| row).collect(),
                findings: if wanted.findings {
                    findings(&mut reader, &taken).await?
                } else {
                    HashMap::new()
                },
                faulty: if wanted.has(Flag::Faulty) {
                    let rows = FAULTY.run(&mut reader, &taken, number).await?;
                    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
                } else {
                    HashSet::new()
                },
            };
            Ok(Read { chunk, down_to })
        })
        .await
    }

    async fn look_at(&self, mut chunk: Chunk, looking: &Looking) -> Result<Vec<LookedAt>, StorageError> {
        let Looking { wanted, sought, .. } = looking;
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
                let mut opened = opened.flatten().map_err(|error| self.storage(error))?;
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
            all.extend(part.await.flatten().map_err(|error| self.storage(error))?);
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

impl Progress {
    fn new(asked: &Search, limit: Option<usize>) -> Self {
        Self {
            page: Page {
                matches: Vec::new(),
                looked_at: 0,
                next: None,
                is_cut_short: false,
                unreadable: None,
            },
            limit,
            counted: 0,
            bytes: 0,
            before: asked.before.unwrap_or(i64::MAX),
            until: Instant::now() + asked.time.min(SEARCH_TIME_MAX),
        }
    }

    /// Takes what was looked at, the last first.
    fn take(&mut self, looks: Vec<LookedAt>) -> Goes {
        let page = &mut self.page;
        for (arrival, look) in looks {
            (page.looked_at, self.before) = (page.looked_at + 1, arrival);
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
            let Some(limit) = self.limit else {
                self.counted += 1;
                continue;
            };
            self.bytes += found.message.raw.len() + found.message.text.len();
            page.matches.push(found);
            if page.matches.len() == limit || self.bytes >= SEARCH_PAGE_BYTES {
                page.next = Some(arrival);
                return Goes::NoFurther;
            }
        }
        Goes::On
    }

    /// True if the time is over: the page ends where the search stands.
    fn is_over(&mut self) -> bool {
        let is_over = Instant::now() >= self.until;
        if is_over {
            (self.page.next, self.page.is_cut_short) = (Some(self.before), true);
        }
        is_over
    }
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

/// The findings of messages.
async fn findings(
    connection: &mut SqliteConnection,
    messages: &[i64],
) -> Result<HashMap<i64, Vec<Found>>, sqlx::Error> {
    let rows = FINDINGS.run(connection, messages, |values, number| {
        values.int(*number);
    });
    let mut findings: HashMap<i64, Vec<Found>> = HashMap::new();
    for row in &rows.await? {
        findings.entry(row.try_get(0)?).or_default().push(Found {
            pack: row.try_get(1)?,
            policy: row.try_get(2)?,
            rule: row.try_get(3)?,
            severity: read_name(row, 4)?,
        });
    }
    Ok(findings)
}
