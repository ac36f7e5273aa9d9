//! Looking for messages: reads what a person asks, has the archive look, and tells the log before anything is given.

use crate::wire::{CountedV1, FoundV1, SearchV1};
use proviso_archive::{
    Act, ActKind, Archive, Change, Inquiry, NoSortPlace, REQUEST_TEXT_BYTES_MAX, SEARCH_LISTED_MAX, SEARCH_TIME_MAX,
    SavedQueryRefusal, Search, SortBy, SortOrder, Sorting, StorageError,
};
use proviso_model::Principal;
use proviso_model::time::{NotAZone, Zone};
use proviso_pipeline::places;
use proviso_search::Query;
use proviso_search::query::QueryError;

/// Bytes of a place that an error shows.
const PLACE_BYTES_SHOWN: usize = 64;

/// Why nothing was looked for, or nothing given.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// No reason, or a long one.
    #[error("the reason has {0} bytes: expected 1 to {REQUEST_TEXT_BYTES_MAX} that say why")]
    Reason(usize),
    /// More messages than one answer has.
    #[error("limit {0}: expected 1 to {SEARCH_LISTED_MAX}")]
    Limit(u32),
    /// No zone of that name.
    #[error(transparent)]
    Zone(#[from] NotAZone),
    /// An order to keep that is not there.
    #[error(transparent)]
    Hold(#[from] UnknownHold),
    /// A place of another order.
    #[error(
        "`before` is a place in the order of arrival, the last first, and `after` one in an order that is asked for"
    )]
    OtherPlace,
    /// No place in an order.
    #[error("`after` {0:?}: {1}")]
    Place(String, #[source] NoSortPlace),
    /// Not all messages that are found were looked at in time.
    #[error("after {} seconds not all was looked at that may come first: ask for less, as by `since:` and `until:`, or for no order", SEARCH_TIME_MAX.as_secs())]
    TooMuchToSort,
    /// A query is written out, or the name of a saved one is given.
    #[error("expected a query, or the name of a saved one, and not both")]
    TwoQueries,
    /// A name of a saved query is one of a tenant.
    #[error("a saved query is of one tenant: name it")]
    NoTenant,
    /// A saved query has its own zone.
    #[error("a saved query means the days of the zone that it was saved with: name none")]
    TwoZones,
    /// There is no such saved query.
    #[error(transparent)]
    Unsaved(SavedQueryRefusal),
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log cannot tell of it.
    #[error("the log cannot tell of the search, and nothing is given without")]
    Log(#[source] anyhow::Error),
}

/// There is no order to keep of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no hold {0}: see `proviso hold list`")]
pub struct UnknownHold(pub i64);

/// The first order that a query asks for and that is not there: nothing would be found, and that would say nothing.
pub(crate) async fn unknown_hold(archive: &Archive, query: &Query) -> Result<Option<UnknownHold>, StorageError> {
    let mut asked = query.holds().peekable();
    if asked.peek().is_none() {
        return Ok(None);
    }
    let known = archive.holds().await?;
    let unknown = asked.find(|number| known.iter().all(|hold| hold.number != *number));
    Ok(unknown.map(UnknownHold))
}

impl SearchError {
    /// True if whoever asked can mend it.
    pub fn is_of_the_caller(&self) -> bool {
        !matches!(self, SearchError::Storage(_) | SearchError::Log(_))
    }
}

/// A search that was read, and the text of its query as the log has it.
struct Read {
    search: Search,
    query: String,
}

/// The query that is asked, with its zone.
async fn query_of(archive: &Archive, asked: &SearchV1) -> Result<(String, Option<String>), SearchError> {
    let name = match (&asked.query, &asked.saved) {
        (Some(query), None) => return Ok((query.clone(), asked.zone.clone())),
        (None, Some(name)) => name,
        _ => return Err(SearchError::TwoQueries),
    };
    let tenant = asked.tenant.as_ref().ok_or(SearchError::NoTenant)?;
    if asked.zone.is_some() {
        return Err(SearchError::TwoZones);
    }
    match archive.saved_query(tenant, name).await? {
        Some(saved) => Ok((saved.query.text().to_owned(), Some(saved.query.zone().to_owned()))),
        None => Err(SearchError::Unsaved(SavedQueryRefusal::unknown(tenant, name))),
    }
}

async fn read(archive: &Archive, asked: &SearchV1) -> Result<Read, SearchError> {
    let reason = asked.reason.trim();
    if reason.is_empty() || asked.reason.len() > REQUEST_TEXT_BYTES_MAX {
        return Err(SearchError::Reason(asked.reason.len()));
    }
    let (text, zone) = query_of(archive, asked).await?;
    let zone = zone.as_deref().map_or_else(|| Ok(Zone::utc()), Zone::named)?;
    let query = Query::parse(&text)?;
    if let Some(unknown) = unknown_hold(archive, &query).await? {
        return Err(unknown.into());
    }
    let mut search = Search::new(&query, zone);
    search.tenant.clone_from(&asked.tenant);
    search.before = asked.before;
    search.sorting = sorting_of(asked)?;
    search.masked = asked.masked;
    if let Some(limit) = asked.limit {
        if !(1..=SEARCH_LISTED_MAX).contains(&limit) {
            return Err(SearchError::Limit(limit));
        }
        search.limit = limit;
    }
    Ok(Read { search, query: text })
}

/// The order that is asked for; none where those come first that arrived last.
fn sorting_of(asked: &SearchV1) -> Result<Option<Sorting>, SearchError> {
    let by = asked.sort.map_or(SortBy::Arrived, Into::into);
    let order = asked.order.map_or(SortOrder::Descending, Into::into);
    let is_usual = (by, order) == (SortBy::Arrived, SortOrder::Descending);
    if is_usual && asked.after.is_some() || !is_usual && asked.before.is_some() {
        return Err(SearchError::OtherPlace);
    }
    let place = |text: &String| {
        let shown = || text[..text.floor_char_boundary(PLACE_BYTES_SHOWN)].to_owned();
        text.parse().map_err(|error| SearchError::Place(shown(), error))
    };
    let after = asked.after.as_ref().map(place).transpose()?;
    Ok((!is_usual).then_some(Sorting { by, order, after }))
}

/// Looks for messages. Dropping the future before the log is told ends it, and gives nothing.
pub async fn search(archive: &Archive, asked: &SearchV1, by: &Principal) -> Result<FoundV1, SearchError> {
    let read = read(archive, asked).await?;
    let page = archive.search(&read.search).await?;
    if page.is_cut_short && read.search.sorting.is_some() {
        return Err(SearchError::TooMuchToSort);
    }
    let given: Vec<i64> = page.matches.iter().map(|found| found.arrival).collect();
    let messages = given.len() as u64;
    tell(archive, (asked, read.query), by, "query", given, messages).await?;
    Ok(page.into())
}

/// Counts messages. As [`search`]; the log has how many there were.
pub async fn count(archive: &Archive, asked: &SearchV1, by: &Principal) -> Result<CountedV1, SearchError> {
    let read = read(archive, asked).await?;
    let counted = archive.count(&read.search).await?;
    tell(archive, (asked, read.query), by, "count", Vec::new(), counted.messages).await?;
    Ok(counted.into())
}

async fn tell(
    archive: &Archive,
    (asked, query): (&SearchV1, String),
    by: &Principal,
    what: &'static str,
    given: Vec<i64>,
    messages: u64,
) -> Result<(), SearchError> {
    let (archive, by) = (archive.clone(), by.clone());
    let (saved, reason, masked) = (asked.saved.clone(), asked.reason.clone(), asked.masked);
    // A task of its own: whoever asked may go away, and the transaction goes on to its end.
    let told = tokio::spawn(async move {
        let act = Act {
            kind: ActKind::Search,
            message: None,
            what,
            inquiry: Some(Inquiry {
                query: &query,
                saved: saved.as_deref(),
                masked,
                reason: &reason,
                found: &given,
            }),
            messages,
            at: places::now(),
        };
        archive.commit(Change::Noted(&act), &by).await
    });
    match told.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(SearchError::Log(error.into())),
        Err(error) => Err(SearchError::Log(error.into())),
    }
}
