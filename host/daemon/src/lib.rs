//! What runs for years: sources in, generations swapped beside them, verdicts into the archive.
//!
//! [`run::Daemon`] starts every task and ends them in order. A message's way through here: `spool.rs` or `http/intake.rs` make a
//! `Queued` (`queue.rs`), the one `Writer` takes it (`writer.rs`), the pipeline judges it and asks the archive by way of
//! `keeping.rs`, and `committing.rs` commits it while the next is judged, which knows of it by `ahead.rs`. `pauses.rs` keeps changes apart
//! from both. Policies change in `generations.rs`, from what `candidate.rs` builds; `watch/` says when, and `approving.rs`
//! where people are scored by an approval (`scoring.rs`). Who looks into the
//! archive asks `http/looking.rs`, and is answered in the forms of `wire`.

mod activating;
mod ahead;
mod approvals;
mod approving;
pub mod attempt;
mod budget;
mod candidate;
mod committing;
pub mod completing;
pub mod config;
mod config_console;
mod config_keys;
mod config_requests;
mod config_witness;
mod endings;
pub mod exporting;
mod facts;
pub mod generations;
mod host_name;
mod http;
mod indexing;
mod inputs;
mod keeping;
pub mod keys;
mod laws;
pub mod metrics;
mod own_thread;
mod pauses;
mod permitted;
mod quarantine;
mod queue;
pub mod rejudge;
pub mod requests;
pub mod retention;
pub mod run;
pub mod saved_queries;
mod schedule;
pub mod scoring;
pub mod searching;
pub mod services;
mod spool;
pub mod tabling;
pub mod token;
pub mod trust;
pub mod watch;
pub mod wire;
pub mod witness;
pub mod witness_server;
mod writer;

pub use candidate::recorded;
pub use config_console::ConsoleConfig;
pub use config_requests::{Asking, RequestRules};
pub use config_witness::WitnessElsewhere;
pub use endings::import_endings;
pub use facts::{import_consents, import_directory};
pub use http::USER_HEADER;
pub use laws::{Rulebook, laws_of};
pub use pauses::Pauses;
pub use quarantine::Bounds;
pub use queue::Queue;
