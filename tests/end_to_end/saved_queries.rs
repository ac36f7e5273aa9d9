//! `proviso archive query` and `archive search --saved`, with a daemon and without.

use super::support::{Serve, Site, json_lines, message, run, stderr, stdout, wait_until};
use serde_json::{Value, json};

/// What a command printed, and how it ended.
type Said = (Option<i32>, String, String);

fn said(site: &Site, arguments: &[&str]) -> Said {
    let config = site.text("proviso.toml");
    let output = run(&[arguments, &["--config", &config]].concat());
    (output.status.code(), stdout(&output), stderr(&output))
}

fn ok(site: &Site, arguments: &[&str]) -> Vec<Value> {
    let (code, out, error) = said(site, &[arguments, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    json_lines(&out)
}

fn save(site: &Site, name: &str, query: &str, more: &[&str]) -> Said {
    said(
        site,
        &[&["archive", "query", "save", name, query, "--tenant", "bank"], more].concat(),
    )
}

/// The messages that a saved query finds, by their native identifiers.
fn found(site: &Site, name: &str) -> Vec<String> {
    let search = [
        "archive", "search", "--saved", name, "--tenant", "bank", "--reason", "case 7",
    ];
    let native = |line: &Value| line["id"]["native"].as_str().unwrap().to_owned();
    ok(site, &search).iter().map(native).collect()
}

fn names(site: &Site) -> Vec<Value> {
    let listed = ok(site, &["archive", "query", "list", "--tenant", "bank"]);
    listed.iter().map(|one| one["name"].clone()).collect()
}

#[test]
fn a_query_is_saved_listed_asked_and_deleted_with_a_daemon_and_without() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    for line in [message("m1", "这款产品保本保息"), message("m2", "nothing of it")] {
        assert_eq!(daemon.post("/v1/messages", &line.to_string()).0, 200);
    }
    let (code, told, error) = save(&site, "promises", "保本 OR guaranteed", &["--zone", "Asia/Shanghai"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(
        told,
        "saved as \"promises\": `proviso archive search --saved` takes it\n"
    );
    let (code, _, error) = save(&site, "promises", "x", &[]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("tenant \"bank\" has a saved query \"promises\", of command-line:"),
        "{error}"
    );
    let listed = ok(&site, &["archive", "query", "list"]);
    assert_eq!(
        (&listed[0]["query"], &listed[0]["zone"], &listed[0]["saved"]),
        (&"保本 OR guaranteed".into(), &"Asia/Shanghai".into(), &1.into())
    );
    assert_eq!(found(&site, "promises"), ["m1"]);
    assert_eq!(daemon.terminate(), Some(0));

    // Without a daemon it is the same.
    assert_eq!(
        (found(&site, "promises"), names(&site)),
        (vec!["m1".to_owned()], vec!["promises".into()])
    );
    assert_eq!(save(&site, "silence", "nothing", &[]).0, Some(0));
    let (code, table, _) = said(&site, &["archive", "query", "list"]);
    assert_eq!(code, Some(0));
    assert!(
        table.contains("silence") && table.contains("保本 OR guaranteed"),
        "{table}"
    );
    ok(&site, &["archive", "query", "delete", "promises", "--tenant", "bank"]);
    assert_eq!(names(&site), ["silence"]);
    let count = [
        "archive", "search", "--saved", "silence", "--tenant", "bank", "--reason", "x", "--count",
    ];
    assert_eq!(said(&site, &count).1, "1 message\n");
    let (_, out, _) = said(&site, &["audit", "show", "--limit", "1000", "--format", "json"]);
    let leaves = json_lines(&out);
    let entries: Vec<&Value> = leaves
        .iter()
        .flat_map(|leaf| leaf["entries"].as_array().unwrap())
        .collect();
    let of = |kind: &str| entries.iter().filter(|one| one["kind"] == kind).count();
    assert_eq!((of("query-saved"), of("query-deleted")), (2, 1), "{out}");
    // What was asked is told in full, with the name.
    let told: Vec<_> = entries
        .iter()
        .filter(|one| one["fields"]["saved"] == "promises")
        .collect();
    assert_eq!(told.len(), 2, "{out}");
    assert!(
        told.iter().all(|one| one["fields"]["query"] == "保本 OR guaranteed"),
        "{told:?}"
    );
    assert_eq!(said(&site, &["audit", "verify"]).0, Some(0));
}

#[test]
fn what_is_saved_or_asked_wrongly_is_told() {
    let site = Site::new();
    let (code, _, error) = save(&site, "promises", "保本 frm:wei", &[]);
    assert_eq!(code, Some(2), "{error}");
    let (line, below) = (error.lines().nth(1).unwrap(), error.lines().nth(2).unwrap());
    assert_eq!((line, below), ("    保本 frm:wei", "         ^^^^"), "{error}");
    for (arguments, told) in [
        (&["save", " ", "x", "--tenant", "bank"][..], "expected 1 to 64 bytes"),
        (&["save", "n", "x"], "--tenant"),
        (&["save", "n", "x", "--tenant", "bank", "--zone", "Mars"], "Mars"),
        (&["delete", "n"], "--tenant"),
    ] {
        let (code, _, error) = said(&site, &[&["archive", "query"], arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
    let search = ["archive", "search", "--reason", "x"];
    for more in [
        &[][..],
        &["--saved", "promises"],
        &["x", "--saved", "promises", "--tenant", "bank"],
        &["--saved", "promises", "--tenant", "bank", "--zone", "UTC"],
    ] {
        assert_eq!(said(&site, &[&search[..], more].concat()).0, Some(2), "{more:?}");
    }
    let daemon = Serve::start(&site);
    let (code, _, error) = said(&site, &[&search[..], &["--saved", "none", "--tenant", "bank"]].concat());
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("tenant \"bank\" has no saved query \"none\""), "{error}");
    let (code, _, error) = save(&site, "of a hold", "hold:9", &[]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("there is no hold 9"), "{error}");
    for (path, body, status, told) in [
        (
            "/v1/archive/queries",
            json!({ "tenant": "bank", "name": "n", "query": "frm:x" }),
            400,
            "byte 1 of the query",
        ),
        (
            "/v1/archive/queries",
            json!({ "tenant": "", "name": "n", "query": "x" }),
            400,
            "of one tenant",
        ),
        (
            "/v1/archive/queries/delete",
            json!({ "tenant": "bank", "name": "n" }),
            422,
            "has no saved query",
        ),
        (
            "/v1/archive/search",
            json!({ "saved": "n", "reason": "x" }),
            400,
            "is of one tenant",
        ),
        ("/v1/archive/search", json!({ "reason": "x" }), 400, "and not both"),
        (
            "/v1/archive/search",
            json!({ "saved": "n", "tenant": "bank", "zone": "UTC", "reason": "x" }),
            400,
            "the zone that it was saved with",
        ),
    ] {
        let (answered, answer) = daemon.post(path, &body.to_string());
        assert_eq!(answered, status, "{body}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(told), "{answer}");
    }
}

/// Whoever may read content deletes their own alone; who may not sees none.
#[test]
fn a_token_deletes_its_own_queries_alone() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    let token = |name: &str, right: &str| {
        let secret = said(&site, &["token", "new", name, right]).1;
        format!("Bearer {}", secret.trim())
    };
    let (li, lin, reader) = (
        token("li", "--content"),
        token("lin", "--content"),
        token("reader", "--reading"),
    );
    wait_until("the new tokens", || daemon.get_as("/v1/status", &reader).0 == 200);
    let new = json!({ "tenant": "bank", "name": "mine", "query": "保本" }).to_string();
    assert_eq!(
        daemon.post_as("/v1/archive/queries", &new, &li),
        (200, json!({ "saved": 1 }))
    );
    let gone = json!({ "tenant": "bank", "name": "mine" }).to_string();
    let (status, answer) = daemon.post_as("/v1/archive/queries/delete", &gone, &lin);
    assert_eq!(status, 422, "{answer}");
    assert!(answer.to_string().contains("is of token:li"), "{answer}");
    let list = daemon.get_as("/v1/archive/queries?tenant=bank", &lin);
    assert!(list.0 == 200 && list.1.contains("保本"), "{list:?}");
    assert_eq!(daemon.get_as("/v1/archive/queries", &reader).0, 403);
    assert_eq!(daemon.post_as("/v1/archive/queries", &new, &reader).0, 403);
    assert_eq!(daemon.post_as("/v1/archive/queries/delete", &gone, &li).0, 200);
    assert_eq!(
        daemon.post_as("/v1/archive/queries", &new, &lin),
        (200, json!({ "saved": 2 }))
    );
    // The operator's token deletes everybody's.
    assert_eq!(daemon.post("/v1/archive/queries/delete", &gone).0, 200);
    // What is asked for stands in no log of the daemon.
    assert!(!daemon.log().contains("保本"), "{}", daemon.log());
}

/// Fields, values and names of the archive; no word of a message, and nobody's name.
#[test]
fn what_may_be_written_is_offered_with_a_daemon_and_without() {
    let site = Site::new();
    let daemon = Serve::start(&site);
    assert_eq!(
        daemon
            .post("/v1/messages", &message("m1", "这款产品保本保息").to_string())
            .0,
        200
    );
    assert_eq!(save(&site, "promises", "保本", &[]).0, Some(0));
    let complete = |arguments: &[&str]| said(&site, &[&["archive", "complete"], arguments].concat());
    let check = || {
        for (arguments, offers) in [
            (&["保本 rule:PRO"][..], "promise\n"),
            (&["channel:"], "chat\n"),
            (&["pack:test"], "test/promises\n"),
            (&["policy:pro"], "promises\n"),
            (&["sev"], "severity:\n"),
            (&["is:re"], "recalled\nreviewed\n"),
            (&["sev 保本", "--cursor", "3"], "severity:\n"),
            (&["from:li"], ""),
            (&["conversation:"], ""),
            (&["保"], ""),
            (&["channel:", "--tenant", "shop"], ""),
            (&["--saved", "pro", "--tenant", "bank"], "promises\n"),
            (&["--saved", "pro", "--tenant", "shop"], ""),
        ] {
            let (code, out, error) = complete(arguments);
            assert_eq!((code, out.as_str()), (Some(0), offers), "{arguments:?}: {error}");
        }
        let (_, out, _) = complete(&["保本 rule:pro", "--format", "json"]);
        let told: Value = serde_json::from_str(&out).unwrap();
        let expected =
            json!({ "replaces": [12, 15], "offers": [{ "text": "promise", "kind": "value" }], "is_cut": false });
        assert_eq!(told, expected);
        let long = "x".repeat(5_000);
        for wrong in [&["x", "--saved", "p"][..], &[], &["x", "--cursor", "-1"], &[&long]] {
            assert_eq!(complete(wrong).0, Some(2), "{wrong:?}");
        }
    };
    check();
    for body in [
        json!({}),
        json!({ "query": "x", "saved": "y" }),
        json!({ "query": "x".repeat(5_000) }),
    ] {
        assert_eq!(daemon.post("/v1/archive/complete", &body.to_string()).0, 400, "{body}");
    }
    let secret = said(&site, &["token", "new", "reader", "--reading"]).1;
    let reader = format!("Bearer {}", secret.trim());
    wait_until("the new token", || daemon.get_as("/v1/status", &reader).0 == 200);
    let body = json!({ "query": "sev" }).to_string();
    assert_eq!(daemon.post_as("/v1/archive/complete", &body, &reader).0, 403);
    assert_eq!(daemon.terminate(), Some(0));
    check();
}
