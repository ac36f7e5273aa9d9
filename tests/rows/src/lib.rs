//! Tables of tests: every row is tried, and those that fail are named.
//!
//! A loop over a table stops at its first bad row and says nothing of the others; whoever mends that row learns of the next
//! one only after another run.

use std::fmt::{Debug, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Characters of a row that its name shows.
const NAME_CHARS_MAX: usize = 160;

/// Tries each row of a table. A row's name is what [`Debug`] makes of it.
///
/// # Panics
/// After the last row, if `check` panicked on one: the message counts the rows that failed and names each by its place,
/// from 1, and its beginning. What `check` said of a row stands above it, as the test's output.
pub fn each_row<R: Debug>(rows: impl IntoIterator<Item = R>, mut check: impl FnMut(R)) {
    each_named_row(rows.into_iter().map(|row| (format!("{row:?}"), row)), &mut check);
}

/// The same for rows that cannot show themselves: each stands beside its name.
///
/// # Panics
/// As [`each_row`].
pub fn each_named_row<N: AsRef<str>, R>(rows: impl IntoIterator<Item = (N, R)>, mut check: impl FnMut(R)) {
    let (mut failed, mut names, mut tried) = (0, String::new(), 0);
    for (name, row) in rows {
        tried += 1;
        if catch_unwind(AssertUnwindSafe(|| check(row))).is_err() {
            failed += 1;
            let name: String = name.as_ref().chars().take(NAME_CHARS_MAX).collect();
            let _ = write!(names, "\n  row {tried}: {name}");
        }
    }
    assert!(tried > 0, "the table has no rows");
    assert!(failed == 0, "{failed} of {tried} rows failed:{names}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rows: &[(&str, usize)]) -> Option<String> {
        let tried = catch_unwind(|| each_row(rows, |(text, length)| assert_eq!(text.len(), *length)));
        tried.err().and_then(|panic| panic.downcast_ref::<String>().cloned())
    }

    #[test]
    fn all_rows_are_tried_and_those_that_fail_are_named() {
        assert_eq!(said(&[("a", 1), ("", 0)]), None);
        assert_eq!(
            said(&[("a", 2), ("b", 1), ("c", 3)]).as_deref(),
            Some("2 of 3 rows failed:\n  row 1: (\"a\", 2)\n  row 3: (\"c\", 3)")
        );
        let long = "x".repeat(1_000);
        assert!(said(&[(&long, 0)]).is_some_and(|said| said.len() < 200));
    }

    #[test]
    fn a_table_without_rows_proves_nothing() {
        assert!(catch_unwind(|| each_row([0_u8; 0], |_| ())).is_err());
    }
}
