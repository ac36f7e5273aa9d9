//! Why the statements of a change were not all run.

use crate::change::CommitError;
use crate::keys::KeyError;

/// Why a change was not written.
pub(super) enum Failure {
    /// It does not fit what the archive holds.
    Refused(CommitError),
    Sql(sqlx::Error),
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Failure::Refused(CommitError::Sealing(error))
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Failure::Sql(error)
    }
}
