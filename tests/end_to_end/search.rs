//! Looking for messages by a query, with a daemon and without, and what the log tells of it.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout, wait_until};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

/// What a command printed, and how it ended.
type Said = (Option<i32>, String, String);

fn said(site: &Site, arguments: &[&str]) -> Said {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

fn search(site: &Site, query: &str, more: &[&str]) -> Said {
    let arguments = [&["archive", "search", query, "--reason", "case 7"], more].concat();
    said(site, &arguments)
}

/// The messages that a query finds, by their native identifiers.
fn found(site: &Site, query: &str, more: &[&str]) -> Vec<String> {
    let (code, out, error) = search(site, query, &[&["--format", "json"], more].concat());
    assert_eq!(code, Some(0), "{query}: {error}");
    let native = |line: &Value| line["id"]["native"].as_str().unwrap().to_owned();
    json_lines(&out).iter().map(native).collect()
}

fn fill(daemon: &Serve) {
    let mut file = message("file", "see the attachment");
    file["kind"] = "file".into();
    file["attachments"] = json!([{ "name": "退款说明.pdf", "size_bytes": 9 }]);
    let mut other = message("other", "Guaranteed return, I promise");
    other["from"]["id"] = "lin".into();
    other["conversation"] = "aside".into();
    let mut recall = message("recall", "");
    recall["kind"] = "recall".into();
    recall["recalls"] = "promise".into();
    let lines = [
        message("promise", "这款产品保本保息"),
        message("disguise", "这款产品保💰本，加微💰信"),
        message("number", "打给我 138 0013 8000"),
        message("category", "the category of guarantees"),
        message("held", "%%BRITTLE%% invoice"),
        file,
        other,
        recall,
    ];
    for line in lines {
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
}

/// Each query with what it finds, the last arrival first.
const TABLE: &[(&str, &[&str])] = &[
    ("保本", &["disguise", "promise"]),
    ("本", &["disguise", "promise"]),
    ("微信", &["disguise"]),
    ("保本 -微信", &["promise"]),
    ("保本 OR guaranteed", &["other", "disguise", "promise"]),
    ("\"guaranteed return\"", &["other"]),
    ("guarant*", &["other", "category"]),
    ("cat", &[]),
    ("产品 NEAR/2 保息", &["promise"]),
    ("13800138000", &["number"]),
    ("entity:cn-mobile", &["number"]),
    ("退款", &["file"]),
    ("kind:file", &["file"]),
    ("from:lin", &["other"]),
    ("conversation:aside", &["other"]),
    ("is:held", &["held"]),
    ("is:recalled", &["promise"]),
    ("rule:promise", &["other", "disguise", "promise"]),
    ("since:2100-01-01", &[]),
];

#[test]
fn what_a_query_finds_is_the_same_with_a_daemon_and_without() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let with: Vec<_> = TABLE.iter().map(|(query, _)| found(&site, query, &[])).collect();
    for ((query, expected), found) in TABLE.iter().zip(&with) {
        assert_eq!(found, expected, "{query}");
    }
    counts(&site);
    let shown = search(&site, "保本", &[]);
    assert!(shown.1.contains("这款产品«保本»保息"), "{}", shown.1);
    // How many were looked at depends on how far the index is.
    let end = shown.2.trim_end();
    assert!(
        end.starts_with("2 messages found, ") && end.ends_with(" looked at; there are no more"),
        "{end}"
    );
    assert_eq!(daemon.terminate(), Some(0));
    let without: Vec<_> = TABLE.iter().map(|(query, _)| found(&site, query, &[])).collect();
    assert_eq!(with, without);
    let (code, out, error) = said(&site, &["archive", "index", "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["messages"], &report["left"]), (&8.into(), &0.into()), "{out}");
    counts(&site);
    let indexed: Vec<_> = TABLE.iter().map(|(query, _)| found(&site, query, &[])).collect();
    assert_eq!(with, indexed);
    let (code, out, error) = search(&site, "保本", &[]);
    assert_eq!((code, &out), (shown.0, &shown.1));
    assert!(
        error.contains("2 messages found, 2 looked at; there are no more"),
        "{error}"
    );
}

/// What is counted is what is found, whatever of it is in the index.
fn counts(site: &Site) {
    for (query, found) in TABLE {
        let (code, out, error) = search(site, query, &["--count", "--format", "json"]);
        assert_eq!(code, Some(0), "{query}: {error}");
        let counted: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (&counted["messages"], &counted["is_cut_short"]),
            (&found.len().into(), &false.into()),
            "{query}"
        );
    }
    let (_, out, error) = search(site, "保本", &["--count"]);
    assert_eq!(out, "2 messages\n");
    assert!(error.ends_with(" looked at\n"), "{error}");
    assert_eq!(search(site, "保本", &["--count", "--limit", "3"]).0, Some(2));
}

#[test]
fn a_daemon_indexes_what_arrives_and_an_index_is_looked_at_beside_it() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let index = || {
        let (code, out, error) = said(&site, &["archive", "index", "--format", "json"]);
        assert_eq!(code, Some(0), "{error}");
        assert!(
            error.contains("a daemon writes this archive, and indexes it by itself"),
            "{error}"
        );
        serde_json::from_str::<Value>(&out).unwrap()
    };
    // Few messages wait some seconds.
    wait_until("the index", || index()["left"] == 0);
    assert_eq!(index()["messages"], 8);
    let (_, _, error) = search(&site, "保本", &[]);
    assert!(
        error.contains("2 messages found, 2 looked at; there are no more"),
        "{error}"
    );
    let page = daemon.get("/metrics").1;
    assert!(page.contains("proviso_index_messages_total 8"), "{page}");
}

#[test]
fn pages_follow_each_other_and_the_log_tells_of_each() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let (_, _, error) = search(&site, "保本 OR guaranteed", &["--limit", "1"]);
    assert!(error.contains("--before 7 goes on"), "{error}");
    assert_eq!(
        found(&site, "保本 OR guaranteed", &["--limit", "1", "--before", "7"]),
        ["disguise"]
    );
    assert_eq!(found(&site, "保本", &["--tenant", "shop"]), [""; 0]);
    let (_, out, _) = said(&site, &["audit", "show", "--limit", "1000", "--format", "json"]);
    let leaves = json_lines(&out);
    let entries = leaves.iter().flat_map(|leaf| leaf["entries"].as_array().unwrap());
    let told: Vec<&Value> = entries
        .filter(|entry| entry["kind"] == "search" && entry["fields"]["what"] == "query")
        .map(|entry| &entry["fields"])
        .collect();
    assert_eq!(told.len(), 3, "{out}");
    for (one, given) in told.iter().rev().zip(["7", "2", ""]) {
        assert_eq!(
            (&one["reason"], &one["found"]),
            (&"case 7".into(), &given.into()),
            "{one}"
        );
        assert!(one["by"].as_str().unwrap().starts_with("command-line:"), "{one}");
    }
    assert!(told.iter().any(|one| one["query"] == "保本"), "{told:?}");
    // What somebody searched for stands in the log, and nowhere else.
    assert!(!daemon.log().contains("保本"), "{}", daemon.log());
}

/// By when they were sent and how severe what was found is, page by page, with a daemon and without, indexed or not.
#[test]
fn what_is_found_comes_in_the_order_that_was_asked_for() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let sent = [
        ("a", "2026-03-01", "保本"),
        ("b", "2026-01-01", "nothing"),
        ("c", "2026-02-01", "保本"),
        ("d", "2026-01-01", "x"),
    ];
    for (id, day, text) in sent {
        let mut line = message(id, text);
        line["sent_at"] = format!("{day}T09:00:00Z").into();
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    let table: [(&[&str], [&str; 4]); 6] = [
        (&[], ["d", "c", "b", "a"]),
        (&["--order", "asc"], ["a", "b", "c", "d"]),
        (&["--sort", "sent"], ["a", "c", "d", "b"]),
        (&["--sort", "sent", "--order", "asc"], ["b", "d", "c", "a"]),
        (&["--sort", "severity"], ["c", "a", "d", "b"]),
        (&["--sort", "severity", "--order", "asc"], ["b", "d", "a", "c"]),
    ];
    let check = || {
        for (order, expected) in table {
            assert_eq!(found(&site, "kind:text", order), expected, "{order:?}");
        }
    };
    check();
    let (_, shown, error) = search(&site, "kind:text", &["--sort", "severity", "--limit", "1"]);
    assert!(shown.contains("severity") && shown.contains("high"), "{shown}");
    assert!(error.contains("--after 3.3 goes on"), "{error}");
    let rest = found(&site, "kind:text", &["--sort", "severity", "--after", "3.3"]);
    assert_eq!(rest, ["a", "d", "b"]);
    let body = json!({ "query": "kind:text", "reason": "x", "sort": "sent", "order": "ascending", "limit": 3 });
    let (_, first) = daemon.post("/v1/archive/search", &body.to_string());
    assert!(
        first["next_place"].as_str().unwrap().ends_with(".3") && first["next"].is_null(),
        "{first}"
    );
    for (more, told) in [
        (
            json!({ "before": 7, "sort": "sent" }),
            "`before` is a place in the order of arrival",
        ),
        (json!({ "after": "7.7" }), "`after` one in an order that is asked for"),
        (json!({ "after": "7", "sort": "sent" }), "expected KEY.ARRIVAL"),
        (json!({ "sort": "size" }), "unknown variant `size`"),
    ] {
        let mut body = json!({ "query": "x", "reason": "x" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = daemon.post("/v1/archive/search", &body.to_string());
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(told), "{answer}");
    }
    assert_eq!(daemon.terminate(), Some(0));
    check();
    assert_eq!(said(&site, &["archive", "index"]).0, Some(0));
    check();
    for more in [
        &["--sort", "size"][..],
        &["--sort", "sent", "--before", "7"],
        &["--after", "7.7"],
        &["--sort", "sent", "--after", "7"],
        &["--sort", "sent", "--count"],
    ] {
        let (code, _, error) = search(&site, "kind:text", more);
        assert_eq!(code, Some(2), "{more:?}: {error}");
    }
}

/// Who may look for messages and not read them gets pseudonyms, whatever they ask for; who may read gets them by asking.
#[test]
fn who_may_not_read_content_is_given_pseudonyms() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    fill(&daemon);
    let secret = said(&site, &["token", "new", "analyst", "--search-masked"]).1;
    site.write("analyst.token", &secret);
    std::fs::set_permissions(site.path("analyst.token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let analyst = format!("Bearer {}", secret.trim());
    let body = |more: Value| {
        let mut body = json!({ "query": "13800138000", "reason": "x" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.to_string()
    };
    wait_until("the new token", || {
        daemon.post_as("/v1/archive/search", &body(json!({})), &analyst).0 == 200
    });
    let masked = |answer: &Value| {
        let text = answer["found"][0]["excerpts"][0]["text"].as_str().unwrap();
        assert!(text.starts_with("打给我 ⟦cn-mobile-"), "{answer}");
        let all = answer.to_string();
        assert!(
            !all.contains("0013 8000") && !all.contains("li.na") && !all.contains("\"number\""),
            "{answer}"
        );
    };
    for asked in [
        json!({}),
        json!({ "masked": false }),
        json!({ "sort": "sent", "order": "ascending" }),
    ] {
        let (status, answer) = daemon.post_as("/v1/archive/search", &body(asked), &analyst);
        assert_eq!(status, 200, "{answer}");
        masked(&answer);
    }
    masked(&daemon.post("/v1/archive/search", &body(json!({ "masked": true }))).1);
    let whole = daemon.post("/v1/archive/search", &body(json!({}))).1.to_string();
    assert!(whole.contains("138 0013 8000"), "{whole}");
    // A part of a number is no way to it, neither by finding nor by counting.
    for query in ["0013", "138*"] {
        let asked = json!({ "query": query, "reason": "x" }).to_string();
        let (_, answer) = daemon.post_as("/v1/archive/count", &asked, &analyst);
        assert_eq!(answer["messages"], 0, "{query}: {answer}");
        assert_eq!(daemon.post("/v1/archive/count", &asked).1["messages"], 1, "{query}");
    }
    for (path, status) in [
        ("/v1/archive/message?id=chat/test/number", 403),
        ("/v1/archive/queries", 403),
        ("/v1/status", 403),
    ] {
        assert_eq!(daemon.get_as(path, &analyst).0, status, "{path}");
    }
    let file = site.text("analyst.token");
    let (code, shown, error) = search(&site, "13800138000", &["--token-file", &file]);
    assert_eq!(code, Some(0), "{error}");
    assert!(
        shown.contains("«⟦cn-mobile-") && !shown.contains("0013 8000"),
        "{shown}"
    );
    assert_eq!(daemon.terminate(), Some(0));
    let (code, shown, error) = search(&site, "13800138000", &["--mask"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(
        shown.contains("«⟦cn-mobile-") && !shown.contains("0013 8000"),
        "{shown}"
    );
    let pseudonym = &shown[shown.find("cn-mobile-").unwrap()..][.."cn-mobile-".len() + 16];
    let unmask = ["archive", "unmask", pseudonym, "--export", "0", "--reason", "case 7"];
    assert!(said(&site, &unmask).1.contains("138 0013 8000"));
    let (_, out, _) = said(&site, &["audit", "show", "--limit", "1000", "--format", "json"]);
    let leaves = json_lines(&out);
    let entries = leaves.iter().flat_map(|leaf| leaf["entries"].as_array().unwrap());
    let told = entries.filter(|entry| entry["fields"]["masked"] == 1).count();
    assert!(told >= 8, "{told}");
}

#[test]
fn what_is_asked_wrongly_is_told_before_anything_is_opened() {
    let site = Site::new();
    for (query, more, told) in [
        ("保本 frm:wei", &[][..], "did you mean \"from\""),
        ("(保本", &[], "a bracket is not closed"),
        ("", &[], "it asks for nothing"),
        ("kind:text AND", &[], "AND"),
        ("since:yesterday", &[], "since"),
        ("保本", &["--limit", "0"], "--limit"),
    ] {
        let (code, out, error) = search(&site, query, more);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{query}: {error}");
        assert!(error.contains(told), "{query}: {error}");
    }
    let daemon = Serve::start(&site);
    let (code, _, error) = search(&site, "保本", &["--zone", "Mars/Olympus"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("Mars/Olympus"), "{error}");
    for (body, told) in [
        (json!({ "query": "保本" }), "reason"),
        (json!({ "query": "保本", "reason": " " }), "the reason has 1 bytes"),
        (
            json!({ "query": "保本", "reason": "x", "limit": 1001 }),
            "limit 1001: expected 1 to 1000",
        ),
        (json!({ "query": "frm:x", "reason": "x" }), "byte 1 of the query"),
        (
            json!({ "query": "保本", "reason": "x", "all": true }),
            "unknown field `all`",
        ),
    ] {
        let (status, answer) = daemon.post("/v1/archive/search", &body.to_string());
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(told), "{answer}");
    }
    // Who may read no content finds none.
    let secret = said(&site, &["token", "new", "reader", "--reading"]).1;
    let reader = format!("Bearer {}", secret.trim());
    super::support::wait_until("the new token", || daemon.get_as("/v1/status", &reader).0 == 200);
    let body = json!({ "query": "保本", "reason": "x" }).to_string();
    assert_eq!(daemon.post_as("/v1/archive/search", &body, &reader).0, 403);
}
