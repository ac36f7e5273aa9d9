//! Where a command writes what somebody asked to be given, and where it stands until it is whole: beside it, under a name that nothing reads as whole.

use crate::exit::Usage;
use anyhow::Context as _;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What the path of a tar ends with.
const TAR: &str = "tar";

/// Where something goes, and where it stands until it is whole.
pub(crate) struct Place {
    path: PathBuf,
    partial: PathBuf,
    is_tar: bool,
}

impl Place {
    /// A folder that is empty or not there, or a `.tar` that is not there.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let is_tar = path.extension().is_some_and(|extension| extension == TAR);
        Self::new(path, is_tar)
    }

    /// A folder that is empty or not there.
    pub(crate) fn folder(path: &Path) -> anyhow::Result<Self> {
        Self::new(path, false)
    }

    fn new(path: &Path, is_tar: bool) -> anyhow::Result<Self> {
        let shown = path.display();
        let (Some(name), parent) = (path.file_name(), parent_of(path)) else {
            let what = if is_tar { "a .tar" } else { "a folder" };
            return Err(Usage(format!("--out {shown}: expected the name of {what}")).into());
        };
        if !parent.is_dir() {
            return Err(Usage(format!("--out {shown}: there is no folder {}", parent.display())).into());
        }
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot look at {shown}")),
            Ok(about) if !is_tar && about.is_dir() => {
                if fs::read_dir(path)?.next().is_some() {
                    let what = format!("--out {shown}: the folder is not empty; name one that is, or a new one");
                    return Err(Usage(what).into());
                }
            }
            Ok(_) => return Err(Usage(format!("--out {shown}: it is there already; name a new one")).into()),
        }
        let partial = format!(".{}.partial-{}", name.to_string_lossy(), std::process::id());
        Ok(Self {
            path: path.to_owned(),
            partial: parent.join(partial),
            is_tar,
        })
    }

    /// What is there in part goes.
    pub(crate) fn remove_partial(&self) {
        // Nothing to do if this fails as well: the error before it is the one to tell.
        if self.is_tar {
            let _ = fs::remove_file(&self.partial);
        } else {
            let _ = fs::remove_dir_all(&self.partial);
        }
    }

    /// True of a tar.
    pub(crate) fn is_tar(&self) -> bool {
        self.is_tar
    }

    /// Where it stands until it is whole.
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Makes the folder that stands until it is whole.
    pub(crate) fn make_partial(&self) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(&self.partial)
    }

    /// Gives it its name, once all of it is on the disk.
    pub(crate) fn name(&self) -> io::Result<()> {
        fs::rename(&self.partial, &self.path)?;
        File::open(parent_of(&self.path))?.sync_all()
    }

    /// What to say where it cannot be written.
    pub(crate) fn cannot_write(&self) -> String {
        format!("cannot write {}", self.path.display())
    }

    /// A file without a name beside what is to be written.
    pub(crate) fn nameless(&self) -> anyhow::Result<File> {
        let path = self.partial.with_extension(format!("tar-{}", std::process::id()));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let file = file.with_context(|| self.cannot_write())?;
        fs::remove_file(&path).with_context(|| self.cannot_write())?;
        Ok(file)
    }
}

/// The folder that a path is in.
pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// For its owner alone: it has what people wrote.
pub(crate) fn new_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}
