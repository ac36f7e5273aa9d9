//! Backups: made beside a writer, whole or not there, and without keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{dispose, due};
use crate::log::{beside, whole, with_everything};
use crate::support::{Write, at, batch, entry, fresh, id, row_counts};
use proviso_archive::{
    Archive, ArchiveError, BackupError, Including, KeyPlace, KeyPlaces, LogTrouble, Manifest, Opening, Step,
};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Nothing beside the archive.
pub(crate) fn alone() -> Including<'static> {
    Including {
        at: at(1_790_000_000_000),
        keys: &[],
        folders: &[],
    }
}

pub(crate) async fn backup(archive: &Archive, folder: &Path) -> Manifest {
    archive.backup(folder, &alone(), &|_| {}).await.unwrap()
}

/// An opening by the keys of another archive's file.
pub(crate) fn by_keys_of(archive: &Path) -> Opening {
    let keys = KeyPlaces {
        all: Some(KeyPlace::File(beside(archive, ".keys"))),
        ..KeyPlaces::default()
    };
    Opening {
        keys,
        ..Opening::default()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_made_while_messages_come_in_is_one_moment_of_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = Archive::open(&path).await.unwrap();
    let done = std::sync::Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (archive, done) = (archive.clone(), done.clone());
        async move {
            let mut n = 0;
            while !done.load(Ordering::Relaxed) {
                archive
                    .ingest(&batch(vec![entry(&format!("beside{n}"), n)]))
                    .await
                    .unwrap();
                n += 1;
            }
            n
        }
    });
    let mut taken = Vec::new();
    for round in 0..3 {
        let out = folder.path().join(format!("backup{round}"));
        // Another process would open it like this.
        let reader = Archive::open_readonly(&path).await.unwrap();
        let manifest = backup(&reader, &out).await;
        reader.close().await;
        taken.push((out, manifest));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    done.store(true, Ordering::Relaxed);
    assert!(writing.await.unwrap() > 0, "nothing was written meanwhile");
    archive.close().await;

    for (out, manifest) in &taken {
        assert_eq!(
            names(out),
            [
                "archive.db",
                "archive.db.checkpoint",
                "archive.db.writes",
                "manifest.json"
            ]
        );
        assert_eq!(Manifest::read(out).unwrap(), *manifest);
        for name in names(out) {
            let mode = std::fs::metadata(out.join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert!(manifest.log.signed <= manifest.log.leaves);
        assert!(manifest.keys.is_empty());
        for (name, file) in &manifest.files {
            let bytes = std::fs::read(out.join(name)).unwrap();
            assert_eq!(
                (file.bytes, file.digest),
                (bytes.len() as u64, proviso_model::Digest::of(&bytes)),
                "{name}"
            );
        }
        let copy = Archive::open_readonly_with(out.join("archive.db"), &by_keys_of(&path))
            .await
            .unwrap();
        let audit = whole(&copy).await;
        assert_eq!(
            (audit.log.leaves, audit.log.root.to_hex(), audit.key),
            (
                manifest.log.leaves,
                manifest.log.root.clone(),
                Some(manifest.log.key.clone())
            )
        );
        assert_eq!(copy.message_count().await.unwrap(), manifest.rows["contents"]);
        copy.close().await;
        let counted: Vec<(String, i64)> = row_counts(&out.join("archive.db")).await;
        let told: Vec<(String, i64)> = manifest
            .rows
            .iter()
            .map(|(table, rows)| (table.clone(), *rows as i64))
            .collect();
        assert_eq!(counted, told);
    }
    assert!(
        taken.is_sorted_by(|(_, one), (_, next)| one.log.leaves < next.log.leaves),
        "the copies are of different moments"
    );
}

/// True if a file of the folder has any sixteen of these bytes in a row.
fn is_in(folder: &Path, bytes: &[u8]) -> bool {
    names(folder).iter().any(|name| {
        let text = std::fs::read(folder.join(name)).unwrap();
        text.windows(16)
            .any(|window| bytes.windows(16).any(|part| part == window))
    })
}

#[tokio::test]
async fn what_was_disposed_of_before_is_in_no_backup_and_its_tombstone_is() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive
        .ingest(&batch(vec![due("m1", 1), entry("m2", 2)]))
        .await
        .unwrap();
    let content = async |message| {
        let mut connection = crate::support::raw_connection(archive.path()).await;
        let content: Vec<u8> = sqlx::query_scalar("SELECT content FROM contents WHERE message = ?")
            .bind(message)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        content
    };
    let (gone, kept) = (content(1).await, content(2).await);
    let before = folder.path().join("before");
    backup(&archive, &before).await;
    assert!(is_in(&before, &gone));
    assert_eq!(dispose(&archive, &[1]).await.disposed, 1);
    let behind = folder.path().join("behind");
    let manifest = backup(&archive, &behind).await;
    assert!(is_in(&behind, &kept) && !is_in(&behind, &gone));
    assert_eq!((manifest.rows["disposals"], manifest.rows["identities"]), (1, 2));
    let opening = by_keys_of(archive.path());
    let copy = Archive::open_readonly_with(behind.join("archive.db"), &opening)
        .await
        .unwrap();
    assert!(copy.disposed(&id("m1")).await.unwrap().is_some());
    copy.close().await;
    archive.close().await;
}

#[tokio::test]
async fn keys_go_into_a_backup_by_an_explicit_word_and_folders_behind_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let packs = folder.path().join("store");
    std::fs::create_dir(&packs).unwrap();
    for name in ["one.pack", ".two.draft"] {
        std::fs::write(packs.join(name), name).unwrap();
    }
    let keys = [
        (None, beside(archive.path(), ".keys")),
        (Some("bank".to_owned()), beside(archive.path(), ".keys")),
    ];
    let including = Including {
        keys: &keys,
        folders: &[("packs", &packs), ("none", Path::new("/nowhere"))],
        ..alone()
    };
    let out = folder.path().join("backup");
    let steps = Mutex::new(Vec::new());
    let told = |step: Step| steps.lock().unwrap().push(step);
    let manifest = archive.backup(&out, &including, &told).await.unwrap();
    assert!(
        steps
            .lock()
            .unwrap()
            .iter()
            .any(|step| step.done == step.all && step.done > 0)
    );
    let files: Vec<&String> = manifest.files.keys().collect();
    assert_eq!(
        files,
        [
            "archive.db",
            "archive.db.checkpoint",
            "archive.db.keys",
            "archive.db.keys.1",
            "archive.db.log-key",
            "archive.db.writes",
            "packs/one.pack"
        ]
    );
    let whose: Vec<_> = manifest.keys.iter().map(|keys| keys.tenant.as_deref()).collect();
    assert_eq!(whose, [None, Some("bank")]);
    let copy = Archive::open_readonly(out.join("archive.db")).await.unwrap();
    whole(&copy).await;
    copy.close().await;
    archive.close().await;
}

#[tokio::test]
async fn a_backup_that_is_not_made_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let out = folder.path().join("backup");
    let parts = |path: &Path| -> PathBuf { path.join("unfinished") };

    std::fs::create_dir(&out).unwrap();
    std::fs::write(parts(&out), "x").unwrap();
    let error = archive.backup(&out, &alone(), &|_| {}).await.unwrap_err();
    assert!(matches!(&error, BackupError::NotEmpty(path) if *path == out), "{error}");
    std::fs::remove_file(parts(&out)).unwrap();

    // Keys that are not there.
    let keys = [(None, folder.path().join("no.keys"))];
    let including = Including { keys: &keys, ..alone() };
    let error = archive.backup(&out, &including, &|_| {}).await.unwrap_err();
    assert!(
        matches!(&error, BackupError::Io { path, .. } if *path == keys[0].1),
        "{error}"
    );
    assert_eq!(names(&out), [] as [&str; 0]);
    assert!(!folder.path().join("backup.unfinished").exists());

    // Whoever makes one does not take the folder of another, and one that was cut off is no backup.
    let unfinished = folder.path().join("backup.unfinished");
    std::fs::create_dir(&unfinished).unwrap();
    let error = archive.backup(&out, &alone(), &|_| {}).await.unwrap_err();
    assert!(
        matches!(&error, BackupError::Unfinished(path) if *path == unfinished),
        "{error}"
    );
    assert!(Manifest::read(&unfinished).is_err());
    std::fs::remove_dir(&unfinished).unwrap();

    // A log that nobody signed, and one that is not the one that was signed.
    let checkpoint = beside(archive.path(), ".checkpoint");
    let signed = std::fs::read(&checkpoint).unwrap();
    std::fs::remove_file(&checkpoint).unwrap();
    let error = archive.backup(&out, &alone(), &|_| {}).await.unwrap_err();
    assert!(of_log(error).contains("nobody signed"));
    let elsewhere = tempfile::tempdir().unwrap();
    let other = fresh(&elsewhere).await;
    std::fs::copy(beside(other.path(), ".checkpoint"), &checkpoint).unwrap();
    let error = archive.backup(&out, &alone(), &|_| {}).await.unwrap_err();
    assert!(of_log(error).contains("none of this log"));
    assert_eq!(names(&out), [] as [&str; 0]);

    std::fs::write(&checkpoint, signed).unwrap();
    // With a slash, into a folder that is there and empty.
    backup(&archive, &out.join("")).await;
    assert!(Manifest::read(&out).is_ok());
    other.close().await;
    archive.close().await;
}

fn of_log(error: BackupError) -> String {
    match error {
        BackupError::Archive(ArchiveError::Log { source, .. }) => {
            let trouble: LogTrouble = *source;
            trouble.to_string()
        }
        other => panic!("{other}"),
    }
}
