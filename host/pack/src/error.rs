//! Why a pack cannot be used.

use proviso_model::Problem;
use std::path::{Path, PathBuf};

/// A pack that cannot be used, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pack {:?} cannot be used: {} problem{}", name, problems.len(), if problems.len() == 1 { "" } else { "s" })]
pub struct PackError {
    /// The pack as the user named it: a folder, a file, or a digest.
    pub name: PathBuf,
    /// What is wrong, at least one; files are named below `name`, places are lines and columns from 1.
    pub problems: Vec<Problem>,
}

impl PackError {
    pub(crate) fn new(name: &Path, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self {
            name: name.to_owned(),
            problems,
        }
    }

    /// The pack as a whole cannot be read.
    pub(crate) fn whole(name: &Path, message: impl Into<String>) -> Self {
        Self::new(name, vec![Problem::in_file(name, message)])
    }
}
