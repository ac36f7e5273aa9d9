//! Why the statements of a change were not all run.

use crate::change::CommitError;

/// Why a change was not written.
pub(super) enum Failure {
    /// It does not fit what the archive holds.
    Refused(CommitError),
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Failure::Sql(error)
    }
}
