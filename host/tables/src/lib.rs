//! Tables for analysts: what an archive knows of messages beside what they say, as three files of Apache Parquet and a manifest.
//!
//! Nothing here has a column for a text of a message, an excerpt, a reason or a name of an attachment, and names of people, conversations and messages
//! come as pseudonyms: the archive makes them. Whoever writes hands in rows; a table keeps at most [`ROW_GROUP_BYTES`] of them in memory.
//!
//! `rows` says what a row is, `schema` which columns a file has, `table` writes one, `manifest` says what was written. The columns are described in
//! docs/analysts.md, and a test compares the two.

mod hashing;
mod manifest;
mod rows;
mod schema;
mod table;
mod tables;

pub use manifest::{AboutTables, CountsV1, FileV1, ManifestV1};
pub use rows::{FindingRow, MessageRow, RetentionRow};
pub use schema::{FINDINGS, MANIFEST, MESSAGES, RETENTION};
pub use table::{ROW_GROUP_BYTES, TableError};
pub use tables::{Tables, Written};
