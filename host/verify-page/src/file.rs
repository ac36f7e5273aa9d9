//! A file that is read piece by piece through a port, so that it is never in memory as a whole.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// The port by which a file's bytes are read.
pub trait Source {
    /// Fills `into` with the bytes from `at` on.
    ///
    /// # Errors
    /// If they cannot be read, or are fewer.
    fn read(&mut self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

/// A file of so many bytes behind a [`Source`].
pub struct SourceFile<S> {
    source: S,
    bytes: u64,
    at: u64,
}

impl<S: Source> SourceFile<S> {
    /// A file of that many bytes, at its beginning.
    pub fn new(source: S, bytes: u64) -> Self {
        Self { source, bytes, at: 0 }
    }
}

impl<S: Source> Read for SourceFile<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.saturating_sub(self.at);
        let length = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if length > 0 {
            self.source.read(self.at, &mut into[..length])?;
            self.at += length as u64;
        }
        Ok(length)
    }
}

impl<S> Seek for SourceFile<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted(Vec<(u64, usize)>);

    impl Source for &mut Counted {
        fn read(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
            self.0.push((at, into.len()));
            into.fill(at as u8);
            Ok(())
        }
    }

    #[test]
    fn a_file_is_read_where_it_is_asked_for_and_no_further() {
        let mut counted = Counted(Vec::new());
        let mut file = SourceFile::new(&mut counted, 10);
        let mut piece = [0; 4];
        assert_eq!(file.seek(SeekFrom::End(-3)).unwrap(), 7);
        assert_eq!(file.read(&mut piece).unwrap(), 3);
        assert_eq!(piece, [7, 7, 7, 0]);
        assert_eq!(file.read(&mut piece).unwrap(), 0);
        assert_eq!(file.seek(SeekFrom::Start(20)).unwrap(), 20);
        assert_eq!(file.read(&mut piece).unwrap(), 0);
        assert!(file.seek(SeekFrom::Current(-21)).is_err());
        assert_eq!(counted.0, [(7, 3)]);
    }
}
