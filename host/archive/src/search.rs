//! Looking for messages by what they say, who took part, and what became of them.

use proviso_model::time::Zone;
use proviso_model::verdict::Severity;
use proviso_model::{Message, Timestamp};
use proviso_search::{Mark, Prepared, Query};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Messages of one page, at most.
pub const SEARCH_LISTED_MAX: u32 = 1_000;
/// Bytes of the texts and raw forms of a page's messages at which it takes no more.
pub const SEARCH_PAGE_BYTES: usize = 4 << 20;
/// How long one page may be looked for, at most.
pub const SEARCH_TIME_MAX: Duration = Duration::from_secs(30);

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Search {
    pub(crate) query: Arc<Prepared>,
    pub(crate) zone: Zone,
    /// Only messages of this tenant.
    pub tenant: Option<String>,
    /// Only messages that arrived before the one of this number.
    pub before: Option<i64>,
    /// In which order otherwise; `None`: those first that arrived last. `before` says nothing then.
    pub sorting: Option<Sorting>,
    /// What is given names nobody: pseudonyms stand for names, numbers and identifiers, the same in all such searches. A word counts where it stands
    /// beside them, or names all of what one stands for.
    pub masked: bool,
    /// Messages of the page: 1 to [`SEARCH_LISTED_MAX`].
    pub limit: u32,
    /// After so long the page ends with what was found: at most [`SEARCH_TIME_MAX`].
    pub time: Duration,
}

impl Search {
    /// A first page of 20 messages. Days and months of the query, and those of the directory, are those of the zone.
    pub fn new(query: &Query, zone: Zone) -> Self {
        Self {
            query: Arc::new(Prepared::new(query, &zone)),
            zone,
            tenant: None,
            before: None,
            sorting: None,
            masked: false,
            limit: 20,
            time: SEARCH_TIME_MAX,
        }
    }
}

impl Search {
    /// The query as messages and indexes are asked it.
    pub(crate) fn prepared(&self) -> Arc<Prepared> {
        if self.masked {
            Arc::new(Prepared::clone(&self.query).hiding())
        } else {
            Arc::clone(&self.query)
        }
    }
}

/// What messages are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// Their place in the order of arrival.
    Arrived,
    /// When they were sent.
    Sent,
    /// The most severe finding that each has now; those without any are the least.
    Severity,
}

/// Which come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

/// An order of messages, and from where on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    /// By what.
    pub by: SortBy,
    /// Which first.
    pub order: SortOrder,
    /// Only messages behind this place; `None`: from the first.
    pub after: Option<SortPlace>,
}

/// Where a message stands in an order: what it is sorted by, and its place in the order of arrival, so that no two stand at one. As text
/// `KEY.ARRIVAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortPlace {
    /// Its place in the order of arrival; milliseconds since 1970; or 0 for no finding and 1 to 4 for the severities.
    pub key: i64,
    /// Its place in the order of arrival.
    pub arrival: i64,
}

/// A text that is no place in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected KEY.ARRIVAL, as the page before gave it")]
pub struct NoSortPlace;

impl fmt::Display for SortPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, self.arrival)
    }
}

impl FromStr for SortPlace {
    type Err = NoSortPlace;

    fn from_str(text: &str) -> Result<Self, NoSortPlace> {
        let (key, arrival) = text.split_once('.').ok_or(NoSortPlace)?;
        Ok(Self {
            key: key.parse().map_err(|_| NoSortPlace)?,
            arrival: arrival.parse().map_err(|_| NoSortPlace)?,
        })
    }
}

/// A message that a query finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// When its batch was received.
    pub received_at: Timestamp,
    /// The message.
    pub message: Message,
    /// Where the words of the query stand in it.
    pub marks: Vec<Mark>,
    /// The most severe finding; also `None` where nobody asked for findings.
    pub severity: Option<Severity>,
}

/// Some of the messages that a query finds, in the order that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// At most as many as were asked for.
    pub matches: Vec<Match>,
    /// How many messages were looked at.
    pub looked_at: u64,
    /// Where the next page begins ([`Search::before`]); absent where nothing is left to look at.
    pub next: Option<i64>,
    /// The same in another order than that of arrival ([`Sorting::after`]).
    pub next_place: Option<SortPlace>,
    /// True where the time was over before the page was full. In another order than that of arrival nothing is given then: what was not looked at
    /// might come first.
    pub is_cut_short: bool,
    /// Those that could not be opened; absent where all could.
    pub unreadable: Option<NotOpened>,
}

/// Messages that nobody can say of whether a query finds them: they are damaged, or their keys are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOpened {
    /// How many.
    pub messages: u64,
    /// The first one, and why it could not be opened; nothing of what it says.
    pub first: String,
}

/// How many messages a query finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// So many; at least so many where the time was over before all were counted.
    pub messages: u64,
    /// How many messages were looked at. The others were counted by the index.
    pub looked_at: u64,
    /// True where the time was over before all were counted.
    pub is_cut_short: bool,
    /// Those that could not be opened; absent where all could.
    pub unreadable: Option<NotOpened>,
}
