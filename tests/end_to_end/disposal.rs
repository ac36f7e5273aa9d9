//! `proviso retention` and `proviso hold`: what is due, what keeps it, its end, and what is left.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout};
use serde_json::Value;

const PACK: &str = r#"
name = "test/keeps"
version = "1.0.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
description = { en = "Keeps" }

[[policy]]
name = "retention"
plugin = "retention-schedule"
interfaces = ["retention"]
trigger = "always"

[policy.settings.rules.orders]
law = "Order Act"
article = "3"
jurisdiction = "CN"
purpose = "records"
clock = "message"
floor = "P1Y"
counting = "cn-civil-code"
verified = true
VERIFIED
source = { title = "Order Act", url = "https://example.org/3"TEXT }
"#;

const SCHEMA: &str = r#"{ "type": "object", "properties": { "retention": { "type": "object" } } }"#;
pub(crate) const BY: &str = "verified_by = \"An Office\"\nverified_on = \"2026-11-02\"";
pub(crate) const TEXT: &str = ", text = \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"";

/// Three messages of 2020, which were to be kept for a year, and one of today's.
pub(crate) fn site(verified: &str, text: &str) -> (Site, Serve) {
    let site = Site::new();
    site.write(
        "keeps/pack.toml",
        &PACK.replace("VERIFIED", verified).replace("TEXT", text),
    );
    site.write("keeps/settings.schema.json", SCHEMA);
    site.write(
        "set.toml",
        "time_zone = \"Asia/Shanghai\"\n[[apply]]\npack = \"keeps\"\n",
    );
    let daemon = Serve::start(&site);
    for (id, year) in [("old-1", 2020), ("old-2", 2020), ("old-3", 2020), ("new", 2090)] {
        let mut line = message(id, &format!("words of {id}"));
        line["sent_at"] = format!("{year}-03-01T08:00:00Z").into();
        let (status, answer) = daemon.post("/v1/messages", &line.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    (site, daemon)
}

pub(crate) fn said(site: &Site, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config, "--format", "json"]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

pub(crate) fn ok(site: &Site, arguments: &[&str]) -> Vec<Value> {
    let (code, told, error) = said(site, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    json_lines(&told)
}

fn stays(site: &Site) -> Vec<(String, Value)> {
    let planned = ok(site, &["retention", "plan"]).into_iter();
    planned
        .map(|one| (one["message"].as_str().unwrap().to_owned(), one["stays"].clone()))
        .collect()
}

#[test]
fn what_is_due_goes_unless_it_is_held_and_does_not_come_back() {
    let (site, daemon) = site(BY, TEXT);
    let all = ["bank/chat/old-1", "bank/chat/old-2", "bank/chat/old-3"];
    assert_eq!(stays(&site), all.map(|name| (name.to_owned(), Value::Null)));
    let placed = ok(
        &site,
        &[
            "hold",
            "place",
            "--tenant",
            "bank",
            "--reason",
            "case 7",
            "--before",
            "2021-01-01T00:00:00Z",
        ],
    );
    assert_eq!(placed[0]["hold"], 1);
    assert!(stays(&site).iter().all(|(_, why)| why == "1 holds keep it"));
    let (code, _, error) = said(&site, &["retention", "dispose"]);
    assert_eq!(code, Some(2), "{error}");
    let report = ok(&site, &["retention", "dispose", "--yes"]);
    assert_eq!(report[0]["disposed"], 0);
    ok(&site, &["hold", "release", "1", "--note", "closed"]);
    assert_eq!(said(&site, &["hold", "release", "1", "--note", "closed"]).0, Some(2));
    let holds = ok(&site, &["hold", "list"]);
    assert_eq!(
        (&holds[0]["reason"], &holds[0]["released"]["note"]),
        (&"case 7".into(), &"closed".into())
    );

    let report = ok(&site, &["retention", "dispose", "--yes"]);
    assert_eq!(report[0]["disposed"], 3, "{report:?}");
    assert_eq!(stays(&site), []);
    let (code, told, error) = said(&site, &["archive", "show", "bank/chat/old-2"]);
    assert_eq!(code, Some(0), "{error}");
    let left: Value = serde_json::from_str(&told).unwrap();
    let statute = &left["disposed"]["said"]["statutes"][0];
    assert_eq!(
        (&statute["law"], &statute["verified_by"]),
        (&"Order Act".into(), &"An Office".into())
    );
    // Delivered again, it is a duplicate.
    let mut again = message("old-2", "words of old-2");
    again["sent_at"] = "2020-03-01T08:00:00Z".into();
    let (status, answer) = daemon.post("/v1/messages", &again.to_string());
    assert_eq!(
        (status, &answer["accepted"], &answer["duplicates"]),
        (200, &0.into(), &1.into())
    );
    let log = daemon.log();
    assert!(
        log.contains("messages were disposed of") && !log.contains("words of"),
        "{log}"
    );
    assert_eq!(daemon.terminate(), Some(0));

    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");
    let (code, told, _) = said(&site, &["archive", "show", "new"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("words of new"));
    // Without a daemon it is the same.
    assert_eq!(stays(&site), []);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
}

/// Nobody's word, or no text: it stays, and the plan says why.
#[test]
fn what_nobody_compared_with_its_text_destroys_nothing() {
    for (verified, text, why) in [
        ("", TEXT, "nobody is named who verified rule orders (`verified_by`)"),
        (BY, "", "rule orders has no digest of its text (`source.text`)"),
    ] {
        let (site, daemon) = site(verified, text);
        let planned = stays(&site);
        assert_eq!(planned.len(), 3);
        assert!(planned.iter().all(|(_, stays)| stays == why), "{planned:?}");
        assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
        assert_eq!(daemon.terminate(), Some(0));
    }
}
