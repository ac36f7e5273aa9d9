//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod alterations;
mod certificates;
mod checkpoints;
mod entries;
mod exports;
mod log;
mod multi_proofs;
mod notes;
mod sm2;
mod support;
mod tiles;
mod trees;
mod witnesses;
