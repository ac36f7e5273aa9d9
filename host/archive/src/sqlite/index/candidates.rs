//! The messages that a query may find, by their numbers, the last first: from all segments, and from what is in none.
//!
//! Each source has the greatest number that it may give next. A segment is opened when that number's turn comes, so that a query that
//! finds enough among the newest messages opens few segments.

use super::labels::{Labelled, OfSegment};
use super::months;
use super::pages::{self, Opened, PageError};
use super::segments::{self, SegmentRow, State};
use crate::sqlite::Sqlite;
use crate::sqlite::threads::on_a_thread;
use crate::storage::StorageError;
use proviso_search::segment::{Row, SegmentError};
use proviso_search::{Documents, Prepared, SearchError};
use sqlx::SqliteConnection;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;

/// Messages of a segment that cannot be read, and pending ones, whose numbers are read at once.
const READ_AT_ONCE: u32 = 4_096;
/// How often the list of segments is read anew because it changed meanwhile.
const ATTEMPTS: u32 = 16;

/// What is asked of every message.
#[derive(Debug, Clone)]
pub(in crate::sqlite) struct Scope {
    pub(in crate::sqlite) query: Arc<Prepared>,
    pub(in crate::sqlite) tenant: Option<String>,
    /// In milliseconds since 1970.
    pub(in crate::sqlite) sent: RangeInclusive<i64>,
}

/// Which messages are in segments, and which are not.
pub(in crate::sqlite) struct Plan {
    /// Messages behind this one are in no segment.
    pub(in crate::sqlite) progress: i64,
    state: State,
    segments: Vec<SegmentRow>,
    labelled: Labelled,
}

/// Numbers of messages that may be found.
pub(in crate::sqlite) struct Taken {
    /// Descending.
    pub(in crate::sqlite) numbers: Vec<i64>,
    /// All that may be found below this number is still to come.
    pub(in crate::sqlite) below: i64,
    /// True if nothing is to come.
    pub(in crate::sqlite) is_end: bool,
    /// Messages that are found for certain, where they are counted: their numbers are not given.
    pub(in crate::sqlite) counted: u64,
    /// The same, where they are given apart.
    pub(in crate::sqlite) certain: Vec<Row>,
}

/// What becomes of messages that are found for certain.
enum Certain {
    /// Their numbers are given among the others.
    Given,
    /// So many were counted since the last numbers were given.
    Counted(u64),
    /// Those of the segments that were opened since.
    Apart(Vec<Row>),
}

/// No numbers can be given.
pub(in crate::sqlite) enum Trouble {
    /// A segment went meanwhile: read the plan anew.
    Changed,
    Storage(StorageError),
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        Trouble::Storage(error)
    }
}

/// The candidates of a query, as far as they were not given yet.
pub(in crate::sqlite) struct Numbers {
    store: Arc<Sqlite>,
    runtime: Handle,
    scope: Scope,
    /// What the index was when this was begun.
    state: State,
    labelled: Labelled,
    sources: Vec<Source>,
    heap: BinaryHeap<Next>,
    /// What is not below it was given.
    below: i64,
    certain: Certain,
}

/// The greatest number that a source may give next, and whether it does. Greater numbers come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    number: i64,
    is_certain: bool,
    source: usize,
}

enum Source {
    Closed(SegmentRow),
    Open {
        row: SegmentRow,
        segment: Opened,
        documents: Documents,
        /// Documents from this one on were given.
        behind: u32,
    },
    /// Messages of the tenant and month of a segment that cannot be read.
    Examined {
        row: SegmentRow,
        numbers: VecDeque<i64>,
    },
    Pending(VecDeque<i64>),
}

impl Sqlite {
    /// How the messages are parted that a query may find.
    pub(in crate::sqlite) async fn plan(&self, scope: &Scope) -> Result<Plan, StorageError> {
        self.reading(|mut reader| async move {
            for _ in 0..ATTEMPTS {
                let state = segments::state(&mut reader).await?;
                let mut all = segments::all(&mut reader).await?;
                if segments::state(&mut reader).await? != state {
                    continue;
                }
                let months = months_of(&scope.sent);
                all.retain(|segment| {
                    months.contains(&segment.partition.month)
                        && scope
                            .tenant
                            .as_ref()
                            .is_none_or(|tenant| *tenant == segment.partition.tenant)
                });
                let labelled = if all.is_empty() {
                    Labelled::default()
                } else {
                    Labelled::read(&mut reader, &scope.query).await?
                };
                return Ok(Plan {
                    progress: state.progress,
                    state,
                    segments: all,
                    labelled,
                });
            }
            Err(sqlx::Error::Protocol(
                "the index changes too fast to be read: ask again".to_owned(),
            ))
        })
        .await
    }
}

/// The months within moments.
fn months_of(sent: &RangeInclusive<i64>) -> RangeInclusive<i64> {
    let first = months::of_millis(*sent.start()).unwrap_or(i64::MIN);
    let last = months::of_millis(*sent.end()).unwrap_or(i64::MAX);
    first..=last
}

impl Numbers {
    /// The candidates below a number.
    pub(in crate::sqlite) fn new(store: Arc<Sqlite>, scope: Scope, plan: Plan, below: i64) -> Self {
        let segments = plan.segments.into_iter().filter(|segment| segment.first < below);
        let mut sources: Vec<Source> = segments.map(Source::Closed).collect();
        sources.push(Source::Pending(VecDeque::new()));
        let first = |source: &Source| match source {
            Source::Closed(row) => row.last,
            _ => i64::MAX,
        };
        let heap = sources.iter().enumerate().map(|(place, source)| Next {
            number: first(source).min(below - 1),
            is_certain: false,
            source: place,
        });
        Self {
            store,
            runtime: Handle::current(),
            scope,
            state: plan.state,
            labelled: plan.labelled,
            heap: heap.collect(),
            sources,
            below,
            certain: Certain::Given,
        }
    }

    /// The same, where messages that are found for certain are counted and not given.
    pub(in crate::sqlite) fn counting(self) -> Self {
        let certain = Certain::Counted(0);
        Self { certain, ..self }
    }

    /// The same, where messages that are found for certain are given apart, all of a segment at once.
    pub(in crate::sqlite) fn apart(self) -> Self {
        let certain = Certain::Apart(Vec::new());
        Self { certain, ..self }
    }

    /// The next of them, at most so many, and fewer where the time is over.
    pub(in crate::sqlite) async fn take(self, most: usize, until: Instant) -> Result<(Self, Taken), Trouble> {
        let store = Arc::clone(&self.store);
        let taken = on_a_thread(move || {
            let mut numbers = self;
            numbers.take_here(most, until).map(|taken| (numbers, taken))
        });
        taken.await.map_err(|error| store.storage(error))?
    }

    fn take_here(&mut self, most: usize, until: Instant) -> Result<Taken, Trouble> {
        let (mut numbers, from) = (Vec::new(), self.below);
        while numbers.len() < most
            && let Some(next) = self.heap.pop()
        {
            if next.is_certain && next.number < self.below {
                self.below = next.number;
                numbers.push(next.number);
            }
            if let Some(number) = self.advance(next.source)? {
                self.heap.push(Next {
                    number,
                    is_certain: true,
                    ..next
                });
            }
            // What one segment has of them is enough at a time.
            if matches!(&self.certain, Certain::Apart(rows) if !rows.is_empty()) {
                break;
            }
            // However little time there is, each call comes further.
            if Instant::now() >= until && self.heap.peek().is_some_and(|next| next.number + 1 < from) {
                break;
            }
        }
        if let Some(next) = self.heap.peek() {
            self.below = self.below.min(next.number + 1);
        }
        Ok(Taken {
            numbers,
            below: self.below,
            is_end: self.heap.is_empty(),
            counted: match &mut self.certain {
                Certain::Counted(counted) => std::mem::take(counted),
                _ => 0,
            },
            certain: match &mut self.certain {
                Certain::Apart(rows) => std::mem::take(rows),
                _ => Vec::new(),
            },
        })
    }

    /// The next number of a source below all that were given.
    fn advance(&mut self, place: usize) -> Result<Option<i64>, Trouble> {
        loop {
            let row = match &mut self.sources[place] {
                Source::Pending(numbers) => {
                    if numbers.is_empty() {
                        let (store, below) = (&self.store, self.below);
                        let read = store.reading(|mut reader| async move {
                            let pending = segments::pending(&mut reader, below, READ_AT_ONCE).await?;
                            Ok((pending, segments::state(&mut reader).await?))
                        });
                        let (pending, state) = self.runtime.block_on(read)?;
                        // What was pending then may be in a segment now that nobody looks into.
                        if state != self.state {
                            return Err(Trouble::Changed);
                        }
                        numbers.extend(pending);
                    }
                    return Ok(numbers.pop_front());
                }
                Source::Examined { row, numbers } => {
                    if numbers.is_empty() {
                        let (store, row, below) = (&self.store, row.clone(), self.below);
                        let read = store.reading(|mut reader| async move { of_month(&mut reader, &row, below).await });
                        numbers.extend(self.runtime.block_on(read)?);
                    }
                    return Ok(numbers.pop_front());
                }
                Source::Open {
                    row,
                    segment,
                    documents,
                    behind,
                } => match next_of(segment, documents, behind) {
                    Ok(number) => return Ok(number),
                    Err(error) => (row.clone(), error),
                },
                Source::Closed(row) => {
                    let row = row.clone();
                    match self.open(&row) {
                        Ok((segment, documents, behind)) => {
                            self.sources[place] = Source::Open {
                                row,
                                segment,
                                documents,
                                behind,
                            };
                            continue;
                        }
                        Err(error) => (row, error),
                    }
                }
            };
            match row {
                (
                    _,
                    SegmentError::Page {
                        source: PageError::Gone,
                        ..
                    },
                ) => return Err(Trouble::Changed),
                (
                    _,
                    SegmentError::Page {
                        source: PageError::Storage(error),
                        ..
                    },
                ) => return Err(error.into()),
                (row, error) => {
                    tracing::warn!(segment = row.number, %error, "a segment of the index cannot be read: its messages are examined, and it is built anew");
                    self.store.index.note_unreadable(row.number);
                    self.sources[place] = Source::Examined {
                        row,
                        numbers: VecDeque::new(),
                    };
                }
            }
        }
    }

    fn open(&mut self, row: &SegmentRow) -> Result<(Opened, Documents, u32), SegmentError<PageError>> {
        let segment = pages::open(&self.store, row, &self.runtime)?;
        let mut filter = OfSegment {
            store: &self.store,
            runtime: &self.runtime,
            labelled: &self.labelled,
            row,
            segment: &segment,
        };
        let found = segment.candidates(&self.scope.query, None, &mut filter);
        let candidates = found.map_err(|error| match error {
            SearchError::Segment(error) | SearchError::Filter(error) => error,
        })?;
        let behind = segment.documents_before(self.below.unsigned_abs())?;
        let documents = match &mut self.certain {
            Certain::Given => candidates.into_documents(),
            Certain::Counted(counted) => {
                let (certain, others) = candidates.parted();
                *counted += u64::from(certain.count_before(behind));
                others
            }
            Certain::Apart(apart) => {
                let (certain, others) = candidates.parted();
                if !certain.is_empty() {
                    let rows = segment.rows()?;
                    let documents = certain.newest_first().filter(|document| *document < behind);
                    apart.extend(documents.filter_map(|document| rows.get(document as usize)));
                }
                others
            }
        };
        Ok((segment, documents, behind))
    }
}

fn next_of(segment: &Opened, documents: &Documents, behind: &mut u32) -> Result<Option<i64>, SegmentError<PageError>> {
    let Some(document) = documents.newest_before(*behind) else {
        return Ok(None);
    };
    *behind = document;
    Ok(segment.row(document)?.map(|row| row.number.cast_signed()))
}

/// The next messages of a segment's tenant and month below a number: its own are among them.
async fn of_month(connection: &mut SqliteConnection, row: &SegmentRow, below: i64) -> Result<Vec<i64>, sqlx::Error> {
    let moments = months::moments(row.partition.month);
    sqlx::query_scalar(
        "SELECT e.message FROM envelopes e JOIN streams s USING (stream)
         WHERE e.message >= ? AND e.message <= ? AND e.message < ? AND s.tenant = ? AND e.sent_at BETWEEN ? AND ?
         ORDER BY e.message DESC LIMIT ?",
    )
    .bind(row.first)
    .bind(row.last)
    .bind(below)
    .bind(row.partition.tenant.clone())
    .bind(*moments.start())
    .bind(*moments.end())
    .bind(READ_AT_ONCE)
    .fetch_all(connection)
    .await
}
