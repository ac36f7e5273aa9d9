//! Looking for messages, the last one that arrived first. Those that the index says a query may find, and those that are in no segment of it,
//! are opened, and each is asked whether the query finds it.
//!
//! A chunk is opened and looked at on as many threads as there are processors. A message that is disposed of meanwhile is in a chunk that
//! was read before, or nowhere.
//!
//! `read` reads rows, `look` opens them and asks whether the query finds each; `sorted` gives them in another order, `masking` under pseudonyms.

mod look;
mod masking;
mod read;
mod sorted;

use crate::search::{Counted, NotOpened, Page, SEARCH_LISTED_MAX, SEARCH_PAGE_BYTES, SEARCH_TIME_MAX, Search, SortBy};
use crate::sqlite::Sqlite;
use crate::sqlite::index::candidates::{Numbers, Scope, Trouble};
use crate::storage::StorageError;
use look::{Look, LookedAt, Sought};
use read::{CHUNK, Wanted, Which};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Candidates that are read first: most of them are found, and a page is full with few.
const FIRST_CANDIDATES: usize = 64;

/// A search that runs.
struct Looking {
    scope: Scope,
    wanted: Wanted,
    sought: Arc<Sought>,
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

impl Sqlite {
    pub(crate) async fn search(self: &Arc<Self>, asked: &Search) -> Result<Page, StorageError> {
        let limit = asked.limit.clamp(1, SEARCH_LISTED_MAX) as usize;
        if let Some(sorting) = &asked.sorting {
            return self.search_sorted(asked, sorting, limit).await;
        }
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
            query: asked.prepared(),
            tenant: asked.tenant.clone(),
            sent: asked.query.sent(),
        };
        if scope.sent.is_empty() {
            return Ok(None);
        }
        let by_severity = asked.sorting.is_some_and(|sorting| sorting.by == SortBy::Severity);
        let wanted = Wanted::of(&asked.query, by_severity);
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
                .read(
                    &looking.scope,
                    &looking.wanted,
                    Which::Between(plan.progress, progress.before),
                )
                .await?;
            let looks = self.look_at(read.chunk, &looking.wanted, &looking.sought).await?;
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
                let read = self
                    .read(&looking.scope, &looking.wanted, Which::These(queue.make_contiguous()))
                    .await?;
                let looks = self.look_at(read.chunk, &looking.wanted, &looking.sought).await?;
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
}

impl Page {
    fn empty() -> Self {
        Self {
            matches: Vec::new(),
            looked_at: 0,
            next: None,
            next_place: None,
            is_cut_short: false,
            unreadable: None,
        }
    }

    fn note_unreadable(&mut self, why: String) {
        let first = NotOpened {
            messages: 0,
            first: why,
        };
        self.unreadable.get_or_insert(first).messages += 1;
    }
}

impl Progress {
    fn new(asked: &Search, limit: Option<usize>) -> Self {
        Self {
            page: Page::empty(),
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
                    page.note_unreadable(why);
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
