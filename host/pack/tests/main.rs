//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod cases;
mod common;
mod docs;
mod forms;
mod hostile_toml;
mod manifest;
mod mutations;
mod signing;
mod trust;
