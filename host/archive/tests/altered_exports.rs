//! What somebody alters in an export: who has it alone finds it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::evidence::{Parts, all_of, export, filled, parts, request, verified};
use crate::support::{Write as _, batch, entry};
use proviso_archive::ExportRequest;
use proviso_evidence::tar::TarWriter;
use proviso_model::Digest;

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
