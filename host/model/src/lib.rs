//! The words of Proviso as types: messages, verdicts, retention arithmetic, consent, policy sets and limits.
//!
//! This crate is pure. It has no input or output, no clock, no randomness and no async; the same arguments always give
//! the same answer. Every other crate of the host depends on it, and it depends on none of them.

mod addressed;
pub mod basis;
pub mod canonical;
pub mod consent;
mod consent_event;
mod consent_ledger;
pub mod digest;
pub mod directory;
mod entity;
pub mod foreign;
pub mod id;
mod kind;
mod language;
pub mod limits;
pub mod message;
mod places;
pub mod principal;
pub mod problem;
pub mod retention;
pub mod segment;
pub mod set;
pub mod spelling;
pub mod statement;
pub mod time;
pub mod toml_read;
pub mod trigger;
pub mod verdict;

pub use addressed::Addressed;
pub use digest::Digest;
pub use entity::EntityKind;
pub use foreign::Foreign;
pub use id::MessageId;
pub use message::Message;
pub use principal::{Principal, PrincipalKind};
pub use problem::{Problem, Problems};
pub use time::Timestamp;
pub use verdict::Verdict;
