//! Certificates of disposal: each is made from the log, and verified without the archive.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::dispose;
use crate::log::{beside, whole, with_everything};
use crate::support::id;
use proviso_archive::certificate::{Certificate, CertificateError};
use proviso_archive::{Archive, ArchiveError, LogTrouble, VerifierKey};
use proviso_proof::note::LogTrust;

#[tokio::test]
async fn a_disposal_has_a_certificate_that_is_verified_without_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = Archive::open_readonly(&path).await.unwrap();
    let key: VerifierKey = whole(&archive).await.key.unwrap().parse().unwrap();
    assert_eq!(archive.certificate(&id("kept")).await.unwrap(), None);
    assert_eq!(archive.certificate(&id("never seen")).await.unwrap(), None);
    let mut texts = Vec::new();
    for native in ["gone", "gone too"] {
        let certificate = archive.certificate(&id(native)).await.unwrap().unwrap();
        texts.push(certificate.to_json());
    }
    archive.close().await;
    drop(folder);

    let trust = LogTrust::new(key.name().as_str(), key.clone()).unwrap();
    let [first, second] = &texts[..] else {
        panic!("two went")
    };
    for text in [first, second] {
        assert!(!text.contains("gone"), "{text}");
        let certificate = Certificate::from_json(text).unwrap();
        certificate.verify(&trust).unwrap();
        assert_eq!(certificate.disposal.statutes[0].law, "证券法");
    }
    // What one says with the proofs of the other is none.
    let mut mixed = Certificate::from_json(first).unwrap();
    mixed.disposal = Certificate::from_json(second).unwrap().disposal;
    assert!(matches!(mixed.verify(&trust), Err(CertificateError::NoDisposal)));
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Archive::open_readonly(&with_everything(&elsewhere).await)
        .await
        .unwrap();
    let other: VerifierKey = whole(&other).await.key.unwrap().parse().unwrap();
    let other = LogTrust::new(other.name().as_str(), other.clone()).unwrap();
    let refused = Certificate::from_json(first).unwrap().verify(&other);
    assert!(matches!(refused, Err(CertificateError::Checkpoint(_))), "{refused:?}");
}

#[tokio::test]
async fn a_certificate_is_not_given_before_the_checkpoint_nor_for_what_was_altered() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let checkpoint = beside(&path, ".checkpoint");
    let before = std::fs::read(&checkpoint).unwrap();
    let archive = Archive::open(&path).await.unwrap();
    let arrival = archive.show(&id("kept")).await.unwrap().unwrap().arrival;
    assert_eq!(dispose(&archive, &[arrival]).await.disposed, 1);
    archive.close().await;
    let after = std::fs::read(&checkpoint).unwrap();

    let asked = async || {
        let archive = Archive::open_readonly(&path).await.unwrap();
        let asked = archive.certificate(&id("kept")).await;
        archive.close().await;
        match asked {
            Err(ArchiveError::Log { source, .. }) => Err(*source),
            other => Ok(other.unwrap()),
        }
    };
    std::fs::write(&checkpoint, &before).unwrap();
    let found = asked().await;
    assert!(matches!(found, Err(LogTrouble::NotSigned { .. })), "{found:?}");
    std::fs::remove_file(&checkpoint).unwrap();
    let found = asked().await;
    assert!(matches!(found, Err(LogTrouble::NothingSigned { .. })), "{found:?}");
    std::fs::write(&checkpoint, &after).unwrap();
    assert!(asked().await.unwrap().is_some());

    let mut connection = crate::support::raw_connection(&path).await;
    sqlx::query("UPDATE disposals SET said = replace(said, 'P20Y', 'P05Y')")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let found = asked().await;
    assert!(matches!(found, Err(LogTrouble::NotShown { .. })), "{found:?}");
}
