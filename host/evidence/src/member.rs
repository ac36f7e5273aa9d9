//! Members of an export: their names, their bounds, and the ports by which they are written and read.

/// The most bytes of a member.
pub const MEMBER_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most members of an export.
pub const MEMBERS_MAX: usize = 100_000;
/// The most bytes of a member's path: what a tar has room for in one field.
pub const PATH_BYTES_MAX: usize = 100;

/// The port by which members are written, in the order in which they are given.
pub trait Sink {
    /// Why a member could not be written.
    type Error;

    /// Writes a whole member. The path is one of [`is_path`], and comes once.
    fn member(&mut self, path: &str, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// The port by which members are read.
pub trait Members {
    /// Why a member could not be read.
    type Error;

    /// The path of every member, whatever it is called, in the order in which they stand; in any order where there is none.
    fn paths(&mut self) -> Result<Vec<String>, Self::Error>;

    /// True if [`Members::paths`] have an order that was written.
    fn is_ordered(&self) -> bool;

    /// A member by its path; `None` if there is none. At most [`MEMBER_BYTES_MAX`] bytes are read: one that is longer is an error.
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// True of what a member may be called: 1-100 bytes of `a-z`, `0-9`, `-`, `.`, `_` and `/`, without an empty part and without one that begins
/// with a point. Such a path leads nowhere outside of the folder that it is put into.
pub fn is_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
    path.len() <= PATH_BYTES_MAX && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn a_path_leads_nowhere_else() {
        each_row(
            [
                ("manifest.json", true),
                ("messages/0001.jsonl", true),
                ("", false),
                ("/etc/passwd", false),
                ("../x", false),
                ("a/../b", false),
                ("a/./b", false),
                ("a//b", false),
                ("a/", false),
                (".hidden", false),
                ("a\\b", false),
                ("A", false),
                ("c:x", false),
                ("a\0b", false),
                ("名", false),
            ],
            |(path, expected)| assert_eq!(is_path(path), expected, "{path:?}"),
        );
        assert!(is_path(&"a".repeat(100)));
        assert!(!is_path(&"a".repeat(101)));
    }
}
