//! Restoring: what a newer log disposed of does not come back, and what was altered is not restored.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::alterations::opened_to_alter;
use crate::backup::{backup, by_keys_of};
use crate::disposal::{clock, dispose, due, hold, place};
use crate::log::{Folder, beside, count, whole};
use crate::support::{Write, activation, batch, entry, fresh, generation, id, retention, rich_batch, wei};
use proviso_archive::{
    Archive, ArchiveError, BackupCopy, BackupLog, CommitError, Known, LogTrouble, NewerLog, Opening, RestoreError,
    Restored, VerifierKey,
};
use proviso_proof::export::Files as _;
use proviso_proof::note::LogTrust;
use std::path::{Path, PathBuf};

/// An archive of which a backup was made before messages went, one came and went, and an order to keep was placed.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) archive: PathBuf,
    pub(crate) backup: PathBuf,
    /// The log as it was last.
    pub(crate) export: PathBuf,
    /// Its key.
    pub(crate) key: VerifierKey,
}

async fn export(archive: &Archive, to: &Path) -> VerifierKey {
    let audit = archive.export_log(to, None).await.unwrap();
    assert!(audit.is_whole());
    audit.key.unwrap().parse().unwrap()
}

pub(crate) async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let mut rich = rich_batch("rich");
    rich.entries[0].retention = Some(retention(Some("2020-01-01")));
    archive.ingest(&rich).await.unwrap();
    archive.release(&[id("rich")], "looked at").await.unwrap();
    archive
        .ingest(&batch(vec![
            due("before", 2),
            due("m3", 3),
            entry("kept", 4),
            due("m5", 5),
        ]))
        .await
        .unwrap();
    assert_eq!(dispose(&archive, &[2]).await.disposed, 1);
    for n in 0..300 {
        archive
            .ingest(&batch(vec![entry(&format!("many{n}"), n)]))
            .await
            .unwrap();
    }
    let out = folder.path().join("backup");
    // So that the checkpoint is of all.
    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    backup(&archive, &out).await;
    archive
        .ingest(&batch(vec![due("later", 6), entry("lost", 7)]))
        .await
        .unwrap();
    let later = archive.show(&id("later")).await.unwrap().unwrap().arrival;
    assert_eq!(dispose(&archive, &[1, 3, later]).await.disposed, 3);
    place(&archive, &hold()).await;
    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    let export_to = folder.path().join("export");
    let key = export(&archive, &export_to).await;
    archive.close().await;
    Site {
        folder,
        archive: path,
        backup: out,
        export: export_to,
        key,
    }
}

fn trust(key: &VerifierKey) -> LogTrust {
    LogTrust::new(key.name().as_str(), key.clone()).unwrap()
}

impl Site {
    pub(crate) fn opening(&self) -> Opening {
        by_keys_of(&self.archive)
    }

    /// A copy of the backup in a folder of that name.
    pub(crate) fn taken(&self, name: &str) -> (BackupCopy, Vec<String>) {
        let to = self.folder.path().join(name);
        std::fs::create_dir(&to).unwrap();
        BackupCopy::take(&self.backup, &to, &|_| {}).unwrap()
    }

    fn newer(&self, log: &BackupLog) -> NewerLog {
        NewerLog::read(&Folder(self.export.clone()), &trust(&self.key), log).unwrap()
    }

    async fn restored_from(&self, copy: &BackupCopy) -> Result<(Archive, Restored), RestoreError> {
        let log = copy.log().await?;
        let newer = self.newer(&log);
        copy.restore(&self.opening(), &log, Some(&newer), clock(), &wei()).await
    }
}

/// The fields of the last entry of a kind, as text.
async fn told(archive: &Archive, kind: &str) -> String {
    let leaves = archive.log(None, 10_000).await.unwrap();
    let mut entries = leaves
        .iter()
        .flat_map(|leaf| &leaf.entries)
        .filter(|entry| entry.kind == kind);
    let entry = entries.next().unwrap().entry.clone().unwrap();
    let fields: Vec<String> = entry
        .fields()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    fields.join(" ")
}

#[tokio::test]
async fn what_a_newer_log_disposed_of_does_not_come_back_with_the_backup() {
    let site = site().await;
    let (copy, _) = site.taken("restored");
    assert_eq!(copy.row_faults().await.unwrap(), [] as [&str; 0]);
    assert_eq!(copy.integrity_faults().await.unwrap(), [] as [&str; 0]);
    let log = copy.log().await.unwrap();
    let newer = site.newer(&log);
    assert_eq!(newer.disposals(), 3);
    assert_eq!((newer.behind["hold-placed"], newer.behind["judged"]), (1, 1));
    let mut connection = crate::support::raw_connection(&copy.database()).await;
    let contents: Vec<Vec<u8>> = sqlx::query_scalar("SELECT content FROM contents WHERE message IN (1, 3)")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();

    let (archive, restored) = site.restored_from(&copy).await.unwrap();
    let expected = Restored {
        disposed_again: 2,
        arrived_later: 1,
        witnessed: None,
        example: Some(id("rich")),
    };
    assert_eq!(restored, expected);
    let audit = whole(&archive).await;
    assert!(
        audit.key.as_ref().unwrap() != &site.key.to_string(),
        "the log goes on under another key"
    );
    let digest = proviso_model::Digest::of(b"");
    for native in ["rich", "m3", "before"] {
        assert_eq!(archive.show(&id(native)).await.unwrap(), None, "{native}");
        assert_eq!(
            archive.known(&[(&id(native), digest)]).await.unwrap(),
            [Known::Disposed],
            "{native}"
        );
        let again = archive.ingest(&batch(vec![due(native, 1)])).await;
        assert!(again.is_err(), "{native} came back");
    }
    // It was never here, and is known by what the log calls it.
    let known = archive
        .known(&[(&id("later"), digest), (&id("lost"), digest)])
        .await
        .unwrap();
    assert_eq!(known, [Known::Disposed, Known::New]);
    let error = archive
        .ingest(&batch(vec![entry("lost", 7), due("later", 6)]))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, CommitError::NotNew { id: found } if *found == id("later")),
        "{error}"
    );
    assert_eq!(
        archive.show(&id("lost")).await.unwrap(),
        None,
        "the batch was refused as a whole"
    );
    let left = archive.disposed(&id("later")).await.unwrap().unwrap();
    assert!(
        left.said.starts_with("{\"elsewhere\"") && left.by == wei(),
        "{}",
        left.said
    );
    assert_eq!(archive.disposed(&id("lost")).await.unwrap(), None);
    assert!(
        matches!(archive.certificate(&id("later")).await.unwrap_err(), ArchiveError::Log { source, .. }
            if matches!(&*source, LogTrouble::DisposedAgain { log, .. } if *log == newer.name))
    );
    let text = told(&archive, "disposed-elsewhere").await;
    for part in [
        "first-leaf",
        "first-place",
        "record",
        "certificate",
        &newer.name,
        "person:wei",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(archive.show(&id("m5")).await.unwrap().is_some());
    assert_eq!(archive.stays_disposed().await.unwrap(), Some((1, true)));
    let folder = copy.database().parent().unwrap().to_owned();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for content in &contents {
            let there = bytes
                .windows(16)
                .any(|window| content.windows(16).any(|part| part == window));
            assert!(!there, "what went is in {}", path.display());
        }
    }

    // What the log tells: both sizes, the first disposal, and the new key.
    let text = told(&archive, "restored").await;
    for part in [format!("Integer({})", log.leaves), format!("Integer({})", newer.leaves)] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    let text = told(&archive, "disposed-again").await;
    for part in [
        "first-leaf",
        "first-place",
        "erased",
        "record",
        "certificate",
        &newer.name,
        "person:wei",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    match archive.certificate(&id("rich")).await.unwrap_err() {
        ArchiveError::Log { source, .. } => assert!(
            matches!(&*source, LogTrouble::DisposedAgain { log, .. } if *log == newer.name),
            "{source}"
        ),
        other => panic!("{other}"),
    }
    let path = archive.path().to_owned();
    archive.close().await;

    // It opens as any other from here on, goes on, and its own disposals and certificates are its own.
    let archive = Archive::open_with(&path, &site.opening()).await.unwrap();
    archive.activate(&activation(generation("second"), 9)).await.unwrap();
    assert_eq!(dispose(&archive, &[5]).await.disposed, 1);
    whole(&archive).await;
    archive.close().await;
    let archive = Archive::open_with(&path, &site.opening()).await.unwrap();
    assert!(archive.certificate(&id("m5")).await.unwrap().is_some());

    // The older backup once more, with the log of the archive that was restored from it: what went in either does not come back.
    let again = site.folder.path().join("export of the restored");
    let key = export(&archive, &again).await;
    archive.close().await;
    let (copy, _) = site.taken("twice");
    let log = copy.log().await.unwrap();
    let files = Folder(again);
    let error = NewerLog::read(&files, &trust(&site.key), &log).unwrap_err();
    assert!(
        matches!(error, RestoreError::Export(_)),
        "another key signed it: {error}"
    );
    let newer = NewerLog::read(&files, &trust(&key), &log).unwrap();
    let (archive, restored) = copy
        .restore(&site.opening(), &log, Some(&newer), clock(), &wei())
        .await
        .unwrap();
    // What was never in the archive of that log either is known by its tombstone there.
    assert_eq!((restored.disposed_again, restored.arrived_later), (3, 1));
    assert_eq!(
        archive.known(&[(&id("later"), digest)]).await.unwrap(),
        [Known::Disposed]
    );
    assert_eq!(archive.show(&id("rich")).await.unwrap(), None);
    assert_eq!(archive.show(&id("m5")).await.unwrap(), None);
    whole(&archive).await;
    archive.close().await;
}

#[tokio::test]
async fn without_the_newer_log_disposals_are_undone_and_the_log_says_that_it_was_restored() {
    let site = site().await;
    let (copy, _) = site.taken("restored");
    let log = copy.log().await.unwrap();
    // A witness has seen the newer log.
    let witness = site.folder.path().join("witness");
    std::fs::copy(beside(&site.archive, ".checkpoint"), &witness).unwrap();
    let opening = Opening {
        witness: Some(witness),
        ..site.opening()
    };
    let (archive, restored) = copy.restore(&opening, &log, None, clock(), &wei()).await.unwrap();
    assert!(restored.witnessed > Some(log.leaves), "{restored:?}");
    assert_eq!((restored.disposed_again, restored.example), (0, None));
    assert!(archive.show(&id("rich")).await.unwrap().is_some());
    let text = told(&archive, "restored").await;
    let newer = count(&site.archive, "SELECT count(*) FROM log_leaves").await;
    // Opening the archive once more for its export added nothing.
    for part in [
        format!("newer=Integer({newer})"),
        format!("told=Integer({})", log.leaves),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    whole(&archive).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let archive = Archive::open_with(&path, &opening).await.unwrap();
    whole(&archive).await;
    archive.close().await;
    // As a copy that somebody put there by hand it would not have been opened.
    let (copy_by_hand, _) = site.taken("by hand");
    let refused = Archive::open_with(copy_by_hand.database(), &site.opening())
        .await
        .map(|_| ())
        .unwrap_err();
    assert!(
        matches!(&refused, ArchiveError::Log { source, .. } if matches!(**source, LogTrouble::NoKey { .. })),
        "{refused}"
    );
}

#[tokio::test]
async fn a_log_that_is_another_older_or_altered_restores_nothing() {
    let site = site().await;
    let (copy, _) = site.taken("taken");
    let log = copy.log().await.unwrap();
    let read = |folder: &Path, key: &VerifierKey| NewerLog::read(&Folder(folder.to_owned()), &trust(key), &log);
    assert!(read(&site.export, &site.key).is_ok());

    // Of another archive, which has as many leaves.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = fresh(&elsewhere).await;
    for n in 0..320 {
        other.ingest(&batch(vec![entry(&format!("m{n}"), n)])).await.unwrap();
    }
    let path = other.path().to_owned();
    other.close().await;
    let other = Archive::open(&path).await.unwrap();
    let out = elsewhere.path().join("export");
    let key = export(&other, &out).await;
    other.close().await;
    let error = read(&out, &key).unwrap_err();
    assert!(matches!(error, RestoreError::OtherLog { .. }), "{error}");
    assert!(matches!(read(&out, &site.key).unwrap_err(), RestoreError::Export(_)));

    // Of before the backup.
    let young = tempfile::tempdir().unwrap();
    let archive = fresh(&young).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    let out = young.path().join("export");
    let key = export(&archive, &out).await;
    archive.close().await;
    let error = read(&out, &key).unwrap_err();
    assert!(matches!(error, RestoreError::OlderLog { .. }), "{error}");

    // With an entry that somebody changed, or left out.
    let name = "entries/001.p";
    let partial = std::fs::read_dir(site.export.join(name))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&partial).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    std::fs::write(&partial, bytes).unwrap();
    let error = read(&site.export, &site.key).unwrap_err();
    assert!(matches!(error, RestoreError::ExportAltered { .. }), "{error}");
    std::fs::remove_file(&partial).unwrap();
    let error = read(&site.export, &site.key).unwrap_err();
    assert!(matches!(error, RestoreError::ExportAltered { .. }), "{error}");
    assert!(Folder(site.export.clone()).read("checkpoint").unwrap().is_some());
}

/// A tombstone of a message that was never here is covered by the log as every other row.
#[tokio::test]
async fn a_tombstone_of_a_message_that_was_never_here_is_altered_by_nobody_unseen() {
    for sql in [
        "UPDATE disposed_elsewhere SET record = zeroblob(32)",
        "UPDATE disposed_elsewhere SET said = replace(said, 'leaf', 'leap')",
        "UPDATE disposed_elsewhere SET recorded_by = 'person:nobody'",
        "DELETE FROM disposed_elsewhere",
        "INSERT INTO disposed_elsewhere (record, recorded_at, recorded_by, leaf, place, said)
         SELECT zeroblob(32), recorded_at, recorded_by, leaf, place, said FROM disposed_elsewhere",
    ] {
        let site = site().await;
        let (copy, _) = site.taken("taken");
        let (archive, _) = site.restored_from(&copy).await.unwrap();
        let path = archive.path().to_owned();
        archive.close().await;
        sqlx::raw_sql(sql)
            .execute(&mut opened_to_alter(&path).await)
            .await
            .unwrap();
        let archive = Archive::open_with(&path, &site.opening()).await.unwrap();
        assert!(!archive.audit(None).await.unwrap().is_whole(), "{sql}");
        archive.close().await;
    }
}

/// A message of the backup that is hidden under another identifier would outlive its disposal.
#[tokio::test]
async fn a_message_that_the_backup_hides_from_its_disposal_is_told_of() {
    for sql in [
        "UPDATE identities SET tag = randomblob(16) WHERE message = 3",
        "DELETE FROM identities WHERE message = 3",
        "UPDATE identities SET message = 5 WHERE message = 3",
    ] {
        let site = site().await;
        let (copy, _) = site.taken("taken");
        sqlx::raw_sql(sql)
            .execute(&mut opened_to_alter(&copy.database()).await)
            .await
            .unwrap();
        let error = site.restored_from(&copy).await.map(|_| ()).unwrap_err();
        assert!(
            matches!(error, RestoreError::OtherRecord { number: 3, .. }),
            "{sql}: {error}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_copy_is_told_each_by_its_own_check() {
    let site = site().await;
    // A byte of a file.
    let database = site.backup.join("archive.db");
    let sound = std::fs::read(&database).unwrap();
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, &bytes).unwrap();
    let (_, faults) = site.taken("flipped");
    assert!(
        faults.len() == 1 && faults[0].starts_with("archive.db has "),
        "{faults:?}"
    );
    std::fs::remove_file(&database).unwrap();
    let (_, faults) = site.taken("gone");
    assert_eq!(faults, ["archive.db is not there"]);
    std::fs::write(&database, &sound).unwrap();

    let altered = async |name: &str, sql: &'static str| {
        let (copy, faults) = site.taken(name);
        assert_eq!(faults, [] as [&str; 0]);
        sqlx::raw_sql(sql)
            .execute(&mut opened_to_alter(&copy.database()).await)
            .await
            .unwrap();
        copy
    };
    let copy = altered("a row is gone", "DELETE FROM source_offsets").await;
    let faults = copy.row_faults().await.unwrap();
    assert_eq!(faults, ["source_offsets: 0 rows, the manifest says 1 rows"]);
    let copy = altered(
        "a row refers to nothing",
        "UPDATE envelopes SET sender = 9999 WHERE message = 4",
    )
    .await;
    let faults = copy.integrity_faults().await.unwrap();
    assert_eq!(faults, ["envelopes refers to rows of parties that are not there"]);
    let copy = altered(
        "a leaf is another",
        "UPDATE log_leaves SET data = zeroblob(45) WHERE leaf = 300",
    )
    .await;
    let error = copy.log().await.unwrap_err();
    assert!(
        matches!(error, RestoreError::Archive(ArchiveError::Log { .. })),
        "{error}"
    );
    let copy = altered(
        "a leaf is gone",
        "DELETE FROM log_entries WHERE leaf = 306; DELETE FROM log_leaves WHERE leaf = 306",
    );
    let error = copy.await.log().await.unwrap_err();
    assert!(
        matches!(error, RestoreError::Archive(_) | RestoreError::NotOfManifest { .. }),
        "{error}"
    );
    let copy = altered(
        "an envelope is another",
        "UPDATE envelopes SET received_at = 1 WHERE message = 4",
    )
    .await;
    let (archive, _) = site.restored_from(&copy).await.unwrap();
    assert!(!archive.audit(None).await.unwrap().is_whole());
    archive.close().await;
    let copy = altered(
        "a row stays",
        "CREATE TRIGGER stays BEFORE DELETE ON contents BEGIN SELECT raise(IGNORE); END",
    );
    let restored = site.restored_from(&copy.await).await;
    match restored {
        Ok((archive, _)) => {
            assert_eq!(archive.stays_disposed().await.unwrap(), Some((1, false)));
            assert!(!archive.audit(None).await.unwrap().is_whole());
            archive.close().await;
        }
        Err(error) => assert!(matches!(error, RestoreError::Commit(_)), "{error}"),
    }
}
