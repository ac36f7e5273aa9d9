//! Tables for analysts: with a daemon and without, what is in them and what is not, and what the log tells of them.

use super::disposal::{BY, RULES, TEXT};
use super::support::{SET, Serve, Site, json_lines, message, run, stderr, stdout};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

const FILES: [&str; 3] = ["messages.parquet", "findings.parquet", "retention.parquet"];
/// What people wrote or are called by: none of it may be anywhere in the files.
const PLANTED: [&str; 12] = [
    "li.na",
    "customer-1",
    "保本",
    "138 0013 8000",
    "13800138000",
    "退款说明",
    "sdk-1",
    "aside",
    "promise-7",
    "see the attachment",
    "wonder",
    "https://example.org/planted",
];

fn said(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

fn tables(site: &Site, out: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let out = out.display().to_string();
    let fixed = ["archive", "tables", "--reason", "review 3", "--to", "the analysts"];
    said(site, &[&fixed, &["--out", &out][..], more].concat())
}

fn tabled(site: &Site, out: &Path, more: &[&str]) -> Value {
    let (code, printed, error) = tables(site, out, &[more, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{error}");
    serde_json::from_str(&printed).unwrap()
}

fn rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
}

/// A column's value as text; empty where there is none.
fn cell(row: &Row, name: &str) -> String {
    let (_, field) = row.get_column_iter().find(|(column, _)| *column == name).unwrap();
    match field {
        Field::Str(text) => text.clone(),
        Field::Null => String::new(),
        other => other.to_string(),
    }
}

/// How many rows have these values.
fn counted(rows: &[Row], names: &[&str]) -> BTreeMap<Vec<String>, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts
            .entry(names.iter().map(|name| cell(row, name)).collect())
            .or_default() += 1;
    }
    counts
}

/// The same of the statistics.
fn of_stats(rows: &Value, names: &[&str], count: &str) -> BTreeMap<Vec<String>, u64> {
    let rows = rows.as_array().unwrap().iter().map(|row| {
        let text = |name: &&str| {
            row[*name]
                .as_str()
                .map_or_else(|| row[*name].to_string(), str::to_owned)
        };
        (names.iter().map(text).collect(), row[count].as_u64().unwrap())
    });
    rows.collect()
}

/// Promises, a held message, a file, a link, another tenant's message; retention by law.
fn fill(site: &Site) -> Serve {
    site.retention_pack("keeps", &RULES.replace("VERIFIED", BY).replace("TEXT", TEXT));
    site.write("set.toml", &format!("{SET}\n[[apply]]\npack = \"keeps\"\n"));
    let daemon = Serve::start(site);
    let mut file = message("file", "see the attachment https://example.org/planted");
    file["kind"] = "file".into();
    file["attachments"] = json!([{ "name": "退款说明.pdf", "size_bytes": 9, "reference": "sdk-1" }]);
    let mut other = message("other", "这款产品保本");
    other["tenant"] = "other".into();
    other["sent_at"] = "2020-03-01T08:00:00Z".into();
    let mut lines = vec![file, other, message("held", "%%BRITTLE%% invoice wonder")];
    for number in 0..20 {
        lines.push(message(
            &format!("promise-{number}"),
            "这款产品保本保息，打给我 138 0013 8000",
        ));
        let mut aside = message(&format!("aside-{number}"), "nothing of it");
        aside["conversation"] = "aside".into();
        lines.push(aside);
    }
    for line in lines {
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    daemon
}

#[test]
fn tables_are_the_same_with_a_daemon_and_without_and_count_what_the_archive_counts() {
    let site = Site::new();
    let daemon = fill(&site);
    let (one, two) = (site.path("one"), site.path("two"));
    let by_daemon = tabled(&site, &one, &[]);
    assert_eq!(daemon.terminate(), Some(0));
    let by_hand = tabled(&site, &two, &[]);
    let stats = site.stats();
    for (folder, told, number) in [(&one, &by_daemon, 1), (&two, &by_hand, 2)] {
        let [messages, findings, retention] = FILES.map(|file| rows(&folder.join(file)));
        assert_eq!(told["number"], json!(number));
        let lengths = [&messages, &findings, &retention].map(|rows| json!(rows.len()));
        assert_eq!(
            lengths,
            ["messages", "findings", "retention"].map(|name| told[name].clone())
        );
        let kinds = ["tenant", "channel", "kind"];
        assert_eq!(
            counted(&messages, &kinds),
            of_stats(&stats["messages"], &kinds, "messages")
        );
        let rules = ["pack", "policy", "rule", "severity", "shadow"];
        assert_eq!(
            counted(&findings, &rules),
            of_stats(&stats["findings"], &rules, "findings")
        );
        assert!(findings.len() > 20, "each promise, and that there were many");
        let decided = counted(&retention, &["rule", "law", "article", "ground"]);
        let expected = ["orders", "Order Act", "3", "longest-floor"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(decided, BTreeMap::from([(expected, messages.len() as u64)]));
        let until: BTreeSet<String> = retention.iter().map(|row| cell(row, "keep_until")).collect();
        assert!(until.iter().any(|day| day.starts_with("2021-03-0")), "{until:?}");
        let sent: Vec<String> = messages.iter().map(|row| cell(row, "sent_at")).collect();
        assert!(sent[1].starts_with("2020-03-01 08:00:00"), "{}", sent[1]);
        let names: BTreeSet<String> = messages.iter().map(|row| cell(row, "message")).collect();
        assert_eq!(names.len(), messages.len(), "each message has a pseudonym of its own");
        let findings_of = findings.iter().chain(&retention).map(|row| cell(row, "message"));
        assert!(names.is_superset(&findings_of.collect()), "the tables can be joined");
        let held = messages.iter().filter(|row| cell(row, "waiting") == "true").count();
        assert_eq!(json!(held), stats["held_open"]);
        assert_eq!(held, 1);
        let manifest = fs::read(folder.join("manifest.json")).unwrap();
        let said: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(said["about"]["to"], "the analysts");
        for (file, listed) in FILES.iter().zip(said["files"].as_array().unwrap()) {
            let bytes = fs::read(folder.join(file)).unwrap();
            assert_eq!(
                (listed["path"].as_str(), listed["bytes"].as_u64()),
                (Some(*file), Some(bytes.len() as u64))
            );
            let digest = proviso_model::Digest::of(&bytes).to_string();
            assert_eq!(digest.trim_start_matches("sha256:"), listed["sha256"]);
        }
        let digest = proviso_model::Digest::of(&manifest).to_string();
        assert_eq!(digest.trim_start_matches("sha256:"), told["manifest"]);
    }
    let (_, out, _) = said(&site, &["audit", "show", "--limit", "1000", "--format", "json"]);
    let entries = json_lines(&out);
    let entries = entries.iter().flat_map(|leaf| leaf["entries"].as_array().unwrap());
    let told: Vec<&Value> = entries
        .filter(|entry| entry["fields"]["what"] == "tables" || entry["fields"]["asked"] == "tables")
        .collect();
    let mut kinds: Vec<&str> = told.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["export", "export", "exported", "exported"]);
    assert!(
        told.iter().all(|entry| entry["fields"]["reason"] == "review 3"),
        "{told:?}"
    );
    let (code, out, _) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn tables_name_nobody_and_have_no_text_and_the_archive_leads_back() {
    let site = Site::new();
    let daemon = fill(&site);
    let (one, two) = (site.path("one"), site.path("two"));
    tabled(&site, &one, &[]);
    tabled(&site, &two, &[]);
    let all = |folder: &Path| -> Vec<String> {
        let rows = FILES.iter().flat_map(|file| rows(&folder.join(file)));
        rows.flat_map(|row| {
            row.get_column_iter()
                .map(|(_, field)| field.to_string())
                .collect::<Vec<_>>()
        })
        .collect()
    };
    for folder in [&one, &two] {
        let cells = all(folder);
        assert!(cells.iter().any(|cell| cell.contains("Order Act")), "cells are read");
        for planted in PLANTED {
            assert!(
                !cells.iter().any(|cell| cell.contains(planted)),
                "{planted} stands in a cell"
            );
            for file in FILES.iter().chain(&["manifest.json"]) {
                let bytes = fs::read(folder.join(file)).unwrap();
                let found = bytes.windows(planted.len()).any(|window| window == planted.as_bytes());
                assert!(!found, "{planted} stands in {file}");
            }
        }
    }
    // Pseudonyms are those of one export.
    let of = |folder: &Path, column: &str| -> BTreeSet<String> {
        rows(&folder.join(FILES[0]))
            .iter()
            .map(|row| cell(row, column))
            .collect()
    };
    for (column, kind) in [
        ("message", "message-"),
        ("sender", "person-"),
        ("conversation", "conversation-"),
    ] {
        let (here, there) = (of(&one, column), of(&two, column));
        assert!(here.iter().all(|name| name.starts_with(kind)), "{here:?}");
        assert!(here.is_disjoint(&there), "{column}");
    }
    let unmask = |pseudonym: &str| {
        let (code, out, error) = said(
            &site,
            &["archive", "unmask", pseudonym, "--export", "1", "--reason", "order 3"],
        );
        assert_eq!(code, Some(0), "{error}");
        out.trim().to_owned()
    };
    let first = &rows(&one.join(FILES[0]))[0];
    assert_eq!(unmask(&cell(first, "message")), "bank/chat/file");
    assert_eq!(unmask(&cell(first, "sender")), "li.na");
    let aside = rows(&one.join(FILES[0])).into_iter().next_back().unwrap();
    assert_eq!(unmask(&cell(&aside, "conversation")), "aside");
    assert_eq!(daemon.terminate(), Some(0));
}

#[test]
fn tables_are_of_the_messages_that_are_asked_for_and_what_is_asked_wrongly_leaves_nothing() {
    let site = Site::new();
    let daemon = fill(&site);
    for (name, more, messages) in [
        ("tenant", &["--tenant", "other"][..], 1),
        ("from", &["--from", "2026-10-12"], 42),
        ("before", &["--before", "2026-10-12T01:00:00Z"], 1),
        (
            "both",
            &["--tenant", "bank", "--from", "2020-01-01", "--before", "2030-01-01"],
            42,
        ),
    ] {
        let told = tabled(&site, &site.path(name), more);
        assert_eq!(told["messages"], json!(messages), "{more:?}: {told}");
        let found = rows(&site.path(name).join(FILES[0])).len();
        assert_eq!(found, messages, "{more:?}");
        let names: BTreeSet<String> = rows(&site.path(name).join(FILES[0]))
            .iter()
            .map(|row| cell(row, "message"))
            .collect();
        let findings = rows(&site.path(name).join(FILES[1]));
        assert!(
            findings.iter().all(|row| names.contains(&cell(row, "message"))),
            "{more:?}"
        );
    }
    fs::create_dir(site.path("full")).unwrap();
    fs::write(site.path("full/x"), "x").unwrap();
    let new = site.path("new");
    let long = "x".repeat(10_000);
    let wrong = |left: &str| {
        for (out, more, told) in [
            (&site.path("full"), &[][..], "not empty"),
            (&site.path("no/such/folder"), &[], "there is no folder"),
            (&new, &["--tenant", "nobody"], "no message of tenant \"nobody\""),
            (&new, &["--from", "2090-01-01"], "no message of that time"),
            (&new, &["--from", "yesterday"], "2026-01-31"),
            (&new, &["--tenant", long.as_str()], "the tenant has 10000 bytes"),
            (&new, &["--tenant", ""], "the tenant has 0 bytes"),
        ] {
            let (code, _, error) = tables(&site, out, more);
            assert_eq!(code, Some(2), "{left}, {more:?}: {error}");
            assert!(error.contains(told), "{left}, {more:?}: {error}");
        }
        assert!(!new.exists());
        let names = fs::read_dir(site.path("")).unwrap();
        let names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert!(!names.iter().any(|name| name.contains("partial")), "{left}: {names:?}");
    };
    wrong("with a daemon");
    let (status, answer) = daemon.post(
        "/v1/archive/tables",
        r#"{"reason": "x", "to": "y", "from": "yesterday"}"#,
    );
    assert_eq!(status, 400, "{answer}");
    assert_eq!(daemon.terminate(), Some(0));
    wrong("without a daemon");
}
