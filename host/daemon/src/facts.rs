//! Facts that people hand in while the daemon runs. They are written on the writer's task, between two transactions of messages: what
//! is judged next knows of them, and nothing that is on its way misses them.

use crate::endings;
use crate::keeping::Beside;
use proviso_archive::{
    Archive, Change, CommitError, ConsentImport, ConsentReport, DirectoryImport, DirectoryReport, EndingReport,
    Receipt, StorageError,
};
use proviso_model::basis::LawfulBases;
use proviso_model::directory::{Directory, DirectoryVersion};
use proviso_model::retention::{Ending, Endings};
use proviso_model::time::Zone;
use proviso_model::{Principal, Timestamp};
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
    Consents(ConsentImport, oneshot::Sender<Result<ConsentReport, CommitError>>),
    Endings(Vec<Ending>, Timestamp, oneshot::Sender<anyhow::Result<EndingReport>>),
}

/// What decides beside messages, ready to be asked in the time zone of the set that judges: the newest version of the directory, and
/// the ends from which retention clocks run.
#[derive(Default)]
pub(crate) struct Known {
    newest: Option<DirectoryVersion>,
    endings: Vec<Ending>,
    ready: Option<(Zone, Beside)>,
    bases: Arc<LawfulBases>,
}

impl Known {
    /// What the archive has.
    pub(crate) async fn load(archive: &Archive, bases: Arc<LawfulBases>) -> Result<Self, StorageError> {
        let newest = archive.directory(None).await?.map(|record| DirectoryVersion {
            version: record.imported.version,
            rows: record.rows,
        });
        Ok(Self {
            newest,
            endings: endings::all(archive).await?,
            ready: None,
            bases,
        })
    }

    /// The same after facts were handed in.
    pub(crate) async fn again(&self, archive: &Archive) -> Result<Self, StorageError> {
        Self::load(archive, Arc::clone(&self.bases)).await
    }

    /// All of it in a time zone. Made once, as long as sets keep to one zone.
    pub(crate) fn in_zone(&mut self, zone: &Zone) -> Beside {
        if let Some((known, ready)) = &self.ready
            && known == zone
        {
            return ready.clone();
        }
        let directory = self.newest.as_ref();
        let directory = directory.map(|newest| Arc::new(Directory::new(newest.version, &newest.rows, zone)));
        let endings = (!self.endings.is_empty()).then(|| Arc::new(Endings::new(&self.endings, zone)));
        let ready = Beside {
            directory,
            endings,
            bases: Arc::clone(&self.bases),
        };
        self.ready = Some((zone.clone(), ready.clone()));
        ready
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

/// Writes statements of consent. Where the daemon runs, the writer does it.
pub async fn import_consents(
    archive: &Archive,
    import: &ConsentImport,
    by: &Principal,
) -> Result<ConsentReport, CommitError> {
    match archive.commit(Change::Consents(import), by).await? {
        Receipt::Consents(report) => Ok(report),
        other => unreachable!("statements are answered by their report, not by {other:?}"),
    }
}
