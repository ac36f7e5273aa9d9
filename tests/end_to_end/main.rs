//! The end-to-end suite: the binary as its users run it, on folders and ports of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ahead;
mod attack;
mod audit;
mod backtest;
mod bench;
mod bounds;
mod breaker;
mod cases;
mod consent;
mod console;
mod conversations;
mod corpus;
mod crate_edges;
mod daemon;
mod dates;
mod demo;
mod dependencies;
mod disposal;
mod docker_registry;
mod drill;
mod endings;
mod eval;
mod evidence;
mod exits;
mod export_requests;
mod facts;
mod fake_registry;
mod faults;
mod holds;
mod hostile;
mod inspect;
mod judged_again;
mod keys;
mod kill;
mod kill_points;
mod languages;
mod links;
mod lint;
mod looking;
// The programs are the engine's; here they meet the daemon.
mod path;
#[path = "../../host/engine/tests/corpus/programs.rs"]
mod programs;
mod reference;
mod registry;
mod registry_broken;
mod registry_hostile;
mod registry_sets;
mod reload;
mod replays;
mod saved_queries;
mod schedule;
mod scoring;
mod search;
mod support;
mod tables;
mod tokens;
mod train;
mod trust;
mod upgrade;
mod watch;
mod why;
mod witness;
