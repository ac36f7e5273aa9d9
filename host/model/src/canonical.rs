//! The canonical form of a message: one JSON object a line, documented field by field in docs/message-format.md.
