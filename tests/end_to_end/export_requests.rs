//! Exports that a tenant wants two persons for: asked for, approved by another, and made once, as they were asked for.

use super::disposal::{ok, token};
use super::evidence::{export, fill, report, said};
use super::support::{Serve, Site, message};
use serde_json::{Value, json};
use std::path::Path;

/// A site whose tenant wants two persons for exports, filled.
fn of_two_persons() -> (Site, Serve) {
    let site = Site::new();
    let config = std::fs::read_to_string(site.path("proviso.toml")).unwrap();
    let two = "[requests.bank]\nsecond_person = [\"export\"]\n";
    site.write("proviso.toml", &format!("{config}{two}"));
    let daemon = Serve::start(&site);
    fill(&daemon);
    (site, daemon)
}

fn ask<'a>(what: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["request", "export", "--reason", "case 7", "--to", "the court"];
    [&fixed, what].concat()
}

fn ran(site: &Site, request: &str, out: &Path) -> Value {
    let out = out.display().to_string();
    let (code, told, error) = said(site, &["request", "run", request, "--out", &out, "--format", "json"]);
    assert_eq!(code, Some(0), "{error}");
    serde_json::from_str(&told).unwrap()
}

/// A request that is run wrongly ends with 2, says so, and leaves nothing.
fn refused(site: &Site, request: &str, told: &str) {
    let out = site.path("refused.tar");
    let (code, _, error) = said(site, &["request", "run", request, "--out", &out.display().to_string()]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains(told), "{error}");
    assert!(!out.exists());
}

#[test]
fn an_export_that_a_tenant_wants_two_persons_for_is_made_once_as_it_was_approved() {
    let (site, daemon) = of_two_persons();
    let out = site.path("alone");
    for (more, told) in [
        (&["保本"][..], "name another with --tenant"),
        (&["保本", "--tenant", "bank"], "`proviso request export` asks for it"),
        (
            &["--conversation", "bank/chat/aside"],
            "`proviso request export` asks for it",
        ),
        (&["保本", "--tenant", "shop"], "nothing was found"),
    ] {
        let (code, _, error) = export(&site, &out, more);
        assert_eq!(code, Some(2), "{more:?}: {error}");
        assert!(error.contains(told), "{more:?}: {error}");
    }
    let body = json!({ "query": "保本", "reason": "case 7", "to": "me" });
    let (status, answer) = daemon.post("/v1/archive/export", &body.to_string());
    assert_eq!(
        (status, &answer["error"]["code"]),
        (422, &json!("not-possible")),
        "{answer}"
    );
    let (code, _, error) = said(&site, &ask(&["保本"]));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("name it with --tenant"), "{error}");
    let (code, _, error) = said(&site, &ask(&["保本", "--tenant", "shop"]));
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("tenant \"shop\" asks for no request for \"export\""),
        "{error}"
    );

    let asked = ok(&site, &ask(&["保本", "--tenant", "bank", "--context", "1"]));
    assert_eq!((&asked[0]["requests"], &asked[0]["messages"]), (&json!([1]), &json!(3)));
    refused(&site, "1", "request 1 waits for somebody else to approve it");
    let (code, _, error) = said(&site, &["request", "approve", "1", "--note", "mine"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("made with --approve"), "{error}");
    let second = token(&site, "second", "--approve");
    let shown = &ok(&site, &["request", "show", "1", "--token-file", &second])[0];
    assert_eq!(
        (&shown["act"], &shown["export"]["query"], &shown["export"]["to"]),
        (&json!("export"), &json!("保本"), &json!("the court"))
    );
    let approve = |request: &str| {
        ok(
            &site,
            &["request", "approve", request, "--note", "seen", "--token-file", &second],
        )
    };
    approve("1");
    // What arrives later is not what was approved.
    for id in ["later", "later-2"] {
        let (status, answer) = daemon.post("/v1/messages", &message(id, "还是保本").to_string());
        assert_eq!(status, 200, "{answer}");
    }
    let (code, _, error) = said(&site, &["request", "run", "1"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("`proviso request run 1 --out FOLDER|FILE.tar`"),
        "{error}"
    );
    let tar = site.path("case-7.tar");
    let given = ran(&site, "1", &tar);
    assert_eq!(
        (&given["messages"], &given["matches"]),
        (&json!(3), &json!(1)),
        "{given}"
    );
    let report = report(&tar, Some(&given["key"]));
    assert!(report.is_whole(), "{:?}", report.faults);
    refused(&site, "1", "it runs once");

    // What is found no more is not given, and nothing else is in its place.
    let held = ok(&site, &ask(&["is:held", "--tenant", "bank", "--context", "0"]));
    assert_eq!(held[0]["messages"], 1);
    approve("2");
    ok(&site, &["archive", "release", "bank/chat/held", "--note", "looked at"]);
    refused(&site, "2", "request 2 was made for other messages than are found now");
    assert_eq!(
        ok(&site, &ask(&["--conversation", "bank/chat/aside"]))[0]["messages"],
        30
    );
    approve("3");
    assert_eq!(daemon.terminate(), Some(0));
    let (code, told, error) = said(&site, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{told} {error}");

    // Without a daemon it is the same.
    let folder = site.path("aside");
    let given = ran(&site, "3", &folder);
    assert_eq!(
        (&given["messages"], &given["number"]),
        (&json!(30), &json!(2)),
        "{given}"
    );
    assert!(self::report(&folder, Some(&given["key"])).is_whole());
    refused(&site, "3", "it runs once");
    let asked = ok(&site, &ask(&["保本", "--tenant", "bank"]));
    assert_eq!(asked[0]["requests"], json!([4]));
    let (code, _, error) = said(&site, &["request", "approve", "4", "--note", "mine"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("cannot approve it"), "{error}");
    let states: Vec<Value> = ok(&site, &["request", "list"])
        .into_iter()
        .map(|one| one["state"].clone())
        .collect();
    assert_eq!(states, ["waits-for-approval", "ran", "may-run", "ran"]);
    // A hold is its tenant's: what fits it is asked for likewise.
    ok(
        &site,
        &[
            "hold", "place", "--tenant", "bank", "--text", "保本", "--reason", "case 7",
        ],
    );
    let (code, _, error) = export(&site, &out, &["--hold", "1"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("tenant \"bank\" wants two persons"), "{error}");
    let asked = ok(&site, &ask(&["--hold", "1", "--context", "0"]));
    assert_eq!((&asked[0]["requests"], &asked[0]["messages"]), (&json!([5]), &json!(3)));
    let table = said(&site, &["request", "list"]).1;
    assert!(table.contains("export 30 messages to the court"), "{table}");
}

#[test]
fn an_export_whose_request_ended_or_was_altered_is_not_made() {
    let (site, daemon) = of_two_persons();
    let second = token(&site, "second", "--approve");
    for (request, to) in [("1", "the court"), ("2", "the auditor")] {
        let mut asked = ask(&["保本", "--tenant", "bank"]);
        asked[5] = to;
        ok(&site, &asked);
        ok(
            &site,
            &["request", "approve", request, "--note", "seen", "--token-file", &second],
        );
    }
    assert_eq!(daemon.terminate(), Some(0));
    let altered = "UPDATE requests SET act = replace(act, 'the auditor', 'a friend of') WHERE request = 2";
    super::ahead::sql(
        &site,
        "UPDATE requests SET asked_at = 1, not_before = 2, ends_at = 3 WHERE request = 1",
    );
    refused(&site, "1", "request 1 ended at 1970-01-01T00:00:00.003Z: make another");
    super::ahead::sql(&site, altered);
    let out = site.path("altered.tar");
    let (code, _, error) = said(&site, &["request", "run", "2", "--out", &out.display().to_string()]);
    assert_eq!(code, Some(3), "{error}");
    assert!(
        error.contains("the act of request 2 is not what its digest says"),
        "{error}"
    );
    assert!(!out.exists());
}
