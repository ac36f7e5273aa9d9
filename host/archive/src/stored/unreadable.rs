//! What is no stored form.

/// A part that this crate would never have written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it has form {0}, which this program does not know: a newer Proviso may have written it")]
    Form(u8),
    #[error("it is cut off or has another form: {0}")]
    Bytes(#[from] postcard::Error),
    #[error("{what} {code:?} is unknown")]
    Code { what: &'static str, code: String },
    #[error("it is not what its digest says: somebody, or the disk, changed it")]
    Altered,
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
