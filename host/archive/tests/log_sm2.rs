//! Checkpoints that are signed in SM2 as well: the key, its entry, and what an audit finds.

use crate::log::whole;
use crate::support::{Write as _, batch, entry};
use proviso_archive::{Archive, ArchiveError, LogTrouble, Opening, VerifierKey};
use proviso_proof::note::{KeyKind, Note, SignerKey};
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
    let path = folder.path().join("archive.db");
    // Without it, with it, without it, and with it again: a key is made once.
    let archive = opened(&path, false).await;
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
    let archive = opened(&path, true).await;
    whole(&archive).await;
    archive.close().await;
    assert_eq!(checkpoint(&path).text(), note.text(), "nothing is told twice");

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
