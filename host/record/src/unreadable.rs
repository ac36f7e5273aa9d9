//! What is no stored form.

/// A part that this crate would never have written.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Of a form that is not known.
    #[error("it has form {0}, which this program does not know: a newer Proviso may have written it")]
    Form(u8),
    /// Not of its form.
    #[error("it is cut off or has another form: {0}")]
    Bytes(#[from] postcard::Error),
    /// A number or name that stands for nothing.
    #[error("{what} {code:?} is unknown")]
    Code {
        /// Of what.
        what: &'static str,
        /// The number or name.
        code: String,
    },
    /// Another text, or other numbers, than it was written from.
    #[error("it is not what its digest says: somebody, or the disk, changed it")]
    Altered,
    /// No JSON of the form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
