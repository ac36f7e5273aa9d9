//! Exports whose verdicts are judged again by the packs in them: equal where nothing is amiss; and each thing that is amiss in an export that
//! verifies, is found, or counted as not judged.

use super::ahead::sql;
use super::support::{Serve, Site, message, run, stderr};
use super::{evidence, facts};
use proviso_archive::{Archive, Change, Entry, ExportRequest, IngestBatch, PackAtHand, Packs, Receipt, StoredVerdict};
use proviso_daemon::config::Config;
use proviso_evidence::tar::{TarMembers, TarWriter};
use proviso_evidence::verify::{Expected, JudgedAgain, NotJudged, Report, verify};
use proviso_evidence::words::{Language, json_of, said};
use proviso_evidence::{Asked, Views};
use proviso_model::time::Zone;
use proviso_model::{Addressed, Digest, Message, MessageId, Principal};
use proviso_pack::PackStore;
use proviso_pipeline::places;
use proviso_proof::note::witness::Request;
use proviso_proof::note::{KeyKind, KeyName, Note, Signature, SignerKey};
use proviso_verify::{Judging, Unsealing};
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

/// A set that asks the directory, and folds and earlier messages.
const SET: &str = "\
language = \"zh\"
time_zone = \"Asia/Shanghai\"

[[apply]]
pack = \"promises\"
mode = \"enforce\"
scope = { departments = [\"财富管理部\"] }

[[apply]]
pack = \"brittle\"
";

const MESSAGES: u64 = 24;

/// A site whose daemon judged [`MESSAGES`] in two conversations, most of them of one sender, and ended.
fn judged() -> Site {
    let site = Site::new();
    site.write("set.toml", SET);
    site.write("员工.csv", facts::DIRECTORY);
    let (code, _, error) = facts::said(&site, &["directory", "import", &site.text("员工.csv")]);
    assert_eq!(code, Some(0), "{error}");
    let daemon = Serve::start(&site);
    for number in 0..MESSAGES {
        let text = ["您好", "这款产品保本", "稳赚不赔"][number as usize % 3];
        let mut line = message(&format!("m{number}"), text);
        // She works in the department until the first of July.
        let day = if number < 20 { "2026-06-30" } else { "2026-07-02" };
        line["sent_at"] = format!("{day}T09:{number:02}:00+08:00").into();
        line["conversation"] = format!("g{}", number % 2).into();
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(daemon.terminate(), Some(0));
    site
}

/// Packs by what a test says is at hand.
#[derive(Default)]
struct AtHand(BTreeMap<Digest, Vec<u8>>);

impl AtHand {
    fn of(site: &Site) -> Self {
        let store = PackStore::open(&config(site).store_dir()).unwrap();
        let packs = store.list().unwrap().into_iter();
        Self(
            packs
                .map(|digest| (digest, store.get(&digest).unwrap().to_file()))
                .collect(),
        )
    }

    fn named(&self, site: &Site, name: &str) -> Digest {
        let store = PackStore::open(&config(site).store_dir()).unwrap();
        let mut digests = self.0.keys().copied();
        digests
            .find(|digest| store.get(digest).unwrap().manifest().name == name)
            .unwrap()
    }
}

impl Packs for AtHand {
    fn pack(&self, digest: &Digest) -> Option<PackAtHand> {
        let file = self.0.get(digest)?.clone();
        let signatures = Vec::new();
        Some(PackAtHand { signatures, file })
    }
}

fn config(site: &Site) -> Config {
    Config::read(&site.path("proviso.toml")).unwrap()
}

fn in_archive<T>(site: &Site, work: impl AsyncFnOnce(&Archive) -> T) -> T {
    let config = config(site);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let archive = Archive::open_with(&config.archive_path(), &config.opening())
            .await
            .unwrap();
        let done = work(&archive).await;
        archive.close().await;
        done
    })
}

/// All messages of the archive, save those of these numbers, exported as the archive does it.
fn exported(site: &Site, packs: &AtHand, masked: bool, without: &[i64]) -> Vec<u8> {
    let request = ExportRequest {
        asked: Asked::Query("保本".into()),
        reason: "case 7".into(),
        to: "the court".into(),
        until: None,
        context: 0,
        zone: Zone::utc(),
        masked,
        views: Views::NONE,
        at: places::now(),
        program: "proviso test".into(),
        request: None,
    };
    in_archive(site, async |archive| {
        let ids = archive.message_ids(0, 1_000).await.unwrap();
        let numbers: Vec<i64> = ids
            .iter()
            .map(|one| one.arrival)
            .filter(|one| !without.contains(one))
            .collect();
        let chosen = archive.with_context(&numbers, 0).await.unwrap();
        let tar = TarWriter::new(Vec::new());
        let by = Principal::system("test");
        let given = archive.export(tar, &request, &chosen, packs, &by, places::now).await;
        given.unwrap().0.finish().unwrap()
    })
}

/// What the export says, judged again; every message of it is in one of the counts.
fn judged_again(bytes: Vec<u8>) -> (Report, JudgedAgain) {
    let mut members = TarMembers::open(Cursor::new(bytes)).unwrap();
    let expected = Expected::default();
    let mut judging = Judging::new().unwrap();
    let report = verify(
        &mut members,
        &mut Unsealing::new().unwrap(),
        Some(&mut judging),
        &expected,
        &mut |_| {},
    );
    let report = report.unwrap();
    let judged = report.judged.clone().unwrap();
    let counted = judged.equal + judged.different + judged.not_judged();
    assert_eq!(counted, report.about.as_ref().unwrap().messages, "{judged:?}");
    (report, judged)
}

fn differences(judged: &JudgedAgain) -> Vec<String> {
    judged.differences.iter().map(ToString::to_string).collect()
}

fn only_difference(judged: &JudgedAgain) -> String {
    assert_eq!(judged.differences_count, 1, "{judged:?}");
    judged.differences[0].to_string()
}

fn counts(why: NotJudged, messages: u64) -> BTreeMap<NotJudged, u64> {
    BTreeMap::from([(why, messages)])
}

#[test]
fn every_verdict_of_an_export_comes_out_again_from_the_export_alone() {
    let site = judged();
    let packs = AtHand::of(&site);
    let bytes = exported(&site, &packs, false, &[]);
    // Folds, earlier messages and the directory had a say in some of them.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for part in ["repeated-promises", "\"before\":[1,3]", "\"department\":\"财富管理部\""] {
        assert!(text.contains(part), "{part}");
    }
    let states = |of: &str| text.matches(of).count();
    assert!(states("\"state\":\"") > states("\"state\":\"\"") + 2, "{text}");
    let (report, judged) = judged_again(bytes);
    assert!(report.is_well(), "{:?} {judged:?}", report.faults);
    assert_eq!(
        (judged.equal, judged.different, judged.not_judged()),
        (MESSAGES, 0, 0),
        "{judged:?}"
    );
    assert!(judged.recorded_by.is_empty() && judged.lacks.is_empty(), "{judged:?}");
    assert_eq!(json_of(&report)["judged"]["equal"], MESSAGES);
    let told = said(&report, Language::English).to_text();
    assert!(
        told.contains(&format!(
            "the enclosed packs give the very verdict of the export again: {MESSAGES}\n"
        )),
        "{told}"
    );

    // Masked: nothing of it can be judged.
    let (report, judged) = judged_again(exported(&site, &packs, true, &[]));
    assert!(report.is_well(), "{:?}", report.faults);
    assert_eq!((judged.equal, judged.not), (0, counts(NotJudged::Masked, MESSAGES)));

    // A message that others were judged with is left out.
    let (report, judged) = judged_again(exported(&site, &packs, false, &[9]));
    assert!(report.is_well(), "{:?}", report.faults);
    assert_eq!(judged.not, counts(NotJudged::Preceding, 1), "{judged:?}");
    assert_eq!(judged.equal, MESSAGES - 2);
}

#[test]
fn what_the_command_exports_is_judged_again() {
    let site = judged();
    let tar = site.path("case-7.tar");
    let (code, _, error) = evidence::export(&site, &tar, &["保本", "--context", "5"]);
    assert_eq!(code, Some(0), "{error}");
    let (report, judged) = judged_again(fs::read(&tar).unwrap());
    assert!(report.is_well(), "{:?} {judged:?}", report.faults);
    assert!(judged.equal > 8 && judged.different == 0, "{judged:?}");
}

#[test]
fn a_pack_that_is_not_the_one_is_named_and_does_not_run() {
    let site = judged();
    let mut packs = AtHand::of(&site);
    let promises = packs.named(&site, "test/promises");
    // Another list of words, under the name and version of the pack that judged.
    site.write("promises/lexicons/promissory.txt", "guaranteed return\n");
    site.write("promises/cases/promises.toml", "");
    let file = site.text("other.pack");
    let output = run(&["pack", "build", &site.text("promises"), "--output", &file]);
    assert!(output.status.success(), "{}", stderr(&output));
    packs.0.insert(promises, fs::read(&file).unwrap());
    let (report, judged) = judged_again(exported(&site, &packs, false, &[]));
    assert!(report.is_whole() && !report.is_well(), "{:?}", report.faults);
    assert_eq!(judged.not, counts(NotJudged::OtherPacks, MESSAGES), "{judged:?}");
    let named = only_difference(&judged);
    assert!(
        named.starts_with(&format!("packs/{}.pack: it holds the pack sha256:", promises.hex())),
        "{named}"
    );
    let told = said(&report, Language::English).to_text();
    assert!(told.contains(&format!("different: {named}")), "{told}");
    // One that is no pack at all.
    packs.0.insert(promises, b"no pack".to_vec());
    let (_, judged) = judged_again(exported(&site, &packs, false, &[]));
    assert_eq!(judged.not, counts(NotJudged::OtherPacks, MESSAGES), "{judged:?}");
    // One that was not at hand.
    packs.0.remove(&promises);
    let (report, judged) = judged_again(exported(&site, &packs, false, &[]));
    assert!(report.is_well(), "{:?}", report.faults);
    assert_eq!(judged.not, counts(NotJudged::Pack, MESSAGES), "{judged:?}");
    let lack = judged.lacks[0].to_string();
    assert!(
        lack.starts_with("generations.jsonl:1: the pack test/promises 1.0.0") && lack.contains("is not enclosed"),
        "{lack}"
    );
}

/// What stands in the archive is altered before the export is made, so that all of the export fits together.
#[test]
fn what_verdicts_were_not_made_with_is_found() {
    let of = |alter: &dyn Fn(&Site)| {
        let site = judged();
        alter(&site);
        let (report, judged) = judged_again(exported(&site, &AtHand::of(&site), false, &[]));
        assert!(report.is_whole() && !report.is_well(), "{:?} {judged:?}", report.faults);
        judged
    };
    let settings = of(&|site| {
        sql(
            site,
            "UPDATE generations SET set_json = replace(set_json, '财富管理部', '风险管理部')",
        );
    });
    assert_eq!(settings.not, counts(NotJudged::OtherPacks, MESSAGES), "{settings:?}");
    let named = only_difference(&settings);
    assert!(
        named.starts_with("generations.jsonl:1: its set and packs make the generation sha256:"),
        "{named}"
    );

    let states = of(&|site| sql(site, "UPDATE fold_steps SET state_before = x'00'"));
    assert!(
        states.different > 0 && states.equal > 0 && states.not.is_empty(),
        "{states:?}"
    );
    let named = differences(&states);
    assert!(
        named
            .iter()
            .all(|one| one.starts_with("messages/0001.jsonl:") && one.contains("judged again it has other ")),
        "{named:?}"
    );

    // Another version of the directory under the number of the one that was asked.
    let directory = of(&|site| {
        site.write(
            "员工.csv",
            &facts::DIRECTORY.replace("财富管理部,敏感", "风险管理部,敏感"),
        );
        let (code, _, error) = facts::said(site, &["directory", "import", &site.text("员工.csv")]);
        assert_eq!(code, Some(0), "{error}");
        for exchange in [
            "UPDATE employments SET since = CASE WHEN until = 2 THEN 2 ELSE 1 END,
                 until = CASE WHEN until = 2 THEN NULL WHEN since = 2 THEN 2 ELSE NULL END",
            "UPDATE directory_versions SET version = -version",
            "UPDATE directory_versions SET version = 3 + version",
        ] {
            sql(site, exchange);
        }
    });
    assert!(directory.different > 0 && directory.not.is_empty(), "{directory:?}");
    assert!(differences(&directory)[0].contains("packs"), "{directory:?}");
}

/// A verdict that no policy gave, as the archive seals it and its log tells it.
#[test]
fn a_verdict_that_was_not_given_by_its_packs_is_found() {
    let site = judged();
    in_archive(&site, async |archive| {
        let id = MessageId {
            tenant: "bank".into(),
            channel: "chat".into(),
            native: "m1".into(),
        };
        let given: StoredVerdict = archive.verdict(&id).await.unwrap().unwrap();
        let mut message: Message = archive
            .messages(std::slice::from_ref(&id))
            .await
            .unwrap()
            .remove(0)
            .unwrap();
        message.id = Arc::new(MessageId {
            native: "forged".into(),
            ..id
        });
        message.conversation = "forged".into();
        message.sender.id = "wang.fang".into();
        let message = Arc::new(Addressed::from(message));
        let mut verdict = given.verdict;
        verdict.message = Arc::clone(&message.id);
        verdict.input = message.digest();
        verdict.preceding.clear();
        verdict.packs = verdict.packs.iter().skip(1).copied().collect();
        verdict.scores.clear();
        assert!(!verdict.findings.is_empty());
        let mut batch = IngestBatch::new(places::now());
        batch.entries.push(Entry {
            department: None,
            message,
            verdict,
            fuel: 0,
            retention: None,
            directory: given.directory,
            basis: None,
            advances: Vec::new(),
        });
        let written = archive
            .commit(Change::Messages(&batch), &Principal::system("forger"))
            .await;
        assert!(matches!(written, Ok(Receipt::Messages(_))));
    });
    let (report, judged) = judged_again(exported(&site, &AtHand::of(&site), false, &[]));
    assert!(report.is_whole() && !report.is_well(), "{:?}", report.faults);
    assert_eq!((judged.equal, judged.different), (MESSAGES, 1), "{judged:?}");
    let named = only_difference(&judged);
    assert!(
        named.starts_with("messages/0001.jsonl:") && named.contains("judged again it has other findings"),
        "{named}"
    );
}

/// Nothing that was altered counts as judged again.
#[test]
fn what_was_altered_is_not_judged() {
    let site = judged();
    let mut bytes = exported(&site, &AtHand::of(&site), false, &[]);
    let at = bytes.windows(9).position(|part| part == b"\"before\":").unwrap();
    bytes[at + 1] = b'x';
    let (report, judged) = judged_again(bytes);
    assert!(!report.is_whole());
    // Nor are the two that were judged with it.
    let not = BTreeMap::from([(NotJudged::Altered, 1), (NotJudged::Preceding, 2)]);
    assert_eq!((&judged.not, judged.equal), (&not, MESSAGES - 3), "{judged:?}");
}

/// Names a folder to write an export to, for the golden files of `host/verify`. Without it nothing is written.
const FOLDER: &str = "PROVISO_EXPORT_GOLDEN";
/// When the witness of that one signed, in seconds since 1970.
const SIGNED_AT: u64 = 1_793_000_000;

#[test]
fn an_export_is_written_for_later_verifiers_to_judge_again() {
    let site = judged();
    let witness = SignerKey::new(KeyName::new("w.example").unwrap(), KeyKind::Cosignature, &[7; 32]).unwrap();
    in_archive(&site, async |archive| {
        let asked = archive.witness_request(0).await.unwrap().unwrap();
        let note = Request::from_text(&asked.body).unwrap().note;
        let note = Note::parse(note.as_bytes()).unwrap();
        let signature = witness.cosign(note.text(), SIGNED_AT).unwrap();
        let answer = Signature::new(witness.verifier(), signature).to_string();
        let kept = archive.keep_witnessed(&asked, &answer, witness.verifier());
        kept.await.unwrap();
    });
    // The sixth was judged with the fourth, which is not among them.
    let without: Vec<i64> = (1..=24).filter(|number| ![1, 2, 3, 5, 6, 7].contains(number)).collect();
    let bytes = exported(&site, &AtHand::of(&site), false, &without);
    let (report, judged) = judged_again(bytes.clone());
    assert!(report.is_well() && report.cosigned.is_some(), "{:?}", report.faults);
    assert_eq!((judged.equal, judged.not), (5, counts(NotJudged::Preceding, 1)));
    if let Ok(to) = std::env::var(FOLDER) {
        let name = "judged-with-v1.tar";
        fs::write(Path::new(&to).join(name), bytes).unwrap();
        fs::write(Path::new(&to).join(format!("{name}.key")), report.key.unwrap()).unwrap();
    }
}
