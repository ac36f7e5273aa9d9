//! Which message a request means.

use super::problem::{ApiError, Code};
use proviso_model::MessageId;

/// Bytes of a value that an error quotes.
const SHOWN_BYTES_MAX: usize = 64;

/// The message that is written `tenant/channel/identifier`.
pub(super) fn message_id(text: &str) -> Result<MessageId, ApiError> {
    MessageId::of_text(text).ok_or_else(|| {
        let shown = &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)];
        let why = format!("{shown:?} is no message: expected tenant/channel/identifier");
        ApiError::yours(Code::BadRequest, why)
    })
}
