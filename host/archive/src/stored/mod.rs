//! The forms in which values stand in columns as JSON. They are types of their own, converted by hand: what the code works with
//! may grow, and what was written stays readable.
//!
//! Each form has a version and a file in `golden/` that is read by every later program. A value that gains a field gains it
//! here with `#[serde(default)]`, so that rows of before are read; a change that a default cannot express is a second form,
//! beside the first, and a number in the row says which one it is ([`verdict::FORM`]).

pub(crate) mod decision;
pub(crate) mod lists;
pub(crate) mod verdict;
