//! Which messages of a batch are new.

use proviso_model::Digest;

/// What the archive has under a message's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be judged and ingested.
    New,
    /// The same content: it was delivered before.
    Same,
    /// It was there, and was disposed of: it does not come back.
    Disposed,
    /// Other content: the first stays, and this one is a conflict.
    Conflict {
        /// Content digest of the first.
        kept: Digest,
    },
}
