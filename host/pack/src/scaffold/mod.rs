//! What `pack new` writes.
