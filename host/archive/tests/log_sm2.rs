//! Checkpoints that are signed in SM2 as well: the key, its entry, and what an audit finds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::evidence::{all_of, export, request, verified};
use crate::log::{Folder, whole, with_everything};
use crate::support::{Write as _, batch, entry, fresh, id};
use proviso_archive::{Archive, ArchiveError, LogTrouble, Opening, VerifierKey};
use proviso_proof::note::{KeyKind, LogTrust, Note, SignerKey};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

fn opening(sm2: bool) -> Opening {
    Opening {
        sm2,
        ..Opening::default()
    }
}

async fn opened(path: &Path, sm2: bool) -> Archive {
    Archive::open_with(path, &opening(sm2)).await.unwrap()
}

async fn refused(path: &Path) -> LogTrouble {
    match Archive::open_with(path, &opening(true)).await.map(|_| ()).unwrap_err() {
        ArchiveError::Log { source, .. } => *source,
        other => panic!("{other}"),
    }
}

fn key(path: &Path) -> VerifierKey {
    let text = std::fs::read_to_string(beside(path, ".log-key-sm2")).unwrap();
    text.trim_end().parse::<SignerKey>().unwrap().verifier().clone()
}

fn checkpoint(path: &Path) -> Note {
    Note::parse(&std::fs::read(beside(path, ".checkpoint")).unwrap()).unwrap()
}

async fn is_whole(archive: &Archive) -> bool {
    archive.audit(None).await.unwrap().is_whole()
}

#[tokio::test]
async fn checkpoints_have_a_line_in_sm2_while_it_is_asked_for_and_an_audit_misses_it() {
    let folder = tempfile::tempdir().unwrap();
    // Without it, with it, without it, and with it again: a key is made once.
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    assert!(!beside(&path, ".log-key-sm2").exists());
    assert_eq!(checkpoint(&path).signatures().len(), 1);

    let archive = opened(&path, true).await;
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    archive.close().await;
    let mode = std::fs::metadata(beside(&path, ".log-key-sm2"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let sm2 = key(&path);
    let note = checkpoint(&path);
    assert_eq!((sm2.kind(), note.signatures().len()), (KeyKind::Sm2, 2));
    assert!(note.signatures().iter().all(|signature| signature.name == *sm2.name()));
    assert_eq!(note.verify(std::slice::from_ref(&sm2)).unwrap().len(), 1);
    // The first opening tells of the time that passed since the messages of this test.
    opened(&path, true).await.close().await;
    let told = checkpoint(&path);
    let archive = opened(&path, true).await;
    whole(&archive).await;
    archive.close().await;
    assert_eq!(checkpoint(&path).text(), told.text(), "nothing is told twice");

    // The line is gone, or another's text is signed by it.
    let file = beside(&path, ".checkpoint");
    let right = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = right.lines().collect();
    let (above, last) = lines.split_at(lines.len() - 1);
    let without = above.join("\n") + "\n";
    let mut wrong: Vec<char> = last[0].chars().collect();
    let at = wrong.len() - 20;
    wrong[at] = if wrong[at] == 'A' { 'B' } else { 'A' };
    let wrong = format!("{without}{}\n", wrong.into_iter().collect::<String>());
    for (text, expected) in [(&without, false), (&wrong, false), (&right, true)] {
        std::fs::write(&file, text).unwrap();
        let reader = Archive::open_readonly(&path).await.unwrap();
        assert_eq!(is_whole(&reader).await, expected, "{text}");
        reader.close().await;
    }

    let archive = opened(&path, false).await;
    archive.close().await;
    assert_eq!(checkpoint(&path).signatures().len(), 1);
    let archive = opened(&path, false).await;
    whole(&archive).await;
    archive.close().await;
    let archive = opened(&path, true).await;
    whole(&archive).await;
    archive.close().await;
    assert_eq!((key(&path), checkpoint(&path).signatures().len()), (sm2, 2));
}

#[tokio::test]
async fn a_lost_or_foreign_key_in_sm2_is_refused_until_somebody_accepts_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    opened(&path, true).await.close().await;
    let file = beside(&path, ".log-key-sm2");
    let (right, first) = (std::fs::read_to_string(&file).unwrap(), key(&path));

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(refused(&path).await, LogTrouble::OpenKey { mode: 0o644, .. }));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&file, "PRIVATE+KEY+x\n").unwrap();
    assert!(matches!(refused(&path).await, LogTrouble::BadKey { .. }));
    let other = SignerKey::new(first.name().clone(), KeyKind::Sm2, &[7; 32]).unwrap();
    std::fs::write(&file, &*other.to_secret_text()).unwrap();
    assert!(matches!(refused(&path).await, LogTrouble::OtherKey { .. }));
    std::fs::write(&file, &right).unwrap();
    opened(&path, true).await.close().await;

    std::fs::remove_file(&file).unwrap();
    let found = refused(&path).await;
    assert!(matches!(&found, LogTrouble::NoKey { path } if *path == file), "{found}");
    let accepting = Opening {
        accept_lost_writes: true,
        ..opening(true)
    };
    let archive = Archive::open_with(&path, &accepting).await.unwrap();
    whole(&archive).await;
    archive.close().await;
    // The log goes on under another name, as it does where the other key is lost.
    let second = key(&path);
    assert!(second != first && second.name() != first.name());
    assert_eq!(checkpoint(&path).verify(&[second]).unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_given_away_is_verified_with_the_line_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = opened(&path, true).await;
    let key: VerifierKey = whole(&archive).await.key.unwrap().parse().unwrap();
    let chosen = all_of(&archive).await;
    let (bytes, _) = export(&archive, &request(), &chosen).await;
    archive.close().await;
    let report = verified(bytes, Some(&key.to_string())).unwrap();
    assert!(report.is_whole(), "an export has the line in Ed25519, and no other");

    let archive = Archive::open_readonly(&path).await.unwrap();
    let certificate = archive.certificate(&id("gone")).await.unwrap().unwrap();
    let out = tempfile::tempdir().unwrap();
    let log = out.path().join("log");
    assert!(archive.export_log(&log, None).await.unwrap().is_whole());
    archive.close().await;
    let trust = LogTrust::new(key.name().as_str(), key.clone()).unwrap();
    let with_sm2 = trust.clone().with_sm2(self::key(&path)).unwrap();
    let another = SignerKey::new(key.name().clone(), KeyKind::Sm2, &[7; 32]).unwrap();
    let another = trust.clone().with_sm2(another.verifier().clone()).unwrap();
    for (trust, holds) in [(&trust, true), (&with_sm2, true), (&another, false)] {
        assert_eq!(certificate.verify(trust).is_ok(), holds);
        let read = proviso_proof::export::verify(&Folder(log.clone()), trust);
        assert_eq!(read.is_ok_and(|report| report.is_whole()), holds);
    }
}
