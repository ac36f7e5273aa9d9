//! The numbers of a record's sealed parts, which are bound to them.

/// The kind of a message's record, in what its parts are bound to.
pub const MESSAGE: &str = "message";

/// What the source delivered.
pub const CONTENT: u64 = 0;

/// What was said of it: 0 when it arrived, then one more each time that it was judged again.
pub const fn judgement(round: u32) -> u64 {
    2 * round as u64 + 1
}

/// What came under its identifier with another content, by the number of the conflict.
pub const fn refused(conflict: i64) -> u64 {
    2 * conflict.unsigned_abs() + 2
}
