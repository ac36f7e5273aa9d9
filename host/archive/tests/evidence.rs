//! Exports: what is given away verifies by itself, and what was altered of it is found.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::log::{copy, with_everything};
use crate::support::{Write as _, advance, batch, entry, fresh, generation, now, rich_entry, wei};
use proviso_archive::{
    Archive, Chosen, ConversationKey, ExportError, ExportRequest, Given, NoPacks, PackAtHand, Packs, VerifierKey,
};
use proviso_evidence::tar::{TarMembers, TarWriter};
use proviso_evidence::verify::{Expected, Report, verify};
use proviso_evidence::{Asked, Members as _, Role, Views};
use proviso_model::time::Zone;
use proviso_model::{Digest, Timestamp};
use proviso_proof::note::witness::Request;
use proviso_proof::note::{KeyKind, KeyName, Note, Signature, SignerKey};
use proviso_verify::Unsealing;
use serde_json::json;
use sqlx::Connection as _;
use std::io::Cursor;
use std::path::Path;

pub(crate) fn request() -> ExportRequest {
    ExportRequest {
        asked: Asked::Query("保本".into()),
        reason: "case 7".into(),
        to: "the court".into(),
        until: Some("2027-01-31".parse().unwrap()),
        context: 1,
        zone: Zone::named("Asia/Shanghai").unwrap(),
        masked: false,
        views: Views::ALL,
        at: now(),
        program: "proviso test".into(),
        request: None,
    }
}

/// When the log is told, some time after an export began.
fn told() -> Timestamp {
    Timestamp::from_millis(now().as_millis() + 5_000).unwrap()
}

/// The witness of these logs.
pub(crate) fn witness() -> SignerKey {
    SignerKey::new(KeyName::new("w.example").unwrap(), KeyKind::Cosignature, &[7; 32]).unwrap()
}

/// Has the witness sign the log as far as it is signed.
async fn cosign(archive: &Archive) {
    let asked = archive.witness_request(0).await.unwrap().unwrap();
    let note = Request::from_text(&asked.body).unwrap().note;
    let note = Note::parse(note.as_bytes()).unwrap();
    let signature = witness().cosign(note.text(), 1_793_000_000).unwrap();
    let answer = Signature::new(witness().verifier(), signature).to_string();
    archive
        .keep_witnessed(&asked, &answer, witness().verifier())
        .await
        .unwrap();
}

/// An archive with messages that were judged again, released, and plain, in several leaves and conversations; some had a state before them, and a
/// witness signed the log.
pub(crate) async fn filled(folder: &tempfile::TempDir) -> Archive {
    let archive = fresh(folder).await;
    archive.ingest(&batch(vec![rich_entry("held", 1)])).await.unwrap();
    let mut state = b"\x00one".to_vec();
    for turn in 0..12 {
        let mut entries: Vec<_> = (0..3).map(|n| entry(&format!("m{turn}-{n}"), n)).collect();
        let before = state.clone();
        state.extend(format!("; and {turn}").bytes());
        entries[1].advances = vec![advance("staff-1", &before, &state)];
        archive.ingest(&batch(entries)).await.unwrap();
    }
    cosign(&archive).await;
    archive
        .release(&[crate::support::id("held")], "looked at")
        .await
        .unwrap();
    archive
}

pub(crate) async fn all_of(archive: &Archive) -> Vec<Chosen> {
    let ids = archive.message_ids(0, 1_000).await.unwrap();
    let numbers: Vec<i64> = ids.iter().map(|one| one.arrival).collect();
    archive.with_context(&numbers, 0).await.unwrap()
}

pub(crate) async fn export(archive: &Archive, request: &ExportRequest, chosen: &[Chosen]) -> (Vec<u8>, Given) {
    let (tar, given) = archive
        .export(TarWriter::new(Vec::new()), request, chosen, &NoPacks, &wei(), told)
        .await
        .unwrap();
    (tar.finish().unwrap(), given)
}

pub(crate) fn verified(bytes: Vec<u8>, key: Option<&str>) -> Option<Report> {
    let mut members = TarMembers::open(Cursor::new(bytes)).ok()?;
    let expected = Expected {
        key: key.map(|key| key.parse::<VerifierKey>().unwrap()),
        ..Expected::default()
    };
    let report = verify(
        &mut members,
        &mut Unsealing::new().unwrap(),
        None,
        &expected,
        &mut |_| {},
    );
    Some(report.unwrap())
}

#[tokio::test]
async fn an_export_verifies_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let chosen = all_of(&archive).await;
    let (bytes, given) = export(&archive, &request(), &chosen).await;
    let report = verified(bytes.clone(), Some(&given.key)).unwrap();
    assert!(report.is_whole(), "{:#?}", report.faults);
    assert!(report.entries >= 1, "{report:?}");
    let about = report.about.unwrap();
    assert_eq!((about.number, about.messages, about.matches), (1, 37, 37));
    assert_eq!((report.opened, report.masked, report.untold), (37, 0, 0));
    assert_eq!((about.by.as_str(), about.to.as_str()), ("person:wei", "the court"));
    assert_eq!(report.told_at_ms, Some(told().as_millis().unsigned_abs()));
    let cosigned = report.cosigned.unwrap();
    assert!(cosigned.size > 0 && cosigned.known.is_empty(), "{cosigned:?}");
    assert_eq!(cosigned.unknown.len(), 1, "{cosigned:?}");
    let members = parts(&bytes);
    // What each message was judged with beside itself: of one in three a state, each time the one that the last left.
    let (_, lines) = members
        .iter()
        .find(|(path, _)| path == "judged-with/0001.jsonl")
        .unwrap();
    let lines = String::from_utf8(lines.clone()).unwrap();
    let states: Vec<String> = lines.lines().filter_map(state_of).collect();
    assert_eq!(states.len(), 13);
    // "\0one; and 0", in base64.
    assert_eq!(states[..3], ["", "AG9uZQ==", "AG9uZTsgYW5kIDA="]);
    // The next one has the next number, and the first is as whole as before.
    let (bytes, given) = export(&archive, &request(), &chosen[..2]).await;
    assert_eq!(given.number, 2);
    assert!(verified(bytes, None).unwrap().is_whole());
    archive.close().await;
}

/// The state before a message, of its line.
fn state_of(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["before"], &line["departments"]),
        (&json!([]), &json!(null)),
        "{line}"
    );
    let fold = line["folds"].get(0)?;
    assert_eq!(
        (&fold["policy"], &fold["key"]),
        (&json!("departure-risk"), &json!("staff-1"))
    );
    Some(fold["state"].as_str().unwrap().to_owned())
}

/// An older archive that was put in the place of a newer one does not continue what the witness signed of that.
#[tokio::test]
async fn a_log_that_does_not_continue_what_was_witnessed_gives_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let old = folder.path().join("old.db");
    copy(&path, &old);
    let archive = Archive::open(&path).await.unwrap();
    archive.ingest(&batch(vec![entry("newer", 1)])).await.unwrap();
    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    cosign(&archive).await;
    archive.close().await;
    copy(&old, &path);
    let archive = Archive::open(&path).await.unwrap();
    let chosen = all_of(&archive).await;
    let tar = TarWriter::new(Vec::new());
    let given = archive.export(tar, &request(), &chosen, &NoPacks, &wei(), told).await;
    let error = given.map(drop).unwrap_err();
    let chain = std::iter::successors(Some(&error as &(dyn std::error::Error + 'static)), |error| {
        error.source()
    });
    let told = chain.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    assert!(
        told.contains("the log does not continue what its witness signed"),
        "{told}"
    );
    let leaves = archive.log(None, 1).await.unwrap();
    assert!(leaves[0].entries.iter().all(|entry| entry.kind != "exported"));
    archive.close().await;
}

/// Messages that were judged again, decided on anew, released and refused a second content; beside some that are gone.
#[tokio::test]
async fn what_became_of_messages_is_shown_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_everything(&folder).await;
    let archive = Archive::open(&path).await.unwrap();
    let chosen = all_of(&archive).await;
    for masked in [false, true] {
        let request = ExportRequest { masked, ..request() };
        let (bytes, given) = export(&archive, &request, &chosen).await;
        let report = verified(bytes, Some(&given.key)).unwrap();
        assert!(report.is_whole(), "{:#?}", report.faults);
        let messages = chosen.len() as u64;
        assert_eq!(
            (report.opened, report.masked, report.untold),
            if masked { (0, messages, 0) } else { (messages, 0, 0) }
        );
        assert_eq!(report.entries >= 5, !masked, "{}", report.entries);
    }
    let audit = archive.audit(None).await.unwrap();
    assert!(audit.is_whole(), "{:?}", audit.faults);
    archive.close().await;
}

#[tokio::test]
async fn a_message_that_is_gone_ends_the_export_before_the_log_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let gone = Chosen {
        arrival: 1_000,
        role: Role::Match,
    };
    let tar = TarWriter::new(Vec::new());
    let given = archive.export(tar, &request(), &[gone], &NoPacks, &wei(), told).await;
    assert!(matches!(given.map(drop), Err(ExportError::Gone(1_000))));
    let leaves = archive.log(None, 1).await.unwrap();
    assert!(leaves[0].entries.iter().all(|entry| entry.kind != "exported"));
    archive.close().await;
}

#[tokio::test]
async fn a_pseudonym_is_the_archives_own_and_leads_back() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let chosen = all_of(&archive).await;
    let masked = ExportRequest {
        masked: true,
        ..request()
    };
    let senders = async |archive: &Archive| {
        let (bytes, given) = export(archive, &masked, &chosen).await;
        let lines = String::from_utf8(
            parts(&bytes)
                .iter()
                .find(|(path, _)| path == "messages/0001.jsonl")
                .unwrap()
                .1
                .clone(),
        );
        let lines = lines.unwrap();
        let at = lines.find("person-").unwrap();
        (given.number, lines[at..at + "person-".len() + 16].to_owned())
    };
    let ((one, first), (two, second)) = (senders(&archive).await, senders(&archive).await);
    assert_ne!(first, second, "another in another export");
    let known = archive.unmask(one, &first).await.unwrap().unwrap();
    assert_eq!(archive.unmask(two, &second).await.unwrap(), Some(known));
    assert_eq!(archive.unmask(two, &first).await.unwrap(), None);
    archive.close().await;
}

#[tokio::test]
async fn matches_come_with_what_stands_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let all = all_of(&archive).await;
    let of = |chosen: &[Chosen], role| chosen.iter().filter(|one| one.role == role).count();
    let chosen = archive.with_context(&[10], 2).await.unwrap();
    assert_eq!(of(&chosen, Role::Match), 1);
    assert!((1..=4).contains(&of(&chosen, Role::Context)), "{chosen:?}");
    assert!(chosen.windows(2).all(|pair| pair[0].arrival < pair[1].arrival));
    let message = archive
        .messages(&[crate::support::id("m3-1")])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let whole = archive.conversation(&ConversationKey::of(&message)).await.unwrap();
    assert!(!whole.is_empty() && whole.len() <= all.len());
    archive.close().await;
}

/// One pack is at hand.
struct OnePack;

impl Packs for OnePack {
    fn pack(&self, digest: &Digest) -> Option<PackAtHand> {
        (*digest == crate::support::pack_digest()).then(|| PackAtHand {
            signatures: vec!["minisign RWQ".into()],
            file: b"the pack's file".to_vec(),
        })
    }
}

#[tokio::test]
async fn packs_that_are_at_hand_are_enclosed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let chosen = all_of(&archive).await;
    let tar = TarWriter::new(Vec::new());
    let (tar, _) = archive
        .export(tar, &request(), &chosen, &OnePack, &wei(), told)
        .await
        .unwrap();
    let bytes = tar.finish().unwrap();
    let mut members = TarMembers::open(Cursor::new(bytes.clone())).unwrap();
    let packs: Vec<String> = members.paths().unwrap();
    let packs = packs.iter().filter(|path| path.starts_with("packs/"));
    assert_eq!(packs.count(), 1);
    let generations = String::from_utf8(members.read("generations.jsonl").unwrap().unwrap()).unwrap();
    assert!(generations.contains("minisign RWQ") && generations.contains(&generation("first").id.to_string()));
    assert!(verified(bytes, None).unwrap().is_whole());
    archive.close().await;
}

#[tokio::test]
async fn nothing_and_another_key_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (archive, other) = (filled(&folder).await, filled(&elsewhere).await);
    let chosen = all_of(&archive).await;
    let nothing = archive
        .export(TarWriter::new(Vec::new()), &request(), &[], &NoPacks, &wei(), told)
        .await;
    assert!(matches!(nothing.map(drop), Err(ExportError::Nothing)));
    let (bytes, _) = export(&archive, &request(), &chosen[..3]).await;
    let (_, given) = export(&other, &request(), &chosen[..3]).await;
    let report = verified(bytes, Some(&given.key)).unwrap();
    assert!(!report.is_whole());
    assert!(
        report.faults.iter().any(|fault| fault.member == "proof/key"),
        "{:?}",
        report.faults
    );
    archive.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_was_altered_in_the_archive_is_not_given_away() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    alter(&path, "UPDATE envelopes SET sent_at = sent_at + 1 WHERE message = 5").await;
    let archive = Archive::open(&path).await.unwrap();
    let chosen = all_of(&archive).await;
    let given = archive
        .export(TarWriter::new(Vec::new()), &request(), &chosen, &NoPacks, &wei(), told)
        .await;
    assert!(given.is_err());
    archive.close().await;
}

pub(crate) async fn alter(path: &Path, sql: &'static str) {
    let mut connection = crate::alterations::opened_to_alter(path).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The members of an export, in their order.
pub(crate) type Parts = Vec<(String, Vec<u8>)>;

pub(crate) fn parts(bytes: &[u8]) -> Parts {
    let mut members = TarMembers::open(Cursor::new(bytes)).unwrap();
    let paths = members.paths().unwrap();
    paths
        .into_iter()
        .map(|path| {
            let bytes = members.read(&path).unwrap().unwrap();
            (path, bytes)
        })
        .collect()
}

/// Names a folder to write an export to, for the golden files of `host/verify`. Without it nothing is written.
const FOLDER: &str = "PROVISO_EXPORT_GOLDEN";

#[tokio::test]
async fn an_export_is_written_for_later_verifiers() {
    let folder = tempfile::tempdir().unwrap();
    let archive = filled(&folder).await;
    let chosen = all_of(&archive).await;
    for (name, masked) in [("export-v1.tar", false), ("masked-v1.tar", true)] {
        let request = ExportRequest { masked, ..request() };
        let (bytes, given) = export(&archive, &request, &chosen[..4]).await;
        let report = verified(bytes.clone(), Some(&given.key)).unwrap();
        assert!(report.is_whole(), "{:?}", report.faults);
        assert_eq!((report.opened, report.masked), if masked { (0, 4) } else { (4, 0) });
        if let Ok(to) = std::env::var(FOLDER) {
            std::fs::write(Path::new(&to).join(name), bytes).unwrap();
            std::fs::write(Path::new(&to).join(format!("{name}.key")), given.key).unwrap();
        }
    }
    archive.close().await;
}
