//! How results look on a terminal: tables that align with Chinese text, colours, progress.

pub(crate) mod progress;
pub(crate) mod table;
