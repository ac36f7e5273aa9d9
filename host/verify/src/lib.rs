//! Verifies exports of an archive: opens a folder or a file, and what is sealed in it by the keys that it has. With the feature `judge` it judges
//! the messages again, by the packs that are enclosed.

mod folder;
#[cfg(feature = "judge")]
mod judging;
mod opening;
mod unsealing;

pub use folder::Folder;
#[cfg(feature = "judge")]
pub use judging::Judging;
pub use opening::{NotOpened, Opened, open};
pub use unsealing::Unsealing;
