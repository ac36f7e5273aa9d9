//! A disk that is full and is enlarged: a real one where this process may mount, else a limit of pages.

use super::support::{Write as _, batch, entry, fresh, row_counts};
use crate::{Archive, CommitError, Health, IngestBatch, StorageCause};
use std::path::Path;
use std::process::Command;

/// A file system of its own in memory, and the folder that it is mounted on.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// `None` where this process may not mount: not root, or a container without that right.
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = Self { folder };
        let size = format!("size={mebibytes}m");
        if mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], disk.folder.path()) {
            Some(disk)
        } else {
            eprintln!("no file system can be mounted here: a limit of pages stands in for a full disk");
            // Nothing is mounted, and nothing is to be unmounted.
            std::mem::forget(disk);
            None
        }
    }

    fn enlarge(&self, mebibytes: u32) {
        let size = format!("remount,size={mebibytes}m");
        assert!(mount(&["-o", &size, "-t", "tmpfs", "tmpfs"], self.folder.path()));
    }

    fn read_only(&self, yes: bool) {
        let options = if yes { "remount,ro" } else { "remount,rw" };
        assert!(mount(&["-o", options, "-t", "tmpfs", "tmpfs"], self.folder.path()));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a test that failed may still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

fn mount(options: &[&str], folder: &Path) -> bool {
    Command::new("mount")
        .args(options)
        .arg(folder)
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn batch_of(round: usize) -> IngestBatch {
    batch((0..256).map(|n| entry(&format!("r{round}-{n}"), n)).collect())
}

/// Fills whatever is left of the disk, but for a few bytes that no page fits in.
fn fill(folder: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("ballast")).unwrap();
    while file.write_all(&[0; 4_096]).is_ok() {}
}

async fn refused_for_space(archive: &Archive, batch: &IngestBatch) {
    let error = archive.ingest(batch).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("archive {:?}: no space left for it", archive.path())
    );
    assert!(matches!(error, CommitError::Storage(error) if error.cause == StorageCause::Full));
}

#[tokio::test]
async fn after_a_full_disk_was_enlarged_the_next_commit_is_written() {
    let Some(disk) = Disk::mount(2) else { return };
    let archive = fresh(&disk.folder).await;
    archive.ingest(&batch_of(0)).await.unwrap();
    fill(disk.folder.path());
    assert!(archive.health().is_writing());
    for failures in 1..=3 {
        refused_for_space(&archive, &batch_of(1)).await;
        let health = archive.health();
        assert!(
            matches!(health, Health::Failing { failures: found, cause: StorageCause::Full, .. } if found == failures),
            "{health:?}"
        );
        let thrown_away = archive.store.writer.as_ref().unwrap().lock().await.connection.is_none();
        assert!(thrown_away, "a connection whose commit failed is not used again");
        // What was there is read all the same.
        assert_eq!(archive.message_count().await.unwrap(), 256);
    }
    disk.enlarge(64);
    archive.ingest(&batch_of(1)).await.unwrap();
    assert!(archive.health().is_writing());
    assert_eq!(archive.message_count().await.unwrap(), 512);
    let path = archive.path().to_owned();
    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    assert_eq!(archive.message_count().await.unwrap(), 512);
    archive.close().await;
}

#[tokio::test]
async fn a_disk_that_turned_read_only_is_told_and_written_again_when_it_is_back() {
    let Some(disk) = Disk::mount(64) else { return };
    let archive = fresh(&disk.folder).await;
    archive.ingest(&batch_of(0)).await.unwrap();
    let path = archive.path().to_owned();
    archive.close().await;
    disk.read_only(true);

    // Reading needs nothing that is written.
    let reader = Archive::open_readonly(&path).await.unwrap();
    assert_eq!(reader.stats(0).await.unwrap().messages[0].messages, 256);
    reader.close().await;
    let error = Archive::open(&path).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("cannot prepare"), "{error}");

    disk.read_only(false);
    let archive = Archive::open(&path).await.unwrap();
    archive.ingest(&batch_of(1)).await.unwrap();
    // A log that is not in the file yet cannot be read from there, and what would be missing is not passed over.
    let log = path.with_file_name("a.db-wal");
    let bytes = std::fs::read(&log).unwrap();
    archive.close().await;
    assert!(!log.exists(), "the last connection that is closed removes the log");
    std::fs::write(&log, &bytes).unwrap();
    disk.read_only(true);
    let error = Archive::open_readonly(&path).await.map(|_| ()).unwrap_err();
    assert!(
        error.to_string().contains("copy both to a folder that may be written"),
        "{error}"
    );
}

#[tokio::test]
async fn a_limit_of_pages_keeps_what_was_there_and_takes_the_batch_later() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.ingest(&batch_of(0)).await.unwrap();
    let before = row_counts(&path).await;
    let limit = async |pages: Option<i64>| {
        let mut writer = archive.store.writer.as_ref().unwrap().lock().await;
        let connection = writer.connection.as_mut().unwrap();
        let used: i64 = sqlx::query_scalar("PRAGMA page_count")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        let pages = pages.map_or(1 << 30, |more| used + more);
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(sql).execute(connection).await.unwrap();
    };
    for _ in 0..3 {
        // A connection that could not roll back is replaced, and has no limit of its own.
        limit(Some(10)).await;
        refused_for_space(&archive, &batch_of(1)).await;
        assert_eq!(row_counts(&path).await, before);
    }
    assert!(!archive.health().is_writing());
    if archive.store.writer.as_ref().unwrap().lock().await.connection.is_some() {
        limit(None).await;
    }
    archive.ingest(&batch_of(1)).await.unwrap();
    assert!(archive.health().is_writing());
    assert_eq!(archive.stats(0).await.unwrap().messages[0].messages, 512);
}

#[tokio::test]
async fn a_backup_onto_a_full_disk_leaves_nothing_there() {
    let Some(disk) = Disk::mount(1) else { return };
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    for round in 0..16 {
        archive.ingest(&batch_of(round)).await.unwrap();
    }
    let including = crate::Including {
        at: super::support::now(),
        keys: &[],
        folders: &[],
    };
    let out = disk.folder.path().join("backup");
    let error = archive.backup(&out, &including, &|_| {}).await.unwrap_err();
    assert!(
        matches!(&error, crate::BackupError::Storage(error) if error.cause == StorageCause::Full && error.path.starts_with(disk.folder.path())),
        "{error}"
    );
    assert_eq!(std::fs::read_dir(disk.folder.path()).unwrap().count(), 0);
    disk.enlarge(64);
    let manifest = archive.backup(&out, &including, &|_| {}).await.unwrap();
    assert_eq!(manifest.rows["contents"], 16 * 256);
    archive.close().await;
}
