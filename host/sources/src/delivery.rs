//! What a source hands over at once.

use crate::{Cursor, Item, Origin};
use std::sync::Arc;

/// Items of one file of a source, in its order, and how far it was read with them.
///
/// The cursor is committed in the transaction of the items, and not before: what it has passed is not read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where they come from. Every message among the items is of a tenant and channel that it may speak for.
    pub origin: Arc<Origin>,
    /// The file's name, for people.
    pub file: String,
    /// Messages, and what could not be read as one.
    pub items: Vec<Item>,
    /// What to keep once the items are kept; `None` where only something about the file as a whole is told.
    pub cursor: Option<Cursor>,
}
