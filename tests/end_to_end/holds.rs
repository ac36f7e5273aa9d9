//! `proviso hold`: what an order keeps by words and by a query, with a daemon and without.

use super::disposal::{BY, TEXT, ok, said, site, stays};
use super::support::{Site, message, run, stdout};
use serde_json::{Value, json};

#[test]
fn what_contains_a_term_of_a_hold_stays() {
    let (site, daemon) = site(BY, TEXT);
    // By the command line; by HTTP; and what no order may say.
    let place = ["hold", "place", "--tenant", "bank", "--reason", "case 8"];
    let placed = ok(
        &site,
        &[&place[..], &["--text", "ＷＯＲＤＳ of OLD-1", "--text", "猎鹰"]].concat(),
    );
    assert_eq!(placed[0]["hold"], 1);
    let body = json!({ "tenant": "bank", "reason": "case 9", "texts": ["old‑3"] });
    assert_eq!(daemon.post("/v1/holds", &body.to_string()), (200, json!({ "hold": 2 })));
    let too_many = json!({ "tenant": "bank", "reason": "case 9", "texts": vec!["a"; 65] });
    let (status, answer) = daemon.post("/v1/holds", &too_many.to_string());
    assert_eq!(status, 400, "{answer}");
    assert!(
        answer
            .to_string()
            .contains("an order has 65 terms: expected at most 64"),
        "{answer}"
    );
    let (code, _, error) = said(&site, &[&place[..], &["--text", "\u{200b}"]].concat());
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("term 1 of an order has nothing that can be seen"),
        "{error}"
    );

    let kept = |site: &Site| {
        let planned = stays(site).into_iter();
        planned
            .filter(|(_, why)| why == "a hold keeps it")
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&site), ["bank/chat/old-1", "bank/chat/old-3"]);
    let report = ok(&site, &["retention", "dispose", "--yes"]);
    assert_eq!(
        (&report[0]["disposed"], &report[0]["held"]),
        (&1.into(), &0.into()),
        "{report:?}"
    );
    let log = daemon.log();
    assert!(!log.contains("猎鹰") && !log.contains("OLD-1"), "{log}");
    assert_eq!(daemon.terminate(), Some(0));

    // Without a daemon it is the same.
    let (code, _, error) = said(&site, &[&place[..], &["--text", &"a".repeat(257)]].concat());
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("term 1 of an order has 257 bytes: expected 1 to 256"),
        "{error}"
    );
    assert_eq!(kept(&site), ["bank/chat/old-1", "bank/chat/old-3"]);
    let holds = ok(&site, &["hold", "list"]);
    assert_eq!(holds[0]["texts"], json!(["ＷＯＲＤＳ of OLD-1", "猎鹰"]));
    let config = site.text("proviso.toml");
    let table = stdout(&run(&["hold", "list", "--config", &config]));
    assert!(table.contains("text ＷＯＲＤＳ of OLD-1 / 猎鹰"), "{table}");
    ok(&site, &["hold", "release", "1", "--note", "closed"]);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 1);
    assert_eq!(kept(&site), ["bank/chat/old-3"]);
    assert_eq!(said(&site, &["audit", "verify"]).0, Some(0));
}

#[test]
fn what_the_query_of_a_hold_finds_stays() {
    let (site, daemon) = site(BY, TEXT);
    let place = |query: &str, zone: &str| {
        let order = ["hold", "place", "--tenant", "bank", "--reason", "case 8"];
        said(&site, &[&order[..], &["--query", query, "--zone", zone]].concat())
    };
    let (code, told, error) = place("\"ＷＯＲＤＳ of old-1\" OR sent:2090-03", "Asia/Shanghai");
    assert_eq!(code, Some(0), "{told} {error}");
    let body = json!({ "tenant": "bank", "reason": "case 9", "query": "old-3 -with:nobody" });
    assert_eq!(daemon.post("/v1/holds", &body.to_string()), (200, json!({ "hold": 2 })));
    for (body, told) in [
        (
            json!({ "query": "old-3 is:reviewed" }),
            "byte 7 of the query: is: asks for what may change",
        ),
        (json!({ "query": "old-3", "zone": "Mars/Olympus" }), "Mars/Olympus"),
        (
            json!({ "query": "old-3", "texts": ["x"] }),
            "say all of it in the query",
        ),
    ] {
        let mut body = body;
        (body["tenant"], body["reason"]) = ("bank".into(), "case 9".into());
        let (status, answer) = daemon.post("/v1/holds", &body.to_string());
        assert_eq!(status, 400, "{answer}");
        assert!(answer.to_string().contains(told), "{answer}");
    }
    let (code, _, error) = place("old-3 severity:high", "UTC");
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("severity: asks for what may change") && error.contains("      ^^^^"),
        "{error}"
    );

    let found = |query: &str| {
        let found = ok(&site, &["archive", "search", query, "--count", "--reason", "case 8"]);
        found[0]["messages"].clone()
    };
    assert_eq!(
        [found("hold:1"), found("hold:2"), found("is:kept")],
        [2, 1, 3].map(Value::from)
    );
    let report = ok(&site, &["retention", "dispose", "--yes"]);
    assert_eq!(report[0]["disposed"], 1, "{report:?}");
    // What comes later is found as well.
    let mut later = message("later", "again old-3, and words");
    later["sent_at"] = "2020-03-01T08:00:00Z".into();
    let (status, answer) = daemon.post("/v1/messages", &later.to_string());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
    let log = daemon.log();
    assert!(!log.contains("old-3") && !log.contains("ＷＯＲＤＳ"), "{log}");
    assert_eq!(daemon.terminate(), Some(0));

    // Without a daemon it is the same.
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 0);
    assert_eq!(found("hold:2"), 2);
    let holds = ok(&site, &["hold", "list"]);
    assert_eq!(
        (&holds[0]["query"], &holds[0]["zone"], &holds[1]["zone"]),
        (
            &json!("\"ＷＯＲＤＳ of old-1\" OR sent:2090-03"),
            &json!("Asia/Shanghai"),
            &json!("UTC")
        )
    );
    let config = site.text("proviso.toml");
    let table = stdout(&run(&["hold", "list", "--config", &config]));
    assert!(table.contains("query old-3 -with:nobody"), "{table}");
    ok(&site, &["hold", "release", "2", "--note", "closed"]);
    assert_eq!(ok(&site, &["retention", "dispose", "--yes"])[0]["disposed"], 2);
    assert_eq!(said(&site, &["audit", "verify"]).0, Some(0));
}
