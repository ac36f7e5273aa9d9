//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod common;
mod disguise;
mod library;
mod problems;
mod readme;
mod roles;
mod rules;
mod turns;
mod windows;
