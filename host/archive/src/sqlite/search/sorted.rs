//! Messages in another order than that of their arrival. Every message that the query finds is asked where it stands, and of these places a page's
//! are kept; then these messages are opened. What the index is certain of is asked by columns alone.
//!
//! What is held is one place for each message of the page, and what one segment says of its messages: 32 bytes each, of at most a million.

use super::look::Look;
use super::read::{CHUNK, Which};
use super::{Looking, Page};
use crate::search::{Match, SEARCH_PAGE_BYTES, SEARCH_TIME_MAX, Search, SortBy, SortOrder, SortPlace, Sorting};
use crate::sqlite::Sqlite;
use crate::sqlite::bulk::Lookup;
use crate::sqlite::index::candidates::{Numbers, Trouble};
use crate::storage::StorageError;
use proviso_model::verdict::Severity;
use proviso_search::segment::Row;
use sqlx::Row as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// Messages of a page that are opened together.
const OPENED: usize = 64;
/// The most severe finding of messages, by their numbers.
const SEVEREST: Lookup = Lookup {
    columns: &["message"],
    select:
        "SELECT f.message, max(CASE f.severity WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END)
             FROM wanted w CROSS JOIN findings f ON f.message = w.message GROUP BY f.message",
};

/// The first places of an order behind one of them.
struct Best {
    sorting: Sorting,
    limit: usize,
    places: BTreeSet<SortPlace>,
    /// There are more than it has.
    is_more: bool,
}

impl Best {
    fn offer(&mut self, place: SortPlace) {
        let is_descending = self.sorting.order == SortOrder::Descending;
        let is_behind = |after: SortPlace| if is_descending { place < after } else { place > after };
        if !self.sorting.after.is_none_or(is_behind) {
            return;
        }
        self.places.insert(place);
        if self.places.len() > self.limit {
            self.is_more = true;
            if is_descending {
                self.places.pop_first();
            } else {
                self.places.pop_last();
            }
        }
    }

    fn in_order(&self) -> Vec<SortPlace> {
        let places = self.places.iter().copied();
        match self.sorting.order {
            SortOrder::Ascending => places.collect(),
            SortOrder::Descending => places.rev().collect(),
        }
    }
}

fn of_severity(severity: Option<Severity>) -> i64 {
    severity.map_or(0, |severity| 1 + severity as i64)
}

fn place_of(found: &Match, by: SortBy) -> SortPlace {
    let key = match by {
        SortBy::Arrived => found.arrival,
        SortBy::Sent => found.message.sent_at.as_millis(),
        SortBy::Severity => of_severity(found.severity),
    };
    SortPlace {
        key,
        arrival: found.arrival,
    }
}

/// How a pass over all that may be found ended.
enum Ended {
    Whole,
    /// The index changed meanwhile.
    Changed,
    TimeOver,
}

impl Sqlite {
    pub(super) async fn search_sorted(
        self: &Arc<Self>,
        asked: &Search,
        sorting: &Sorting,
        limit: usize,
    ) -> Result<Page, StorageError> {
        let until = Instant::now() + asked.time.min(SEARCH_TIME_MAX);
        let Some(mut looking) = self.looking(asked).await? else {
            return Ok(Page::empty());
        };
        if let (SortBy::Sent, Some(after)) = (sorting.by, sorting.after) {
            let (start, end) = looking.scope.sent.clone().into_inner();
            looking.scope.sent = match sorting.order {
                SortOrder::Ascending => start.max(after.key)..=end,
                SortOrder::Descending => start..=end.min(after.key),
            };
        }
        loop {
            let mut page = Page::empty();
            let mut best = Best {
                sorting: *sorting,
                limit,
                places: BTreeSet::new(),
                is_more: false,
            };
            match self.pass_sorted(&looking, &mut best, &mut page, until).await? {
                Ended::Whole => {
                    self.open_sorted(&looking, &best, &mut page).await?;
                    return Ok(page);
                }
                Ended::Changed if Instant::now() < until => {}
                Ended::Changed | Ended::TimeOver => {
                    page.is_cut_short = true;
                    return Ok(page);
                }
            }
        }
    }

    /// Asks every message that the query finds where it stands.
    async fn pass_sorted(
        self: &Arc<Self>,
        looking: &Looking,
        best: &mut Best,
        page: &mut Page,
        until: Instant,
    ) -> Result<Ended, StorageError> {
        let plan = self.plan(&looking.scope).await?;
        let (end, mut before) = (plan.progress.saturating_add(1), i64::MAX);
        while before > end {
            let which = Which::Between(plan.progress, before);
            before = self.note_places(looking, which, best, page).await?.unwrap_or(end);
            if Instant::now() >= until {
                return Ok(Ended::TimeOver);
            }
        }
        let mut numbers = Numbers::new(Arc::clone(self), looking.scope.clone(), plan, before).apart();
        loop {
            let taken = match numbers.take(CHUNK as usize, until).await {
                Ok((rest, taken)) => {
                    numbers = rest;
                    taken
                }
                Err(Trouble::Changed) => return Ok(Ended::Changed),
                Err(Trouble::Storage(error)) => return Err(error),
            };
            self.note_certain(&taken.certain, best).await?;
            let mut left = taken.numbers;
            while !left.is_empty() {
                match self.note_places(looking, Which::These(&left), best, page).await? {
                    Some(last) => left.retain(|number| *number < last),
                    None => left.clear(),
                }
            }
            if taken.is_end {
                return Ok(Ended::Whole);
            }
            if Instant::now() >= until {
                return Ok(Ended::TimeOver);
            }
        }
    }

    /// Opens messages, and notes where those stand that are found. Up to which all were read; none where all were.
    async fn note_places(
        self: &Arc<Self>,
        looking: &Looking,
        which: Which<'_>,
        best: &mut Best,
        page: &mut Page,
    ) -> Result<Option<i64>, StorageError> {
        let read = self.read(&looking.scope, &looking.wanted, which).await?;
        for (_, look) in self.look_at(read.chunk, &looking.wanted, &looking.sought).await? {
            page.looked_at += 1;
            match look {
                Look::Found(found) => best.offer(place_of(&found, best.sorting.by)),
                Look::Other => {}
                Look::Unreadable(why) => page.note_unreadable(why),
            }
        }
        Ok(read.down_to)
    }

    /// Notes where messages stand that are found for certain.
    async fn note_certain(&self, rows: &[Row], best: &mut Best) -> Result<(), StorageError> {
        for rows in rows.chunks(CHUNK as usize) {
            let numbers: Vec<i64> = rows.iter().map(|row| row.number.cast_signed()).collect();
            let severest: HashMap<i64, i64> = match best.sorting.by {
                SortBy::Severity => {
                    self.reading(|mut reader| async move {
                        let rows = SEVEREST.run(&mut reader, &numbers, |values, number| {
                            values.int(*number);
                        });
                        let rows = rows.await?;
                        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
                    })
                    .await?
                }
                SortBy::Arrived | SortBy::Sent => HashMap::new(),
            };
            for row in rows {
                let arrival = row.number.cast_signed();
                let key = match best.sorting.by {
                    SortBy::Arrived => arrival,
                    SortBy::Sent => row.sent_ms,
                    SortBy::Severity => severest.get(&arrival).copied().unwrap_or(0),
                };
                best.offer(SortPlace { key, arrival });
            }
        }
        Ok(())
    }

    /// Opens the messages of a page. One that was disposed of meanwhile is passed over.
    async fn open_sorted(
        self: &Arc<Self>,
        looking: &Looking,
        best: &Best,
        page: &mut Page,
    ) -> Result<(), StorageError> {
        let places = best.in_order();
        let (mut bytes, mut given) = (0, 0);
        for places in places.chunks(OPENED) {
            let mut looks: HashMap<i64, Look> = HashMap::new();
            let mut left: Vec<i64> = places.iter().map(|place| place.arrival).collect();
            left.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
            while !left.is_empty() {
                let read = self.read(&looking.scope, &looking.wanted, Which::These(&left)).await?;
                looks.extend(self.look_at(read.chunk, &looking.wanted, &looking.sought).await?);
                match read.down_to {
                    Some(last) => left.retain(|number| *number < last),
                    None => left.clear(),
                }
            }
            for place in places {
                given += 1;
                page.next_place = Some(*place);
                match looks.remove(&place.arrival) {
                    Some(Look::Found(found)) => {
                        bytes += found.message.raw.len() + found.message.text.len();
                        page.matches.push(*found);
                    }
                    Some(Look::Unreadable(why)) => page.note_unreadable(why),
                    Some(Look::Other) | None => {}
                }
                if bytes >= SEARCH_PAGE_BYTES {
                    break;
                }
            }
            if bytes >= SEARCH_PAGE_BYTES {
                break;
            }
        }
        if !best.is_more && given == places.len() {
            page.next_place = None;
        }
        Ok(())
    }
}
