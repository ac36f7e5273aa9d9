//! Exports: what is given away verifies by itself, and what was altered of it is found.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::log::with_everything;
use crate::support::{Write as _, batch, entry, fresh, generation, now, rich_entry, wei};
use proviso_archive::{
    Archive, Chosen, ConversationKey, ExportError, ExportRequest, Given, NoPacks, PackAtHand, Packs, VerifierKey,
};
use proviso_evidence::tar::{TarMembers, TarWriter};
use proviso_evidence::verify::{Expected, Report, verify};
use proviso_evidence::{Asked, Members as _, Role, Views};
use proviso_model::time::Zone;
use proviso_model::{Digest, Timestamp};
use proviso_verify::Unsealing;
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

/// An archive with messages that were judged again, released, and plain, in several leaves and conversations.
pub(crate) async fn filled(folder: &tempfile::TempDir) -> Archive {
    let archive = fresh(folder).await;
    archive.ingest(&batch(vec![rich_entry("held", 1)])).await.unwrap();
    for turn in 0..12 {
        let entries = (0..3).map(|n| entry(&format!("m{turn}-{n}"), n)).collect();
        archive.ingest(&batch(entries)).await.unwrap();
    }
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
    let report = verified(bytes, Some(&given.key)).unwrap();
    assert!(report.is_whole(), "{:#?}", report.faults);
    assert!(report.entries >= 1, "{report:?}");
    let about = report.about.unwrap();
    assert_eq!((about.number, about.messages, about.matches), (1, 37, 37));
    assert_eq!((report.opened, report.masked, report.untold), (37, 0, 0));
    assert_eq!((about.by.as_str(), about.to.as_str()), ("person:wei", "the court"));
    assert_eq!(report.told_at_ms, Some(told().as_millis().unsigned_abs()));
    // The next one has the next number, and the first is as whole as before.
    let (bytes, given) = export(&archive, &request(), &chosen[..2]).await;
    assert_eq!(given.number, 2);
    assert!(verified(bytes, None).unwrap().is_whole());
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

/// Numbers of a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// The members of an export, in their order.
type Parts = Vec<(String, Vec<u8>)>;

fn parts(bytes: &[u8]) -> Parts {
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

fn joined(parts: &Parts) -> Vec<u8> {
    use proviso_evidence::Sink as _;
    let mut tar = TarWriter::new(Vec::new());
    for (path, bytes) in parts {
        tar.member(path, bytes).unwrap();
    }
    tar.finish().unwrap()
}

/// An export with those that are put in its place.
pub(crate) struct Exports {
    whole: Vec<u8>,
    /// The one before it, and one of another archive: their members are put among its own.
    others: [Parts; 2],
}

impl Exports {
    pub(crate) async fn made(masked: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let (archive, other) = (filled(&folder).await, filled(&elsewhere).await);
        let chosen = all_of(&archive).await;
        let request = ExportRequest { masked, ..request() };
        let (before, _) = export(&archive, &request, &chosen).await;
        archive.ingest(&batch(vec![entry("between", 1)])).await.unwrap();
        let (whole, _) = export(&archive, &request, &chosen).await;
        let (foreign, _) = export(&other, &request, &chosen).await;
        archive.close().await;
        other.close().await;
        let others = [parts(&before), parts(&foreign)];
        assert!(verified(whole.clone(), None).unwrap().is_whole());
        Self { whole, others }
    }

    /// Alters something; what, and the export. `None` where that changed nothing.
    fn alter(&self, numbers: &mut Numbers) -> Option<(String, Vec<u8>)> {
        let mut members = parts(&self.whole);
        let at = numbers.below(members.len());
        let name = members[at].0.clone();
        let what = match numbers.below(12) {
            0..4 => {
                let mut bytes = self.whole.clone();
                let (at, bit) = (numbers.below(bytes.len()), numbers.below(8));
                bytes[at] ^= 1 << bit;
                return Some((format!("bit {bit} of byte {at}"), bytes));
            }
            4 => {
                members.remove(at);
                format!("{name} left out")
            }
            5 => {
                let other = numbers.below(members.len());
                members.swap(at, other);
                format!("{name} and member {other} in each other's places")
            }
            6 => {
                members[at].0 = format!("{name}.x");
                format!("{name} called otherwise")
            }
            7 => {
                let copy = members[at].1.clone();
                members.insert(at, (format!("messages/{}.txt", numbers.below(1_000)), copy));
                format!("a copy of {name} added")
            }
            8 => {
                let other = &self.others[numbers.below(2)];
                let (path, bytes) = other.iter().find(|(path, _)| *path == name)?;
                members[at].1.clone_from(bytes);
                format!("{path} of another export")
            }
            9 => {
                // All that shows it is another's, or the one's before.
                let other = numbers.below(2);
                members.retain(|(path, _)| !path.starts_with("proof/"));
                let proof = self.others[other].iter().filter(|(path, _)| path.starts_with("proof/"));
                members.extend(proof.cloned());
                format!("the proof of export {other}")
            }
            10 => {
                let bytes = &mut members[at].1;
                let place = numbers.below(bytes.len() + 1);
                bytes.truncate(place);
                format!("{name} cut at {place}")
            }
            _ => {
                // A line twice, or two in each other's places.
                let text = String::from_utf8(members[at].1.clone()).ok()?;
                let mut lines: Vec<&str> = text.lines().collect();
                if lines.len() < 2 {
                    return None;
                }
                let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
                lines.swap(one, other);
                members[at].1 = (lines.join("\n") + "\n").into_bytes();
                format!("lines {one} and {other} of {name} in each other's places")
            }
        };
        let bytes = joined(&members);
        (bytes != self.whole).then_some((what, bytes))
    }
}

/// Alterations that are found, of so many; those that are not.
pub(crate) fn unseen(exports: &Exports, count: u64) -> Vec<String> {
    let (mut unseen, mut tried, mut seed) = (Vec::new(), 0, 0);
    while tried < count {
        seed += 1;
        let Some((what, bytes)) = exports.alter(&mut Numbers(seed)) else {
            continue;
        };
        tried += 1;
        if verified(bytes, None).is_some_and(|report| report.is_whole()) {
            unseen.push(format!("{seed}: {what}"));
        }
    }
    unseen
}

/// Whoever rewrites the manifest with what they altered has no entry of the log for it.
#[tokio::test]
async fn a_manifest_that_was_made_again_is_found_by_the_log() {
    let exports = Exports::made(false).await;
    let mut members = parts(&exports.whole);
    let messages = members
        .iter()
        .position(|(path, _)| path == "messages/0001.jsonl")
        .unwrap();
    let altered = String::from_utf8(members[messages].1.clone()).unwrap();
    let altered = altered.replacen("您好", "你好", 1);
    let manifest = members.iter().position(|(path, _)| path == "manifest.json").unwrap();
    let old = sha256(&members[messages].1);
    let bytes = (members[messages].1.len(), altered.len());
    let text = String::from_utf8(members[manifest].1.clone()).unwrap();
    members[manifest].1 = text
        .replace(&old, &sha256(altered.as_bytes()))
        .replace(&format!("\"bytes\": {}", bytes.0), &format!("\"bytes\": {}", bytes.1))
        .into_bytes();
    members[messages].1 = altered.into_bytes();
    let report = verified(joined(&members), None).unwrap();
    let at = |member: &str| report.faults.iter().any(|fault| fault.member == member);
    assert!(
        at("proof/exported.json") && at("messages/0001.jsonl"),
        "{:?}",
        report.faults
    );
    assert!(!at("manifest.json"), "{:?}", report.faults);
}

fn sha256(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string().trim_start_matches("sha256:").to_owned()
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
