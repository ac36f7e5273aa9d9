//! Facts that people hand in while the daemon runs. They are written on the writer's task, between two transactions of messages: what
//! is judged next knows of them, and nothing that is on its way misses them.

use proviso_archive::{Archive, Change, CommitError, DirectoryImport, DirectoryReport, Receipt, StorageError};
use proviso_model::Principal;
use proviso_model::directory::{Directory, DirectoryVersion};
use proviso_model::time::Zone;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Facts that somebody hands in.
pub(crate) struct Request {
    pub(crate) facts: Facts,
    pub(crate) by: Principal,
}

/// What is handed in, and where the answer goes.
pub(crate) enum Facts {
    Directory(DirectoryImport, oneshot::Sender<Result<DirectoryReport, CommitError>>),
}

/// The newest version of the directory, ready to be asked in the time zone of the set that judges.
#[derive(Default)]
pub(crate) struct Directories {
    newest: Option<DirectoryVersion>,
    ready: Option<(Zone, Arc<Directory>)>,
}

impl Directories {
    /// What the archive has.
    pub(crate) async fn load(archive: &Archive) -> Result<Self, StorageError> {
        let newest = archive.directory(None).await?.map(|record| DirectoryVersion {
            version: record.imported.version,
            rows: record.rows,
        });
        Ok(Self { newest, ready: None })
    }

    /// The version in a time zone. Made once, as long as sets keep to one zone.
    pub(crate) fn in_zone(&mut self, zone: &Zone) -> Option<Arc<Directory>> {
        let DirectoryVersion { version, rows } = self.newest.as_ref()?;
        match &self.ready {
            Some((known, ready)) if known == zone => Some(Arc::clone(ready)),
            _ => {
                let ready = Arc::new(Directory::new(*version, rows, zone));
                self.ready = Some((zone.clone(), Arc::clone(&ready)));
                Some(ready)
            }
        }
    }
}

/// Writes a directory. Where the daemon runs, the writer does it.
pub async fn import_directory(
    archive: &Archive,
    import: &DirectoryImport,
    by: &Principal,
) -> Result<DirectoryReport, CommitError> {
    match archive.commit(Change::Directory(import), by).await? {
        Receipt::Directory(report) => Ok(report),
        other => unreachable!("a directory is answered by its report, not by {other:?}"),
    }
}
