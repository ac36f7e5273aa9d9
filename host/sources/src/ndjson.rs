//! Canonical messages, one JSON object a line.

use proviso_model::Message;
use proviso_model::canonical::{Defaults, from_json};

/// One line, without the white space around it.
pub(crate) fn message(line: &str, defaults: &Defaults) -> Result<Message, String> {
    from_json(line, defaults).map_err(|error| error.to_string())
}
