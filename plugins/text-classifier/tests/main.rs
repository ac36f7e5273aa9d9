//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod classifier;
mod common;
mod models;
mod problems;
mod readme;
