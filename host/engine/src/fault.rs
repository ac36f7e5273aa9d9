//! Why a policy has no answer for a message.

use proviso_model::verdict::FaultCause;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallFault {
    pub(crate) cause: FaultCause,
    /// For the operator; no message text, at most 512 bytes.
    pub(crate) detail: String,
}

/// At most 512 bytes in one line, without anything that a terminal would take for a command or that turns the text around.
pub(crate) fn cut_detail(mut detail: String) -> String {
    detail.truncate(detail.floor_char_boundary(512));
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    detail.replace(steers, " ")
}
