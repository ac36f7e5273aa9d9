//! The data folder on a small disk of its own, which can be full.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A memory file system of a bounded size; gone when dropped.
pub(super) struct Disk {
    mounted: PathBuf,
}

impl Disk {
    /// Mounts it on the folder. Where that is not possible, why.
    pub(super) fn mount(folder: &Path, megabytes: u64) -> Result<Self, String> {
        let size = format!("size={megabytes}m,mode=700");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "proviso-soak"])
            .arg(folder)
            .stdin(Stdio::null())
            .output();
        match mount {
            Ok(ended) if ended.status.success() => Ok(Self {
                mounted: folder.to_owned(),
            }),
            Ok(ended) => Err(String::from_utf8_lossy(&ended.stderr).trim().to_owned()),
            Err(error) => Err(format!("mount: {error}")),
        }
    }

    fn filler(&self) -> PathBuf {
        self.mounted.join("filler")
    }

    /// Fills it to the last page.
    pub(super) fn fill(&self) -> io::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.filler())?;
        for bytes in [1 << 20, 64 << 10, 4 << 10] {
            let piece = vec![b'x'; bytes];
            while file.write(&piece).is_ok_and(|written| written > 0) {}
        }
        Ok(())
    }

    /// Gives the room back.
    pub(super) fn free(&self) -> io::Result<()> {
        fs::remove_file(self.filler())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.mounted).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.mounted.display());
        }
    }
}
