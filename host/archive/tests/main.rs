//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod alterations;
mod backup;
mod certificates;
mod conformance;
mod disposal;
mod evidence;
mod generations;
mod holds;
mod index;
mod ingest;
mod keys;
mod killed;
mod leakage;
mod log;
mod lost_writes;
mod opening;
mod permissions;
mod rejudge;
mod requests;
mod restore;
mod round_trip;
mod saved_queries;
mod schema;
mod search;
mod sorted;
mod support;
