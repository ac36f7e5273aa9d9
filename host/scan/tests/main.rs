//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod borders;
mod disguise;
mod matcher;
mod naive;
mod patterns;
mod steps;
mod vectors;
