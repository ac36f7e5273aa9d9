//! Pages of segments, opened as they are asked for, and a cache of those that were asked for last.

use super::segments::{self, SegmentRow};
use crate::keys::KeyError;
use crate::sqlite::Sqlite;
use crate::sqlite::sealing::{OpenRecord, Part};
use crate::storage::StorageError;
use hashlink::{LinkedHashMap, LruCache};
use proviso_search::segment::{PAGE_BYTES_MAX, Pages, Segment, SegmentError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::runtime::Handle;

/// Pages in the cache: 64 MiB at most.
const PAGES_KEPT: usize = (64 << 20) / PAGE_BYTES_MAX;
/// Opened segments in the cache, each with the first term of every page of its dictionary: some 8 KiB, 40 at most.
const SEGMENTS_KEPT: usize = 1_024;

/// A page cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Another segment took its place, or it went with a disposal.
    #[error("the segment is not there any more")]
    Gone,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A segment whose pages are read one by one. For threads that may wait.
pub(super) type Opened = Arc<Segment<StoredPages>>;

/// Where the pages of a segment come from.
pub(super) struct StoredPages {
    store: Weak<Sqlite>,
    runtime: Handle,
    segment: i64,
    count: u32,
    record: OpenRecord,
}

impl Pages for StoredPages {
    type Error = PageError;

    fn count(&self) -> u32 {
        self.count
    }

    fn page(&self, number: u32) -> Result<Arc<[u8]>, PageError> {
        let store = self.store.upgrade().ok_or(PageError::Gone)?;
        if let Some(page) = store.index.cache.page(self.segment, number) {
            return Ok(page);
        }
        let segment = self.segment;
        let sealed = self
            .runtime
            .block_on(store.reading(|mut reader| async move { segments::page(&mut reader, segment, number).await }))?;
        let sealed = sealed.ok_or(PageError::Gone)?;
        let page: Arc<[u8]> = self.record.open(Part::Page(number), &sealed)?.into();
        store.index.cache.keep(segment, number, &page);
        Ok(page)
    }
}

/// A segment, and the number of one of its pages.
type Place = (i64, u32);

/// What was asked for last, in memory alone.
pub(super) struct PageCache {
    pages: Mutex<LruCache<Place, Arc<[u8]>>>,
    segments: Mutex<LinkedHashMap<i64, Opened>>,
}

impl PageCache {
    pub(super) fn new() -> Self {
        Self {
            pages: Mutex::new(LruCache::new(PAGES_KEPT)),
            segments: Mutex::default(),
        }
    }

    fn page(&self, segment: i64, page: u32) -> Option<Arc<[u8]>> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(&(segment, page)).cloned()
    }

    fn keep(&self, segment: i64, number: u32, page: &Arc<[u8]>) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert((segment, number), Arc::clone(page));
    }

    /// Clears the cache of segments that are not there any more.
    pub(super) fn keep_only(&self, there: &HashSet<i64>) {
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        segments.retain(|segment, _| there.contains(segment));
        drop(segments);
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<Place> = pages
            .iter()
            .map(|(place, _)| *place)
            .filter(|(segment, _)| !there.contains(segment))
            .collect();
        for place in gone {
            pages.remove(&place);
        }
    }
}

/// Opens a segment, or takes it from the cache. For threads that may wait.
pub(super) fn open(store: &Arc<Sqlite>, row: &SegmentRow, runtime: &Handle) -> Result<Opened, SegmentError<PageError>> {
    let cache = &store.index.cache;
    let kept = || cache.segments.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(segment) = kept().to_back(&row.number) {
        return Ok(Arc::clone(segment));
    }
    let record = store.sealing.open_segment(&row.partition.tenant, row.number, row.key);
    let record = record.map_err(|error| SegmentError::Page {
        page: 0,
        source: error.into(),
    })?;
    let segment = Arc::new(Segment::open(StoredPages {
        store: Arc::downgrade(store),
        runtime: runtime.clone(),
        segment: row.number,
        count: row.pages,
        record,
    })?);
    let mut segments = kept();
    segments.insert(row.number, Arc::clone(&segment));
    if segments.len() > SEGMENTS_KEPT {
        segments.pop_front();
    }
    Ok(segment)
}
