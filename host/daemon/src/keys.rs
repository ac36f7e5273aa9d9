//! Rotates keys: a new version, and every record key wrapped by it.

use proviso_archive::{Archive, Change, CommitError, KeyInfo, KeysError, Receipt, SuiteName};
use proviso_model::Principal;
use proviso_pipeline::places;

/// A rotation ended before its end. What is wrapped stays wrapped; a rotation that is begun again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// No new version was made.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Records are still wrapped by an older version.
    #[error("{rewrapped} records were wrapped anew, and then: {source}")]
    Commit {
        /// How many were.
        rewrapped: u64,
        /// What went wrong.
        source: CommitError,
    },
}

/// Makes the next version and wraps every record key by it, some in each transaction. `told` hears how many, as they come.
///
/// # Errors
/// If no version can be made, or a transaction fails.
pub async fn rotate(
    archive: &Archive,
    tenant: Option<&str>,
    suite: Option<SuiteName>,
    by: &Principal,
    mut told: impl FnMut(u64),
) -> Result<(KeyInfo, u64), RotationError> {
    let key = archive.add_key(tenant, suite, places::now(), by).await?;
    let (mut after, mut rewrapped) = (0, 0);
    loop {
        let commit = archive
            .commit(
                Change::Rewrap {
                    after,
                    at: places::now(),
                },
                by,
            )
            .await;
        let receipt = commit.map_err(|source| RotationError::Commit { rewrapped, source })?;
        let Receipt::Rewrapped { records, last } = receipt else {
            unreachable!("the receipt of another change");
        };
        rewrapped += records;
        told(rewrapped);
        match last {
            Some(last) => after = last,
            None => return Ok((key, rewrapped)),
        }
    }
}
