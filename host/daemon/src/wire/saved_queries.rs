//! Queries that are saved under a name.

use proviso_archive::{NamedQuery, NoNamedQuery, SavedQuery};
use proviso_model::{Principal, Timestamp};
use serde::{Deserialize, Serialize};

/// `POST /v1/archive/queries`: a query that is to be saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewQueryV1 {
    /// Whose messages it is for.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// In the language of queries.
    pub query: String,
    /// Whose days and months it means: a name of the time zone database; UTC if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl NewQueryV1 {
    /// The query, read.
    ///
    /// # Errors
    /// It cannot be saved.
    pub fn read(self) -> Result<NamedQuery, NoNamedQuery> {
        NamedQuery::new(self.tenant, self.name, self.query, self.zone.as_deref())
    }
}

/// `GET /v1/archive/queries`: some of the saved queries, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedQueriesV1 {
    /// None if there are no more.
    pub queries: Vec<SavedQueryV1>,
    /// `after` of the next; absent where there are no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// A saved query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedQueryV1 {
    /// From 1, rising.
    pub saved: i64,
    /// Whose messages it is for.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// As it was written.
    pub query: String,
    /// Whose days and months it means.
    pub zone: String,
    /// Who saved it.
    pub owner: Principal,
    /// When.
    pub saved_at: Timestamp,
}

impl From<SavedQuery> for SavedQueryV1 {
    fn from(saved: SavedQuery) -> Self {
        Self {
            saved: saved.number,
            tenant: saved.query.tenant().to_owned(),
            name: saved.query.name().to_owned(),
            query: saved.query.text().to_owned(),
            zone: saved.query.zone().to_owned(),
            owner: saved.by,
            saved_at: saved.at,
        }
    }
}
