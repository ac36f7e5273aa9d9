//! The way of a message: every stage in order, once.
