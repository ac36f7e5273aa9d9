//! Queries that somebody saved under a name, for those who look for messages of the same tenant.

use proviso_model::time::{NotAZone, Zone};
use proviso_model::{Principal, Timestamp};
use proviso_search::Query;
use proviso_search::query::QueryError;

/// Bytes of the name of a saved query, at most.
pub const QUERY_NAME_BYTES_MAX: usize = 64;
/// Saved queries of one tenant, at most.
pub const SAVED_QUERIES_MAX: u32 = 1_000;
/// Saved queries of one list, at most.
pub const SAVED_QUERIES_LISTED_MAX: u32 = 256;

/// A query that can be saved: of 1 to [`QUERY_BYTES_MAX`](proviso_search::query::QUERY_BYTES_MAX) bytes, with the zone whose days and months it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedQuery {
    /// Whose messages it is for.
    pub(crate) tenant: String,
    /// 1 to [`QUERY_NAME_BYTES_MAX`] bytes that can be seen, without blanks at its ends.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) zone: String,
}

/// No query that can be saved.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoNamedQuery {
    /// It cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// No zone of that name.
    #[error(transparent)]
    Zone(#[from] NotAZone),
    /// No name.
    #[error(
        "the name {0:?} is none of a query: expected 1 to {QUERY_NAME_BYTES_MAX} bytes that can be seen, without blanks at its ends"
    )]
    Name(String),
    /// No tenant.
    #[error("a saved query is of one tenant: name it")]
    Tenant,
}

impl NamedQuery {
    /// Reads one. Its days and months are those of the zone; UTC where none is named.
    pub fn new(tenant: String, name: String, text: String, zone: Option<&str>) -> Result<Self, NoNamedQuery> {
        if tenant.trim().is_empty() {
            return Err(NoNamedQuery::Tenant);
        }
        let is_name = (1..=QUERY_NAME_BYTES_MAX).contains(&name.len())
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if !is_name {
            return Err(NoNamedQuery::Name(
                name[..name.floor_char_boundary(QUERY_NAME_BYTES_MAX)].to_owned(),
            ));
        }
        Query::parse(&text)?;
        let zone = zone.map_or_else(|| Ok(Zone::utc()), Zone::named)?;
        Ok(Self {
            tenant,
            name,
            text,
            zone: zone.name().to_owned(),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose messages it is for.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The name of its zone.
    pub fn zone(&self) -> &str {
        &self.zone
    }
}

/// A query as it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedQuery {
    /// From 1, rising.
    pub number: i64,
    /// The query.
    pub query: NamedQuery,
    /// Who saved it, and owns it.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
}

/// A query that is to go.
#[derive(Debug, Clone, Copy)]
pub struct DeletingQuery<'a> {
    /// Whose messages it is for.
    pub tenant: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Which may go.
    pub owners: Owners,
    /// When.
    pub at: Timestamp,
}

/// Whose queries somebody may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// Their own.
    Own,
    /// Everybody's.
    All,
}

/// Why a query was not saved, not deleted, or not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedQueryRefusal {
    /// Its name is taken.
    #[error("tenant {tenant:?} has a saved query {name:?}, of {owner}: give another name, or delete it")]
    Taken {
        /// Whose.
        tenant: String,
        /// The name.
        name: String,
        /// Who saved it.
        owner: Principal,
    },
    /// There are too many.
    #[error("tenant {0:?} has {SAVED_QUERIES_MAX} saved queries: delete some")]
    TooMany(String),
    /// There is none of that name.
    #[error("tenant {tenant:?} has no saved query {name:?}: see `proviso archive query list`")]
    Unknown {
        /// Whose.
        tenant: String,
        /// The name, its first 64 bytes.
        name: String,
    },
    /// It is somebody else's.
    #[error("the saved query {name:?} is of {owner}: its owner deletes it, or the operator")]
    OfAnother {
        /// The name.
        name: String,
        /// Who saved it.
        owner: Principal,
    },
}

impl SavedQueryRefusal {
    /// A tenant has no query of that name; both are cut to what an error shows.
    pub fn unknown(tenant: &str, name: &str) -> Self {
        let cut = |text: &str| text[..text.floor_char_boundary(QUERY_NAME_BYTES_MAX)].to_owned();
        let (tenant, name) = (cut(tenant), cut(name));
        SavedQueryRefusal::Unknown { tenant, name }
    }
}
