//! Verifies exports of an archive: opens a folder or a file, and what is sealed in it by the keys that it has.

mod folder;
mod opening;
mod unsealing;

pub use folder::Folder;
pub use opening::{NotOpened, Opened, open};
pub use unsealing::Unsealing;
