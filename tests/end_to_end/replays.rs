//! `proviso replay --all`: every verdict comes out again, whichever version recorded it, and what does not is told with both.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout};
use proviso_archive::{Activated, Activation, Archive, Cause, Change, Entry, IngestBatch, Receipt};
use proviso_daemon::config::Config;
use proviso_engine::{FoldStates, Identity, Input};
use proviso_model::retention::Moments;
use proviso_model::{Addressed, Message, MessageId, Principal};
use proviso_pack::PackStore;
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::set::{self, Purpose};
use proviso_pipeline::loading::trust::Accepting;
use proviso_pipeline::{judge_with, places};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// What judged before an upgrade.
const OLDER: &str = "proviso-engine 0.0.9, contract 0.1.0, wasmtime 41, scan 2";

/// A site whose daemon has judged so many messages, one a minute, and has ended.
fn judged(messages: usize) -> Site {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let lines: Vec<String> = (0..messages).map(|number| line(number).to_string()).collect();
    assert_eq!(daemon.post("/v1/messages", &lines.join("\n")).0, 200);
    assert_eq!(daemon.terminate(), Some(0));
    site
}

fn line(number: usize) -> Value {
    let text = ["好的，收到", "这款产品保本", "明天见"][number % 3];
    let mut line = message(&format!("m{number}"), text);
    line["sent_at"] = format!("2026-10-12T{:02}:{:02}:00Z", number / 60, number % 60).into();
    line
}

fn replay(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let output = run(&[&["replay", "--config", &config], arguments].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn all_of_a_period_are_replayed_with_a_daemon_and_without_one() {
    let site = judged(500);
    let json = ["--all", "--format", "json"];
    let (code, all, error) = replay(&site, &json);
    assert_eq!(code, Some(0), "{error}");
    let lines = json_lines(&all);
    let names: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    let expected: Vec<_> = (0..500).map(|number| format!("bank/chat/m{number}")).collect();
    assert_eq!(names, expected, "each once, in the order of arrival");
    assert!(
        lines
            .iter()
            .all(|line| line["identical"] == true && line["recorded_by"].is_null())
    );
    // From 01:00 to 02:00: 60 of them.
    let hour = [
        "--all",
        "--since",
        "2026-10-12T01:00:00Z",
        "--until",
        "2026-10-12T10:00:00+08:00",
    ];
    for workers in ["1", "3"] {
        let (code, told, error) = replay(&site, &[&hour[..], &["--workers", workers]].concat());
        assert_eq!(
            (code, told.trim()),
            (Some(0), "60 replayed, 60 identical, 0 different"),
            "{error}"
        );
    }
    let daemon = Serve::start(&site);
    assert_eq!(replay(&site, &json), (Some(0), all, String::new()));
    let (_, told, _) = replay(&site, &hour);
    assert_eq!(told.trim(), "60 replayed, 60 identical, 0 different");
    assert_eq!(
        replay(&site, &["--all", "--since", "2026-10-13"]).1.trim(),
        "0 replayed, 0 identical, 0 different"
    );
    assert_eq!(daemon.terminate(), Some(0));
    for wrong in [
        &["--all", "--since", "yesterday"][..],
        &["--all", "m1"],
        &["--all", "--sample", "3"],
        &["m1", "--since", "2026-10-12"],
        &[],
    ] {
        let (code, out, error) = replay(&site, wrong);
        assert!(code == Some(2) && out.is_empty() && !error.is_empty(), "{wrong:?}");
    }
}

/// Messages that an older version judged: a generation of the same set and packs, recorded by it, and what it says. Of the messages in
/// `overlooks` that version found nothing.
fn judged_by_an_older_version(site: &Site, messages: usize, overlooks: &[usize]) {
    let config = Config::read(&site.path("proviso.toml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let archive = Archive::open_with(&config.archive_path(), &config.opening())
            .await
            .unwrap();
        let mut record = archive.active_generation().await.unwrap().unwrap();
        let store = PackStore::open(&config.store_dir()).unwrap();
        let accepting = Accepting {
            trust: Arc::new(config.trust_source().read().unwrap().0),
            seen: Arc::default(),
        };
        let purpose = Purpose::Replay { though_revoked: false };
        let resolved = set::recorded(&proviso_daemon::recorded(&record), &store, &accepting, purpose).unwrap();
        let engine = build::engine(Some(&config.cache_dir)).unwrap();
        let identity = Identity {
            versions: OLDER,
            set_json: &record.set_json,
        };
        let generation = engine.build_as(identity, &resolved, &|_| ()).unwrap();
        assert_ne!(generation.id(), record.id, "what judges is a part of the address");
        record.id = generation.id();
        record.engine_version.replace_range(.., OLDER);
        let activation = Activation {
            generation: Activated::Built(record),
            trust: None,
            at: places::now(),
            cause: Cause::Start,
            why: String::new(),
            changed: String::new(),
        };
        let by = Principal::system("older");
        archive.commit(Change::Activation(&activation), &by).await.unwrap();
        let known: Vec<MessageId> = { archive.message_ids(0, messages as u32).await.unwrap() }
            .into_iter()
            .map(|numbered| numbered.id)
            .collect();
        let mut batch = IngestBatch::new(places::now());
        for (number, found) in archive.messages(&known).await.unwrap().into_iter().enumerate() {
            let mut older: Message = found.unwrap();
            older.id = Arc::new(MessageId {
                native: format!("older{number}"),
                ..MessageId::clone(&older.id)
            });
            older.conversation = format!("older {number}");
            older.sender.id = format!("older-{number}");
            let message = Arc::new(Addressed::from(older));
            let input = Input {
                message: Arc::clone(&message),
                preceding: Vec::new(),
                withheld: None,
                basis: None,
                moments: Moments::default(),
                quarantined: None,
                directory: None,
            };
            let settled = judge_with(&generation, &[input], &mut FoldStates::new()).remove(0);
            let mut verdict = settled.outcome.verdict;
            if overlooks.contains(&number) {
                verdict.findings.clear();
            }
            batch.entries.push(Entry {
                department: None,
                message,
                verdict,
                fuel: settled.outcome.fuel,
                retention: None,
                directory: None,
                basis: None,
                advances: Vec::new(),
            });
        }
        assert!(matches!(
            archive.commit(Change::Messages(&batch), &by).await,
            Ok(Receipt::Messages(_))
        ));
        archive.close().await;
    });
}

#[test]
fn what_an_older_version_recorded_is_judged_again_and_named() {
    let site = judged(30);
    // The seventh, as every third from the second on, holds a promise.
    judged_by_an_older_version(&site, 30, &[7]);
    let (code, told, error) = replay(&site, &["--all"]);
    assert_eq!(code, Some(1), "{told}{error}");
    assert!(told.contains("60 replayed, 59 identical, 1 different"), "{told}");
    assert!(
        told.contains(&format!("30 of them were judged by another version then: {OLDER}")),
        "{told}"
    );
    let (_, told, _) = replay(&site, &["--all", "--format", "json"]);
    for line in json_lines(&told) {
        let name = line["message"].as_str().unwrap();
        let is_older = name.starts_with("bank/chat/older");
        assert_eq!(line["recorded_by"] == OLDER, is_older, "{line}");
        assert_eq!(line["identical"] == true, name != "bank/chat/older7", "{line}");
        let findings = |key: &str| -> usize {
            let verdict: Value = serde_json::from_str(line[key].as_str().unwrap()).unwrap();
            verdict["findings"].as_array().unwrap().len()
        };
        if name == "bank/chat/older7" {
            assert_eq!(
                (findings("recorded_verdict"), findings("verdict_now")),
                (0, 1),
                "both are told"
            );
        } else {
            assert!(line["recorded_verdict"].is_null());
        }
    }
    // It judges to compare, and goes live no more.
    let daemon = Serve::start(&site);
    assert_eq!(daemon.post("/v1/policy/rollback", "{}").0, 422);
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn what_cannot_be_judged_again_keeps_no_other_from_it() {
    let site = judged(30);
    judged_by_an_older_version(&site, 30, &[]);
    let packs = site.path("data/packs");
    let away = site.path("away");
    fs::rename(&packs, &away).unwrap();
    fs::create_dir(&packs).unwrap();
    let (code, told, error) = replay(&site, &["--all"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(error.contains("60 messages could not be judged again"), "{error}");
    assert!(told.contains("cannot read pack"), "{told}");
    let (_, told, _) = replay(&site, &["--all", "--format", "json"]);
    let lines = json_lines(&told);
    assert_eq!(lines.len(), 60);
    assert!(
        lines
            .iter()
            .all(|line| line["fault"].as_str().unwrap().contains("cannot read pack"))
    );
    put_back(&away, &packs);
    assert_eq!(replay(&site, &["--all"]).0, Some(0));
}

fn put_back(from: &Path, to: &Path) {
    fs::remove_dir(to).unwrap();
    fs::rename(from, to).unwrap();
}
