//! Members in one file: a tar of regular files, as POSIX.1-1988 (ustar) has them. Every byte of it is the only one that may stand there: no
//! owner, no time, no padding can be altered unseen. Any tar program unpacks it.

use crate::member::{MEMBER_BYTES_MAX, MEMBERS_MAX, Members, PATH_BYTES_MAX, Sink, is_path};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of a block.
const BLOCK: usize = 512;
/// The most bytes of a member that is copied piece by piece: what the header has room for.
pub const COPIED_BYTES_MAX: u64 = 0o77_777_777_777;
/// Blocks of zeros at the end.
const END: usize = 2 * BLOCK;

/// Why a file is not what [`TarWriter`] writes.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// It could not be read.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// A byte that is another.
    #[error("byte {0} of the file is not what stands there in an export")]
    Byte(u64),
    /// Nothing is in it.
    #[error("the file is empty: expected an export")]
    Empty,
    /// It ends early.
    #[error("the file is cut off at byte {0}")]
    Cut(u64),
    /// Something stands behind the end.
    #[error("something stands behind the end, from byte {0} on")]
    Behind(u64),
    /// Too many members, or too large ones.
    #[error(
        "the member at byte {0} is one too many, or too large: expected at most {MEMBERS_MAX} of {MEMBER_BYTES_MAX} bytes"
    )]
    Bounds(u64),
    /// A member twice.
    #[error("{0} stands in the file twice")]
    Twice(String),
}

/// The header of a regular file.
fn header(path: &str, bytes: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..path.len()].copy_from_slice(path.as_bytes());
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{bytes:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn padding(bytes: u64) -> usize {
    (BLOCK - (bytes % BLOCK as u64) as usize) % BLOCK
}

/// Writes members one behind the other.
pub struct TarWriter<W> {
    out: W,
}

impl<W: Write> TarWriter<W> {
    /// An empty file.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes a member of so many bytes, which are read as they are written: at most [`COPIED_BYTES_MAX`].
    pub fn copy(&mut self, path: &str, bytes: u64, from: &mut impl Read) -> io::Result<()> {
        if !is_path(path) || bytes > COPIED_BYTES_MAX {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.out.write_all(&header(path, bytes))?;
        if io::copy(&mut from.take(bytes), &mut self.out)? < bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.out.write_all(&[0; BLOCK][..padding(bytes)])
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0; END])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Sink for TarWriter<W> {
    type Error = io::Error;

    fn member(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if !is_path(path) || bytes.len() > MEMBER_BYTES_MAX {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.out.write_all(&header(path, bytes.len() as u64))?;
        self.out.write_all(bytes)?;
        self.out.write_all(&[0; BLOCK][..padding(bytes.len() as u64)])
    }
}

/// Reads members of a file whose every byte outside of them was looked at when it was opened.
pub struct TarMembers<R> {
    file: R,
    order: Vec<String>,
    places: BTreeMap<String, (u64, u64)>,
}

impl<R: Read + Seek> TarMembers<R> {
    /// Walks over the headers.
    pub fn open(file: R) -> Result<Self, TarError> {
        Self::open_within(file, MEMBER_BYTES_MAX as u64)
    }

    /// The same, with members of at most so many bytes, which are to be copied ([`TarMembers::copy`]).
    pub fn open_within(mut file: R, member_bytes_max: u64) -> Result<Self, TarError> {
        let end = file.seek(SeekFrom::End(0))?;
        if end == 0 {
            return Err(TarError::Empty);
        }
        file.seek(SeekFrom::Start(0))?;
        let (mut order, mut places, mut at) = (Vec::new(), BTreeMap::new(), 0);
        loop {
            let mut block = [0; BLOCK];
            read_at(&mut file, at, end, &mut block)?;
            if block == [0; BLOCK] {
                break;
            }
            let (path, bytes) = read_header(&block, at)?;
            let start = at + BLOCK as u64;
            if order.len() == MEMBERS_MAX || bytes > member_bytes_max {
                return Err(TarError::Bounds(at));
            }
            let mut rest = [0; BLOCK];
            let rest = &mut rest[..padding(bytes)];
            let padded = start + bytes;
            if padded > end {
                return Err(TarError::Cut(end));
            }
            file.seek(SeekFrom::Start(padded))?;
            read_at(&mut file, padded, end, rest)?;
            all_zero(rest, padded)?;
            at = padded + rest.len() as u64;
            if places.insert(path.clone(), (start, bytes)).is_some() {
                return Err(TarError::Twice(path));
            }
            order.push(path);
        }
        let mut last = [0; BLOCK];
        read_at(&mut file, at + BLOCK as u64, end, &mut last)?;
        all_zero(&last, at + BLOCK as u64)?;
        match at + END as u64 {
            behind if behind < end => Err(TarError::Behind(behind)),
            _ => Ok(Self { file, order, places }),
        }
    }
}

impl<R: Read + Seek> TarMembers<R> {
    /// Copies a member piece by piece; false if there is none.
    pub fn copy(&mut self, path: &str, out: &mut impl Write) -> io::Result<bool> {
        let Some((start, bytes)) = self.places.get(path) else {
            return Ok(false);
        };
        self.file.seek(SeekFrom::Start(*start))?;
        if io::copy(&mut (&mut self.file).take(*bytes), out)? < *bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(true)
    }
}

/// The path and size of a header, which is the only one that says so.
fn read_header(block: &[u8; BLOCK], at: u64) -> Result<(String, u64), TarError> {
    let length = block[..PATH_BYTES_MAX].iter().position(|byte| *byte == 0);
    let path = std::str::from_utf8(&block[..length.unwrap_or(PATH_BYTES_MAX)]).ok();
    let path = path.filter(|path| is_path(path)).ok_or(TarError::Byte(at))?;
    let size = std::str::from_utf8(&block[124..135])
        .ok()
        .and_then(|digits| u64::from_str_radix(digits, 8).ok());
    let size = size.ok_or(TarError::Byte(at + 124))?;
    let expected = header(path, size);
    match expected.iter().zip(block).position(|(one, other)| one != other) {
        Some(place) => Err(TarError::Byte(at + place as u64)),
        None => Ok((path.to_owned(), size)),
    }
}

fn read_at(file: &mut impl Read, at: u64, end: u64, bytes: &mut [u8]) -> Result<(), TarError> {
    if at + bytes.len() as u64 > end {
        return Err(TarError::Cut(end));
    }
    Ok(file.read_exact(bytes)?)
}

fn all_zero(bytes: &[u8], at: u64) -> Result<(), TarError> {
    match bytes.iter().position(|byte| *byte != 0) {
        Some(place) => Err(TarError::Byte(at + place as u64)),
        None => Ok(()),
    }
}

impl<R: Read + Seek> Members for TarMembers<R> {
    type Error = io::Error;

    fn paths(&mut self) -> io::Result<Vec<String>> {
        Ok(self.order.clone())
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn read(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let Some((start, bytes)) = self.places.get(path) else {
            return Ok(None);
        };
        self.file.seek(SeekFrom::Start(*start))?;
        let mut member = Vec::with_capacity(*bytes as usize);
        (&mut self.file).take(*bytes).read_to_end(&mut member)?;
        Ok(Some(member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn written() -> Vec<u8> {
        let mut tar = TarWriter::new(Vec::new());
        tar.member("a", b"").unwrap();
        tar.member("b/c.json", &[7; 513]).unwrap();
        tar.member("d", &[8; 512]).unwrap();
        tar.finish().unwrap()
    }

    #[test]
    fn members_are_read_as_they_were_written() {
        let mut tar = TarMembers::open(Cursor::new(written())).unwrap();
        assert_eq!(tar.paths().unwrap(), ["a", "b/c.json", "d"]);
        assert_eq!(tar.read("a").unwrap(), Some(Vec::new()));
        assert_eq!(tar.read("b/c.json").unwrap(), Some(vec![7; 513]));
        assert_eq!(tar.read("e").unwrap(), None);
    }

    /// Outside of what members hold, each bit of the file is found by the walk alone.
    #[test]
    fn every_bit_of_a_header_and_of_what_fills_a_block_is_found() {
        let whole = written();
        let held = [(1024, 513), (2560, 512)];
        for at in 0..whole.len() {
            if held.iter().any(|(start, bytes)| (*start..start + bytes).contains(&at)) {
                continue;
            }
            for bit in 0..8 {
                let mut altered = whole.clone();
                altered[at] ^= 1 << bit;
                let opened = TarMembers::open(Cursor::new(altered)).map(|mut tar| tar.paths().unwrap());
                let same = opened.is_ok_and(|paths| paths == ["a", "b/c.json", "d"]);
                assert!(!same, "bit {bit} of byte {at}");
            }
        }
        assert!(matches!(TarMembers::open(Cursor::new([])), Err(TarError::Empty)));
        for end in 0..whole.len() {
            assert!(TarMembers::open(Cursor::new(&whole[..end])).is_err(), "{end}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(matches!(
            TarMembers::open(Cursor::new(longer)),
            Err(TarError::Behind(_))
        ));
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_neither_written_nor_read() {
        let mut tar = TarWriter::new(Vec::new());
        assert!(tar.member("../a", b"").is_err());
        let mut bytes = written();
        bytes[..BLOCK].copy_from_slice(&header("../a", 0));
        assert!(matches!(TarMembers::open(Cursor::new(bytes)), Err(TarError::Byte(0))));
    }
}
