//! The daemon: sources in, generations swapped beside them, verdicts into the archive.

pub(crate) mod attempt;
pub(crate) mod config;
pub(crate) mod generations;
pub(crate) mod http;
pub(crate) mod intake;
pub(crate) mod metrics;
pub(crate) mod quarantine;
pub(crate) mod rejudge;
pub(crate) mod run;
pub(crate) mod spool;
pub(crate) mod token;
pub(crate) mod watch;
