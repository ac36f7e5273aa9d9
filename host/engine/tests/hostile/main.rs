//! Plugins that mean harm: what they do, what they keep, what they cost, and what a generator makes of them.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod acts;
mod fuel;
mod generator;
mod reuse;
#[path = "../support/mod.rs"]
mod support;
