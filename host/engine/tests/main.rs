//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod cache;
mod cases;
mod components;
mod fold;
mod generation;
mod in_part;
mod meter;
mod retention;
mod support;
