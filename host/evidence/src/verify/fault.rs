//! What is wrong with an export. Each is told with the member, and the line where there is one; never with what a message says.

/// One thing that is not as it was written, or not as the log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The member.
    pub member: String,
    /// The line of it, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.member, self.what),
            None => write!(f, "{}: {}", self.member, self.what),
        }
    }
}

/// The first [`FAULTS_NAMED_MAX`] faults, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) named: Vec<Fault>,
    pub(super) count: u64,
}

/// Faults that a report names; the others are counted.
pub const FAULTS_NAMED_MAX: usize = 64;

impl Faults {
    pub(super) fn add(&mut self, member: &str, line: Option<u64>, what: impl Into<String>) {
        self.count += 1;
        if self.named.len() < FAULTS_NAMED_MAX {
            self.named.push(Fault {
                member: cut(member).to_owned(),
                line,
                what: what.into(),
            });
        }
    }
}

/// As much of a foreign name as is shown.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(128)]
}
