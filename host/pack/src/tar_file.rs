//! Tar as the built form uses it: regular files in their order, everything else that a header can say at zero.
//!
//! Reading is by hand over the bytes: each header is checked, nothing is allocated by a size that a header claims, and what
//! a pack does not need (links, devices, sparse files, extended headers) is refused.

use tar::{EntryType, Header};

const BLOCK: usize = 512;

/// One file in a tar.
pub(crate) struct Entry<'a> {
    pub(crate) path: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// Writes the files in the given order.
pub(crate) fn write<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut tar = Vec::new();
    for (path, bytes) in files {
        let mut header = Header::new_ustar();
        header
            .set_path(path)
            .expect("paths of the layout are relative and shorter than 100 bytes");
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(bytes);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);
    tar
}

/// The regular files of a tar, in order. Folders are passed over; a leading `./` is dropped, as tools write it.
/// Errors say what is refused.
pub(crate) fn read(tar: &[u8], files_max: usize) -> Result<Vec<Entry<'_>>, String> {
    let mut entries = Vec::new();
    let mut headers = 0;
    let mut at = 0;
    loop {
        let header = tar
            .get(at..at + BLOCK)
            .ok_or("it is cut short: the end mark is missing")?;
        if header.iter().all(|byte| *byte == 0) {
            let rest = &tar[at..];
            if rest.len() < 2 * BLOCK {
                return Err("it is cut short: the end mark is missing".to_owned());
            }
            if rest.iter().any(|byte| *byte != 0) {
                return Err(format!("something follows the end mark at byte {at}"));
            }
            return Ok(entries);
        }
        headers += 1;
        if headers > files_max {
            return Err(format!("it has more than {files_max} entries"));
        }
        check_sum(header, at)?;
        let size = size_of(header).ok_or_else(|| format!("the header at byte {at} has no size in octal digits"))?;
        let path =
            path_of(header).ok_or_else(|| format!("the path at byte {at} is not UTF-8, or longer than 100 bytes"))?;
        let start = at + BLOCK;
        let bytes = start.checked_add(size).and_then(|end| tar.get(start..end));
        let bytes = bytes.ok_or_else(|| format!("it is cut short: {path:?} has {size} bytes"))?;
        match header[156] {
            b'0' | 0 => entries.push(Entry { path, bytes }),
            b'5' if size == 0 => {}
            kind => {
                let kind = char::from(kind);
                return Err(format!(
                    "{path:?} is neither a file nor a folder: entries of type {kind:?} are refused"
                ));
            }
        }
        at = start + size.next_multiple_of(BLOCK);
    }
}

fn check_sum(header: &[u8], at: usize) -> Result<(), String> {
    let stated = octal(&header[148..156]);
    let counted = header
        .iter()
        .enumerate()
        .map(|(index, byte)| {
            if (148..156).contains(&index) {
                usize::from(b' ')
            } else {
                usize::from(*byte)
            }
        })
        .sum();
    if stated == Some(counted) {
        Ok(())
    } else {
        Err(format!("the header at byte {at} has a wrong check sum"))
    }
}

fn size_of(header: &[u8]) -> Option<usize> {
    octal(&header[124..136])
}

/// Octal digits, between spaces, up to a NUL or the end.
fn octal(field: &[u8]) -> Option<usize> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let digits = std::str::from_utf8(&field[..end]).ok()?.trim_matches(' ');
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    usize::from_str_radix(digits, 8).ok()
}

/// The path; `None` if it is not UTF-8, or has a prefix (paths of more than 100 bytes), as no path of the layout has one.
fn path_of(header: &[u8]) -> Option<&str> {
    let ustar = &header[257..262] == b"ustar";
    if ustar && header[345..500].iter().any(|byte| *byte != 0) {
        return None;
    }
    let name = &header[..100];
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let name = std::str::from_utf8(&name[..end]).ok()?;
    Some(name.strip_prefix("./").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tar: &[u8]) -> Result<Vec<String>, String> {
        read(tar, 10).map(|entries| {
            entries
                .iter()
                .map(|entry| format!("{}={}", entry.path, entry.bytes.len()))
                .collect()
        })
    }

    #[test]
    fn what_is_written_is_read() {
        let tar = write([("a", &b"1"[..]), ("b/c", &[7; 512]), ("d", b"")]);
        assert_eq!(names(&tar).unwrap(), ["a=1", "b/c=512", "d=0"]);
        assert_eq!(tar.len(), 512 * (2 + 2 + 1 + 2));
        // Other tools read it too.
        let mut archive = tar::Archive::new(&tar[..]);
        let paths: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().into_owned())
            .collect();
        assert_eq!(paths, ["a", "b/c", "d"].map(std::path::PathBuf::from));
    }

    #[test]
    fn every_truncation_is_refused() {
        let tar = write([("a", &b"1"[..]), ("b", &[7; 600])]);
        for length in 0..tar.len() {
            assert!(names(&tar[..length]).is_err(), "{length} of {} bytes", tar.len());
        }
    }

    fn changed(change: impl Fn(&mut Header)) -> Vec<u8> {
        let mut tar = write([("a", &b"1"[..])]);
        let mut header = Header::from_byte_slice(&tar[..512]).clone();
        change(&mut header);
        header.set_cksum();
        tar[..512].copy_from_slice(header.as_bytes());
        tar
    }

    /// Files of 64 MiB that are written to make their reader work.
    #[test]
    fn hostile_files_are_refused_in_time_of_their_size() {
        const BYTES: usize = 64 << 20;
        let of_headers = |change: &dyn Fn(&mut Header)| changed(change)[..BLOCK].repeat(BYTES / BLOCK);
        let empty = of_headers(&|header| header.set_size(0));
        let folders = of_headers(&|header| {
            header.set_size(0);
            header.set_entry_type(EntryType::Directory);
        });
        let mut long = write([("a", &vec![1; BYTES][..])]);
        long.truncate(BYTES);
        let mut behind = vec![0; BYTES];
        behind[BYTES - 1] = 1;
        for (tar, expected) in [
            (&empty, "more than 2000 entries"),
            (&folders, "more than 2000 entries"),
            (
                &of_headers(&|header| header.set_entry_type(EntryType::XHeader)),
                "neither a file",
            ),
            (&of_headers(&|header| header.set_size(0o7777)), "more than 2000 entries"),
            (&long, "cut short"),
            (&behind, "follows the end mark"),
        ] {
            let begun = std::time::Instant::now();
            let error = read(tar, 2_000).err().expect("refused");
            assert!(error.contains(expected), "{error}");
            assert!(
                begun.elapsed() < std::time::Duration::from_secs(10),
                "{:?}",
                begun.elapsed()
            );
        }
    }

    #[test]
    fn what_a_pack_does_not_need_is_refused() {
        for kind in [
            EntryType::Link,
            EntryType::Symlink,
            EntryType::Char,
            EntryType::Block,
            EntryType::Fifo,
            EntryType::Continuous,
            EntryType::GNULongName,
            EntryType::GNULongLink,
            EntryType::GNUSparse,
            EntryType::XGlobalHeader,
            EntryType::XHeader,
        ] {
            let error = names(&changed(|header| header.set_entry_type(kind))).unwrap_err();
            assert!(error.contains("neither a file nor a folder"), "{kind:?}: {error}");
        }
        assert!(names(&changed(|header| header.set_size(u64::MAX / 2))).is_err());
        assert!(
            names(&changed(|header| header.set_size(2_000)))
                .unwrap_err()
                .contains("cut short")
        );
        assert!(
            names(&changed(|header| header.as_mut_bytes()[124] = b'x'))
                .unwrap_err()
                .contains("octal")
        );
        assert!(
            names(&changed(|header| header.as_mut_bytes()[0] = 0xff))
                .unwrap_err()
                .contains("UTF-8")
        );
        let mut behind = write([("a", &b"1"[..])]);
        behind.extend_from_slice(&write([("b", &b"2"[..])]));
        assert!(names(&behind).unwrap_err().contains("follows the end mark"));
        let mut sum = write([("a", &b"1"[..])]);
        sum[0] = b'b';
        assert!(names(&sum).unwrap_err().contains("check sum"));
        assert!(read(&write((0..11).map(|_| ("a", &b""[..]))), 10).is_err_and(|error| error.contains("more than 10")));
    }
}
