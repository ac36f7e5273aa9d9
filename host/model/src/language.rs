//! The languages that the program speaks to people in.

use serde::{Deserialize, Serialize};

/// A language that reasons are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Chinese, simplified.
    Zh,
    /// English.
    #[default]
    En,
}
