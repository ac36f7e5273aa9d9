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

/// What a reviewer wrote of it, by the number of the review, from 1: behind every judgement.
pub const fn comment(review: i64) -> u64 {
    2 * (u32::MAX as u64 + review.unsigned_abs()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_parts_have_one_number() {
        let last = judgement(u32::MAX);
        assert!(comment(1) > last && comment(1) % 2 == 1, "{last}");
        assert_eq!(comment(2), comment(1) + 2);
        assert_eq!(refused(i64::from(u32::MAX)) % 2, 0);
    }
}
