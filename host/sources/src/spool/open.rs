//! Opening a file of the folder: the file itself, and nothing else.
//!
//! Whoever can write into a spool folder must not be able to have the daemon read what only the daemon may: links are not
//! followed. A pipe or a device could give bytes for ever, or none and hold the reader: only regular files are read.

use std::fs::Metadata;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use tokio::fs::{File, OpenOptions};

/// Opens a regular file, without following a link in its last part and without waiting for whoever is at the other end of a
/// pipe.
pub(super) async fn regular(path: &Path) -> Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path).await?;
    let found = file.metadata().await?;
    if found.is_file() {
        Ok((file, found))
    } else {
        Err(Error::new(ErrorKind::InvalidInput, NotRegular))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it is a pipe, a folder or a device: only regular files are read")]
struct NotRegular;

/// Why a file cannot be read, for people.
pub(super) fn reason(error: &Error) -> String {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::ELOOP) {
        return "it is a link, and links are not followed: put the file itself into the folder".to_owned();
    }
    match error.get_ref() {
        Some(ours) if ours.is::<NotRegular>() => ours.to_string(),
        _ => format!("cannot be read: {error}"),
    }
}
