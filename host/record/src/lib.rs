//! Records: the stored forms of the two sealed parts of a message's record, and what the log has of them. Pure: it knows no key, no table
//! and no file, so that whoever verifies what an archive gave away reads the same bytes by the same code.
//!
//! | to | see |
//! |---|---|
//! | write and read what a source delivered | [`content`] |
//! | write and read what was said of it | [`judgement`], [`verdict`], [`decision`] |
//! | say what a record's envelope and rows are in digests | [`digests`] |
//! | make the entry that the log has of a message | [`judged`] |
//! | number the parts of a record | [`part`] |
//! | unpack what was packed by what records have in common | [`dictionaries`] |
//!
//! The forms are types of their own, converted by hand: what the code works with may grow, and what was written stays readable. Each has a
//! golden file.

pub mod codes;
pub mod content;
pub mod decision;
pub mod dictionaries;
pub mod digests;
pub mod judged;
pub mod judgement;
pub mod part;
mod unreadable;
pub mod verdict;

pub use unreadable::Unreadable;
