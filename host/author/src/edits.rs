//! Changes of files that people edit: nothing else of them is touched, and none is ever half written.

use proviso_pack::{Edit, Pack};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Why a file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else changed it since the pack was read.
    #[error("{} changed while it was looked at: nothing in it was changed", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Makes changes in a part of a pack that was read from a folder, and returns the text as it was. A file that is not as it was
/// read is left alone.
pub(crate) fn rewrite(pack: &Pack, part: &str, edits: Vec<&Edit>) -> Result<String, EditError> {
    let path = pack.path_of(part);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(EditError::Read { path, source }),
    };
    let read = pack.files().find(|(name, _)| *name == part).map(|(_, bytes)| bytes);
    if read != Some(text.as_bytes()) {
        return Err(EditError::Changed { path });
    }
    let mended = mend(&text, edits);
    write_whole(&path, mended.as_bytes())?;
    Ok(text)
}

/// Writes under another name, then renames: whoever reads the file finds the old one or the new one, whole. It keeps the
/// permissions that it has.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), EditError> {
    let mut draft = path.to_owned().into_os_string();
    draft.push(format!(".{}.part", std::process::id()));
    let draft = PathBuf::from(draft);
    let attempt = || -> io::Result<()> {
        let mut file = fs::File::create(&draft)?;
        if let Ok(metadata) = fs::metadata(path) {
            file.set_permissions(metadata.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    let written = attempt();
    if written.is_err() {
        // The next error is the one to tell.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(|source| EditError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The text with the edits made, from the end to the beginning. Of two that overlap, the one that ends first is left for
/// another run.
fn mend(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.range.end, edit.range.start)));
    let mut mended = text.to_owned();
    let mut behind = usize::MAX;
    for edit in edits {
        if edit.range.end <= behind {
            mended.replace_range(edit.range.clone(), &edit.replacement);
            behind = edit.range.start;
        }
    }
    mended
}

/// The line at fault and what becomes of it. Changes of more than one line are told by their message alone.
pub(crate) fn difference(text: &str, edits: &[Edit]) -> Vec<String> {
    let (Some(start), Some(end)) = (
        edits.iter().map(|edit| edit.range.start).min(),
        edits.iter().map(|edit| edit.range.end).max(),
    ) else {
        return Vec::new();
    };
    let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let stop = if end > begin && text[..end].ends_with('\n') {
        end
    } else {
        text[end..].find('\n').map_or(text.len(), |at| end + at + 1)
    };
    let line = &text[begin..stop];
    if line.trim_end_matches('\n').contains('\n') {
        return Vec::new();
    }
    let moved: Vec<Edit> = edits
        .iter()
        .map(|edit| Edit {
            range: edit.range.start - begin..edit.range.end - begin,
            replacement: edit.replacement.clone(),
        })
        .collect();
    let after = mend(line, moved.iter().collect());
    let shown = |line: &str| line.trim_end_matches(['\n', '\r']).escape_debug().to_string();
    let mut told = vec![format!("  - {}", shown(line))];
    if !after.is_empty() {
        told.push(format!("  + {}", shown(&after)));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(range: std::ops::Range<usize>, replacement: &str) -> Edit {
        Edit {
            range,
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn edits_are_made_where_they_were_found() {
        let (one, two) = (edit(0..1, ""), edit(3..4, "XY"));
        assert_eq!(mend("abcdef", vec![&one, &two]), "bcXYef");
        assert_eq!(mend("abcdef", vec![&two, &one]), "bcXYef");
        let whole = edit(0..5, "");
        assert_eq!(mend("abcdef", vec![&one, &whole]), "f");
    }
}
