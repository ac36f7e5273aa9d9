//! Looking for messages: reads what a person asks, has the archive look, and tells the log before anything is given.

use crate::wire::{CountedV1, FoundV1, SearchV1};
use proviso_archive::{
    Act, ActKind, Archive, Change, Inquiry, REQUEST_TEXT_BYTES_MAX, SEARCH_LISTED_MAX, Search, StorageError,
};
use proviso_model::Principal;
use proviso_model::time::{NotAZone, Zone};
use proviso_pipeline::places;
use proviso_search::Query;
use proviso_search::query::QueryError;

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

async fn read(archive: &Archive, asked: &SearchV1) -> Result<Search, SearchError> {
    let reason = asked.reason.trim();
    if reason.is_empty() || asked.reason.len() > REQUEST_TEXT_BYTES_MAX {
        return Err(SearchError::Reason(asked.reason.len()));
    }
    let zone = asked.zone.as_deref().map_or_else(|| Ok(Zone::utc()), Zone::named)?;
    let query = Query::parse(&asked.query)?;
    if let Some(unknown) = unknown_hold(archive, &query).await? {
        return Err(unknown.into());
    }
    let mut search = Search::new(&query, zone);
    search.tenant.clone_from(&asked.tenant);
    search.before = asked.before;
    if let Some(limit) = asked.limit {
        if !(1..=SEARCH_LISTED_MAX).contains(&limit) {
            return Err(SearchError::Limit(limit));
        }
        search.limit = limit;
    }
    Ok(search)
}

/// Looks for messages. Dropping the future before the log is told ends it, and gives nothing.
pub async fn search(archive: &Archive, asked: &SearchV1, by: &Principal) -> Result<FoundV1, SearchError> {
    let page = archive.search(&read(archive, asked).await?).await?;
    let given: Vec<i64> = page.matches.iter().map(|found| found.arrival).collect();
    let messages = given.len() as u64;
    tell(archive, asked, by, "query", given, messages).await?;
    Ok(page.into())
}

/// Counts messages. As [`search`]; the log has how many there were.
pub async fn count(archive: &Archive, asked: &SearchV1, by: &Principal) -> Result<CountedV1, SearchError> {
    let counted = archive.count(&read(archive, asked).await?).await?;
    tell(archive, asked, by, "count", Vec::new(), counted.messages).await?;
    Ok(counted.into())
}

async fn tell(
    archive: &Archive,
    asked: &SearchV1,
    by: &Principal,
    what: &'static str,
    given: Vec<i64>,
    messages: u64,
) -> Result<(), SearchError> {
    let (archive, by) = (archive.clone(), by.clone());
    let (query, reason) = (asked.query.clone(), asked.reason.clone());
    // A task of its own: whoever asked may go away, and the transaction goes on to its end.
    let told = tokio::spawn(async move {
        let act = Act {
            kind: ActKind::Search,
            message: None,
            what,
            inquiry: Some(Inquiry {
                query: &query,
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
