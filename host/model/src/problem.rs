//! What is wrong with a file that a person wrote: where, what, and what to do.

use crate::foreign::Foreign;
use std::fmt;
use std::path::{Path, PathBuf};

/// One thing wrong with a file. Readers collect all of them before they give up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as the user named it or relative to what the user named.
    pub file: PathBuf,
    /// Line, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 if the whole line is meant.
    pub column: usize,
    /// What is wrong, with the value quoted, and what would be right.
    pub message: String,
}

/// Everything that is wrong with what a user wrote: theirs to mend. Prints one problem a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Problem {
    /// A problem with the whole of a file.
    pub fn in_file(file: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            message: message.into(),
        }
    }

    /// A problem on one line of a file, counted from 1.
    pub fn on_line(file: impl Into<PathBuf>, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            column: 0,
            message: message.into(),
        }
    }

    /// A problem at a byte offset of `text`, the content of the file.
    pub fn at_offset(file: impl Into<PathBuf>, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, column) = line_and_column(text, offset);
        Self {
            file: file.into(),
            line,
            column,
            message: message.into(),
        }
    }

    /// The same problem, with the file's path put below `folder`.
    #[must_use]
    pub fn below(mut self, folder: &Path) -> Self {
        self.file = folder.join(&self.file);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names of files and what is quoted of them are text of others: this is the one place where they come out.
        write!(f, "{}", Foreign(&self.file.to_string_lossy()).terminal())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        write!(f, ": {}", Foreign(&self.message).terminal())
    }
}

/// Line and column, both from 1, of a byte offset; columns count characters. An offset behind the end means the end.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// [`line_and_column`] of many offsets, in the order given, in one pass over the text.
pub fn lines_and_columns(text: &str, offsets: &[usize]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_unstable_by_key(|&index| offsets[index]);
    let mut found = vec![(0, 0); offsets.len()];
    let (mut line, mut column) = (1, 1);
    let mut characters = text.char_indices().peekable();
    for index in order {
        // A character is passed when it ends at or before the offset; an offset inside it means its start.
        while let Some((_, character)) = characters.next_if(|&(at, c)| at + c.len_utf8() <= offsets[index]) {
            (line, column) = if character == '\n' {
                (line + 1, 1)
            } else {
                (line, column + 1)
            };
        }
        found[index] = (line, column);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn many_offsets_give_what_each_gives(text in "[a保\n😀]{0,30}", offsets in prop::collection::vec(0usize..99, 0..9)) {
            let each: Vec<_> = offsets.iter().map(|&offset| line_and_column(&text, offset)).collect();
            prop_assert_eq!(lines_and_columns(&text, &offsets), each);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let problem = Problem::on_line("a\u{1b}[2J/pack.toml", 3, "the law \u{202e}x\nother.toml:1: fine");
        assert_eq!(
            problem.to_string(),
            "a\\u{1b}[2J/pack.toml:3: the law \\u{202e}x\\u{a}other.toml:1: fine"
        );
    }

    #[test]
    fn columns_count_characters() {
        let text = "a\n保本x\n";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, text.find('x').unwrap()), (2, 3));
        assert_eq!(line_and_column(text, 999), (3, 1));
    }
}
