//! The tests of this crate in one binary: linking one for each file costs more than compiling them. A new file is named here.

mod corpus;
mod malformed;
mod properties;
mod spool;
mod support;
mod wecom_types;
