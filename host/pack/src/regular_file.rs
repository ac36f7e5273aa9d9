//! Reading a file that somebody named, within a bound, and never anything that is no file; and writing a small one whole.
//!
//! A pipe, a device or a socket in the place of a file would block whoever opens it, or never end. It is refused by what it
//! is, at once, without waiting for anybody at its other end.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Reads a regular file of at most that many bytes. Links are followed.
///
/// # Errors
/// What the system says; [`io::ErrorKind::FileTooLarge`] if there is more; [`io::ErrorKind::InvalidInput`] for what is no
/// regular file, with what it is.
pub fn read(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("more than {bytes_max} bytes"),
        ));
    }
    Ok(bytes)
}

/// As [`read`], of a text.
///
/// # Errors
/// As [`read`]; [`io::ErrorKind::InvalidData`] for what is not UTF-8, with the place.
pub fn read_text(path: &Path, bytes_max: usize) -> io::Result<String> {
    String::from_utf8(read(path, bytes_max)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(io::ErrorKind::InvalidData, format!("not UTF-8 at byte {at}"))
    })
}

/// Writes a file that its owner alone may read, in the place of one that is there: whole, or not at all. Meanwhile it stands beside it with
/// the ending `.new`.
///
/// # Errors
/// What the system says.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// Opens a regular file for reading. Links are followed.
///
/// # Errors
/// What the system says; [`io::ErrorKind::InvalidInput`] for what is no regular file, with what it is.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Without it, opening a pipe waits until somebody writes to it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = match options.open(path) {
        // A socket cannot be opened at all: say what it is, not what the system says of it.
        Err(error) => {
            let kind = std::fs::metadata(path).map(|metadata| metadata.file_type());
            return Err(match kind {
                Ok(kind) if !kind.is_file() && !kind.is_dir() => not_a_file(kind),
                _ => error,
            });
        }
        Ok(file) => file,
    };
    // Asked of the open file, so that nobody puts another in its place between the question and the opening.
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        Ok(file)
    } else {
        Err(not_a_file(kind))
    }
}

fn not_a_file(kind: FileType) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{}, not a file", called(kind)))
}

fn called(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return "a pipe";
        } else if kind.is_socket() {
            return "a socket";
        } else if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_dir() { "a folder" } else { "something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_by_what_it_is_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for (path, what) in [
            (pipe.as_path(), "a pipe, not a file"),
            (&link, "a pipe, not a file"),
            (&socket, "a socket, not a file"),
            (Path::new("/dev/zero"), "a device, not a file"),
            (folder.path(), "a folder, not a file"),
        ] {
            let error = read(path, 10).unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (io::ErrorKind::InvalidInput, what),
                "{path:?}"
            );
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        std::fs::write(&path, b"ab\xff").unwrap();
        assert_eq!(read_text(&path, 5).unwrap_err().to_string(), "not UTF-8 at byte 2");
        assert_eq!(
            read(&folder.path().join("none"), 1).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
