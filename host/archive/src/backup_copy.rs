//! What a restoration and a drill do with a backup: step by step, so that a drill can tell of each.

use crate::archive::Archive;
use crate::backup::{BackupError, Manifest, Told};
use crate::opening::Opening;
use crate::restore::{BackupLog, NewerLog, RestoreError, Restored};
use crate::sqlite::{Sqlite, restore};
use crate::storage::StorageError;
use futures_core::future::LocalBoxFuture;
use proviso_model::{Principal, Timestamp};
use std::path::{Path, PathBuf};

/// The files of a backup, copied into a folder in which they are changed.
#[derive(Debug)]
pub struct BackupCopy {
    folder: PathBuf,
    manifest: Manifest,
}

impl BackupCopy {
    /// Copies a backup into a folder that is there and empty. With it, what is wrong with its files: each is compared with the manifest.
    ///
    /// # Errors
    /// If there is no manifest, or a file cannot be written.
    pub fn take(backup: &Path, folder: &Path, told: Told<'_>) -> Result<(Self, Vec<String>), BackupError> {
        let manifest = Manifest::read(backup)?;
        let faults = restore::take(backup, folder, &manifest, told)?;
        let folder = folder.to_owned();
        Ok((Self { folder, manifest }, faults))
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The copy's database.
    pub fn database(&self) -> PathBuf {
        self.folder.join(crate::backup::DATABASE)
    }

    /// Tables that have other numbers of rows than the manifest says.
    pub fn row_faults(&self) -> LocalBoxFuture<'_, Result<Vec<String>, StorageError>> {
        Box::pin(async { restore::row_faults(&self.database(), &self.manifest).await })
    }

    /// What SQLite finds wrong with the database: `integrity_check` and `foreign_key_check`.
    pub fn integrity_faults(&self) -> LocalBoxFuture<'_, Result<Vec<String>, StorageError>> {
        Box::pin(async { restore::integrity_faults(&self.database()).await })
    }

    /// The log, compared with its checkpoint and with the manifest.
    ///
    /// # Errors
    /// If it is another one.
    pub fn log(&self) -> LocalBoxFuture<'_, Result<BackupLog, RestoreError>> {
        Box::pin(async { restore::log_of(&self.database(), &self.manifest).await })
    }

    /// Opens the copy for writing. Its log goes on under a new name and key, and tells that it was restored. Disposals of a newer log are
    /// carried out again before anything can be read. `opening` says where the keys are; a witness is compared with nothing and gets the new
    /// log's checkpoints.
    ///
    /// # Errors
    /// If the copy cannot be opened, or a disposal not carried out again: then nothing of the copy is to be used.
    pub fn restore<'a>(
        &'a self,
        opening: &'a Opening,
        log: &'a BackupLog,
        newer: Option<&'a NewerLog>,
        at: Timestamp,
        by: &'a Principal,
    ) -> LocalBoxFuture<'a, Result<(Archive, Restored), RestoreError>> {
        Box::pin(async move {
            let (store, restored) = Sqlite::restore(&self.database(), opening, log, newer, at, by).await?;
            Ok((Archive::of(store), restored))
        })
    }
}
