//! Queries that are saved under a name: kept, listed, and deleted.

use crate::searching::{UnknownHold, unknown_hold};
use crate::wire::{NewQueryV1, SavedQueriesV1};
use proviso_archive::{
    Archive, Change, CommitError, DeletingQuery, NoNamedQuery, Owners, Receipt, SAVED_QUERIES_LISTED_MAX,
    SavedQueryRefusal, StorageError,
};
use proviso_model::Principal;
use proviso_pipeline::places;
use proviso_search::Query;

/// Why a query was not saved, or not deleted.
#[derive(Debug, thiserror::Error)]
pub enum SavedQueryError {
    /// It cannot be saved, whatever is there.
    #[error(transparent)]
    IllFormed(#[from] NoNamedQuery),
    /// An order to keep that is not there.
    #[error(transparent)]
    Hold(#[from] UnknownHold),
    /// It cannot be saved or deleted as things are.
    #[error(transparent)]
    Refused(SavedQueryRefusal),
    /// The archive cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The archive cannot be written.
    #[error(transparent)]
    Commit(CommitError),
}

impl SavedQueryError {
    /// True if whoever asked can mend it.
    pub fn is_of_the_caller(&self) -> bool {
        !matches!(self, SavedQueryError::Storage(_) | SavedQueryError::Commit(_))
    }
}

impl From<CommitError> for SavedQueryError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::SavedQuery(refusal) => SavedQueryError::Refused(refusal),
            error => SavedQueryError::Commit(error),
        }
    }
}

/// Saves a query under a name, and gives its number. Who saves it owns it.
///
/// # Errors
/// It cannot be read, its name is taken, or the archive cannot be written.
pub async fn save(archive: &Archive, query: NewQueryV1, by: &Principal) -> Result<i64, SavedQueryError> {
    let query = query.read()?;
    let parsed = Query::parse(query.text()).map_err(NoNamedQuery::from)?;
    if let Some(unknown) = unknown_hold(archive, &parsed).await? {
        return Err(unknown.into());
    }
    let save = Change::SaveQuery {
        query: &query,
        at: places::now(),
    };
    match archive.commit(save, by).await? {
        Receipt::SavedQuery { number } => Ok(number),
        _ => unreachable!("the receipt of another change"),
    }
}

/// Deletes the saved query of a name, if it is of an owner whose queries may go.
///
/// # Errors
/// There is none, it is somebody else's, or the archive cannot be written.
pub async fn delete(
    archive: &Archive,
    (tenant, name): (&str, &str),
    owners: Owners,
    by: &Principal,
) -> Result<(), SavedQueryError> {
    let deleting = DeletingQuery {
        tenant,
        name,
        owners,
        at: places::now(),
    };
    archive.commit(Change::DeleteQuery(&deleting), by).await?;
    Ok(())
}

/// Saved queries of a tenant, or of all, behind a number; 0: from the first.
///
/// # Errors
/// The archive cannot be read.
pub async fn list(archive: &Archive, tenant: Option<&str>, after: i64) -> Result<SavedQueriesV1, StorageError> {
    let saved = archive.saved_queries(tenant, after, SAVED_QUERIES_LISTED_MAX).await?;
    let is_full = saved.len() == SAVED_QUERIES_LISTED_MAX as usize;
    Ok(SavedQueriesV1 {
        next: saved.last().map(|last| last.number).filter(|_| is_full),
        queries: saved.into_iter().map(Into::into).collect(),
    })
}
