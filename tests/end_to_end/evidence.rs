//! Exports that verify themselves: with a daemon and without, as a folder and as a tar, masked and not, and what the log tells of them.

use super::disposal::ok;
use super::support::{Serve, Site, json_lines, message, run, stderr, stdout};
use proviso_evidence::verify::{Expected, Report, verify};
use proviso_verify::{Unsealing, open};
use serde_json::{Value, json};
use std::path::Path;

/// What a command printed, and how it ended.
pub(crate) type Said = (Option<i32>, String, String);

pub(crate) fn said(site: &Site, arguments: &[&str]) -> Said {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

pub(crate) fn export(site: &Site, out: &Path, more: &[&str]) -> Said {
    let out = out.display().to_string();
    let fixed = [
        "archive",
        "export",
        "--reason",
        "case 7",
        "--to",
        "the court",
        "--out",
        &out,
    ];
    said(site, &[&fixed, more].concat())
}

fn exported(site: &Site, out: &Path, more: &[&str]) -> Value {
    let (code, printed, error) = export(site, out, &[more, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{error}");
    serde_json::from_str(&printed).unwrap()
}

pub(crate) fn report(path: &Path, key: Option<&Value>) -> Report {
    let key = key.map(|key| key.as_str().unwrap().parse().unwrap());
    let mut members = open(path).unwrap();
    verify(
        &mut members,
        &mut Unsealing::new().unwrap(),
        None,
        &Expected {
            key,
            ..Expected::default()
        },
        &mut |_| {},
    )
    .unwrap()
}

pub(crate) fn fill(daemon: &Serve) {
    let mut file = message("file", "see the attachment");
    file["kind"] = "file".into();
    file["attachments"] = json!([{ "name": "退款说明.pdf", "size_bytes": 9, "reference": "sdk-1" }]);
    let mut lines = vec![
        message("before", "您好"),
        message("promise", "这款产品保本保息，打给我 138 0013 8000"),
        message("after", "=1+1"),
        message("held", "%%BRITTLE%% invoice"),
        file,
    ];
    for number in 0..30 {
        let mut aside = message(&format!("aside-{number}"), "nothing of it");
        aside["conversation"] = "aside".into();
        lines.push(aside);
    }
    for line in lines {
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
}

/// Every line of the messages of an export.
fn lines(folder: &Path) -> Vec<Value> {
    json_lines(&std::fs::read_to_string(folder.join("messages/0001.jsonl")).unwrap())
}

#[test]
fn an_export_is_the_same_with_a_daemon_and_without_and_verifies_by_itself() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let (tar, folder) = (site.path("a.tar"), site.path("b"));
    let zone = ["保本", "--zone", "Asia/Shanghai", "--context", "1"];
    let by_daemon = exported(&site, &tar, &zone);
    assert_eq!(daemon.terminate(), Some(0));
    let by_hand = exported(&site, &folder, &zone);
    for (path, given, number) in [(&tar, &by_daemon, 1), (&folder, &by_hand, 2)] {
        let report = report(path, Some(&given["key"]));
        assert!(report.is_whole(), "{:?}", report.faults);
        let about = report.about.unwrap();
        assert_eq!((about.number, about.messages, about.matches), (number, 3, 1));
        assert_eq!((report.opened, report.masked, report.untold), (3, 0, 0));
        assert_eq!(about.manifest, given["manifest"].as_str().unwrap());
    }
    let lines = lines(&folder);
    let of = |line: &Value| (line["message"]["id"].as_str().unwrap().to_owned(), line["role"].clone());
    let found: Vec<_> = lines.iter().map(of).collect();
    let expected = [("before", "context"), ("promise", "match"), ("after", "context")];
    assert_eq!(found, expected.map(|(id, role)| (id.to_owned(), json!(role))));
    assert!(
        lines[0]["sent_at"].as_str().unwrap().ends_with("+08:00"),
        "{}",
        lines[0]
    );
    // The packs that judged are in it.
    assert!(folder.join("packs").read_dir().unwrap().count() > 0);
    let page = std::fs::read_to_string(folder.join("html/0001.html")).unwrap();
    assert!(
        page.contains("<mark>保本</mark>") && !page.contains("<script"),
        "{page}"
    );
    let table = std::fs::read_to_string(folder.join("csv/0001.csv")).unwrap();
    assert!(table.contains("\"'=1+1\""), "{table}");
    for form in ["eml/0001.zip", "rsmf/0001.rsmf"] {
        assert!(folder.join(form).is_file(), "{form}");
    }
    let (_, out, _) = said(&site, &["audit", "show", "--limit", "1000", "--format", "json"]);
    let leaves = json_lines(&out);
    let entries = leaves.iter().flat_map(|leaf| leaf["entries"].as_array().unwrap());
    let told: Vec<&Value> = entries.filter(|entry| entry["kind"] == "exported").collect();
    assert_eq!(told.len(), 2, "{out}");
    assert_eq!(told[0]["fields"]["to"], "the court");
    let (code, out, _) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn a_conversation_is_exported_whole_and_what_was_altered_is_named() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let conversation = "bank/chat/aside";
    let folder = site.path("whole");
    let given = exported(&site, &folder, &["--conversation", conversation, "--forms", "none"]);
    assert_eq!(
        (&given["messages"], &given["conversations"]),
        (&json!(30), &json!(1)),
        "{given}"
    );
    assert!(!folder.join("html").exists());
    assert!(report(&folder, Some(&given["key"])).is_whole());
    let messages = folder.join("messages/0001.jsonl");
    let text = std::fs::read_to_string(&messages).unwrap();
    std::fs::write(&messages, text.replacen("nothing of it", "nothing of me", 1)).unwrap();
    let faults = report(&folder, None).faults;
    let named: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(
        named.iter().any(|fault| fault.starts_with("messages/0001.jsonl:1: ")),
        "{named:?}"
    );
    assert!(named.iter().any(|fault| fault.contains("SHA-256")), "{named:?}");
    std::fs::write(&messages, text).unwrap();
    assert!(report(&folder, None).is_whole());
    std::fs::write(folder.join("more.txt"), "x").unwrap();
    assert!(!report(&folder, None).is_whole());
}

#[test]
fn what_is_masked_names_nobody_and_the_archive_leads_back() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let folder = site.path("masked");
    let given = exported(&site, &folder, &["保本", "--mask"]);
    let report = report(&folder, Some(&given["key"]));
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!((report.opened, report.masked), (0, given["messages"].as_u64().unwrap()));
    let lines = lines(&folder);
    let sender = lines[1]["message"]["from"]["id"]
        .as_str()
        .or(lines[1]["message"]["from"].as_str())
        .unwrap();
    assert!(sender.starts_with("person-"), "{}", lines[1]);
    let same = lines
        .iter()
        .filter(|line| line["message"]["from"] == lines[1]["message"]["from"]);
    assert!(same.count() > 1);
    let text = lines
        .iter()
        .find_map(|line| line["message"]["text"].as_str().filter(|text| text.contains("保本")));
    let text = text.unwrap();
    assert!(!text.contains("138 0013 8000") && text.contains('⟦'), "{text}");
    let plain = message("promise", "");
    for name in [plain["from"]["id"].as_str().unwrap(), "customer-1", "138 0013 8000"] {
        for path in [
            "messages/0001.jsonl",
            "seals/0001.jsonl",
            "html/0001.html",
            "csv/0001.csv",
            "manifest.json",
        ] {
            let file = std::fs::read_to_string(folder.join(path)).unwrap();
            assert!(!file.contains(name), "{name} stands in {path}");
        }
    }
    let unmask = |pseudonym: &str| {
        said(
            &site,
            &["archive", "unmask", pseudonym, "--export", "1", "--reason", "order 3"],
        )
    };
    let (code, out, error) = unmask(sender);
    assert_eq!(
        (code, out.trim()),
        (Some(0), plain["from"]["id"].as_str().unwrap()),
        "{error}"
    );
    assert_eq!(daemon.terminate(), Some(0));
    assert_eq!(unmask(sender).1.trim(), out.trim());
    assert_eq!(unmask("person-0000000000000000").0, Some(2));
}

#[test]
fn what_is_asked_wrongly_is_told_and_leaves_nothing() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let full = site.path("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("x"), "x").unwrap();
    let there = site.path("there.tar");
    std::fs::write(&there, "x").unwrap();
    let new = site.path("new");
    for (out, more, told) in [
        (&full, &["保本"][..], "not empty"),
        (&there, &["保本"], "there already"),
        (&site.path("no/such/folder"), &["保本"], "there is no folder"),
        (&new, &["(保本"], "a bracket is not closed"),
        (&new, &["保本", "--until", "2001-01-01"], "is over"),
        (&new, &["保本", "--until", "tomorrow"], "2026-01-31"),
        (&new, &["保本", "--context", "1000000"], "context"),
        (&new, &["保本", "--zone", "Mars/Olympus"], "Mars/Olympus"),
        (&new, &["nowhere-to-be-found"], "nothing was found"),
        (&new, &["--conversation", "aside"], "names no conversation"),
        (&new, &["--conversation", "bank/chat/none"], "nothing was found"),
    ] {
        let (code, _, error) = export(&site, out, more);
        assert_eq!(code, Some(2), "{more:?}: {error}");
        assert!(error.contains(told), "{more:?}: {error}");
    }
    assert!(!new.exists());
    let left = std::fs::read_dir(site.path("")).unwrap();
    let left: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!left.iter().any(|name| name.contains("partial")), "{left:?}");
}

/// Whoever cannot say whether a message is asked for does not say that all is there.
#[test]
fn nothing_is_exported_where_a_message_cannot_be_opened() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    assert_eq!(daemon.terminate(), Some(0));
    super::ahead::sql(&site, "UPDATE contents SET content = zeroblob(40) WHERE message = 2");
    let out = site.path("case-7.tar");
    let (code, _, error) = export(&site, &out, &["保本"]);
    assert_eq!(code, Some(3), "{error}");
    assert!(
        error.contains("1 message could not be opened, and may be what is asked for: ")
            && error.contains("message 2 of"),
        "{error}"
    );
    assert!(!out.exists());
}

#[test]
fn all_that_fits_a_hold_is_searched_and_exported() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    ok(
        &site,
        &[
            "hold", "place", "--tenant", "bank", "--text", "保本", "--reason", "case 7",
        ],
    );
    let counted = |query: &str| {
        let counted = ok(&site, &["archive", "search", query, "--count", "--reason", "case 7"]);
        counted[0]["messages"].clone()
    };
    assert_eq!((counted("hold:1"), counted("NOT hold:1")), (json!(1), json!(34)));
    let body = json!({ "query": "hold:1 is:kept", "reason": "case 7" });
    let (status, found) = daemon.post("/v1/archive/search", &body.to_string());
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["found"][0]["id"]["native"], "promise", "{found}");
    let body = json!({ "query": "hold:2", "reason": "case 7" });
    let (status, answer) = daemon.post("/v1/archive/count", &body.to_string());
    assert_eq!(status, 400, "{answer}");
    assert!(answer.to_string().contains("there is no hold 2"), "{answer}");
    let body = json!({ "query": "保本", "hold": 1, "reason": "case 7", "to": "the court" });
    let (status, answer) = daemon.post("/v1/archive/export", &body.to_string());
    assert_eq!(status, 400, "{answer}");
    assert!(answer.to_string().contains("only one of them"), "{answer}");

    let tar = site.path("case-7.tar");
    let given = exported(&site, &tar, &["--hold", "1", "--context", "1"]);
    assert_eq!((&given["messages"], &given["matches"]), (&json!(3), &json!(1)));
    let (code, _, error) = export(&site, &site.path("none"), &["--hold", "2"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("there is no hold 2: see `proviso hold list`"), "{error}");
    ok(&site, &["hold", "release", "1", "--note", "closed"]);
    assert_eq!(daemon.terminate(), Some(0));
    // Without a daemon it is the same, and so is what fits an order that has ended.
    let folder = site.path("case-7");
    let given = exported(&site, &folder, &["--hold", "1", "--context", "0"]);
    assert_eq!(given["messages"], 1);
    assert!(report(&folder, Some(&given["key"])).is_whole());
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"text\": \"hold:1\""), "{manifest}");
    assert_eq!((counted("hold:1"), counted("hold:1 is:kept")), (json!(1), json!(0)));
    let (code, _, error) = export(&site, &site.path("none"), &["--hold", "2"]);
    assert_eq!(code, Some(2), "{error}");
    let (_, told, _) = said(&site, &["audit", "show", "--limit", "1000", "--format", "json"]);
    assert!(
        told.contains("hold:1 is:kept") && told.contains("\"what\":\"hold:1\""),
        "{told}"
    );
}
