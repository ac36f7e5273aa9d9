//! The crate's tests from without: one binary.

mod damage;
mod equal;
mod golden;
mod limits;
mod matching;
mod queries;
mod support;
