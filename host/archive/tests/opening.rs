//! What is opened, what is refused, and how it is said.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, batch, entry, fresh, id, raw_connection, rich_batch};
use proviso_archive::{Archive, ArchiveError, StorageCause};
use sqlx::Connection as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

async fn refusal(path: &Path) -> ArchiveError {
    match Archive::open(path).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

async fn run(path: &Path, sql: &'static str) {
    let mut connection = raw_connection(path).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_may_read_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let path = archive.path().to_owned();
    for ending in ["", "-wal", "-shm", ".lock", ".writes", ".keys"] {
        let mut name = path.clone().into_os_string();
        name.push(ending);
        assert_eq!(mode(Path::new(&name)), 0o600, "{ending:?}");
    }
    archive.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    Archive::open(&path).await.unwrap().close().await;
    assert_eq!(mode(&path), 0o600, "what was opened to others is closed");
}

#[tokio::test]
async fn whether_it_is_written_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    assert!(!Archive::is_written(&path).unwrap(), "there is none");
    let archive = Archive::open(&path).await.unwrap();
    assert!(Archive::is_written(&path).unwrap());
    let reading = Archive::open_readonly(&path).await.unwrap();
    archive.close().await;
    assert!(!Archive::is_written(&path).unwrap(), "reading is not writing");
    reading.close().await;
}

#[tokio::test]
async fn whoever_opens_it_waits_a_moment_for_somebody_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    Archive::open(&path).await.unwrap().close().await;
    let asks = || {
        let lock = std::fs::File::open(folder.path().join("archive.db.lock")).unwrap();
        lock.try_lock_shared().unwrap();
        lock
    };
    let asking = asks();
    let asked = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        drop(asking);
    });
    Archive::open(&path).await.unwrap().close().await;
    asked.join().unwrap();
    // Who never ends asking is in the way like one who writes.
    let _asking = asks();
    assert!(matches!(refusal(&path).await, ArchiveError::InUse { holder: None, .. }));
}

#[tokio::test]
async fn one_writes_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let error = refusal(&path).await;
    assert!(matches!(&error, ArchiveError::InUse { holder: Some(holder), .. } if *holder == std::process::id()));
    assert_eq!(
        error.to_string(),
        format!("archive {path:?} is in use by process {}", std::process::id())
    );
    Archive::open_readonly(&path).await.unwrap();
    let clone = archive.clone();
    archive.close().await;
    drop(clone);
    Archive::open(&path).await.unwrap();
}

#[tokio::test]
async fn an_archive_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    run(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9001, 'x', 1, x'00', 0)",
    )
    .await;
    let expected = format!(
        "archive {path:?} has schema version 9001, and this program knows versions up to 19: use the newer Proviso that wrote it"
    );
    assert_eq!(refusal(&path).await.to_string(), expected);
    let error = Archive::open_readonly(&path).await.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn an_altered_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    run(&path, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let error = refusal(&path).await;
    assert!(matches!(error, ArchiveError::Altered { .. }));
    assert!(
        error
            .to_string()
            .ends_with("its schema was changed by something other than Proviso")
    );
}

#[tokio::test]
async fn what_is_no_archive_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "not a database at all, but a text that is longer than a header\n".repeat(100),
    )
    .unwrap();
    let before = std::fs::read(&text).unwrap();
    let error = refusal(&text).await;
    assert_eq!(
        error.to_string(),
        format!("{text:?} is not an archive of Proviso: it is no SQLite database")
    );
    assert!(matches!(
        Archive::open_readonly(&text).await,
        Err(ArchiveError::NotAnArchive { .. })
    ));
    assert_eq!(std::fs::read(&text).unwrap(), before);

    let foreign = folder.path().join("foreign.db");
    run(&foreign, "CREATE TABLE bookmarks (url TEXT)").await;
    let before = std::fs::read(&foreign).unwrap();
    let error = refusal(&foreign).await;
    assert_eq!(
        error.to_string(),
        format!("{foreign:?} is not an archive of Proviso: it is another program's database")
    );
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
}

#[tokio::test]
async fn reading_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let error = Archive::open_readonly(&path).await.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no archive at {path:?}"));
    assert!(!path.exists());

    // A program that was killed before its first migration leaves an empty file: reading says so, writing goes on.
    std::fs::write(&path, "").unwrap();
    let error = Archive::open_readonly(&path).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, ArchiveError::Older { found: 0, .. }), "{error}");
    Archive::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere/a.db");
    let error = refusal(&path).await;
    assert_eq!(
        error.to_string(),
        format!("cannot prepare {:?}", folder.path().join("nowhere/a.db.lock"))
    );
}

#[tokio::test]
async fn any_file_name_will_do() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["归档.db", "with space", "100%25?mode=ro#x", "a'b\"c;d"] {
        let path = folder.path().join(name);
        let archive = Archive::open(&path).await.unwrap();
        archive.close().await;
        assert!(path.exists(), "{name}");
        Archive::open_readonly(&path).await.unwrap();
    }
}

#[tokio::test]
async fn damage_is_called_damage() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    for round in 0..8 {
        let entries = (0..200).map(|n| entry(&format!("{round}-{n}"), n)).collect();
        archive.ingest(&batch(entries)).await.unwrap();
    }
    archive.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let len = bytes.len();
    bytes[len * 3 / 4..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    // Opening reads little of the file; what meets the damage says so.
    let reader = Archive::open_readonly(&path).await.unwrap();
    let mut causes = Vec::new();
    for n in 0..200 {
        if let Err(error) = reader.messages(&[id(&format!("7-{n}"))]).await {
            assert!(error.to_string().starts_with(&format!("archive {path:?}: ")), "{error}");
            causes.push(error.cause);
        }
    }
    assert!(
        !causes.is_empty() && causes.iter().all(|cause| *cause == StorageCause::Corrupt),
        "{causes:?}"
    );
}

#[tokio::test]
async fn a_foreign_lock_is_waited_for_and_then_told() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let mut shell = raw_connection(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut shell).await.unwrap();
    let error = archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("archive {path:?}: another program keeps it locked")
    );
    assert!(!archive.health().is_writing());
    sqlx::query("ROLLBACK").execute(&mut shell).await.unwrap();
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    assert!(archive.health().is_writing());
}
